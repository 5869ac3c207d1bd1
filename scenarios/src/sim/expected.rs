//! What the events of a timeline have to become: rows, or dead letters.

use std::collections::{BTreeMap, BTreeSet};

use connector::Stream;

use super::plan::Plan;
use crate::scenario::{Action, Content, MiroEvent, Refuser};

/// By stream the ids of the events that can only be set aside: broken, refused by Azure, or larger than a batch may be.
pub(super) fn unsendable(plan: &Plan) -> BTreeMap<Stream, BTreeSet<String>> {
    let mut ids: BTreeMap<Stream, BTreeSet<String>> = Stream::ALL.map(|stream| (stream, BTreeSet::new())).into();
    for (stream, event) in plan.planned() {
        if !event.content.is_sendable() || is_oversize(plan, stream, event) {
            ids.entry(stream).or_default().insert(event.id.clone());
        }
    }
    ids
}

/// Those that may be set aside, and may as well be delivered: Azure said for a while that they are too large.
pub(super) fn doubtful(plan: &Plan) -> BTreeSet<String> {
    let limits = plan.scenario.timeline.iter().filter_map(|step| match step.action {
        Action::LimitUploads { bytes, by: Refuser::Azure } => Some(bytes),
        _ => None,
    });
    let Some(least) = limits.min() else { return BTreeSet::new() };
    let doubtful = plan.planned().filter(|(stream, event)| event.size(*stream) as u64 > least);
    doubtful.map(|(_, event)| event.id.clone()).collect()
}

/// The largest upload that Azure takes, in bytes
/// (<https://learn.microsoft.com/en-us/azure/azure-monitor/service-limits>, read 2026-11-22).
const UPLOAD_MAX: usize = 1_000_000;

/// Whether the event alone, between the brackets of an array, is more than an upload may be.
pub(super) fn is_oversize(plan: &Plan, stream: Stream, event: &MiroEvent) -> bool {
    event.content == Content::Documented && event.size(stream) + 2 > plan.plain_bytes_max.max(UPLOAD_MAX)
}
