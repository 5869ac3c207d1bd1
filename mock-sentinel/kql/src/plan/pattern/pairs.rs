//! `parse-kv`: names and values in text, without the white space around them.
//! <https://learn.microsoft.com/kusto/query/parse-kv-operator> (read 2026-11-26)

use std::sync::Arc;

use regex::Regex;

use crate::{functions::conversion::convert, types::ColumnType, value::Value};

/// How names and values are separated.
#[derive(Debug, Clone)]
pub(crate) struct PairPattern {
    /// The names wanted, with their types.
    pub(crate) columns: Vec<(String, ColumnType)>,
    pub(crate) way: PairWay,
}

/// The forms of `parse-kv … with (…)`.
#[derive(Debug, Clone)]
pub(crate) enum PairWay {
    /// Between delimiters, with quotes and an escape character.
    Delimited(Delimiters),
    /// By a regular expression with one group for the name and one for the value.
    Regex(Arc<Regex>),
    /// Anything but letters and digits delimits: the word after a name is its value.
    Words(Delimiters),
}

/// What stands between pairs, and between a name and its value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Delimiters {
    pub(crate) pair: String,
    pub(crate) value: String,
    /// Opening and closing quote.
    pub(crate) quotes: Vec<(char, char)>,
    pub(crate) escape: Option<char>,
    /// Values end where the next name begins.
    pub(crate) greedy: bool,
}

impl PairPattern {
    /// The values of the names wanted; what is missing is null.
    pub(crate) fn read(pattern: &Self, text: &str) -> Vec<Value> {
        let pairs = match &pattern.way {
            PairWay::Delimited(delimiters) if delimiters.greedy => delimiters.greedy_pairs(text),
            PairWay::Delimited(delimiters) => delimiters.pairs(text),
            PairWay::Words(delimiters) => {
                let words = delimiters.words(text);
                words.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
            }
            PairWay::Regex(regex) => {
                let group = |captures: &regex::Captures<'_>, at| {
                    captures.get(at).map_or("", |found: regex::Match<'_>| found.as_str()).trim().to_owned()
                };
                regex.captures_iter(text).map(|captures| (group(&captures, 1), group(&captures, 2))).collect()
            }
        };
        let value = |(name, kind): &(String, ColumnType)| {
            let found = pairs.iter().find(|(key, _)| key == name);
            found.map_or(Value::missing(*kind), |(_, text)| convert(&Value::string(text.as_str()), *kind))
        };
        pattern.columns.iter().map(value).collect()
    }
}

impl Delimiters {
    fn pairs(&self, text: &str) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (name, after) = self.token(rest, &self.value, true);
            let Some(after) = after else { break };
            let (value, after) = self.token(after, &self.pair, false);
            pairs.push((name, value));
            match after {
                Some(after) => rest = after,
                None => break,
            }
        }
        pairs
    }

    /// Text up to a delimiter that is not quoted, without the white space around it; a name also ends, in vain, at the
    /// delimiter of pairs.
    fn token<'t>(&self, text: &'t str, end: &str, is_name: bool) -> (String, Option<&'t str>) {
        let (mut token, mut solid) = (String::new(), 0);
        let trimmed = |mut token: String, solid: usize| {
            token.truncate(solid.max(token.trim_end().len()));
            token
        };
        let mut closing: Option<char> = None;
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let next = &rest[character.len_utf8()..];
            if self.escape == Some(character)
                && closing.is_some()
                && let Some(escaped) = next.chars().next()
            {
                token.push(escaped);
                rest = &next[escaped.len_utf8()..];
                continue;
            }
            match closing {
                Some(quote) if character == quote => {
                    closing = None;
                    solid = token.len();
                }
                Some(_) => token.push(character),
                None => {
                    if !end.is_empty() && rest.starts_with(end) {
                        return (trimmed(token, solid), Some(&rest[end.len()..]));
                    }
                    if is_name && !self.pair.is_empty() && rest.starts_with(&self.pair) {
                        token.clear();
                        solid = 0;
                        rest = &rest[self.pair.len()..];
                        continue;
                    }
                    match self.quotes.iter().find(|(open, _)| *open == character) {
                        Some((_, close)) => closing = Some(*close),
                        None if token.is_empty() && character.is_whitespace() => {}
                        None => token.push(character),
                    }
                }
            }
            rest = next;
        }
        (trimmed(token, solid), None)
    }

    /// The runs of letters, digits and `_`, and what stands in quotes.
    fn words(&self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_alphanumeric() || c == '_' || self.opens(c)) {
            rest = &rest[start..];
            let quoted = rest.chars().next().is_some_and(|first| self.opens(first));
            if quoted {
                let first = rest.chars().next().map_or(0, char::len_utf8);
                let close =
                    self.quotes.iter().find(|(open, _)| rest.starts_with(*open)).map(|(_, close)| close.to_string());
                let body = &rest[first..];
                let length = self.quoted_length(body, &close.unwrap_or_default());
                words.push(self.unescaped(&body[..length]));
                rest = body[length..].chars().next().map_or("", |close| &body[length + close.len_utf8()..]);
            } else {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                words.push(rest[..end].to_owned());
                rest = &rest[end..];
            }
        }
        words
    }

    fn opens(&self, character: char) -> bool {
        self.quotes.iter().any(|(open, _)| *open == character)
    }

    /// The bytes before the closing quote.
    fn quoted_length(&self, body: &str, close: &str) -> usize {
        let mut escaped = false;
        for (at, character) in body.char_indices() {
            if escaped {
                escaped = false;
            } else if self.escape == Some(character) {
                escaped = true;
            } else if body[at..].starts_with(close) {
                return at;
            }
        }
        body.len()
    }

    fn unescaped(&self, text: &str) -> String {
        let mut out = String::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if self.escape == Some(character) {
                out.extend(characters.next());
            } else {
                out.push(character);
            }
        }
        out
    }

    /// Each value goes on to the last pair delimiter before the next name.
    fn greedy_pairs(&self, text: &str) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut pieces = text.split(self.value.as_str());
        let mut name = pieces.next().unwrap_or_default().trim().to_owned();
        let mut pieces = pieces.peekable();
        while let Some(piece) = pieces.next() {
            let split = if pieces.peek().is_some() { piece.rfind(self.pair.as_str()) } else { None };
            let (value, next) = match split {
                Some(at) => (&piece[..at], piece[at + self.pair.len()..].trim().to_owned()),
                None => (piece, String::new()),
            };
            pairs.push((std::mem::replace(&mut name, next), value.trim().to_owned()));
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(delimiters: Delimiters, names: &[&str], text: &str) -> Vec<String> {
        let columns = names.iter().map(|name| ((*name).to_owned(), ColumnType::String)).collect();
        let pattern = PairPattern { columns, way: PairWay::Delimited(delimiters) };
        PairPattern::read(&pattern, text).iter().map(|value| value.to_text().into_owned()).collect()
    }

    #[test]
    fn quotes_protect_delimiters_and_missing_names_are_empty() {
        let delimiters =
            Delimiters { pair: ",".into(), value: ":".into(), quotes: vec![('"', '"')], ..Delimiters::default() };
        assert_eq!(read(delimiters, &["a", "b", "c"], r#"a:1,b:"x,y":z,d:2"#), ["1", "x,y:z", ""]);
    }

    #[test]
    fn greedy_values_hold_delimiters() {
        let delimiters = Delimiters { pair: " ".into(), value: "=".into(), greedy: true, ..Delimiters::default() };
        assert_eq!(
            read(delimiters, &["name", "phone", "city"], "name=John Doe phone=555 5555 city=New York"),
            ["John Doe", "555 5555", "New York"]
        );
    }
}
