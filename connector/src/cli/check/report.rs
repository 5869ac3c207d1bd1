//! What a check tells: people line by line, machines all at once.

use std::cell::RefCell;

use serde::Serialize;

use super::place::Place;
use super::seen::Seen;
use super::step::{Note, Step};
use crate::cli::args::Output;
use crate::cli::{Failure, print, print_json};
use crate::{Exit, Problem};

/// Everything that was told so far.
pub(super) struct Report {
    output: Output,
    told: RefCell<Vec<(Place, Step)>>,
    /// The first line that could not be written.
    unwritten: RefCell<Option<Failure>>,
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Document {
    ok: bool,
    findings: Vec<Problem>,
    notes: Vec<Note>,
}

impl Report {
    pub(super) fn new(output: Output) -> Self {
        Self { output, told: RefCell::default(), unwritten: RefCell::default() }
    }

    /// Tells a step, at once where people read it; what two logs met alike is read once.
    pub(super) fn tell(&self, place: Place, step: Step) {
        let line = step.line();
        let is_news = self.told.borrow().iter().all(|(_, told)| told.line() != line);
        if is_news
            && !self.output.json
            && let Err(failure) = print(&line)
        {
            self.unwritten.borrow_mut().get_or_insert(failure);
        }
        self.told.borrow_mut().push((place, step));
    }

    pub(super) fn seen(&self, place: Place, seen: Seen) {
        self.tell(place, Step::Well(seen));
    }

    pub(super) fn wrong(&self, place: Place, problem: Problem) {
        self.tell(place, Step::Wrong(problem));
    }

    /// Everything in the order of the steps, and how the program ends: with the first problem in that order.
    pub(super) fn finish(self) -> Result<Exit, Failure> {
        if let Some(failure) = self.unwritten.take() {
            return Err(failure);
        }
        let (findings, notes) = sorted(self.told.take());
        let exit = exit(&findings);
        if self.output.json {
            print_json(&Document { ok: findings.is_empty(), findings, notes })?;
        }
        Ok(exit)
    }

    /// How the program would end.
    #[cfg(test)]
    pub(super) fn exit(self) -> Exit {
        exit(&sorted(self.told.take()).0)
    }

    /// The lines in the order in which they were told.
    #[cfg(test)]
    pub(super) fn lines(&self) -> String {
        self.told.borrow().iter().map(|(_, step)| step.line()).collect()
    }
}

fn exit(findings: &[Problem]) -> Exit {
    findings.first().map_or(Exit::Done, |first| first.code.exit())
}

fn sorted(mut told: Vec<(Place, Step)>) -> (Vec<Problem>, Vec<Note>) {
    told.sort_by_key(|(place, _)| *place);
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    for (_, step) in told {
        match step {
            Step::Well(_) => {}
            Step::Note(note) => notes.push(note),
            Step::Wrong(problem) => findings.push(problem),
        }
    }
    (findings, notes)
}
