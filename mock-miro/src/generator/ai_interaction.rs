//! AI interaction events (beta): stored a little after they happened, and found by when they were stored.

use std::io::Write;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::audit::free_text;
use super::calendar::Occasion;
use super::company::Company;
use super::{one_of, open_with_id, uuid};
use crate::event_log::Facts;
use crate::instant::WholeSeconds;

/// Writes one event; the occasion is when it is stored.
pub(super) fn write(out: &mut Vec<u8>, company: &Company, occasion: Occasion<'_>, random: &mut ChaCha8Rng) -> Facts {
    let time = occasion.time - occasion.time.rem_euclid(1_000);
    let id = open_with_id(out, &uuid(random));
    let created = time - random.random_range(0..120) * 1_000;
    let feature = one_of(&["create_with_ai", "summarize", "cluster_stickies", "generate_diagram"], random);
    let written = write!(
        out,
        r#","createdAt":"{}","storedAt":"{}","sessionId":"{}","messageId":"{}","object":{{"id":"{}","type":"board"}},"aiFeatureName":"{feature}","actor":{},"logType":"{}","details":{{"text":{}}}}}"#,
        WholeSeconds(created),
        WholeSeconds(time),
        uuid(random),
        uuid(random),
        company.some_board(random).id,
        occasion.person.actor,
        one_of(&["user_prompt", "ai_response"], random),
        free_text(random),
    );
    written.expect("writing into memory does not fail");
    Facts { time, id }
}
