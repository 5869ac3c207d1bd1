//! Who besides the service may use its files: what everybody may change is wrong, what others may read deserves a thought. Where
//! orchestrators mount secrets readable for all, into a container that holds one program, that is as it should be.

use std::path::Path;

use super::place::Place;
use super::report::Report;
use super::seen::Seen;
use super::step::{Note, Step};
use crate::Problem;
use crate::config::Guarded;
use crate::problem::Code;
use crate::rights::{SECRET, STATE, Wide};

pub(super) fn check(store: &Path, guarded: &[Guarded], report: &Report) {
    let state = [Wide::at(store, STATE), Wide::folder_of(store)];
    let state = state.into_iter().flatten().map(|wide| ("store.path".to_owned(), Code::StoreRightsOpen, wide));
    let guarded = guarded.iter().filter_map(|(key, path, allowed)| {
        let wide = Wide::at(path, *allowed)?;
        Some((key.clone(), Code::SecretRightsOpen, wide))
    });
    let wide: Vec<_> = state.chain(guarded).collect();
    if wide.is_empty() && store.exists() {
        report.seen(Place::Rights, Seen::closed());
    }
    for (subject, code, wide) in wide {
        let (cause, mut next_step) = (wide.cause(), wide.next_step());
        // Of the checkpoint even reading is wrong: it holds events.
        if wide.is_writable() || (code == Code::StoreRightsOpen && wide.allowed == STATE) {
            report.wrong(Place::Rights, Problem { code, subject, cause, next_step });
        } else {
            if wide.allowed == SECRET && code == Code::SecretRightsOpen {
                next_step +=
                    "; or leave it, where an orchestrator mounts it into a container that holds this program alone";
            }
            report.tell(Place::Rights, Step::Note(Note { subject, cause, next_step }));
        }
    }
}
