//! The ids of a page's elements: readable, stable from run to run, and each given once.

use std::collections::BTreeSet;

use super::super::CaseReport;

/// Characters of an id.
const LENGTH_MAX: usize = 160;

/// The ids that were given.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    taken: BTreeSet<String>,
}

impl Anchors {
    /// The id of a case, such as `MIRO-RATE-001--wait-seconds`.
    pub(super) fn of_case(&mut self, case: &CaseReport) -> String {
        let label = case.case.as_ref().map_or_else(String::new, |case| format!("--{}", slug(case)));
        self.take(&format!("{}{label}", slug(&case.id)))
    }

    /// The id of a check, such as `MIRO-RATE-001--wait-seconds--requests.2`.
    pub(super) fn of_check(&mut self, case: &str, check: &str) -> String {
        self.take(&format!("{case}--{}", slug(check)))
    }

    /// The id that was asked for, with a number behind it where it was given before.
    pub(super) fn take(&mut self, wanted: &str) -> String {
        let mut id = wanted.to_owned();
        let mut number = 2_usize;
        while !self.taken.insert(id.clone()) {
            id = format!("{wanted}-{number}");
            number += 1;
        }
        id
    }
}

/// Letters, digits, dots and underscores of a text, with one dash for whatever stands between them.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars().take(LENGTH_MAX) {
        if character.is_ascii_alphanumeric() || matches!(character, '.' | '_') {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_readable_and_given_once() {
        assert_eq!(slug("retry_after=http-date, n=\"2\""), "retry_after-http-date-n-2");
        let mut anchors = Anchors::default();
        assert_eq!(anchors.take("a"), "a");
        assert_eq!(anchors.take("a"), "a-2");
        assert_eq!(anchors.take("a-2"), "a-2-2");
    }
}
