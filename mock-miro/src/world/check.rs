//! Validation of a world; all errors are reported at once.

use std::collections::BTreeSet;

use crate::operation::CALLS;

use super::{AiShape, Events, Organization, World, WorldError};

const RETENTIONS: [u16; 4] = [30, 90, 180, 365];
/// Each takes about a kilobyte.
const PEOPLE_MAX: u32 = 50_000;
const CREDITS_MAX: u64 = 1_000_000_000_000;
const JOURNAL_MAX: usize = 1_000_000;
/// Ten million events are about seven gigabytes.
const GENERATE_MAX: usize = 10_000_000;
/// Events that repeat their conversations are some twenty kilobytes on average.
const GENERATE_AI_MAX: usize = 200_000;

impl World {
    /// Validates the world.
    ///
    /// # Errors
    ///
    /// [`WorldError::Contradiction`] with one line for each invalid or contradictory value.
    pub fn check(&self) -> Result<(), WorldError> {
        let mut wrong = Vec::new();
        if self.organizations.is_empty() {
            wrong.push("organizations is empty: at least one is required".to_owned());
        }
        let (mut ids, mut values) = (BTreeSet::new(), BTreeSet::new());
        for (nth, organization) in self.organizations.iter().enumerate() {
            let at = format!("organizations[{nth}]");
            if organization.id.is_empty() || !organization.id.bytes().all(|byte| byte.is_ascii_digit()) {
                wrong.push(format!("{at}.id = {:?}: must be a string of digits", organization.id));
            }
            if !ids.insert(&organization.id) {
                wrong.push(format!("{at}.id = {:?}: already used by another organization", organization.id));
            }
            for token in &organization.tokens {
                if !token.value.is_empty() && !values.insert(&token.value) {
                    wrong.push(format!("{at}.tokens: the value of {:?} is already used by another token", token.name));
                }
            }
            organization.check(&at, &mut wrong);
        }
        for (name, latency) in &self.latency {
            if name != "all"
                && let Err(unknown) = CALLS.find(name)
            {
                wrong.push(format!("latency: {unknown}"));
            }
            if !latency.is_possible() {
                wrong.push(format!("latency.{name}: the median must be positive and the p99 at least as large"));
            }
        }
        self.switches.check(&mut wrong);
        if !(1..=JOURNAL_MAX).contains(&self.journal_max) {
            wrong.push(format!("journal_max = {}: must be 1 to {JOURNAL_MAX}", self.journal_max));
        }
        if wrong.is_empty() { Ok(()) } else { Err(WorldError::Contradiction(wrong.join("\n"))) }
    }
}

impl Organization {
    fn check(&self, at: &str, wrong: &mut Vec<String>) {
        for (name, days) in [
            ("audit_retention_days", self.audit_retention_days),
            ("content_retention_days", self.content_retention_days),
        ] {
            if !RETENTIONS.contains(&days) {
                wrong.push(format!("{at}.{name} = {days}: must be one of 30, 90, 180, 365"));
            }
        }
        if self.credits_per_minute > CREDITS_MAX {
            wrong.push(format!("{at}.credits_per_minute = {}: at most {CREDITS_MAX}", self.credits_per_minute));
        }
        if !(1..=PEOPLE_MAX).contains(&self.people) {
            wrong.push(format!("{at}.people = {}: must be 1 to {PEOPLE_MAX}", self.people));
        }
        let mut names = BTreeSet::new();
        for token in &self.tokens {
            if !names.insert(&token.name) {
                wrong.push(format!("{at}.tokens: duplicate name {:?}", token.name));
            }
            if let Some(team) = token.team.as_ref().filter(|id| !self.teams.iter().any(|team| team.id == **id)) {
                wrong.push(format!("{at}.tokens: unknown team {team:?} of token {:?}", token.name));
            }
            if self.user(&token.user).is_none() {
                wrong.push(format!("{at}.tokens: token {:?} belongs to unknown user {:?}", token.name, token.user));
            }
        }
        for (name, events) in [("content", &self.content), ("ai_interaction", &self.ai_interaction)] {
            if !events.incidents.is_empty() {
                wrong.push(format!("{at}.{name}.incidents: incidents can only be planted in audit logs"));
            }
        }
        for (name, events) in
            [("audit", &self.audit), ("content", &self.content), ("ai_interaction", &self.ai_interaction)]
        {
            events.check(&format!("{at}.{name}"), wrong);
        }
    }
}

impl Events {
    pub(crate) fn check(&self, at: &str, wrong: &mut Vec<String>) {
        if self.generate > GENERATE_MAX {
            wrong.push(format!("{at}.generate = {}: at most {GENERATE_MAX}", self.generate));
        }
        let traits = &self.traits;
        if traits.ai_shape != AiShape::Legacy && self.generate > GENERATE_AI_MAX {
            wrong.push(format!(
                "{at}.generate = {}: at most {GENERATE_AI_MAX} where events repeat their conversations (`ai_shape`)",
                self.generate
            ));
        }
        for (name, share) in [
            ("ties", traits.ties),
            ("late", traits.late),
            ("duplicates", traits.duplicates),
            ("long_texts", traits.long_texts),
            ("sign_in_storms", traits.sign_in_storms),
            ("unknown_types", traits.unknown_types),
            ("string_details", traits.string_details),
            ("lone_surrogates", traits.lone_surrogates),
            ("ai_assisted", traits.ai_assisted),
        ] {
            if !(0.0..=1.0).contains(&share) {
                wrong.push(format!("{at}.traits.{name} = {share}: must be 0 to 1"));
            }
        }
        if self.over.is_some_and(|over| !over.is_positive()) {
            wrong.push(format!("{at}.over: must be a positive duration, such as \"6h\""));
        }
    }
}
