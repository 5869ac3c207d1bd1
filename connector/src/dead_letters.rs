//! What was set aside, as it is listed, exported, sent again and dropped, whoever asks for it.

use serde::{Deserialize, Serialize};

use crate::peer_text::PeerText;
use crate::store::{DeadLetter, Store, StoreError};

pub(crate) use resend::{Resender, Resent, Unsent, Way};

mod resend;

/// The most entries in one page of a list.
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
pub(crate) struct Page {
    #[serde(default)]
    pub(crate) after: u64,
    #[serde(default = "limit_max")]
    pub(crate) limit: usize,
}

const fn limit_max() -> usize {
    LIMIT_MAX
}

/// The entries of `page`, oldest first; empty at the end. Reads one event at a time, since each may take a megabyte.
pub(crate) async fn list(store: &dyn Store, page: Page) -> Result<Vec<Listed>, StoreError> {
    let mut listed = Vec::new();
    let mut after = page.after;
    while listed.len() < page.limit.clamp(1, LIMIT_MAX) {
        let Some((number, letter)) = store.dead_letters(after, 1).await?.pop() else { break };
        listed.push(Listed::new(number, &letter));
        after = number;
    }
    Ok(listed)
}

/// The event set aside under `number`, if it still is.
pub(crate) async fn letter(store: &dyn Store, number: u64) -> Result<Option<DeadLetter>, StoreError> {
    let Some(before) = number.checked_sub(1) else { return Ok(None) };
    let found = store.dead_letters(before, 1).await?.pop();
    Ok(found.filter(|(found, _)| *found == number).map(|(_, letter)| letter))
}
