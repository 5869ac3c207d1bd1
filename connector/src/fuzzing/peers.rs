//! What peers send.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Response;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::value::RawValue;

use super::{MARKER, is_fit_to_be_shown, response};
use crate::config::Identity;
use crate::identity::{AzureTokens, TokenError, TokenProvider};
use crate::interval::Interval;
use crate::source::{Page, RateHeaders};
use crate::transport::TransportError;
use crate::{Clock, Random, Transport};

/// A body that Miro gives for a page: events that are parts of it, or an error that does not repeat it.
pub fn page(body: &[u8]) {
    let body = Bytes::copy_from_slice(body);
    let Some(span) = Interval::new(Timestamp::UNIX_EPOCH, Timestamp::MAX) else { return };
    match Page::read(&body, None, span, Timestamp::MAX) {
        Ok(page) => {
            let within = body.as_ptr_range();
            for event in &page.events {
                let part = event.json.as_ptr_range();
                assert!(event.json.is_empty() || (within.start <= part.start && part.end <= within.end));
                let is_object = serde_json::from_slice::<&RawValue>(&event.json).is_ok() && event.json[0] == b'{';
                assert_eq!(event.defect.is_none(), is_object, "{:?}", event.json);
            }
            assert!(page.events.iter().map(|event| event.json.len()).sum::<usize>() <= body.len());
            assert!(page.next.is_none_or(|cursor| !cursor.0.is_empty() && cursor.0.len() <= 8 * 1024));
        }
        Err(reason) => {
            is_fit_to_be_shown(&reason);
            assert!(reason.len() < 120, "{reason}");
        }
    }
}

/// A response to a request for a token: a token, or an error without the secret.
pub fn token_response(bytes: &[u8]) {
    let secret = format!("{MARKER}value/+=");
    let identity = Identity::ClientSecret {
        tenant_id: "tenant-1".to_owned(),
        client_id: "client-1".to_owned(),
        client_secret: secret.as_str().into(),
        authority: match "https://login.example.com".parse() {
            Ok(authority) => authority,
            Err(_) => return,
        },
        scope: "https://monitor.azure.com/.default".to_owned(),
    };
    // As an intermediary does that shows what it was asked.
    let echoed = String::from_utf8_lossy(bytes).replace("{secret}", &secret);
    let transport: Arc<dyn Transport> = Arc::new(Answering(echoed.into_bytes()));
    let clock = Arc::new(Epoch);
    let tokens = AzureTokens::new(identity, Duration::from_mins(1), transport, clock, Random::seeded(1));
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
    match runtime.block_on(tokens.token()) {
        Ok(token) => assert!(!token.expose_secret().is_empty()),
        Err(TokenError::Refused(problem)) => is_fit_to_be_shown(&problem.to_string()),
        Err(error @ TokenError::Unavailable { .. }) => is_fit_to_be_shown(&error.to_string()),
    }
}

/// A response to an upload: an acknowledgement only in the forms that Azure has, else an error to be shown.
pub fn ingestion_response(bytes: &[u8]) {
    let response = response(bytes);
    match crate::sink::refusal(&response, Timestamp::UNIX_EPOCH) {
        None => assert!(response.body().is_empty() && matches!(response.status().as_u16(), 200 | 202 | 204)),
        Some(reason) => is_fit_to_be_shown(&reason),
    }
}

/// The longest wait that is kept, whoever asks for it.
const WAIT_MAX: Duration = Duration::from_hours(1);

/// Responses of Miro one after the other, apart by a line `--`: whatever waits and budgets they name, no wait is longer than
/// is kept, and nothing overflows.
pub fn rate_headers(bytes: &[u8]) {
    let mut heard = RateHeaders::default();
    for part in split(bytes, b"\n--\n").take(16) {
        if let Some(kept) = heard.hear(&response(part)) {
            assert!(kept <= WAIT_MAX, "{kept:?}");
        }
    }
}

fn split<'a>(bytes: &'a [u8], by: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let all = rest?;
        match all.windows(by.len()).position(|part| part == by) {
            Some(at) => {
                rest = Some(&all[at + by.len()..]);
                Some(&all[..at])
            }
            None => rest.take(),
        }
    })
}

#[derive(Debug)]
struct Answering(Vec<u8>);

impl Transport for Answering {
    fn send(
        &self,
        _request: http::Request<Bytes>,
        _body_max: usize,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        std::future::ready(Ok(response(&self.0))).boxed()
    }
}

#[derive(Debug)]
struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}
