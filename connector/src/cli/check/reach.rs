//! DNS, connection and certificate of a host.

use std::time::Duration;

use bytes::Bytes;
use url::Url;

use super::Step;
use crate::config::{Config, Identity};
use crate::problem::Code;
use crate::transport::TransportError;
use crate::{Problem, Transport};

/// The longest answer to a bare request that is read; a longer one proves as much.
const ANSWER_MAX: usize = 64 * 1024;

/// A host, and the codes of what can be wrong on the way to it.
pub(super) struct Host<'a> {
    key: &'static str,
    url: &'a Url,
    failing: Code,
    certificate: Code,
}

impl<'a> Host<'a> {
    pub(super) fn miro(config: &'a Config) -> Self {
        let url = &config.miro.base_url;
        Self { key: "miro.base_url", url, failing: Code::MiroFailing, certificate: Code::MiroCertificateRefused }
    }

    pub(super) fn authority(config: &'a Config) -> Self {
        let Identity::ClientSecret { authority, .. } = &config.sentinel.identity;
        Self::azure("sentinel.identity.authority", authority)
    }

    pub(super) fn endpoint(config: &'a Config) -> Self {
        Self::azure("sentinel.endpoint", &config.sentinel.endpoint)
    }

    fn azure(key: &'static str, url: &'a Url) -> Self {
        Self { key, url, failing: Code::AzureFailing, certificate: Code::AzureCertificateRefused }
    }
}

/// Asks the host for anything at all, without credentials: every answer proves name, connection and certificate.
pub(super) async fn reach(network: &dyn Transport, host: Host<'_>, within: Duration) -> Step {
    let Host { key, url, failing, certificate } = host;
    let request = http::Request::get(url.as_str()).body(Bytes::new()).expect("a checked URL makes a request");
    let (code, cause, next_step) = match tokio::time::timeout(within, network.send(request, ANSWER_MAX)).await {
        Ok(Ok(_) | Err(TransportError::TooLarge { .. })) => {
            return Step::well(key, format!("{} can be reached", url.host_str().unwrap_or_default()));
        }
        Ok(Err(error @ TransportError::Tls { .. })) => (
            certificate,
            error.to_string(),
            "if a proxy or a private authority signs it, name its root certificate in `http.ca_file`".to_owned(),
        ),
        Ok(Err(error)) => (failing, error.to_string(), format!("check `{key}`, DNS, `http.proxy` and the firewall")),
        Err(_) => {
            (failing, format!("no answer within {within:?}"), format!("check `{key}`, `http.proxy` and the firewall"))
        }
    };
    Step::wrong(Problem { code, subject: key.into(), cause, next_step })
}
