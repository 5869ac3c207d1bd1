//! `contains`, `has`, `startswith`, `matches regex` and their variants.

use std::sync::Arc;

use regex::Regex;

use super::compare::for_each_text;
use crate::{
    column::Column,
    column::cells::{Cells, bool_column},
    functions::RegexCache,
    plan::{TextMatch, TextOp},
    terms,
};

/// A string test with its right side.
enum Matcher<'a> {
    Pattern(Option<Arc<Regex>>, bool),
    Plain(TextMatch, &'a str),
}

impl<'a> Matcher<'a> {
    fn new(matching: TextMatch, needle: &'a str, regexes: &mut RegexCache) -> Self {
        match matching.op {
            TextOp::MatchesRegex => Self::Pattern(regexes.get(needle), matching.negated),
            TextOp::Like => {
                Self::Pattern(regexes.get(&like_pattern(needle, matching.case_sensitive)), matching.negated)
            }
            _ => Self::Plain(matching, needle),
        }
    }

    fn test(&self, text: &str) -> bool {
        match self {
            Self::Pattern(regex, negated) => regex.as_ref().is_some_and(|regex| regex.is_match(text)) != *negated,
            Self::Plain(matching, needle) => {
                let case = matching.case_sensitive;
                let holds = match matching.op {
                    TextOp::Equal if case => text == *needle,
                    TextOp::Equal => terms::equal_ci(text, needle),
                    TextOp::Contains => terms::contains(text, needle, case),
                    TextOp::StartsWith => terms::starts_with(text, needle, case),
                    TextOp::EndsWith => terms::ends_with(text, needle, case),
                    TextOp::Has => terms::has(text, needle, case),
                    TextOp::HasPrefix => terms::has_prefix(text, needle, case),
                    TextOp::HasSuffix => terms::has_suffix(text, needle, case),
                    TextOp::MatchesRegex | TextOp::Like => false,
                };
                holds != matching.negated
            }
        }
    }
}

/// SQL's `%` and `_` as a regular expression.
fn like_pattern(pattern: &str, case_sensitive: bool) -> String {
    let mut regex = String::from(if case_sensitive { "(?s)^" } else { "(?si)^" });
    let mut buffer = [0; 4];
    for character in pattern.chars() {
        match character {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            other => regex.push_str(&regex::escape(other.encode_utf8(&mut buffer))),
        }
    }
    regex.push('$');
    regex
}

/// Applies a string operator; both sides are strings.
pub(super) fn matches(matching: TextMatch, left: &Cells, right: &Cells, regexes: &mut RegexCache, len: usize) -> Cells {
    let (Some(texts), Some(needles)) = (left.strings(), right.strings()) else {
        return Cells::One(crate::Value::Bool(false));
    };
    if let crate::column::cells::Texts::One(needle) = needles {
        let matcher = Matcher::new(matching, needle, regexes);
        if let Cells::Many(column) = left {
            return for_each_text(column, |text| matcher.test(text)).unwrap_or_else(|| no(len)).into();
        }
        return Cells::One(crate::Value::Bool(matcher.test(texts.get(0))));
    }
    bool_column(len, |row| Some(Matcher::new(matching, needles.get(row), regexes).test(texts.get(row)))).into()
}

fn no(len: usize) -> Column {
    bool_column(len, |_| Some(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_takes_percent_and_underscore() {
        let regex = Regex::new(&like_pattern("a%c_.", false)).unwrap();
        assert!(regex.is_match("AxxC1.") && !regex.is_match("acx"));
    }
}
