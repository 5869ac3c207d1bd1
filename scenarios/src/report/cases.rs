//! The page for connector authors: what certification asks, case by case.

use std::fmt::Write as _;

use crate::scenario::read::Document;
use crate::scenario::{Family, Place, Plays, Scenario};

/// Markdown: a section for each family, an entry for each scenario that can be held against a black box.
pub fn cases(documents: &[Document]) -> String {
    let played = |family: Family| {
        documents.iter().filter(move |document| {
            document
                .cases
                .first()
                .is_some_and(|case| case.scenario.family == family && Plays::of(&case.scenario).plays(Place::Certify))
        })
    };
    let mut text = HEAD.to_owned();
    for family in Family::ALL.iter().filter(|family| played(**family).next().is_some()) {
        // A string takes everything.
        let _written = writeln!(text, "\n## {family}\n");
        for document in played(*family) {
            if let Some(case) = document.cases.first() {
                text.push_str(&entry(&case.scenario, document.cases.len()));
            }
        }
    }
    text
}

const HEAD: &str = "# What certification checks\n\nMade from the catalogue by `miro-lab scenario list --markdown`. Each entry is a \
                    scenario that `miro-lab certify` plays; `miro-lab\nscenario explain ID` shows its timeline and the expected \
                    result. Every one of them also checks: no event is\nlost, no row is invented, an event has two rows only if the \
                    outcome of its upload was unknown, the waits that a peer\nasks for are respected, no secret and no event is \
                    printed, and the program stops in time when asked to.\n";

fn entry(scenario: &Scenario, cases: usize) -> String {
    let features: Vec<&str> = scenario.requires.iter().map(|feature| feature.name()).collect();
    let variants = if cases > 1 { format!(", {cases} cases") } else { String::new() };
    let mut text = format!(
        "- **{}** ({}{variants}): {}.",
        scenario.id,
        scenario.level.name(),
        scenario.title.trim_end_matches('.')
    );
    let why = scenario.why.trim();
    if !why.is_empty() {
        let _written = write!(text, " {}", why.replace('\n', " "));
    }
    let rules: Vec<String> = scenario.spec.iter().map(|source| format!("[{}]({})", source.seen, source.url)).collect();
    let rules = if rules.is_empty() { String::new() } else { format!(" Rule: {}.", rules.join(", ")) };
    let _written = writeln!(text, " Needs {}.{rules}", features.join(", "));
    text
}
