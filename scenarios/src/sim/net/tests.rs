use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::routing::post;

use super::*;
use crate::sim::coverage::Kind;
use crate::sim::faults::{Climate, Point, Storm};
use crate::sim::secrets::Secrets;

/// A site that counts the calls it acted on and answers with as many bytes as it is asked for.
struct Town {
    network: Network,
    watch: Watch,
    acted: Arc<AtomicU64>,
}

impl Town {
    fn with(points: Vec<Point>) -> Self {
        let clock = SimClock::starting_at("2026-03-01T00:00:00Z".parse().unwrap());
        let acted = Arc::new(AtomicU64::new(0));
        let count = acted.clone();
        let router = axum::Router::new().route(
            "/act",
            post(move |body: String| async move {
                count.fetch_add(1, Ordering::Relaxed);
                "x".repeat(body.len())
            }),
        );
        let tomorrow = clock.now() + Duration::from_hours(24);
        let share = if points.is_empty() { 0.0 } else { 1.0 };
        let storm = Storm { from: clock.now(), until: tomorrow, peer: Peer::Ingestion, share, points };
        let climate =
            Climate { drizzle: 0.0, storms: vec![storm], fine_from: tomorrow, latency_max: Duration::from_millis(20) };
        let watch = Watch::new(Secrets::default(), 1, false);
        let sites = [("town.example".to_owned(), Site { peer: Peer::Ingestion, router })].into();
        let network = Network::new(sites, Weather::new(climate, 1), watch.clone(), Power::default(), clock);
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
        (Point::Refused, 0, Kind::Refused),
        (Point::CutInRequest, 0, Kind::CutInRequest),
        (Point::LostAnswer, 1, Kind::LostAnswer),
        (Point::CutInAnswer, 1, Kind::CutInAnswer),
    ] {
        let town = Town::with(vec![point]);
        let error = town.ask(500_000).await.unwrap_err();
        assert_eq!(matches!(error, TransportError::Connect { .. }), point == Point::Refused, "{point:?}: {error}");
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
