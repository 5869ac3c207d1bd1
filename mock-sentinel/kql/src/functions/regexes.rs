//! Functions that take a regular expression. A pattern that does not compile matches nothing.

use regex::{Captures, Regex};

use super::arguments::{Arguments, TEXT_MAX, array, string};
use super::strings::Search;
use super::{Context, Function, Param, Returns};
use crate::{dynamic::Dynamic, types::ColumnType, value::Value};

const TEXT: Param = Param::Is(ColumnType::String);
const PATTERN: Param = Param::Constant(ColumnType::String);
const SCALAR: Param = Param::Scalar;
const WHOLE: Param = Param::Integer;
const GROUPS: Param = Param::Is(ColumnType::Dynamic);
const STRING: Returns = Returns::Is(ColumnType::String);
const LONG: Returns = Returns::Is(ColumnType::Long);
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["extract"], &[TEXT, WHOLE, TEXT], STRING, extract),
    Function::new(&["extract_all", "extractall"], &[TEXT, TEXT], DYNAMIC, extract_all),
    Function::new(&["extract_all", "extractall"], &[TEXT, GROUPS, TEXT], DYNAMIC, extract_groups),
    Function::new(&["replace_regex"], &[TEXT, TEXT, TEXT], STRING, replace_regex),
    Function::new(&["replace"], &[TEXT, TEXT, TEXT], STRING, replace),
    Function::new(&["trim"], &[PATTERN, TEXT], STRING, trim),
    Function::new(&["trim_start"], &[PATTERN, TEXT], STRING, trim_start),
    Function::new(&["trim_end"], &[PATTERN, TEXT], STRING, trim_end),
    Function::new(&["countof"], &[TEXT, TEXT, TEXT], LONG, countof).required(2),
    Function::new(&["indexof_regex"], &[SCALAR, SCALAR, WHOLE, WHOLE, WHOLE], LONG, indexof_regex).required(2),
    Function::new(&["regex_quote"], &[SCALAR], STRING, |_, args| Value::from(quoted(&args.text(0)))),
];

fn extract(context: &mut Context<'_>, args: &[Value]) -> Value {
    let text = args.text(2);
    let group = args.long(1).and_then(|group| usize::try_from(group).ok());
    let found = context.regex(&args.text(0)).zip(group).and_then(|(regex, group)| {
        let captures = regex.captures(&text)?;
        Some(captures.get(group)?.as_str().to_owned())
    });
    Value::from(found.unwrap_or_default())
}

/// All groups of all finds: strings when there is one group, arrays when there are several.
fn extract_all(context: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(regex) = context.regex(&args.text(0)) else { return Value::Null };
    let groups: Vec<usize> = (1..regex.captures_len()).collect();
    matches(&regex, &groups, &args.text(1))
}

fn extract_groups(context: &mut Context<'_>, args: &[Value]) -> Value {
    let (Some(regex), Some(wanted)) = (context.regex(&args.text(0)), args.array(1)) else { return Value::Null };
    let groups: Option<Vec<usize>> = wanted.iter().map(|group| group_index(&regex, group)).collect();
    groups.map_or(Value::Null, |groups| matches(&regex, &groups, &args.text(2)))
}

/// A group by number or name.
fn group_index(regex: &Regex, group: &Dynamic) -> Option<usize> {
    match group {
        Dynamic::Long(index) => usize::try_from(*index).ok().filter(|index| *index < regex.captures_len()),
        Dynamic::String(name) => regex.capture_names().position(|known| known == Some(&**name)),
        _ => None,
    }
}

fn matches(regex: &Regex, groups: &[usize], text: &str) -> Value {
    let group_text =
        |captures: &Captures<'_>, group: usize| Dynamic::string(captures.get(group).map_or("", |found| found.as_str()));
    let mut finds = regex
        .captures_iter(text)
        .map(|captures| match groups {
            [group] => group_text(&captures, *group),
            _ => Dynamic::array(groups.iter().map(|group| group_text(&captures, *group))),
        })
        .peekable();
    if groups.is_empty() || finds.peek().is_none() { Value::Null } else { array(finds) }
}

fn replace_regex(context: &mut Context<'_>, args: &[Value]) -> Value {
    replaced(context, &args.text(0), &args.text(1), &args.text(2))
}

/// The older order of arguments.
fn replace(context: &mut Context<'_>, args: &[Value]) -> Value {
    replaced(context, &args.text(2), &args.text(0), &args.text(1))
}

fn replaced(context: &mut Context<'_>, text: &str, pattern: &str, rewrite: &str) -> Value {
    let Some(regex) = context.regex(pattern) else { return Value::from(text) };
    let rewrite = Rewrite::parse(rewrite);
    let mut result = String::with_capacity(text.len());
    let mut kept = 0;
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        result.push_str(&text[kept..whole.start()]);
        rewrite.append(&captures, &mut result);
        kept = whole.end();
        if result.len() > TEXT_MAX {
            break;
        }
    }
    result.push_str(&text[kept..]);
    string(result)
}

/// A rewrite pattern: text with `\0` to `\9` for what the groups found.
struct Rewrite {
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    Group(usize),
}

impl Rewrite {
    fn parse(pattern: &str) -> Self {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut characters = pattern.chars().peekable();
        while let Some(character) = characters.next() {
            let group = if character == '\\' { characters.peek().and_then(|next| next.to_digit(10)) } else { None };
            if let Some(group) = group {
                characters.next();
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Group(group as usize));
            } else if character == '\\' && characters.next_if_eq(&'\\').is_some() {
                text.push('\\');
            } else {
                text.push(character);
            }
        }
        pieces.push(Piece::Text(text));
        Self { pieces }
    }

    fn append(&self, captures: &Captures<'_>, out: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Group(group) => out.push_str(captures.get(*group).map_or("", |found| found.as_str())),
            }
        }
    }
}

fn trim(context: &mut Context<'_>, args: &[Value]) -> Value {
    trimmed(context, "trim", args)
}

fn trim_start(context: &mut Context<'_>, args: &[Value]) -> Value {
    trimmed(context, "trim_start", args)
}

fn trim_end(context: &mut Context<'_>, args: &[Value]) -> Value {
    trimmed(context, "trim_end", args)
}

/// The text without what the pattern finds at its ends: at most once at each.
fn trimmed(context: &mut Context<'_>, function: &str, args: &[Value]) -> Value {
    let text = args.text(1);
    let regex = trim_pattern(function, &args.text(0)).and_then(|pattern| context.regex(&pattern));
    match regex {
        Some(regex) => Value::from(&*regex.replace_all(&text, "")),
        None => Value::from(&*text),
    }
}

/// The pattern that one of the three functions looks for; `None` for any other function.
///
/// Kusto puts its anchors around the pattern as it is written, so that a pattern such as `a)|(b` ends the group; it
/// shows this in the errors of its emulator, as the tests of duckdb-kql 1.1.2 record
/// (<https://pypi.org/project/duckdb-kql/>, read 2026-11-29).
pub(crate) fn trim_pattern(function: &str, pattern: &str) -> Option<String> {
    Some(match function {
        "trim_start" => format!("^({pattern})"),
        "trim_end" => format!("({pattern})$"),
        "trim" => {
            let again = unnamed(pattern);
            format!("^({pattern})|({again})$")
        }
        _ => return None,
    })
}

/// The pattern with its groups numbered: a name must not be given twice.
fn unnamed(pattern: &str) -> String {
    let mut result = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        let named = rest.strip_prefix("(?P<").or_else(|| rest.strip_prefix("(?<"));
        if let Some((_, after)) = named.and_then(|named| named.split_once('>')) {
            result.push('(');
            rest = after;
            continue;
        }
        let taken =
            if character == '\\' { rest.chars().take(2).map(char::len_utf8).sum() } else { character.len_utf8() };
        result.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    result
}

/// Finds of a plain text may overlap, those of a regular expression may not.
fn countof(context: &mut Context<'_>, args: &[Value]) -> Value {
    let (text, search) = (args.text(0), args.text(1));
    let count = if args.has(2) && args.text(2) == "regex" {
        context.regex(&search).map_or(0, |regex| regex.find_iter(&text).count())
    } else if search.is_empty() {
        0
    } else {
        text.char_indices().filter(|(at, _)| text[*at..].starts_with(&*search)).count()
    };
    (count as i64).into()
}

fn indexof_regex(context: &mut Context<'_>, args: &[Value]) -> Value {
    let text = args.text(0);
    if args.long(2).is_some_and(|start| start < 0) {
        return Value::Null;
    }
    let (Some(regex), Some(search)) = (context.regex(&args.text(1)), Search::of(&text, args)) else {
        return Value::Null;
    };
    let found = regex.find_iter(search.window(&text, search.start)).nth(search.occurrence - 1);
    found.map_or(-1, |found| text[..search.start + found.start()].chars().count() as i64).into()
}

/// Every character with a meaning in patterns, escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$#".contains(character) {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the three functions leave of a text.
    #[track_caller]
    fn check(pattern: &str, text: &str, expected: [&str; 3]) {
        for (function, expected) in ["trim", "trim_start", "trim_end"].into_iter().zip(expected) {
            let pattern = trim_pattern(function, pattern).unwrap();
            assert_eq!(Regex::new(&pattern).unwrap().replace_all(text, ""), expected, "{function}({pattern}, {text})");
        }
    }

    #[test]
    fn each_end_loses_one_find() {
        check("-", "---ana---", ["--ana--", "--ana---", "---ana--"]);
        check("-+", "---ana---", ["ana", "ana---", "---ana"]);
        check("a|x", "bxa", ["bx", "bxa", "bx"]);
        check("a", "a", ["", "", ""]);
        check("b*", "abc", ["abc", "abc", "abc"]);
        check("é", "ééx", ["éx", "éx", "ééx"]);
    }

    #[test]
    fn anchors_stand_around_the_pattern_as_it_is_written() {
        check("a)|(b", "xaxbx", ["xxx", "xaxx", "xxbx"]);
        check("a$", "aa", ["a", "aa", "a"]);
        check("(?<n>a)", "aba", ["b", "ba", "ab"]);
        check(r"\(?<", "(<x(", ["x(", "x(", "(<x("]);
    }
}
