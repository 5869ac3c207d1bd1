//! Keeps web pages of other sites away from the control plane.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::ControlError;

/// Refuses cross-site requests of browsers.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    match faults::cross_site(request.headers()) {
        None => next.run(request).await,
        Some(site) => {
            let reason = format!(
                "cross-site request from {site} refused: the control plane accepts requests from programs and same-origin pages only; \
                 send the request without a browser, or from a page of this address"
            );
            ControlError(StatusCode::FORBIDDEN, reason).into_response()
        }
    }
}
