//! AI interaction events (beta): stored a little after they happened, and found by when they were stored.
//!
//! Two shapes: `legacy` is that of Miro's specification (April 2026); `current` was seen in a third party's reader and is not
//! confirmed by Miro.

mod conversation;
mod current;

use std::io::Write;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::audit::free_text;
use super::calendar::Activity;
use super::company::Company;
use super::{one_of, open_with_id, uuid};
use crate::event_log::Facts;
use crate::instant::WholeSeconds;
use crate::world::AiShape;

pub(super) use conversation::Conversations;

/// Writes one event; the activity is when it is stored.
pub(super) fn write<'a>(
    out: &mut Vec<u8>,
    company: &'a Company,
    activity: Activity<'a>,
    (shape, conversations): (AiShape, &mut Conversations<'a>),
    random: &mut ChaCha8Rng,
) -> Facts {
    let is_current = match shape {
        AiShape::Legacy => false,
        AiShape::Current => true,
        AiShape::Mixed => random.random_bool(0.5),
    };
    if is_current {
        return current::write(out, company, activity, conversations, random);
    }
    legacy(out, company, activity, random)
}

fn legacy(out: &mut Vec<u8>, company: &Company, activity: Activity<'_>, random: &mut ChaCha8Rng) -> Facts {
    let time = activity.time - activity.time.rem_euclid(1_000);
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
        company.draw_board(random).id,
        activity.person.actor,
        one_of(&["user_prompt", "ai_response"], random),
        free_text(random),
    );
    written.expect("writing into memory does not fail");
    Facts { time, id }
}
