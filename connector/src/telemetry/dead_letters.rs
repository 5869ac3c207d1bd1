//! `GET /dead-letters`: what was set aside, for those who cannot open the file because this process holds it.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::Surface;
use crate::peer_text::PeerText;
use crate::store::{DeadLetter, Store, StoreError};

/// The path of the listing.
pub(crate) const PATH: &str = "/dead-letters";
/// The most entries in one response.
pub(crate) const LIMIT_MAX: usize = 256;

/// One event set aside. Never the event itself: it may hold what a terminal or a log must not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    /// Its number, which grows with the order in which events were set aside.
    pub(crate) number: u64,
    pub(crate) stream: String,
    /// When it was set aside, in UTC.
    pub(crate) at: String,
    pub(crate) reason: String,
    /// The event's size.
    pub(crate) bytes: usize,
    /// Miro's id of the event.
    pub(crate) id: String,
}

impl Listed {
    pub(crate) fn new(number: u64, letter: &DeadLetter) -> Self {
        Self {
            number,
            stream: letter.stream.name().to_owned(),
            at: letter.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            reason: letter.reason.clone(),
            bytes: letter.event.len(),
            id: letter.id.clone(),
        }
        .printable()
    }

    /// The entry as it can be shown: every text a short line.
    pub(crate) fn printable(self) -> Self {
        let [stream, at, reason, id] =
            [self.stream, self.at, self.reason, self.id].map(|text| PeerText::new(&text).into());
        Self { stream, at, reason, id, ..self }
    }
}

/// Which entries are asked for: at most `limit`, after the number `after`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: u64,
    #[serde(default = "limit_max")]
    limit: usize,
}

const fn limit_max() -> usize {
    LIMIT_MAX
}

/// A JSON array, oldest first; empty at the end.
pub(super) async fn show(
    State(surface): State<Surface>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<Listed>>, (StatusCode, String)> {
    let listed = list(surface.store.as_ref(), page).await;
    listed.map(Json).map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")))
}

/// Reads one event at a time, since each may take a megabyte.
async fn list(store: &dyn Store, page: Page) -> Result<Vec<Listed>, StoreError> {
    let mut listed = Vec::new();
    let mut after = page.after;
    while listed.len() < page.limit.clamp(1, LIMIT_MAX) {
        let Some((number, letter)) = store.dead_letters(after, 1).await?.pop() else { break };
        listed.push(Listed::new(number, &letter));
        after = number;
    }
    Ok(listed)
}
