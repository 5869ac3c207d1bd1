//! Content events: items of boards created, changed and deleted.

use std::io::Write;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::audit::free_text;
use super::calendar::Activity;
use super::company::{Company, Person};
use super::{Anomalies, member, names, once_in, one_of, open_with_id, uuid};
use crate::event_log::Facts;
use crate::instant::WholeSeconds;

const FIRST_ITEM: u64 = 3_458_764_500_000_000_000;

/// Writes one content event. Its time is in whole seconds, so ties are common.
pub(super) fn write(
    out: &mut Vec<u8>,
    company: &Company,
    activity: Activity<'_>,
    anomalies: Anomalies,
    random: &mut ChaCha8Rng,
) -> Facts {
    let time = activity.time - activity.time.rem_euclid(1_000);
    let id = open_with_id(out, &uuid(random));
    let board = company.draw_board(random);
    let action = match random.random_range(0..10) {
        _ if anomalies.has_text() => "update",
        0..=2 => "create",
        3..=8 => "update",
        _ => "delete",
    };
    let item = FIRST_ITEM + random.random_range(0..99_999_999_999);
    let item_type = match random.random_range(0..20) {
        0..=15 => "widget",
        16..=17 if anomalies.ai_assisted => "data_table",
        16..=17 => "comment_thread",
        _ => "comment_message",
    };
    let written =
        write!(out, r#","contentId":"{}","actionType":"{action}","actionTime":"{}""#, board.id, WholeSeconds(time));
    written.expect("writing into memory does not fail");
    actor(out, activity.person, anomalies, random);
    let written = write!(out, r#","itemType":"{item_type}","itemId":"{item}""#);
    written.expect("writing into memory does not fail");
    out.extend_from_slice(b",\"state\":");
    state(out, (action, item_type), anomalies, random);
    if anomalies.has_text() {
        anomalies.append_texts(out);
    }
    relationships(out, anomalies, random);
    if anomalies.ai_assisted {
        member(out, "ai", if random.random_bool(0.8) { r#"{"assisted":true}"# } else { r#"{"assisted":false}"# });
    }
    if once_in(150, random) {
        member(out, "revision", &random.random_range(1..90_000_u32).to_string());
    }
    out.push(b'}');
    Facts { time, id }
}

fn actor(out: &mut Vec<u8>, person: &Person, anomalies: Anomalies, random: &mut ChaCha8Rng) {
    match once_in(400, random) {
        true if anomalies.nulls => member(out, "actor", "null"),
        true => {}
        false if anomalies.unknown_type => member(out, "actor", &person.created_by_unknown),
        false => member(out, "actor", &person.actor),
    }
}

/// The state after the action. Miro publishes no example; this one is synthetic.
fn state(out: &mut Vec<u8>, (action, item_type): (&str, &str), anomalies: Anomalies, random: &mut ChaCha8Rng) {
    if action == "delete" {
        out.extend_from_slice(if random.random_bool(0.5) && anomalies.nulls { b"null" } else { b"{}" });
        return;
    }
    let text = free_text(random);
    let written = if anomalies.ai_assisted {
        let output = free_text(random);
        let records = random.random_range(1..40);
        write!(
            out,
            r#"{{"type":"{item_type}","title":{text},"hidden":false,"prompt":{text},"systemInstructions":"Answer briefly.","output":{output},"snapshot":{{"fields":["task","owner"],"records":{records}}}}}"#
        )
    } else if item_type == "widget" {
        let shape = one_of(&["sticky_note", "shape", "text", "card", "frame", "image", "connector"], random);
        let color = one_of(&["#fff9b1", "#d5f692", "#ff9d48", "#67c6c0"], random);
        let (x, y) = (random.random_range(-5_000..5_000), random.random_range(-5_000..5_000));
        write!(
            out,
            r#"{{"type":"{shape}","data":{{"content":{text},"shape":"square"}},"style":{{"fillColor":"{color}","fontSize":{}.0,"fontFamily":"open_sans"}},"position":{{"x":{x},"y":{y}.25,"origin":"center"}},"locked":false,"tags":["{}","review"]}}"#,
            random.random_range(10..64),
            one_of(&names::TEAMS, random).len(),
        )
    } else {
        write!(
            out,
            r#"{{"type":"{item_type}","message":{{"text":{text},"mentions":[]}},"resolved":{}}}"#,
            random.random_bool(0.3)
        )
    };
    written.expect("writing into memory does not fail");
}

fn relationships(out: &mut Vec<u8>, anomalies: Anomalies, random: &mut ChaCha8Rng) {
    match random.random_range(0..4) {
        0 => {}
        1 => member(out, "relationships", "[]"),
        _ => {
            let parent = FIRST_ITEM + random.random_range(0..99_999_999_999);
            let kind = if anomalies.unknown_type { "attached_to" } else { "parent" };
            let written =
                write!(out, r#","relationships":[{{"type":"{kind}","itemType":"widget","itemId":"{parent}"}}]"#);
            written.expect("writing into memory does not fail");
        }
    }
}
