//! Which cases are played, and why the others are not.

use std::collections::BTreeSet;

use super::Subject;
use crate::scenario::finding::hint;
use crate::scenario::read::{Case, Document};
use crate::scenario::{Family, Level, Place, Plays, Profile};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only scenarios of this profile.
    pub profile: Option<Profile>,
    /// Only those that bind at least so much.
    pub level: Option<Level>,
    /// Only those of this family.
    pub family: Option<Family>,
    /// Only this part of the cases.
    pub shard: Option<Shard>,
}

/// A part of all cases: every `of`th, beginning with number `number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 to `of`.
    pub number: usize,
    /// How many parts there are.
    pub of: usize,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err(format!("`{text}` is not a shard such as 1/4, the first of four")),
        }
    }
}

/// The cases of a run.
#[derive(Debug, Default)]
pub struct Plan {
    /// Those that are played, each with the file it stands in.
    pub cases: Vec<(Origin, Case)>,
    /// Those that the subject says it cannot do, each with why.
    pub unsupported: Vec<(Origin, Case, String)>,
    /// The ids of scenarios that cannot be held against a black box.
    pub not_played: Vec<String>,
}

/// Where a case stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: String,
    /// The line on which it begins.
    pub line: u64,
    /// Which of the cases of the file it is, from 0.
    pub place: usize,
}

/// A selection that selects nothing.
#[derive(Debug, thiserror::Error)]
#[error("no case is left to be played: {0}")]
pub struct PlanError(String);

impl Plan {
    /// Chooses among the cases of these documents.
    ///
    /// # Errors
    ///
    /// If nothing is selected, or the selection contradicts the subject.
    pub fn of(documents: Vec<Document>, selection: &Selection, subject: &Subject) -> Result<Self, PlanError> {
        let mut plan = Self::default();
        let mut number = 0;
        for document in documents {
            let Some(first) = document.cases.first() else { continue };
            if !selection.selects(first) {
                continue;
            }
            if !Plays::of(&first.scenario).plays(Place::Certify) {
                plan.not_played.push(first.scenario.id.clone());
                continue;
            }
            for (place, case) in document.cases.into_iter().enumerate() {
                let origin = Origin { file: document.file.clone(), line: document.line, place };
                number += 1;
                if selection.shard.is_some_and(|shard| (number - 1) % shard.of != shard.number - 1) {
                    continue;
                }
                match obstacle(&case, subject) {
                    Some(why) => plan.unsupported.push((origin, case, why)),
                    None => plan.cases.push((origin, case)),
                }
            }
        }
        if plan.cases.is_empty() && plan.unsupported.is_empty() {
            let why = if plan.not_played.is_empty() {
                "the options select no scenario; `miro-lab scenario list` shows what there is".to_owned()
            } else {
                format!(
                    "`miro-lab scenario explain {}` says what keeps a scenario out of certification",
                    plan.not_played[0]
                )
            };
            return Err(PlanError(why));
        }
        Ok(plan)
    }
}

impl Selection {
    fn selects(&self, case: &Case) -> bool {
        let scenario = &case.scenario;
        self.profile.is_none_or(|profile| scenario.profiles.contains(&profile))
            && self.level.is_none_or(|level| scenario.level <= level)
            && self.family.is_none_or(|family| scenario.family == family)
    }
}

/// Why a case asks more than the subject says it can do.
fn obstacle(case: &Case, subject: &Subject) -> Option<String> {
    let features = subject.features();
    let missing: BTreeSet<&str> = case
        .scenario
        .requires
        .iter()
        .filter(|feature| !features.contains(feature))
        .map(|feature| feature.name())
        .collect();
    if !missing.is_empty() {
        let missing = missing.into_iter().collect::<Vec<_>>().join(", ");
        return Some(format!("the subject does not declare the feature {missing}"));
    }
    if !case.scenario.connector.is_empty() && !subject.takes_overrides() {
        let keys: Vec<&str> = case.scenario.connector.keys().map(String::as_str).collect();
        return Some(format!("it sets {} of miro-sentinel's configuration", keys.join(", ")));
    }
    None
}

/// The name of a feature, a profile or a family on the command line.
pub(crate) fn named<T: Copy>(what: &str, text: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, String> {
    let found = all.iter().copied().find(|one| name(*one) == text);
    found.ok_or_else(|| {
        format!("`{text}` is not a {what}; {}", hint(text, all.iter().map(|one| name(*one)).collect::<Vec<_>>()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::scenario::Feature;
    use crate::subject::Target;

    fn subject(features: &[Feature]) -> Subject {
        let mut target = Target::of_command(vec!["a".to_owned()]);
        target.features = features.iter().copied().collect();
        Subject::Foreign { name: "a".to_owned(), target: Box::new(target) }
    }

    fn plan(selection: &Selection, features: &[Feature]) -> Plan {
        Plan::of(Catalogue::shipped().documents().0, selection, &subject(features)).unwrap()
    }

    #[test]
    fn shards_part_the_cases_between_them() {
        let all = [Feature::Audit, Feature::Content, Feature::DeadLetters, Feature::LateEvents];
        let names = |plan: &Plan| plan.cases.iter().map(|(_, case)| case.name()).collect::<Vec<_>>();
        let whole = plan(&Selection::default(), &all);
        let mut parts: Vec<String> = Vec::new();
        for number in 1..=3 {
            let shard = Some(Shard { number, of: 3 });
            parts.extend(names(&plan(&Selection { shard, ..Selection::default() }, &all)));
        }
        parts.sort();
        let mut whole = names(&whole);
        whole.sort();
        assert_eq!(parts, whole);
        assert!("0/3".parse::<Shard>().is_err() && "4/3".parse::<Shard>().is_err() && "1".parse::<Shard>().is_err());
    }

    #[test]
    fn what_a_subject_does_not_declare_is_unsupported_and_said() {
        let plan = plan(&Selection::default(), &[Feature::Audit]);
        assert!(plan.cases.iter().all(|(_, case)| case.scenario.requires.iter().all(|of| *of == Feature::Audit)));
        let (_, _, why) = plan.unsupported.first().unwrap();
        assert!(why.contains("does not declare") || why.contains("configuration"), "{why}");
        assert!(
            plan.unsupported.iter().any(|(_, case, why)| why.contains("content") && case.scenario.connector.is_empty())
        );
    }

    #[test]
    fn a_selection_of_nothing_is_an_error() {
        let selection = Selection { family: Some(Family::Drawn), ..Selection::default() };
        let error = Plan::of(Catalogue::shipped().documents().0, &selection, &subject(&[Feature::Audit])).unwrap_err();
        assert!(error.to_string().contains("select no scenario"), "{error}");
    }
}
