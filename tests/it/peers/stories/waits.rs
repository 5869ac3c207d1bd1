//! Waits that the services name, in every form, and none named at all.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockBuilder, Request, ResponseTemplate};

use super::{SOON, all_arrive, events};
use crate::peers::azure;
use crate::peers::classes::Call;
use crate::peers::miro::{self, http_date};
use crate::peers::subject::{Subject, until};
use crate::peers::world::World;

/// A wait long enough to tell from a back-off of the program's own.
const WAIT: Duration = Duration::from_secs(4);

/// When the calls that are refused came in.
type Calls = Arc<Mutex<Vec<Instant>>>;

/// The calls of one kind.
fn calls_of(call: Call) -> MockBuilder {
    match call {
        Call::Audit => Mock::given(method("GET")).and(path("/v2/audit/logs")),
        Call::Content => Mock::given(method("GET")).and(path_regex("/content-logs/items$")),
        Call::Token => Mock::given(method("POST")).and(path_regex("/oauth2/v2.0/token$")),
        Call::Ingestion => Mock::given(method("POST")).and(path_regex("^/dataCollectionRules/")),
    }
}

fn refusal(call: Call) -> ResponseTemplate {
    if call.is_miro() { miro::error(429, "tooManyRequests") } else { azure::error(429, "TooManyRequests") }
}

/// The first two calls are refused with what `wait` adds; both moments are noted.
async fn refused_twice(
    call: Call,
    wait: impl Fn(ResponseTemplate) -> ResponseTemplate + Send + Sync + 'static,
) -> Calls {
    let world = World::empty(100).await;
    // One stream, so that each call waits for itself.
    for event in events(Call::Audit, 5, 60, 100) {
        world.audit.add(event);
    }
    let calls = Calls::default();
    let noted = Arc::clone(&calls);
    let answer = move |_: &Request| {
        noted.lock().expect("no panic").push(Instant::now());
        wait(refusal(call))
    };
    calls_of(call).respond_with(answer).with_priority(1).up_to_n_times(2).mount(&world.origin).await;
    let service = Subject::new(&world).serve().await;
    all_arrive(&world, &service, SOON).await;
    calls
}

fn is_kept(calls: &Calls, what: &str) {
    let calls = calls.lock().expect("no panic");
    let between = calls[1].duration_since(calls[0]);
    // An HTTP date has whole seconds.
    assert!(between + Duration::from_secs(1) >= WAIT, "{what}: called again after {between:?}");
    assert!(between <= WAIT + Duration::from_secs(6), "{what}: called again only after {between:?}");
}

#[tokio::test]
async fn seconds_are_kept() {
    for call in [Call::Audit, Call::Ingestion] {
        let calls = refused_twice(call, |answer| answer.insert_header("Retry-After", WAIT.as_secs().to_string())).await;
        is_kept(&calls, call.name());
    }
}

#[tokio::test]
async fn a_date_is_kept_by_the_clock_of_who_names_it() {
    for (call, ahead) in [(Call::Audit, 0), (Call::Audit, 3_600), (Call::Ingestion, -3_600)] {
        let wait = i64::try_from(WAIT.as_secs()).expect("short");
        let calls = refused_twice(call, move |answer| {
            let now = Timestamp::now();
            answer
                .insert_header("Date", http_date(now, ahead))
                .insert_header("Retry-After", http_date(now, ahead + wait))
        });
        is_kept(&calls.await, &format!("{} with a clock {ahead} s ahead", call.name()));
    }
}

#[tokio::test]
async fn a_wait_of_years_is_reported_and_ends_with_the_process() {
    for (call, wait) in [
        (Call::Audit, "31536000"),
        (Call::Audit, "Fri, 31 Dec 2099 23:59:59 GMT"),
        (Call::Ingestion, "99999999999999999999"),
        (Call::Ingestion, "86400"),
    ] {
        let world = World::with_history().await;
        let answer = refusal(call).insert_header("Retry-After", wait);
        calls_of(call).respond_with(answer).with_priority(1).mount(&world.origin).await;
        let mut service = Subject::new(&world).serve().await;
        let named = until(SOON, || async {
            let (ready, reason) = service.get("/readyz").await;
            if ready == 503 && reason.lines().count() > 1 { Ok(()) } else { Err((ready, reason)) }
        });
        assert_eq!(named.await, Ok(()), "{} with Retry-After {wait}", call.name());
        service.terminate().await;
        assert!(service.ends_within(SOON).await, "{} with Retry-After {wait} does not end", call.name());
    }
}

#[tokio::test]
async fn without_rate_headers_the_documented_limit_is_kept() {
    // 100,000 credits a minute, 2,000 a call of the content log
    // (<https://developers.miro.com/reference/rate-limiting>, read 2026-11-22).
    const CALLS_A_MINUTE: usize = 50;
    let world = World::empty(10).await;
    for event in events(Call::Content, 800, 60, 100) {
        world.content.add(event);
    }
    world.content.behave(|manner| (manner.rate_headers, manner.calls_a_minute_max) = (false, CALLS_A_MINUTE));
    world.audit.behave(|manner| manner.rate_headers = false);
    let _service = Subject::new(&world).serve().await;
    let refused =
        until(Duration::from_secs(20), || async { if world.content.refused() > 0 { Ok(()) } else { Err(()) } });
    assert!(refused.await.is_err(), "called {} times in less than a minute", world.content.asked().len() + 1);
    assert!(world.content.asked().len() > 5, "the budget is used");
}
