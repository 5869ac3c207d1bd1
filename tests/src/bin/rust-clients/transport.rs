//! Azure's library over `reqwest`, trusting the mock's root.

use std::path::Path;

use anyhow::Context;
use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request, Url};

/// The address of the instance metadata service on every Azure virtual machine, which the library has no setting for.
/// Source: <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service>, read 2026-11-25.
const METADATA_HOST: &str = "169.254.169.254";

/// Sends what the library asks for; what is meant for the metadata service goes to the mock.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    client: reqwest::Client,
    metadata: Url,
}

impl Transport {
    pub(crate) fn new(ca_file: &Path, metadata: &str) -> anyhow::Result<Self> {
        let pem = std::fs::read(ca_file).with_context(|| format!("could not read {}", ca_file.display()))?;
        let root = reqwest::Certificate::from_pem(&pem)?;
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([root]).build()?;
        Ok(Self { client, metadata: metadata.parse()? })
    }

    /// The same client for calls that are not the library's.
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    fn address(&self, asked: &Url) -> Url {
        let mut address = asked.clone();
        if asked.host_str() == Some(METADATA_HOST) {
            address = self.metadata.clone();
            address.set_path(asked.path());
            address.set_query(asked.query());
        }
        address
    }

    async fn exchange(&self, request: &Request) -> Result<AsyncRawResponse, String> {
        let Body::Bytes(body) = request.body() else { return Err("the body is a stream".to_owned()) };
        let method = request.method().as_ref().parse().map_err(|error| format!("{error}"))?;
        let mut asked = self.client.request(method, self.address(request.url())).body(body.clone());
        for (name, value) in request.headers().iter() {
            asked = asked.header(name.as_str(), value.as_str());
        }
        let answer = asked.send().await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let mut headers = Headers::new();
        for (name, value) in answer.headers() {
            headers.insert(name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned());
        }
        let body = answer.bytes().await.map_err(|error| error.to_string())?;
        Ok(AsyncRawResponse::from_bytes(status.into(), headers, body))
    }
}

#[async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        self.exchange(request).await.map_err(|text| azure_core::Error::with_message(ErrorKind::Io, text))
    }
}
