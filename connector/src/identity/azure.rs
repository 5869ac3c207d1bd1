//! `azure_identity` over our seams.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{Secret, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, ClientOptions, HttpClient, Request, RetryOptions};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use super::cache::{Cache, Issued};
use super::refusal::{self, Seen};
use super::{TokenError, TokenProvider};
use crate::clock::SystemClock;
use crate::config::Identity;
use crate::retry::Pause;
use crate::transport::peer;
use crate::{Clock, Random, Transport, transport::TransportError};

/// The largest answer of the identity service, in bytes; a token is some 2,000.
const ANSWER_MAX: usize = 256 * 1024;
const REQUEST_ID: &str = "x-ms-client-request-id";

/// Tokens for Azure Monitor, kept and renewed.
pub struct AzureTokens {
    asker: Asker,
    cache: Cache,
}

impl fmt::Debug for AzureTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureTokens").field("identity", &self.asker.identity).finish_non_exhaustive()
    }
}

/// What one request for a token needs.
#[derive(Clone)]
struct Asker {
    identity: Identity,
    timeout: Duration,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    random: Random,
}

impl AzureTokens {
    /// Tokens for `identity`. One request for a token may take `timeout`.
    pub fn new(
        identity: Identity,
        timeout: Duration,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        random: Random,
    ) -> Self {
        Self::over(Asker { identity, timeout, transport, clock, random }, Arc::default())
    }

    /// Tokens for another `identity`, as after a secret was rotated. A wait that the service asked for is kept on.
    #[must_use]
    pub fn succeeded_by(&self, identity: Identity) -> Self {
        Self::over(Asker { identity, ..self.asker.clone() }, self.cache.pause())
    }

    fn over(asker: Asker, pause: Arc<Pause>) -> Self {
        let cache = Cache::new(asker.clock.now(), asker.random.clone(), pause);
        Self { asker, cache }
    }
}

impl TokenProvider for AzureTokens {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, TokenError>> {
        self.cache.token(|| self.asker.clone().ask().boxed()).boxed()
    }

    fn refused(&self) {
        self.cache.forget();
    }
}

impl Asker {
    /// Asks once, with a fresh credential.
    async fn ask(self) -> Result<Issued, TokenError> {
        let Identity::ClientSecret { tenant_id, client_id, client_secret, authority, scope } = &self.identity;
        let bridge = Arc::new(Bridge::new(Arc::clone(&self.transport), Arc::clone(&self.clock), self.random.clone()));
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = authority.to_string();
        let client_options = ClientOptions {
            transport: Some(azure_core::http::Transport::new(Arc::clone(&bridge) as Arc<dyn HttpClient>)),
            retry: RetryOptions::none(),
            cloud: Some(Arc::new(CloudConfiguration::from(cloud))),
            ..ClientOptions::default()
        };
        let secret = Secret::new(client_secret.expose_secret().to_owned());
        let options = Some(ClientSecretCredentialOptions { client_options });
        let credential = ClientSecretCredential::new(tenant_id, client_id.clone(), secret, options)
            .map_err(|error| refusal::explain(&self.identity, bridge.take_seen(), &error.to_string()))?;
        let scopes = [scope.as_str()];
        let answer = tokio::time::timeout(self.timeout, credential.get_token(&scopes, None));
        match answer.await {
            Ok(Ok(token)) if !token.token.secret().is_empty() => Ok(Issued {
                token: token.token.secret().to_owned().into(),
                lives: lives(token.expires_on.unix_timestamp_nanos()),
            }),
            Ok(Ok(_)) => Err(refusal::without_token(bridge.take_seen())),
            Ok(Err(error)) => Err(refusal::explain(&self.identity, bridge.take_seen(), &error.to_string())),
            Err(_) => Err(refusal::silent(authority, self.timeout)),
        }
    }
}

/// The time to live: the library adds it to the system's time, so that has to be taken away again.
/// Whole seconds, as the service said it, whatever the microseconds between both looks at the clock.
fn lives(expires_on_nanos: i128) -> Duration {
    const SECOND: i128 = 1_000_000_000;
    let left = expires_on_nanos - SystemClock.now().as_nanosecond();
    Duration::from_secs(u64::try_from((left + SECOND / 2) / SECOND).unwrap_or(0))
}

/// Longer than any token of Entra's lives (24 hours at most where it is checked again and again,
/// <https://learn.microsoft.com/en-us/entra/identity-platform/configurable-token-lifetimes>, read 2026-11-29).
const LIFE_MAX: u64 = 7 * 24 * 60 * 60;

/// The same answer with a life that the library can add to the present: version 1.0.0 panics where the sum leaves its calendar.
fn short_lived(body: Bytes) -> Bytes {
    let Ok(mut answer) = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&body) else {
        return body;
    };
    let mut is_too_long = false;
    for name in ["expires_in", "ext_expires_in"] {
        if let Some(life) = answer.get_mut(name)
            && life.as_f64().is_some_and(|seconds| seconds.abs() > LIFE_MAX as f64)
        {
            (*life, is_too_long) = (LIFE_MAX.into(), true);
        }
    }
    let shortened = is_too_long.then(|| serde_json::to_vec(&answer).ok()).flatten();
    shortened.map_or(body, Bytes::from)
}

/// Carries the library's request over our transport, and remembers what the library's errors leave out: the network's
/// errors, `Retry-After`, and the AADSTS codes. Version 1.0.0 reads the error text as a borrowed string, so it
/// gives up on every body with an escape in it, which Entra's `\r\n` are; a test here holds such a body.
#[derive(Debug)]
struct Bridge {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    random: Random,
    seen: Mutex<Option<Seen>>,
}

impl Bridge {
    fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>, random: Random) -> Self {
        Self { transport, clock, random, seen: Mutex::default() }
    }

    fn see(&self, seen: Seen) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }

    fn take_seen(&self) -> Option<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The request as `http` knows it. The library keeps headers in a randomly ordered map and makes its request id from
    /// the system's randomness; both would make two equal runs differ.
    fn translate(&self, request: &Request) -> Result<http::Request<Bytes>, TransportError> {
        let host = request.url().host_str().unwrap_or_default().to_owned();
        let Body::Bytes(body) = request.body() else {
            return Err(TransportError::Invalid { host, reason: "its body is a stream".into() });
        };
        let mut built = http::Request::builder().method(request.method().as_ref()).uri(request.url().as_str());
        let headers: BTreeMap<&str, &str> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for (name, value) in headers {
            if name != REQUEST_ID {
                built = built.header(name, value);
            }
        }
        let id = uuid::Uuid::from_u128(self.random.bits()).hyphenated().to_string();
        let built = built.header(REQUEST_ID, id).body(body.clone());
        built.map_err(|error| TransportError::Invalid { host, reason: error.to_string() })
    }

    async fn exchange(&self, request: &Request) -> Result<http::Response<Bytes>, TransportError> {
        let request = self.translate(request)?;
        let host = peer(request.uri());
        if request.uri().scheme() != Some(&http::uri::Scheme::HTTPS) {
            return Err(TransportError::Invalid { host, reason: "a secret goes over https only".into() });
        }
        self.transport.send(request, ANSWER_MAX).await
    }
}

#[async_trait]
impl HttpClient for Bridge {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        match self.exchange(request).await {
            Ok(answer) => {
                self.see(Seen::answer(&answer, self.clock.now()));
                let status = answer.status().as_u16();
                Ok(AsyncRawResponse::from_bytes(status.into(), Headers::new(), short_lived(answer.into_body())))
            }
            Err(error) => {
                let text = error.to_string();
                self.see(Seen::Failed(error));
                Err(azure_core::Error::with_message(ErrorKind::Io, text))
            }
        }
    }
}
