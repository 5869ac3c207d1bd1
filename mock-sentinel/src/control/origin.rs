//! Keeps web pages of other sites away from the control plane.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::Reply;

/// Passes on what no page of another site sent.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let Some(site) = faults::cross_site(request.headers()) else { return next.run(request).await };
    let message = format!(
        "A web page of another site ({site}) sent this. The control plane takes requests of programs and of its own site only: \
         send it without a browser, or from a page of this address."
    );
    Reply::error(403, "CrossSiteRequest", &message, &message).into_response()
}
