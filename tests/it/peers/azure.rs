//! The identity service and the ingestion service, as their documentation describes them
//! (<https://learn.microsoft.com/en-us/azure/azure-monitor/logs/logs-ingestion-api-overview>,
//! <https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow>, read 2026-11-22).

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::json;
use serde_json::value::RawValue;
use wiremock::{Request, Respond, ResponseTemplate};

pub(super) const TENANT: &str = "22222222-3333-4444-5555-666666666666";
pub(super) const CLIENT: &str = "33333333-4444-5555-6666-777777777777";
pub(super) const CLIENT_SECRET: &str = "wX8Q~client-s3cr3t-marker_of-a.test";
pub(super) const BEARER: &str = "eyJ0eXAiOiJKV1QifQ.bearer-s3cr3t-marker.x";
/// The most bytes of one call (<https://learn.microsoft.com/en-us/azure/azure-monitor/service-limits>, read 2026-11-22).
pub(super) const CALL_MAX: usize = 1_048_576;
/// More than any call can hold when inflated.
pub(super) const PLAIN_MAX: u64 = 64 << 20;

/// Every secret that must never be seen anywhere.
pub(super) const SECRETS: [&str; 5] =
    [CLIENT_SECRET, BEARER, super::miro::AUDIT_TOKEN, super::miro::CONTENT_TOKEN, super::miro::BODY_MARK];

/// Answers a request for a token.
#[derive(Debug)]
pub(super) struct Identity;

impl Respond for Identity {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let form: BTreeMap<_, _> = form_urlencoded::parse(&request.body).into_owned().collect();
        let has = |name: &str, value: &str| form.get(name).is_some_and(|sent| sent == value);
        let known = has("grant_type", "client_credentials")
            && has("client_id", CLIENT)
            && has("client_secret", CLIENT_SECRET)
            && has("scope", "https://monitor.azure.com/.default");
        if !known {
            return ResponseTemplate::new(401).set_body_json(json!({
                "error": "invalid_client", "error_codes": [7_000_215],
                "error_description": "AADSTS7000215: Invalid client secret provided.",
            }));
        }
        ResponseTemplate::new(200).insert_header("Cache-Control", "no-store, no-cache").set_body_json(json!({
            "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": BEARER,
        }))
    }
}

/// What a rule may say to the events of an upload before they are stored; none to store them.
type Judge = Box<dyn Fn(&[&RawValue]) -> Option<ResponseTemplate> + Send + Sync>;

/// All rows that were acknowledged, by the event's exact text. Clones share it.
#[derive(Clone)]
pub(super) struct Ledger {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<String, u64>,
    uploads: usize,
    judge: Option<Judge>,
    delay: Duration,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self { state: Arc::default() }
    }

    /// From now on `judge` is asked first.
    pub(super) fn judged(&self, judge: impl Fn(&[&RawValue]) -> Option<ResponseTemplate> + Send + Sync + 'static) {
        self.lock().judge = Some(Box::new(judge));
    }

    /// From now on everything is stored.
    pub(super) fn unjudged(&self) {
        self.lock().judge = None;
    }

    /// How often the event was stored.
    pub(super) fn copies(&self, event: &[u8]) -> u64 {
        std::str::from_utf8(event).ok().and_then(|text| self.lock().rows.get(text).copied()).unwrap_or(0)
    }

    /// Different events stored.
    pub(super) fn distinct(&self) -> usize {
        self.lock().rows.len()
    }

    /// Events stored, copies counted.
    pub(super) fn rows(&self) -> u64 {
        self.lock().rows.values().sum()
    }

    /// Uploads with an event in them.
    pub(super) fn uploads(&self) -> usize {
        self.lock().uploads
    }

    /// From now on everything is stored at once and acknowledged after `delay`.
    pub(super) fn slow(&self, delay: Duration) {
        self.lock().delay = delay;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::result_large_err, reason = "both ways out are the response that is sent")]
    fn take(&self, request: &Request) -> Result<ResponseTemplate, ResponseTemplate> {
        let sent = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        if sent("authorization") != Some(&format!("Bearer {BEARER}")) {
            return Err(error(401, "InvalidToken"));
        }
        if sent("content-type").is_none_or(|value| !value.starts_with("application/json")) {
            return Err(error(415, "UnsupportedMediaType"));
        }
        if request.url.query_pairs().all(|(name, _)| name != "api-version") {
            return Err(error(400, "InvalidApiVersion"));
        }
        if request.body.len() > CALL_MAX {
            return Err(error(413, "ContentLengthLimitExceeded"));
        }
        let mut plain = Vec::new();
        if sent("content-encoding") == Some("gzip") {
            let mut inflating = GzDecoder::new(request.body.as_slice()).take(PLAIN_MAX);
            inflating.read_to_end(&mut plain).map_err(|_| error(400, "BadRequest"))?;
        } else {
            plain.extend_from_slice(&request.body);
        }
        let events: Vec<&RawValue> = serde_json::from_slice(&plain).map_err(|_| error(400, "BadRequest"))?;
        let mut state = self.lock();
        if !events.is_empty() {
            state.uploads += 1;
            if let Some(refusal) = state.judge.as_ref().and_then(|judge| judge(&events)) {
                return Err(refusal);
            }
            for event in events {
                *state.rows.entry(event.get().to_owned()).or_default() += 1;
            }
        }
        Ok(acknowledged().set_delay(state.delay))
    }
}

/// 204 without a body, with the service's request id.
fn acknowledged() -> ResponseTemplate {
    ResponseTemplate::new(204)
        .insert_header("Server", "Microsoft-HTTPAPI/2.0")
        .insert_header("x-ms-request-id", "6d3c608c-e6cb-11f1-9555-02fc00000001")
}

/// The service's error object.
pub(super) fn error(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .insert_header("x-ms-error-code", code)
        .insert_header("x-ms-request-id", "6d3c608c-e6cb-11f1-9555-02fc00000002")
        .set_body_json(json!({"error": {"code": code, "message": "The request is refused."}}))
}

impl Respond for Ledger {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.take(request).unwrap_or_else(|refusal| refusal)
    }
}
