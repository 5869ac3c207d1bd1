//! What goes wrong with a response on its way out.

use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use faults::{FaultyBody, Hit, Outcome, Receipt};
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt;

/// Delivers a response as far as the fault lets it arrive.
pub(super) async fn apply(
    response: Response,
    hit: Option<&Hit>,
    outcome: Outcome,
    receipt: Option<Receipt>,
) -> Response {
    if let Some(delay) = hit.map(|hit| hit.delay).filter(|delay| !delay.is_zero()) {
        tokio::time::sleep(delay).await;
    }
    let response = match (outcome, hit) {
        (Outcome::ResponseLost | Outcome::Reset, _) => return Response::new(Body::new(FaultyBody::lost(timer))),
        (Outcome::Cut | Outcome::Delivered, Some(hit)) if hit.trouble.changes_body() => troubled(response, hit).await,
        (Outcome::Cut | Outcome::Delivered, _) => response,
    };
    match receipt {
        Some(receipt) => response.map(|body| Body::new(receipt.attach(body))),
        None => response,
    }
}

async fn troubled(response: Response, hit: &Hit) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    // The body says how long it claims to be.
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::new(FaultyBody::troubled(whole, &hit.trouble, timer)))
}

fn timer(pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(tokio::time::sleep(pause))
}
