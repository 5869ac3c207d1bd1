//! What Miro and Azure are like on this day.

use std::time::Duration;

use jiff::SignedDuration;
use mock_miro::{
    Bound, CreditModel, CursorBinding, Events, ForbiddenCode, FullLastPage, LastCursor, MalformedCursor, OutOfBounds,
    RateHeaders, RefusedCursor, ResetUnit, RetryAfterForm, Switches, TieOrder, Traits,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::{Day, log_uniform, one_of};

/// The keys of both worlds that differ from the usual ones.
pub(super) fn draw(rng: &mut ChaCha8Rng, day: &Day, late_by: Duration) -> (Map<String, Value>, Map<String, Value>) {
    let miro = json!({
        "seed": rng.random::<u64>(),
        "switches": switches(rng),
        "journal_max": 1_000,
        // Both ceilings that are documented, the older one and the one of today.
        "credits_per_minute": one_of(rng, &[10_000, 100_000, 100_000, 100_000]),
        "audit": events(rng, day, late_by),
        "content": events(rng, day, late_by),
    });
    let azure = json!({
        "seed": rng.random::<u64>(),
        "journal_entries": 1_000,
        // With and without the capability that makes tokens live long.
        "identity": { "token_life": SignedDuration::from_secs(one_of(rng, &[3_599, 86_399])) },
    });
    (object(miro), object(azure))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The events of one log, from the beginning of the backlog until the end of the fault phase.
fn events(rng: &mut ChaCha8Rng, day: &Day, late_by: Duration) -> Events {
    let from = day.starts_at - day.backlog;
    Events {
        file: None,
        generate: log_uniform(rng, 100.0, 5_000.0) as usize,
        over: Some(day.faults_end.duration_since(from)),
        from: Some(from),
        seed: rng.random(),
        incidents: Vec::new(),
        traits: Traits {
            ties: one_of(rng, &[0.0, 0.05, 0.5]),
            late: one_of(rng, &[0.0, 0.02, 0.3]),
            late_by: SignedDuration::try_from(late_by).unwrap_or(SignedDuration::ZERO),
            duplicates: one_of(rng, &[0.0, 0.0, 0.02]),
            unknown_types: one_of(rng, &[0.0, 0.05]),
            string_details: one_of(rng, &[0.0, 0.05]),
            lone_surrogates: one_of(rng, &[0.0, 0.0, 0.01]),
            ..Traits::default()
        },
    }
}

/// Everything that the public record leaves open, decided one way or the other.
fn switches(rng: &mut ChaCha8Rng) -> Switches {
    let last_cursors = [LastCursor::Absent, LastCursor::Null, LastCursor::Empty];
    let cursor_lifetimes = [None, None, Some(SignedDuration::from_mins(5)), Some(SignedDuration::from_secs(20))];
    let credit_models = [CreditModel::FixedWindow, CreditModel::Continuous, CreditModel::SlidingWindow];
    Switches {
        audit_last_cursor: one_of(rng, &last_cursors),
        content_last_cursor: one_of(rng, &last_cursors),
        full_last_page: one_of(rng, &[FullLastPage::Ends, FullLastPage::EmptyPageFollows]),
        lower_bound: one_of(rng, &[Bound::Inclusive, Bound::Exclusive]),
        upper_bound: one_of(rng, &[Bound::Inclusive, Bound::Exclusive]),
        audit_limit_max: one_of(rng, &[100, 500]),
        limit_out_of_bounds: one_of(rng, &[OutOfBounds::Clip, OutOfBounds::BadRequest]),
        cursor_lifetime: one_of(rng, &cursor_lifetimes),
        cursor_binding: one_of(rng, &[CursorBinding::Free, CursorBinding::ToItsBounds]),
        refused_cursor: one_of(rng, &[RefusedCursor::BadRequest, RefusedCursor::Conflict]),
        malformed_cursor: one_of(rng, &[MalformedCursor::FirstPage, MalformedCursor::BadRequest]),
        tie_order: one_of(rng, &[TieOrder::Arrival, TieOrder::Reversed]),
        page_overlap: one_of(rng, &[0, 0, 0, 3]),
        ingestion_delay: SignedDuration::from_secs(one_of(rng, &[0, 0, 5, 40])),
        credit_model: one_of(rng, &credit_models),
        retry_after: one_of(rng, &[RetryAfterForm::Off, RetryAfterForm::Seconds, RetryAfterForm::HttpDate]),
        rate_headers: one_of(rng, &[RateHeaders::EveryAnswer, RateHeaders::Successes]),
        rate_reset_unit: one_of(rng, &[ResetUnit::Seconds, ResetUnit::Milliseconds]),
        forbidden_code: one_of(rng, &[ForbiddenCode::InsufficientPermissions, ForbiddenCode::ForbiddenAccess]),
        ..Switches::default()
    }
}
