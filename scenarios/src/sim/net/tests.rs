use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::routing::post;

use super::*;
use crate::scenario::draw::draw;
use crate::scenario::{
    Action, Call, Calls, ClockOwner, Conditions, Content, EventSpec, Interception, NamedWait, Point, Refuser, Step,
    Trigger,
};
use crate::secrets::Secrets;
use crate::sim::coverage::Kind;
use crate::sim::plan::Plan;
use crate::sim::timeline::Timeline;
use crate::sim::watch::Limits;

const START: &str = "2026-03-01T00:00:00Z";

/// A site that counts the calls it acted on and answers with as many bytes as it is asked for.
struct Town {
    network: Network,
    watch: Watch,
    acted: Arc<AtomicU64>,
}

impl Town {
    fn with(points: Vec<Point>) -> Self {
        let breaks = (!points.is_empty()).then(|| step(86_400, Action::Break { points }));
        Self::on_a_day(breaks.as_slice())
    }

    fn on_a_day(timeline: &[Step]) -> Self {
        let clock = SimClock::starting_at(START.parse().unwrap());
        let acted = Arc::new(AtomicU64::new(0));
        let count = acted.clone();
        let router = axum::Router::new().route(
            "/act",
            post(move |body: String| async move {
                count.fetch_add(1, Ordering::Relaxed);
                "x".repeat(body.len())
            }),
        );
        let mut scenario = draw(1, 1);
        scenario.world.clock = clock.now();
        scenario.timeline = timeline.to_vec();
        let plan = Plan::of(scenario).unwrap();
        let conditions = Conditions { loss: 0.0, latency_max: jiff::SignedDuration::from_millis(20) };
        let limits = Limits { uploads_in_flight: 1, plain_bytes_max: 1_000_000 };
        let watch = Watch::new(Secrets::default(), limits, false);
        let sites = [("town.example".to_owned(), Site { peer: Peer::Ingestion, router })].into();
        let network = Network::new(
            sites,
            NetworkConditions::new(conditions, jiff::Timestamp::MAX, 1),
            Middlebox::new(&plan, Timeline::new(&plan.scenario), clock),
            watch.clone(),
            Power::default(),
            clock,
        );
        Self { network, watch, acted }
    }

    async fn ask(&self, bytes: usize) -> Result<http::Response<Bytes>, TransportError> {
        let request = http::Request::post("https://town.example/act").body("y".repeat(bytes).into()).unwrap();
        self.network.send(request, 4_000_000).await
    }

    async fn acted(&self) -> u64 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.acted.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_arrives_and_its_answer_comes_back() {
    let town = Town::with(vec![]);
    let answer = town.ask(1_500_000).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().len(), town.acted().await), (200, 1_500_000, 1));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_host_cannot_be_reached() {
    let town = Town::with(vec![]);
    let request = http::Request::get("https://elsewhere.example/").body(Bytes::new()).unwrap();
    let error = town.network.send(request, 1_000).await.unwrap_err();
    assert_eq!(error.to_string(), "could not connect to elsewhere.example: no such host");
}

#[tokio::test(start_paused = true)]
async fn an_answer_beyond_the_bound_is_refused() {
    let town = Town::with(vec![]);
    let request = http::Request::post("https://town.example/act").body("y".repeat(2_000).into()).unwrap();
    let error = town.network.send(request, 1_000).await.unwrap_err();
    assert!(matches!(error, TransportError::TooLarge { limit: 1_000, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_the_peer_has_done_depends_on_where_the_connection_breaks() {
    for (point, acted, kind) in [
        (Point::ConnectionRefused, 0, Kind::Refused),
        (Point::CutInRequest, 0, Kind::CutInRequest),
        (Point::ResponseLost, 1, Kind::LostAnswer),
        (Point::CutInResponse, 1, Kind::CutInAnswer),
    ] {
        let town = Town::with(vec![point]);
        let error = town.ask(500_000).await.unwrap_err();
        assert_eq!(
            matches!(error, TransportError::Connect { .. }),
            point == Point::ConnectionRefused,
            "{point:?}: {error}"
        );
        assert_eq!(town.acted().await, acted, "{point:?}");
        assert_eq!(town.watch.coverage().times(kind), 1, "{point:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_lasts_longer_than_anybody_waits() {
    let town = Town::with(vec![Point::Silence]);
    let waited = tokio::time::timeout(Duration::from_hours(1), town.ask(100)).await;
    assert!(waited.is_err());
    assert_eq!(town.acted().await, 1);
}

#[tokio::test(start_paused = true)]
async fn the_peer_goes_on_when_the_caller_is_gone() {
    let town = Town::with(vec![]);
    let call = town.ask(100);
    // Long enough for the request to be under way, too short for the answer.
    drop(tokio::time::timeout(Duration::from_millis(25), call).await);
    assert_eq!(town.acted().await, 1);
}

fn step(lasts: u64, action: Action) -> Step {
    let at_once = Trigger::At(jiff::SignedDuration::ZERO);
    let on = action.concerns_calls().then_some(Call::Ingestion);
    let lasts = action.lasts().then(|| jiff::SignedDuration::from_secs(lasts as i64));
    Step { name: None, trigger: at_once, lasts, times: None, calls: Calls { on, ..Calls::default() }, action }
}

fn intercept(response: Interception, peer_acts: bool) -> Step {
    step(3_600, Action::Intercept { response, peer_acts })
}

#[tokio::test(start_paused = true)]
async fn somebody_in_between_responds_before_or_after_the_peer_acts() {
    for (peer_acts, acted) in [(false, 0), (true, 1)] {
        let town = Town::on_a_day(&[intercept(Interception::Html { status: 407 }, peer_acts)]);
        let answer = town.ask(100).await.unwrap();
        assert_eq!((answer.status().as_u16(), town.acted().await), (407, acted));
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert!(!answer.headers().contains_key("date") && !answer.headers().contains_key("x-ms-request-id"));
        let met = if peer_acts { Kind::ReplacedResponse } else { Kind::HtmlPage };
        assert_eq!(town.watch.coverage().times(met), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_http_and_what_has_no_end_are_errors() {
    let town = Town::on_a_day(&[intercept(Interception::Garbage, false)]);
    assert!(matches!(town.ask(1_500_000).await, Err(TransportError::Cut { .. })));
    let town = Town::on_a_day(&[intercept(Interception::Huge, false)]);
    assert!(matches!(town.ask(100).await, Err(TransportError::TooLarge { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_trickle_comes_at_its_pace_and_a_delay_grows() {
    let trickle = step(3_600, Action::Trickle { bytes_per_second: 1_000 });
    let town = Town::on_a_day(&[trickle]);
    let begun = tokio::time::Instant::now();
    assert_eq!(town.ask(10_000).await.unwrap().body().len(), 10_000);
    assert!((9..13).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());

    let slow = step(1_000, Action::Slow { up_to: jiff::SignedDuration::from_secs(100) });
    let town = Town::on_a_day(&[slow]);
    tokio::time::sleep(Duration::from_secs(500)).await;
    let begun = tokio::time::Instant::now();
    town.ask(10).await.unwrap();
    assert!((49..52).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_named_by_the_peers_own_clock() {
    let hour = jiff::SignedDuration::from_hours(1);
    let skew = step(3_600, Action::Clock { whose: ClockOwner::Azure, by: hour, drift_ppm: 0 });
    let wait = NamedWait::Date(jiff::SignedDuration::from_secs(9));
    let refuse = Action::Refuse { status: 503, code: None, wait: Some(wait) };
    let town = Town::on_a_day(&[skew, step(3_600, refuse)]);
    let answer = town.ask(10).await.unwrap();
    assert_eq!((answer.status().as_u16(), town.acted().await), (503, 0));
    assert_eq!(answer.headers()["date"], "Sun, 01 Mar 2026 01:00:00 GMT");
    assert_eq!(answer.headers()["retry-after"], "Sun, 01 Mar 2026 01:00:09 GMT");
}

#[tokio::test(start_paused = true)]
async fn uploads_are_refused_for_their_size_and_for_what_is_in_them() {
    let town = Town::on_a_day(&[step(3_600, Action::LimitUploads { bytes: 100, by: Refuser::Azure })]);
    assert_eq!(town.ask(100).await.unwrap().status().as_u16(), 200);
    assert_eq!(town.ask(101).await.unwrap().status().as_u16(), 413);

    let bad = EventSpec {
        stream: connector::Stream::Audit,
        id: Some("bad".to_owned()),
        time: None,
        bytes: 200,
        content: Content::Refused,
        fields: serde_json::Map::new(),
    };
    let town = Town::on_a_day(&[step(0, Action::Event(bad))]);
    for (id, status) in [("good", 200), ("bad", 400)] {
        let body = format!(r#"[{{"id":"first"}},{{"id":"{id}"}}]"#);
        let request = http::Request::post("https://town.example/act").body(body.into()).unwrap();
        assert_eq!(town.network.send(request, 1_000).await.unwrap().status().as_u16(), status);
    }
}
