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
use crate::rights::{Folder, SECRET, STATE, Wide};

pub(super) fn check(store: &Path, guarded: &[Guarded], report: &Report) {
    let state = Wide::of_checkpoint(store).map(|wide| ("store.path".to_owned(), Code::StoreRightsOpen, wide));
    let guarded = guarded.iter().filter_map(|(key, path, allowed)| {
        let wide = Wide::at(path, *allowed)?;
        Some((key.clone(), Code::SecretRightsOpen, wide))
    });
    let wide: Vec<_> = state.chain(guarded).collect();
    if wide.is_empty() && store.exists() {
        report.seen(Place::Rights, Seen::closed(&Folder::of(store)));
    }
    for (subject, code, wide) in wide {
        let (cause, mut next_step) = (wide.cause(), wide.next_step());
        // Of the checkpoint even reading is wrong: it holds events. Whoever may replace it decides what is sent again.
        let is_wrong = match code {
            Code::StoreRightsOpen => wide.is_replaceable() || wide.allowed == STATE,
            _ => wide.is_writable(),
        };
        if is_wrong {
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
