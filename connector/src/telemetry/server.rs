//! `/metrics`, `/healthz`, `/readyz`, `/status` and `/dead-letters`.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::connections::{self, Limits};
use super::surface::Surface;
use super::{dead_letters, metrics, readiness};
use crate::status::Status;

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("telemetry.listen = \"{listen}\" cannot be used: {reason}")]
pub struct BindError {
    /// The address.
    pub listen: SocketAddr,
    /// What the system said.
    pub reason: io::Error,
}

/// Listens on `listen`; port 0 takes a free one.
///
/// # Errors
///
/// When the address is taken, is not one of this machine, or may not be listened on.
pub async fn bind(listen: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(listen).await.map_err(|reason| BindError { listen, reason })
}

impl Surface {
    /// The endpoints, for a listener or for a test.
    pub fn router(self) -> Router {
        Router::new()
            .route("/metrics", get(show_metrics))
            .route("/healthz", get(show_health))
            .route("/readyz", get(show_readiness))
            .route("/status", get(show_status))
            .route(dead_letters::PATH, get(dead_letters::show))
            .with_state(self)
    }

    /// Serves until `done`, then closes what is open: within a second, and at once when the stop says to leave. One request a
    /// connection; connections are bounded in number, size and time.
    pub async fn serve(self, listener: TcpListener, done: impl Future<Output = ()>) {
        let stop = self.stop.clone();
        connections::serve(listener, self.router(), Limits::default(), &stop, done).await;
    }
}

async fn show_metrics(State(surface): State<Surface>) -> Response {
    match metrics::page(&(surface.status)(), surface.clock.now()) {
        Ok(page) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], page).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The process answers: that is all that is asked.
async fn show_health() -> &'static str {
    "ok\n"
}

async fn show_readiness(State(surface): State<Surface>) -> (StatusCode, String) {
    let status = (surface.status)();
    if surface.stop.is_finishing() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("stopping\n{}", readiness::waits(&status)));
    }
    if status.ready {
        return (StatusCode::OK, "ready\n".into());
    }
    let reasons = readiness::reasons(&status, surface.clock.now());
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready\n{reasons}"))
}

async fn show_status(State(surface): State<Surface>) -> axum::Json<Status> {
    axum::Json((surface.status)())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use axum::body::to_bytes;
    use axum::http::Request;
    use jiff::Timestamp;

    use redb::backends::InMemoryBackend;

    use super::*;
    use crate::durations::{RequestOutcome, Service};
    use crate::status::{StatusProblem, StreamStatus};
    use crate::store::{Change, DeadLetter, RedbStore, Store, Version};
    use crate::{Clock, Stop, Stream};

    #[derive(Debug)]
    struct FixedClock;

    impl Clock for FixedClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(1_000_000).expect("in range")
        }
    }

    fn status() -> Status {
        let mut status = Status::default();
        let mut audit = StreamStatus {
            fetched: 10,
            delivered: 6,
            duplicate: 2,
            set_aside: 1,
            in_flight: 1,
            covered_to: Timestamp::from_second(999_990).ok(),
            problem: Some(StatusProblem {
                code: "miro-scope-missing".into(),
                subject: "streams.audit".into(),
                cause: "the token lacks the scope auditlogs:read".into(),
                next_step: "give the app the scope".into(),
            }),
            ..StreamStatus::default()
        };
        audit.request_durations.observe(Service::Azure, RequestOutcome::Ok, Duration::from_millis(80));
        status.streams.insert("audit".into(), audit);
        status
    }

    async fn ask(path: &str, status: Status, stop: &Stop) -> (StatusCode, String) {
        let store = RedbStore::with_backend(InMemoryBackend::new, 1_000_000).expect("a store");
        ask_over(path, status, stop, store).await
    }

    async fn ask_over(path: &str, status: Status, stop: &Stop, store: RedbStore) -> (StatusCode, String) {
        let surface = Surface::new(move || status.clone(), Arc::new(store), Arc::new(FixedClock), stop.clone());
        let listener = bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let done = Stop::new();
        let ended = done.clone();
        let serving = surface.serve(listener, async move { ended.finishing().await });
        let asking = async {
            let network = crate::transport::production::Production::direct().expect("a client");
            let request = Request::get(format!("http://{address}{path}")).header("connection", "close");
            let request = request.body(bytes::Bytes::new()).expect("a request");
            let answer = crate::Transport::send(&network, request, 1_000_000).await.expect("an answer");
            done.finish();
            answer
        };
        let ((), answer) = tokio::join!(serving, asking);
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body.into(), 1_000_000).await.expect("a body");
        (parts.status, String::from_utf8(body.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn metrics_are_one_snapshot() {
        let (code, page) = ask("/metrics", status(), &Stop::new()).await;
        assert_eq!(code, StatusCode::OK);
        insta::assert_snapshot!(page, @r#"
        # HELP miro_sentinel_records_fetched Events read from Miro
        # TYPE miro_sentinel_records_fetched counter
        miro_sentinel_records_fetched_total{stream="audit"} 10
        # HELP miro_sentinel_records_delivered Events whose upload Azure acknowledged
        # TYPE miro_sentinel_records_delivered counter
        miro_sentinel_records_delivered_total{stream="audit"} 6
        # HELP miro_sentinel_records_duplicate Events read again and not sent again
        # TYPE miro_sentinel_records_duplicate counter
        miro_sentinel_records_duplicate_total{stream="audit"} 2
        # HELP miro_sentinel_records_set_aside Events put into the dead-letter store
        # TYPE miro_sentinel_records_set_aside counter
        miro_sentinel_records_set_aside_total{stream="audit"} 1
        # HELP miro_sentinel_pages Calls to Miro for a page
        # TYPE miro_sentinel_pages counter
        miro_sentinel_pages_total{stream="audit"} 0
        # HELP miro_sentinel_rate_limited Calls that Miro answered with 429
        # TYPE miro_sentinel_rate_limited counter
        miro_sentinel_rate_limited_total{stream="audit"} 0
        # HELP miro_sentinel_batches Uploads that Azure acknowledged
        # TYPE miro_sentinel_batches counter
        miro_sentinel_batches_total{stream="audit"} 0
        # HELP miro_sentinel_retries Calls tried again, at either end
        # TYPE miro_sentinel_retries counter
        miro_sentinel_retries_total{stream="audit"} 0
        # HELP miro_sentinel_span_restarts Spans read again from their beginning since a cursor was of no use
        # TYPE miro_sentinel_span_restarts counter
        miro_sentinel_span_restarts_total{stream="audit"} 0
        # HELP miro_sentinel_sweeps_delayed Late sweeps that waited for the rate budget
        # TYPE miro_sentinel_sweeps_delayed counter
        miro_sentinel_sweeps_delayed_total{stream="audit"} 0
        # HELP miro_sentinel_records_possible_duplicates Events sent again because the outcome of their upload is unknown, counted for each such upload
        # TYPE miro_sentinel_records_possible_duplicates counter
        miro_sentinel_records_possible_duplicates_total{stream="audit"} 0
        # HELP miro_sentinel_odd_pages Pages that differ from what Miro documents and were read all the same
        # TYPE miro_sentinel_odd_pages counter
        miro_sentinel_odd_pages_total{stream="audit"} 0
        # HELP miro_sentinel_records_long_field Events with a field over 64 KB, which Azure cuts
        # TYPE miro_sentinel_records_long_field counter
        miro_sentinel_records_long_field_total{stream="audit"} 0
        # HELP miro_sentinel_sent_bytes Bytes sent to Azure, compressed
        # TYPE miro_sentinel_sent_bytes counter
        miro_sentinel_sent_bytes_total{stream="audit"} 0
        # HELP miro_sentinel_poll_interval_seconds How often the newest events are asked for; longer than configured where the rate budget is small
        # TYPE miro_sentinel_poll_interval_seconds gauge
        miro_sentinel_poll_interval_seconds{stream="audit"} 0.0
        # HELP miro_sentinel_records_in_flight Events read and not yet settled
        # TYPE miro_sentinel_records_in_flight gauge
        miro_sentinel_records_in_flight{stream="audit"} 1.0
        # HELP miro_sentinel_delivery_lag_seconds How far behind now the newest time is that was read and delivered: what to alert on. History that is still to be read does not count, see miro_sentinel_backlog_seconds; until something was read, the time since the start
        # TYPE miro_sentinel_delivery_lag_seconds gauge
        miro_sentinel_delivery_lag_seconds{stream="audit"} 10.0
        # HELP miro_sentinel_settled_lag_seconds How far behind now everything has been read for the last time
        # TYPE miro_sentinel_settled_lag_seconds gauge
        # HELP miro_sentinel_open_spans Spans of time waiting to be read or being read
        # TYPE miro_sentinel_open_spans gauge
        miro_sentinel_open_spans{stream="audit"} 0.0
        # HELP miro_sentinel_backlog_seconds Source time that was never read: the first start's history, or what an outage left; not part of the lag
        # TYPE miro_sentinel_backlog_seconds gauge
        miro_sentinel_backlog_seconds{stream="audit"} 0.0
        # HELP miro_sentinel_last_delivery_timestamp_seconds When Azure last acknowledged an upload
        # TYPE miro_sentinel_last_delivery_timestamp_seconds gauge
        # HELP miro_sentinel_last_page_timestamp_seconds When Miro last answered a page
        # TYPE miro_sentinel_last_page_timestamp_seconds gauge
        # HELP miro_sentinel_budget_remaining_credits Credits left in Miro's rate budget, as last reported
        # TYPE miro_sentinel_budget_remaining_credits gauge
        # HELP miro_sentinel_budget_limit_credits Credits in Miro's rate budget, as last reported
        # TYPE miro_sentinel_budget_limit_credits gauge
        # HELP miro_sentinel_dead_letters Events in the dead-letter store
        # TYPE miro_sentinel_dead_letters gauge
        miro_sentinel_dead_letters{stream="audit"} 0.0
        # HELP miro_sentinel_problem An open problem that requires operator action, by its code
        # TYPE miro_sentinel_problem gauge
        miro_sentinel_problem{stream="audit",code="miro-scope-missing"} 1.0
        # HELP miro_sentinel_request_duration_seconds Duration of requests by peer (miro, azure) and outcome (ok, throttled, refused, server_error, timed_out, no_response)
        # TYPE miro_sentinel_request_duration_seconds histogram
        # UNIT miro_sentinel_request_duration_seconds seconds
        miro_sentinel_request_duration_seconds_sum{peer="azure",outcome="ok"} 0.08
        miro_sentinel_request_duration_seconds_count{peer="azure",outcome="ok"} 1
        miro_sentinel_request_duration_seconds_bucket{le="0.05",peer="azure",outcome="ok"} 0
        miro_sentinel_request_duration_seconds_bucket{le="0.1",peer="azure",outcome="ok"} 1
        miro_sentinel_request_duration_seconds_bucket{le="0.25",peer="azure",outcome="ok"} 1
        miro_sentinel_request_duration_seconds_bucket{le="0.5",peer="azure",outcome="ok"} 1
        miro_sentinel_request_duration_seconds_bucket{le="1.0",peer="azure",outcome="ok"} 1
        miro_sentinel_request_duration_seconds_bucket{le="2.5",peer="azure",outcome="ok"} 1
        miro_sentinel_request_duration_seconds_bucket{le="5.0",peer="azure",outcome="ok"} 1
        miro_sentinel_request_duration_seconds_bucket{le="10.0",peer="azure",outcome="ok"} 1
        miro_sentinel_request_duration_seconds_bucket{le="30.0",peer="azure",outcome="ok"} 1
        miro_sentinel_request_duration_seconds_bucket{le="60.0",peer="azure",outcome="ok"} 1
        miro_sentinel_request_duration_seconds_bucket{le="120.0",peer="azure",outcome="ok"} 1
        miro_sentinel_request_duration_seconds_bucket{le="+Inf",peer="azure",outcome="ok"} 1
        # HELP miro_sentinel_ready 1 once every stream has recently reached Miro and Azure and no problem is open
        # TYPE miro_sentinel_ready gauge
        miro_sentinel_ready 0.0
        # HELP miro_sentinel_build Build information
        # TYPE miro_sentinel_build info
        miro_sentinel_build_info{version="0.1.0"} 1
        # EOF
        "#);
    }

    #[tokio::test]
    async fn readiness_names_the_problem_and_health_does_not_care() {
        let (code, body) = ask("/readyz", status(), &Stop::new()).await;
        assert_eq!(code, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            body,
            "not ready\naudit: the token lacks the scope auditlogs:read\n  next: give the app the scope\n"
        );
        assert_eq!(ask("/healthz", status(), &Stop::new()).await, (StatusCode::OK, "ok\n".into()));
        let ready = Status { ready: true, ..Status::default() };
        assert_eq!(ask("/readyz", ready.clone(), &Stop::new()).await.0, StatusCode::OK);
        let stopping = Stop::new();
        stopping.finish();
        assert_eq!(ask("/readyz", ready, &stopping).await, (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".into()));
    }

    #[tokio::test]
    async fn status_is_the_snapshot_as_json() {
        let (code, body) = ask("/status", status(), &Stop::new()).await;
        assert_eq!(code, StatusCode::OK);
        let read: Status = serde_json::from_str(&body).expect("a status");
        assert_eq!(read.streams["audit"].fetched, 10);
    }

    #[tokio::test]
    async fn dead_letters_are_listed_in_pages_without_the_events() {
        let store = RedbStore::with_backend(InMemoryBackend::new, 1_000_000).expect("a store");
        let letter = |number: u64| DeadLetter {
            stream: Stream::Audit,
            id: format!("id-{number}\u{1b}[2J\u{202e}"),
            at: Timestamp::from_second(1_700_000_000).expect("in range"),
            reason: "too large".into(),
            event: bytes::Bytes::from_static(b"the event itself"),
        };
        let change = Change { set_aside: (1..=3).map(letter).collect(), ..Change::default() };
        store.commit(Stream::Audit, Version(0), change).await.expect("committed");
        let entry = |number: u64| {
            format!(
                r#"{{"number":{number},"stream":"audit","at":"2023-11-14T22:13:20Z","reason":"too large","bytes":16,"id":"id-{number}"}}"#
            )
        };
        let entries =
            |numbers: std::ops::RangeInclusive<u64>| format!("[{}]", numbers.map(entry).collect::<Vec<_>>().join(","));
        for (query, expected) in [
            ("", entries(1..=3)),
            ("?limit=2", entries(1..=2)),
            ("?after=2&limit=2", entries(3..=3)),
            ("?limit=0", entries(1..=1)),
            ("?after=3", "[]".to_owned()),
            ("?after=18446744073709551615&limit=18446744073709551615", "[]".to_owned()),
        ] {
            let path = format!("/dead-letters{query}");
            assert_eq!(
                ask_over(&path, status(), &Stop::new(), store.clone()).await,
                (StatusCode::OK, expected),
                "{query}"
            );
        }
        assert_eq!(ask_over("/dead-letters?after=x", status(), &Stop::new(), store).await.0, StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn a_taken_port_names_the_key() {
        let taken = bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let error = bind(taken.local_addr().expect("bound")).await.expect_err("taken").to_string();
        assert!(error.starts_with("telemetry.listen = \"127.0.0.1:") && error.contains("in use"), "{error}");
    }
}
