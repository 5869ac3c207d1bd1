use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::*;
use crate::config::Identity;
use crate::problem::Code;
use crate::transport::TransportError;
use crate::{Clock, Random, Transport};

const SECRET: &str = "s~cr t+&=";

/// Wall time that moves with tokio's timer.
#[derive(Debug)]
struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::try_from(self.0.elapsed()).expect("short")
    }
}

#[derive(Debug)]
enum Answer {
    Says(u16, String),
    /// 503, and the wait in seconds that it names.
    Busy(u64),
    Fails(TransportError),
}

/// Plays the identity service: answers from a list, each after a while.
#[derive(Debug, Default)]
struct Entra {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<http::Request<Bytes>>>,
    calls: AtomicUsize,
    takes: Duration,
}

impl Entra {
    fn answering(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), ..Self::default() })
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Transport for Entra {
    fn send(
        &self,
        request: http::Request<Bytes>,
        _body_max: usize,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        async move {
            self.calls.fetch_add(1, Ordering::Relaxed);
            self.requests.lock().expect("unpoisoned").push(request);
            tokio::time::sleep(self.takes).await;
            let answer = self.answers.lock().expect("unpoisoned").pop_front();
            match answer.expect("no more requests than expected") {
                Answer::Says(status, body) => {
                    let answer = http::Response::builder().status(status).header("retry-after", "7");
                    Ok(answer.body(Bytes::from(body)).expect("a response"))
                }
                Answer::Busy(seconds) => {
                    let answer = http::Response::builder().status(503).header("retry-after", seconds);
                    Ok(answer.body(Bytes::new()).expect("a response"))
                }
                Answer::Fails(error) => Err(error),
            }
        }
        .boxed()
    }
}

fn token(name: &str, seconds: u64) -> Answer {
    Answer::Says(200, format!(r#"{{"token_type":"Bearer","expires_in":{seconds},"access_token":"{name}"}}"#))
}

fn refusal(status: u16, code: u32) -> Answer {
    let body = format!(
        r#"{{"error":"x","error_description":"AADSTS{code}: in the service's words.\r\nTrace ID: 1","error_codes":[{code}],"timestamp":"2026-11-01 10:00:00Z","trace_id":"1","correlation_id":"2"}}"#
    );
    Answer::Says(status, body)
}

fn tokens(entra: &Arc<Entra>) -> AzureTokens {
    tokens_of("https://login.example.com:8443", entra)
}

fn tokens_of(authority: &str, entra: &Arc<Entra>) -> AzureTokens {
    let identity = Identity::ClientSecret {
        tenant_id: "tenant-1".into(),
        client_id: "client-1".into(),
        client_secret: SECRET.to_owned().into(),
        authority: authority.parse().expect("a URL"),
        scope: "https://monitor.azure.com/.default".into(),
    };
    let clock = Arc::new(PausedClock(Instant::now()));
    AzureTokens::new(identity, Duration::from_mins(1), Arc::clone(entra) as _, clock, Random::seeded(7))
}

async fn name(tokens: &AzureTokens) -> String {
    tokens.token().await.expect("a token").expose_secret().to_owned()
}

async fn wait(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn asks_with_one_form_post_and_nothing_random() {
    let entra = Entra::answering([token("a", 3599), token("b", 3599)]);
    assert_eq!(name(&tokens(&entra)).await, "a");
    assert_eq!(name(&tokens(&entra)).await, "b");
    let requests = entra.requests.lock().expect("unpoisoned");
    let request = &requests[0];
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://login.example.com:8443/tenant-1/oauth2/v2.0/token");
    let form: Vec<_> = form_urlencoded::parse(request.body()).collect();
    let expected = [
        ("client_id", "client-1"),
        ("client_secret", SECRET),
        ("grant_type", "client_credentials"),
        ("scope", "https://monitor.azure.com/.default"),
    ];
    assert_eq!(form, expected.map(|(name, value)| (name.into(), value.into())));
    assert_eq!(request.headers(), requests[1].headers(), "the same seed gives the same request");
    let order = |request: &http::Request<Bytes>| request.headers().keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(order(request), order(&requests[1]));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_kept_until_shortly_before_its_end() {
    let entra = Entra::answering([token("a", 3600), token("b", 3600)]);
    let tokens = tokens(&entra);
    assert_eq!(name(&tokens).await, "a");
    wait(3600 - 6 * 60 - 1).await;
    assert_eq!(name(&tokens).await, "a");
    wait(61).await;
    assert_eq!(name(&tokens).await, "b", "renewed five to six minutes early");
    assert_eq!(entra.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn no_life_that_the_service_names_ends_the_process() {
    for life in [i64::MAX as u64, 253_402_300_800, 4_000_000_000_000, 1_000_000_000_000_000_000, 0] {
        let entra = Entra::answering([token("a", life), token("b", 3600)]);
        let tokens = tokens(&entra);
        assert_eq!(name(&tokens).await, "a", "{life}");
        wait(8 * 24 * 3600).await;
        assert_eq!(name(&tokens).await, "b", "{life}: believed for a week at most");
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_token_is_not_renewed_at_once() {
    let entra = Entra::answering([token("a", 60), token("b", 60)]);
    let tokens = tokens(&entra);
    assert_eq!(name(&tokens).await, "a");
    wait(44).await;
    assert_eq!(name(&tokens).await, "a");
    wait(2).await;
    assert_eq!(name(&tokens).await, "b");
}

#[tokio::test(start_paused = true)]
async fn concurrent_callers_share_one_renewal_and_its_failure() {
    let entra = Arc::new(Entra {
        answers: Mutex::new([refusal(401, 7_000_215), token("a", 3600)].into()),
        takes: Duration::from_secs(2),
        ..Entra::default()
    });
    let tokens = tokens(&entra);
    let (one, other) = tokio::join!(tokens.token(), tokens.token());
    assert!(one.is_err() && other.is_err());
    assert_eq!(entra.calls(), 1);
    let (one, other) = tokio::join!(name(&tokens), name(&tokens));
    assert_eq!((one.as_str(), other.as_str()), ("a", "a"));
    assert_eq!(entra.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_for_one_renewal_are_told_the_wait_that_is_kept() {
    let entra = Arc::new(Entra {
        answers: Mutex::new([Answer::Busy(42_927_188), token("a", 3600)].into()),
        takes: Duration::from_secs(2),
        ..Entra::default()
    });
    let tokens = tokens(&entra);
    let (one, other) = tokio::join!(tokens.token(), tokens.token());
    for told in [one, other] {
        assert!(
            matches!(told, Err(TokenError::Unavailable { after: Some(after), .. }) if after == Duration::from_mins(1))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_does_not_take_the_renewal_along() {
    let entra = Arc::new(Entra {
        answers: Mutex::new([token("a", 3600), token("b", 3600)].into()),
        takes: Duration::from_secs(2),
        ..Entra::default()
    });
    let tokens = tokens(&entra);
    let leaves = tokio::time::timeout(Duration::from_secs(1), tokens.token());
    let (left, stayed) = tokio::join!(leaves, name(&tokens));
    assert!(left.is_err());
    assert_eq!(stayed, "a");
    assert_eq!(entra.calls(), 1);
    // Nobody waits for this one; the next caller asks afresh.
    tokens.refused();
    assert!(tokio::time::timeout(Duration::from_secs(1), tokens.token()).await.is_err());
    assert_eq!(name(&tokens).await, "b");
    assert_eq!(entra.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_asked_for_again() {
    let entra = Entra::answering([token("a", 3600), token("b", 3600)]);
    let tokens = tokens(&entra);
    assert_eq!(name(&tokens).await, "a");
    tokens.refused();
    assert_eq!(name(&tokens).await, "b");
}

#[tokio::test(start_paused = true)]
async fn a_failed_early_renewal_leaves_the_old_token_until_it_ends() {
    let entra = Entra::answering([
        token("a", 3600),
        Answer::Says(503, String::new()),
        Answer::Says(503, String::new()),
        token("b", 3600),
    ]);
    let tokens = tokens(&entra);
    assert_eq!(name(&tokens).await, "a");
    wait(3400).await;
    assert_eq!(name(&tokens).await, "a");
    assert_eq!(name(&tokens).await, "a");
    assert_eq!(entra.calls(), 2, "the next try waits");
    wait(201).await;
    assert!(matches!(tokens.token().await, Err(TokenError::Unavailable { .. })));
    wait(7).await;
    assert_eq!(name(&tokens).await, "b");
}

#[tokio::test(start_paused = true)]
async fn refusals_are_named_in_the_users_words() {
    for (status, code, expected, key) in [
        (401, 7_000_215, Code::AzureSecretRefused, "sentinel.identity.client_secret"),
        (401, 7_000_222, Code::AzureSecretRefused, "sentinel.identity.client_secret"),
        (400, 700_016, Code::AzureApplicationUnknown, "sentinel.identity.client_id"),
        (400, 90_002, Code::AzureTenantUnknown, "sentinel.identity.tenant_id"),
        (400, 70_011, Code::AzureIdentityRefused, "sentinel.identity.scope"),
        (400, 999_999, Code::AzureIdentityRefused, "sentinel.identity"),
    ] {
        let entra = Entra::answering([refusal(status, code)]);
        match tokens(&entra).token().await {
            Err(TokenError::Refused(problem)) => {
                assert_eq!((problem.code, problem.subject.as_str()), (expected, key), "{problem}");
                assert!(problem.to_string().contains(&format!("AADSTS{code}")), "{problem}");
            }
            other => panic!("{code}: {other:?}"),
        }
        assert_eq!(entra.calls(), 1, "the library retries nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_list_of_codes_is_named_by_its_description() {
    let said = |description: &str| {
        Answer::Says(401, format!(r#"{{"error":"invalid_client","error_description":"{description}"}}"#))
    };
    let entra = Entra::answering([said("AADSTS7000215: Invalid client secret provided.\\r\\nTrace ID: 1")]);
    match tokens(&entra).token().await {
        Err(TokenError::Refused(problem)) => {
            assert_eq!(
                (problem.code, problem.subject.as_str()),
                (Code::AzureSecretRefused, "sentinel.identity.client_secret")
            );
        }
        other => panic!("{other:?}"),
    }
    for unnamed in ["", "invalid client", "AADSTS", "AADSTSx7000215", "AADSTS99999999999999"] {
        let answer = tokens(&Entra::answering([said(unnamed)])).token().await;
        assert!(matches!(answer, Err(TokenError::Unavailable { .. })), "{unnamed}: {answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_worth_another_try_and_tells_how_long_to_wait() {
    let cut = TransportError::Cut { host: "login.example.com".into(), reason: "reset".into() };
    let started = Instant::now();
    for (answer, after, expected) in [
        (
            Answer::Says(429, String::new()),
            Some(7),
            "could not get a token: the identity service responds with HTTP 429",
        ),
        (
            Answer::Says(502, "<html>".into()),
            Some(7),
            "could not get a token: something between us and the identity service responds: HTTP 502",
        ),
        (refusal(400, 90_033), Some(7), "could not get a token: the identity service responds with HTTP 400"),
        (
            Answer::Says(404, "<html>".into()),
            Some(7),
            "could not get a token: something between us and the identity service responds: HTTP 404",
        ),
        (
            Answer::Says(403, "{}".into()),
            Some(7),
            "could not get a token: something between us and the identity service responds: HTTP 403",
        ),
        (
            Answer::Says(200, "{}".into()),
            None,
            "could not get a token: something between us and the identity service responds: HTTP 200, without a token",
        ),
        (Answer::Fails(cut), None, "could not get a token: the connection to login.example.com broke: reset"),
    ] {
        let entra = Entra::answering([answer]);
        let error = tokens(&entra).token().await.expect_err("no token");
        assert_eq!(error.to_string(), expected);
        let TokenError::Unavailable { after: told, .. } = error else { panic!("{expected}: refused") };
        assert_eq!(told, after.map(Duration::from_secs), "{expected}");
        assert_eq!(entra.calls(), 1, "the library retries nothing");
    }
    assert_eq!(started.elapsed(), Duration::ZERO, "the library waits for nothing");
}

#[tokio::test(start_paused = true)]
async fn nobody_asks_before_the_service_said_so() {
    let entra = Entra::answering([Answer::Says(503, String::new()), token("later", 3_600)]);
    let tokens = tokens(&entra);
    tokens.token().await.expect_err("not yet");
    wait(3).await;
    let error = tokens.token().await.expect_err("not yet");
    assert!(matches!(error, TokenError::Unavailable { after: Some(left), .. } if left == Duration::from_secs(4)));
    assert_eq!(entra.calls(), 1);
    wait(4).await;
    assert_eq!(name(&tokens).await, "later");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_given_up() {
    let entra = Arc::new(Entra { takes: Duration::from_hours(1), ..Entra::default() });
    let started = Instant::now();
    let error = tokens(&entra).token().await.expect_err("no token");
    assert_eq!(error.to_string(), "could not get a token: no response from login.example.com within 60s");
    assert_eq!(started.elapsed(), Duration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn the_client_secret_goes_over_https_only() {
    let entra = Entra::answering([token("a", 3599)]);
    let error = tokens_of("http://login.example.com", &entra).token().await.expect_err("no token").to_string();
    assert_eq!(entra.calls(), 0, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_is_not_trusted_needs_somebody() {
    let tls = TransportError::Tls { host: "login.example.com:8443".into(), reason: "unknown issuer".into() };
    let entra = Entra::answering([Answer::Fails(tls)]);
    match tokens(&entra).token().await {
        Err(TokenError::Refused(problem)) => assert_eq!(problem.code, Code::AzureCertificateRefused),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_repeats_the_request_shows_no_secret_and_steers_no_terminal() {
    for (name, echoed) in crate::redact::tests::encodings(SECRET).into_iter().filter(|(name, _)| *name != "cut") {
        let said =
            serde_json::to_string(&format!("AADSTS1: \u{1b}[31mclient_secret={echoed}&scope=x")).expect("a string");
        let body = format!(r#"{{"error":"x","error_description":{said},"error_codes":[1]}}"#);
        let entra = Entra::answering([Answer::Says(401, body)]);
        let error = tokens(&entra).token().await.expect_err("refused").to_string();
        assert!(error.contains("AADSTS1: client_secret=") && error.contains("***"), "{name}: {error:?}");
        assert!(!error.contains(&echoed) && !error.contains('\u{1b}'), "{name}: {error:?}");
    }
}
