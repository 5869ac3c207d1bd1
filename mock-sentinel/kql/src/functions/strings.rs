//! Text: joining, cutting, searching and counting.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::arguments::{Arguments, TEXT_MAX, array, string};
use super::{Context, Function, Param, Returns};
use crate::{dynamic::Dynamic, terms, types::ColumnType, value::Value};

const TEXT: Param = Param::Is(ColumnType::String);
const SCALAR: Param = Param::Scalar;
const WHOLE: Param = Param::Integer;
const ARRAY: Param = Param::Is(ColumnType::Dynamic);
const STRING: Returns = Returns::Is(ColumnType::String);
const LONG: Returns = Returns::Is(ColumnType::Long);
const BOOL: Returns = Returns::Is(ColumnType::Bool);
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);

/// How often `strrep` repeats at most.
const REPEATS_MAX: i64 = 1024;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["strcat"], &[SCALAR], STRING, strcat).variadic(),
    Function::new(&["strcat_delim"], &[SCALAR, SCALAR, SCALAR], STRING, strcat_delim).variadic(),
    Function::new(&["strcat_array", "array_strcat"], &[ARRAY, SCALAR], STRING, strcat_array),
    Function::new(&["strrep"], &[SCALAR, WHOLE, SCALAR], STRING, strrep).required(2),
    Function::new(&["strlen"], &[SCALAR], LONG, strlen),
    Function::new(&["string_size"], &[SCALAR], LONG, string_size),
    Function::new(&["strcmp"], &[SCALAR, SCALAR], LONG, strcmp),
    Function::new(&["substring"], &[SCALAR, WHOLE, WHOLE], STRING, substring).required(2),
    Function::new(&["indexof"], &[SCALAR, SCALAR, WHOLE, WHOLE, WHOLE], LONG, indexof).required(2),
    Function::new(&["has_any_index"], &[SCALAR, ARRAY], LONG, has_any_index),
    Function::new(&["toupper"], &[SCALAR], STRING, toupper),
    Function::new(&["tolower"], &[SCALAR], STRING, tolower),
    Function::new(&["reverse"], &[SCALAR], STRING, reverse),
    Function::new(&["split"], &[SCALAR, SCALAR, WHOLE], DYNAMIC, split).required(2),
    Function::new(&["replace_string"], &[TEXT, TEXT, TEXT], STRING, replace_string),
    Function::new(&["replace_strings"], &[TEXT, ARRAY, ARRAY], STRING, replace_strings),
    Function::new(&["translate"], &[TEXT, TEXT, TEXT], STRING, translate),
    Function::new(&["isascii"], &[SCALAR], BOOL, |_, args| args.text(0).is_ascii().into()),
    // Strings are Unicode by construction.
    Function::new(&["isutf8"], &[SCALAR], BOOL, |_, _| true.into()),
    Function::new(&["unicode_codepoints_from_string", "to_utf8"], &[SCALAR], DYNAMIC, codepoints),
    Function::new(&["unicode_codepoints_to_string", "make_string"], &[Param::Any], STRING, from_codepoints).variadic(),
];

fn strcat(_: &mut Context<'_>, args: &[Value]) -> Value {
    let mut text = String::new();
    for index in 0..args.len() {
        text.push_str(&args.text(index));
        if text.len() > TEXT_MAX {
            break;
        }
    }
    Value::from(text)
}

fn strcat_delim(_: &mut Context<'_>, args: &[Value]) -> Value {
    join((1..args.len()).map(|index| args.text(index)), &args.text(0))
}

/// The texts of the items; what is not an array gives its own.
fn strcat_array(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(tree) = args.first().and_then(Value::as_dynamic) else { return Value::from("") };
    match tree.as_array() {
        Some(items) => join(items.iter().map(|item| Cow::Owned(item.to_text())), &args.text(1)),
        None => Value::from(tree.to_text()),
    }
}

fn join<'a>(parts: impl Iterator<Item = Cow<'a, str>>, delimiter: &str) -> Value {
    let mut text = String::new();
    for (index, part) in parts.enumerate() {
        if index > 0 {
            text.push_str(delimiter);
        }
        text.push_str(&part);
        if text.len() > TEXT_MAX {
            break;
        }
    }
    string(text)
}

fn strrep(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(times) = args.long(1) else { return Value::from("") };
    let part = args.text(0);
    join((0..times.clamp(0, REPEATS_MAX)).map(|_| Cow::Borrowed(&*part)), &args.text(2))
}

fn strlen(_: &mut Context<'_>, args: &[Value]) -> Value {
    (args.text(0).chars().count() as i64).into()
}

fn string_size(_: &mut Context<'_>, args: &[Value]) -> Value {
    (args.text(0).len() as i64).into()
}

fn strcmp(_: &mut Context<'_>, args: &[Value]) -> Value {
    (args.text(0).cmp(&args.text(1)) as i64).into()
}

/// The characters from `start` on, `length` of them. A negative start counts from the end; one that lies before the
/// beginning gives nothing, whatever the length.
fn substring(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(start) = args.long(1) else { return Value::from("") };
    let length = match (args.has(2), args.long(2)) {
        (false, _) => i64::MAX,
        (true, length) => length.unwrap_or(0),
    };
    let text = args.text(0);
    let start = if start < 0 { start.saturating_add(text.chars().count() as i64) } else { start };
    let (Ok(start), Ok(length)) = (usize::try_from(start), usize::try_from(length)) else { return Value::from("") };
    Value::from(text.chars().skip(start).take(length).collect::<String>())
}

fn indexof(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (text, lookup) = (args.text(0), args.text(1));
    let Some(search) = Search::of(&text, args) else { return Value::Null };
    let mut from = search.start;
    for _ in 1..search.occurrence {
        let Some(at) = search.find(&text, &lookup, from) else { return (-1_i64).into() };
        from = at + text[at..].chars().next().map_or(0, char::len_utf8);
    }
    let found = search.find(&text, &lookup, from);
    found.map_or(-1, |found| text[..found].chars().count() as i64).into()
}

/// Which part of a text `indexof` looks at, and which find counts.
pub(super) struct Search {
    /// In bytes.
    pub(super) start: usize,
    /// In characters, counted from where each search begins.
    length: Option<usize>,
    pub(super) occurrence: usize,
}

/// No text holds more finds worth counting.
const OCCURRENCES_MAX: i64 = 1 << 20;

impl Search {
    /// From the arguments after the lookup: start, length and occurrence. `None` when they make no sense.
    pub(super) fn of(text: &str, args: &[Value]) -> Option<Self> {
        let optional = |index: usize, default: i64| if args.has(index) { args.long(index) } else { Some(default) };
        let (start, length, occurrence) = (optional(2, 0)?, optional(3, -1)?, optional(4, 1)?);
        if length < -1 || !(1..=OCCURRENCES_MAX).contains(&occurrence) {
            return None;
        }
        // A negative start counts from the end.
        let start = if start < 0 { (text.chars().count() as i64 + start).max(0) } else { start };
        let start = byte_of(text, usize::try_from(start).unwrap_or(usize::MAX));
        Some(Self { start, length: usize::try_from(length).ok(), occurrence: occurrence as usize })
    }

    /// Where the lookup begins: within the part that is looked at, though it may end behind it.
    fn find(&self, text: &str, lookup: &str, from: usize) -> Option<usize> {
        let found = text[from..].find(lookup)?;
        let begins_within = lookup.is_empty() || found < self.window(text, from).len();
        begins_within.then_some(from + found)
    }

    /// The part of the text that a search from `from` looks at.
    pub(super) fn window<'a>(&self, text: &'a str, from: usize) -> &'a str {
        let rest = &text[from..];
        self.length.map_or(rest, |length| &rest[..byte_of(rest, length)])
    }
}

/// Where a character begins, or the end of the text.
fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(at, _)| at)
}

fn has_any_index(_: &mut Context<'_>, args: &[Value]) -> Value {
    let text = args.text(0);
    let items = args.array(1).unwrap_or_default();
    let found = items.iter().position(|item| terms::has(&text, &item.to_text(), false));
    found.map_or(-1, |index| index as i64).into()
}

fn toupper(_: &mut Context<'_>, args: &[Value]) -> Value {
    mapped(&args.text(0), |c| only(c.to_uppercase()))
}

fn tolower(_: &mut Context<'_>, args: &[Value]) -> Value {
    mapped(&args.text(0), |c| only(c.to_lowercase()))
}

fn mapped(text: &str, map: impl Fn(char) -> Option<char>) -> Value {
    Value::from(text.chars().map(|c| map(c).unwrap_or(c)).collect::<String>())
}

/// The one character; letters that would become several, such as `ß`, stay as they are.
fn only(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next();
    if characters.next().is_none() { first } else { None }
}

fn reverse(_: &mut Context<'_>, args: &[Value]) -> Value {
    Value::from(args.text(0).chars().rev().collect::<String>())
}

fn split(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (text, delimiter) = (args.text(0), args.text(1));
    let parts = || -> Box<dyn Iterator<Item = &str>> {
        if delimiter.is_empty() { Box::new(std::iter::once(&*text)) } else { Box::new(text.split(&*delimiter)) }
    };
    if !args.has(2) {
        return array(parts().map(Dynamic::string));
    }
    let Some(index) = args.long(2) else { return Value::Null };
    let part = usize::try_from(index).ok().and_then(|index| parts().nth(index));
    array(part.map(Dynamic::string))
}

fn replace_string(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (text, lookup) = (args.text(0), args.text(1));
    if lookup.is_empty() {
        return Value::from(&*text);
    }
    string(replaced(&text, &lookup, &args.text(2)))
}

/// All finds replaced, as far as the text may grow.
fn replaced(text: &str, lookup: &str, rewrite: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for (index, part) in text.split(lookup).enumerate() {
        if index > 0 {
            result.push_str(rewrite);
        }
        result.push_str(part);
        if result.len() > TEXT_MAX {
            break;
        }
    }
    result
}

/// Each lookup with the rewrite at its place. What a lookup has found is not looked at by those after it, and stays as
/// it is when its rewrite is not text.
/// <https://learn.microsoft.com/kusto/query/replace-strings-function> (read 2026-11-26)
fn replace_strings(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (lookups, rewrites) = (args.array(1).unwrap_or_default(), args.array(2).unwrap_or_default());
    let rule = |(index, lookup): (usize, &'_ Dynamic)| match (lookup, rewrites.get(index)) {
        (Dynamic::String(lookup), Some(Dynamic::String(rewrite))) => Some((lookup.to_string(), rewrite.to_string())),
        (Dynamic::String(lookup), _) => Some((lookup.to_string(), lookup.to_string())),
        _ => None,
    };
    let rules: Vec<_> = lookups.iter().enumerate().filter_map(rule).filter(|(lookup, _)| !lookup.is_empty()).collect();
    string(replaced_by_all(&args.text(0), &rules))
}

/// Cuts the text at the finds of the first rule, the parts between them at those of the second, and so on.
fn replaced_by_all(text: &str, rules: &[(String, String)]) -> String {
    let parts_of = |text, depth: usize| rules.get(depth).map(|(lookup, _)| (str::split(text, lookup.as_str()), true));
    let Some(whole) = parts_of(text, 0) else { return text.to_owned() };
    let mut result = String::with_capacity(text.len());
    let mut open = vec![whole];
    while let Some((parts, is_first)) = open.last_mut()
        && result.len() <= TEXT_MAX
    {
        let Some(part) = parts.next() else {
            open.pop();
            continue;
        };
        let between = !std::mem::replace(is_first, false);
        if between {
            result.push_str(&rules[open.len() - 1].1);
        }
        match parts_of(part, open.len()) {
            Some(inner) if !part.is_empty() => open.push(inner),
            _ => result.push_str(part),
        }
    }
    result
}

/// Characters of the first list by those of the second; a shorter second list ends with its last character.
fn translate(_: &mut Context<'_>, args: &[Value]) -> Value {
    let to: Vec<char> = args.text(1).chars().collect();
    let mut by_character = HashMap::new();
    for (index, from) in args.text(0).chars().enumerate() {
        by_character.entry(from).or_insert(to.get(index).or(to.last()).copied());
    }
    let text = args.text(2);
    let translated = text.chars().filter_map(|c| by_character.get(&c).copied().unwrap_or(Some(c)));
    Value::from(translated.collect::<String>())
}

fn codepoints(_: &mut Context<'_>, args: &[Value]) -> Value {
    array(args.text(0).chars().map(|c| Dynamic::Long(i64::from(u32::from(c)))))
}

/// Code points, one by one or in arrays; what is not a code point is left out.
fn from_codepoints(_: &mut Context<'_>, args: &[Value]) -> Value {
    let mut text = String::new();
    for value in args {
        match value.as_dynamic().and_then(Dynamic::as_array) {
            Some(items) => text.extend(items.iter().filter_map(Dynamic::as_real).filter_map(character)),
            None => text.extend(args_number(value).and_then(character)),
        }
    }
    string(text)
}

fn args_number(value: &Value) -> Option<f64> {
    std::slice::from_ref(value).real(0)
}

fn character(code: f64) -> Option<char> {
    (0.0..=1_114_111.0).contains(&code).then(|| char::from_u32(code as u32))?
}
