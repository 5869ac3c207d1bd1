//! `GET /dead-letters`: what was set aside, for those who cannot open the file because this process holds it.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;

use super::surface::Surface;
use crate::dead_letters::{Listed, Page, list};

/// The path of the listing.
pub(crate) const PATH: &str = "/dead-letters";

/// A JSON array, oldest first; empty at the end.
pub(super) async fn show(
    State(surface): State<Surface>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<Listed>>, (StatusCode, String)> {
    let listed = list(surface.store.as_ref(), page).await;
    listed.map(Json).map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")))
}
