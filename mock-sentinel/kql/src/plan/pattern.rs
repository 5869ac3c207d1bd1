//! Patterns that take text apart, compiled when a query is bound.

mod pairs;

use std::{fmt::Write as _, sync::Arc};

use regex::Regex;

pub(crate) use self::pairs::{Delimiters, PairPattern, PairWay};
use crate::{
    functions::{conversion::convert, reason, regex_dialect::translated},
    types::ColumnType,
    value::Value,
};

/// A pattern as a regular expression with a group for each column.
#[derive(Debug, Clone)]
pub(crate) struct TextPattern {
    pub(crate) regex: Arc<Regex>,
    pub(crate) kinds: Vec<ColumnType>,
    /// One value that cannot be read as its type blanks all of them.
    pub(crate) all_or_nothing: bool,
}

/// One piece of a pattern.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Skip,
    /// Literal text, or a regular expression in regex mode.
    Text(String),
    Column(ColumnType),
}

/// How a pattern is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    Simple,
    Relaxed,
    Regex,
}

impl TextPattern {
    /// The regular expression of some pieces; `Err` is what is wrong with it.
    pub(crate) fn new(pieces: &[Piece], reading: Reading, flags: &str) -> Result<Self, String> {
        let mut pattern = String::new();
        if reading == Reading::Regex {
            if !flags.is_empty() {
                pattern = format!("(?{flags})");
            }
        } else {
            pattern.push_str("(?s)^");
        }
        let mut kinds = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            let is_last = at + 1 == pieces.len();
            match piece {
                Piece::Skip if is_last => {}
                Piece::Skip => pattern.push_str(".*?"),
                Piece::Text(text) if reading == Reading::Regex => pattern.push_str(&balanced(text)),
                Piece::Text(text) => pattern.push_str(&regex::escape(text)),
                Piece::Column(kind) => {
                    let group = capture(*kind, reading, is_last);
                    write!(pattern, "(?P<_{}>{group})", kinds.len()).expect("a string takes all text");
                    kinds.push(*kind);
                }
            }
            if is_last && reading != Reading::Regex && !matches!(piece, Piece::Skip) {
                pattern.push('$');
            }
        }
        let pattern = if reading == Reading::Regex { translated(&pattern) } else { pattern.as_str().into() };
        let regex = Regex::new(&pattern).map_err(|error| reason(&error))?;
        Ok(Self { regex: Arc::new(regex), kinds, all_or_nothing: reading != Reading::Relaxed })
    }

    /// The values in a text; `None` when it does not match.
    pub(crate) fn read(&self, text: &str) -> Option<Vec<Value>> {
        let captures = self.regex.captures(text)?;
        let mut values = Vec::with_capacity(self.kinds.len());
        // Groups that the user's own expressions made are between ours: ours are named.
        for (at, kind) in self.kinds.iter().enumerate() {
            let found = captures.name(&format!("_{at}")).map_or("", |found| found.as_str());
            let value = convert(&Value::string(found), *kind);
            if value.is_null() && self.all_or_nothing {
                return None;
            }
            values.push(value);
        }
        Some(values)
    }
}

/// The pattern with each parenthesis that has no partner taken as a character, as Kusto does in regex mode.
fn balanced(pattern: &str) -> String {
    let mut lone: Vec<usize> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut escaped = false;
    let mut class_at: Option<usize> = None;
    for (at, character) in pattern.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            // A bracket right after the one that opens a class is one of its characters.
            ']' if class_at.is_some_and(|start| !matches!(&pattern[start + 1..at], "" | "^")) => class_at = None,
            _ if class_at.is_some() => {}
            '[' => class_at = Some(at),
            '(' => open.push(at),
            ')' if open.pop().is_none() => lone.push(at),
            _ => {}
        }
    }
    lone.append(&mut open);
    lone.sort_unstable();
    let mut result = String::with_capacity(pattern.len() + lone.len());
    let mut kept = 0;
    for at in lone {
        result.push_str(&pattern[kept..at]);
        result.push('\\');
        kept = at;
    }
    result.push_str(&pattern[kept..]);
    result
}

/// What a column of a type matches.
fn capture(kind: ColumnType, reading: Reading, is_last: bool) -> &'static str {
    let whole = matches!(kind, ColumnType::Int | ColumnType::Long);
    let number = matches!(kind, ColumnType::Real | ColumnType::Decimal);
    match (reading, is_last) {
        (Reading::Simple | Reading::Regex, _) if whole => r"[+-]?\d+",
        (Reading::Simple | Reading::Regex, _) if number => r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?",
        (Reading::Relaxed, false) if whole || number => r"[+-]?\d+(?:\.\d*)?|.*?",
        (Reading::Regex, _) | (_, true) => ".*",
        _ => ".*?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn read(pieces: &[Piece], reading: Reading, input: &str) -> Option<Vec<String>> {
        let values = TextPattern::new(pieces, reading, "").unwrap().read(input)?;
        Some(values.iter().map(|value| value.to_text().into_owned()).collect())
    }

    #[test]
    fn simple_patterns_take_as_little_as_they_can_and_all_or_nothing() {
        let pieces = [
            Piece::Skip,
            text("a="),
            Piece::Column(ColumnType::String),
            text(","),
            Piece::Column(ColumnType::Long),
            Piece::Skip,
        ];
        assert_eq!(read(&pieces, Reading::Simple, "x a=1,2,3"), Some(vec!["1".into(), "2".into()]));
        assert_eq!(read(&pieces, Reading::Simple, "x a=,27b"), Some(vec![String::new(), "27".into()]));
        assert_eq!(read(&pieces, Reading::Simple, "x a=b,27 z"), Some(vec!["b".into(), "27".into()]));
        assert_eq!(read(&pieces, Reading::Simple, "x a=b,z"), None);
        assert_eq!(read(&pieces, Reading::Relaxed, "x a=b,z"), Some(vec!["b".into(), String::new()]));
    }

    #[test]
    fn a_parenthesis_without_a_partner_is_a_character() {
        for (pattern, expected) in [
            (")", r"\)"),
            ("a(b", r"a\(b"),
            ("(a)b)", r"(a)b\)"),
            (r"\)(a)", r"\)(a)"),
            ("[)]x", "[)]x"),
            ("[])(]", "[])(]"),
        ] {
            assert_eq!(balanced(pattern), expected);
        }
    }

    #[test]
    fn regex_patterns_take_as_much_as_they_can() {
        let pieces = [Piece::Skip, text("n="), Piece::Column(ColumnType::String), text(","), Piece::Skip];
        assert_eq!(read(&pieces, Reading::Regex, "n=a, b, c"), Some(vec!["a, b".into()]));
        assert_eq!(read(&pieces, Reading::Simple, "n=a, b, c"), Some(vec!["a".into()]));
    }
}
