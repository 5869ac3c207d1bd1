//! Functions that only ingestion-time transforms have.
//! <https://learn.microsoft.com/azure/azure-monitor/data-collection/data-collection-transformations-kql> (version of
//! 2026-05-15, read 2026-11-29)

use std::sync::Arc;

use super::arguments::Arguments;
use super::{Context, Function, Param, Returns};
use crate::{
    dynamic::{Dynamic, Properties},
    types::ColumnType,
    value::Value,
};

const TEXT: Param = Param::Is(ColumnType::String);
const TREE: Param = Param::Is(ColumnType::Dynamic);
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new(&["parse_cef_dictionary"], &[TEXT], DYNAMIC, parse_cef_dictionary)];

/// The second half of `geo_location`: what is known of a place, by the names that transforms use.
pub(crate) const GEO_LOCATION: Function = Function::new(&["geo_location"], &[TREE], DYNAMIC, geo_location);

/// The attributes of a place, and what they are called where queries ask for them.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("Country", "country"),
    ("Region", "region"),
    ("State", "state"),
    ("City", "city"),
    ("Latitude", "latitude"),
    ("Longitude", "longitude"),
];

fn geo_location(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(place) = args.bag(0) else { return Value::Null };
    let known = ATTRIBUTES.iter().filter_map(|(name, asked)| Some((Arc::from(*name), place.get(*asked)?.clone())));
    Value::dynamic(Dynamic::bag(known))
}

/// The fields before the extension, as the Common Event Format has them. Which of them Azure gives, and by which names,
/// is not documented; `Extension` is.
const HEADER: [&str; 7] =
    ["Version", "DeviceVendor", "DeviceProduct", "DeviceVersion", "DeviceEventClassId", "Name", "Severity"];

/// A message in the Common Event Format as a bag; null for any other text.
fn parse_cef_dictionary(_: &mut Context<'_>, args: &[Value]) -> Value {
    let text = args.text(0);
    let Some((_, message)) = text.split_once("CEF:") else { return Value::Null };
    let mut rest = message;
    let mut bag = Properties::default();
    for name in HEADER {
        let Some(end) = unescaped(rest, '|') else { return Value::Null };
        bag.insert(Arc::from(name), Dynamic::string(plain(&rest[..end])));
        rest = &rest[end + 1..];
    }
    bag.insert(Arc::from("Extension"), extension(rest));
    Value::dynamic(Dynamic::bag(bag))
}

/// Where a character stands that no backslash takes the meaning from.
fn unescaped(text: &str, wanted: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == wanted => return Some(at),
            _ => {}
        }
    }
    None
}

/// `key=value key=value`: a value ends where the next key begins, or at a semicolon, which the function reserves.
fn extension(text: &str) -> Dynamic {
    let mut pairs = Properties::default();
    for part in text.split(';') {
        let mut rest = part.trim_start();
        while let Some(equals) = unescaped(rest, '=') {
            let key = rest[..equals].trim();
            let value = &rest[equals + 1..];
            let next = unescaped(value, '=').and_then(|equals| value[..equals].trim_end().rfind(' '));
            let end = next.unwrap_or(value.len());
            pairs.insert(Arc::from(key), Dynamic::string(plain(value[..end].trim())));
            rest = value[end..].trim_start();
        }
    }
    Dynamic::bag(pairs)
}

/// The text without the backslashes that escape.
fn plain(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => result.push('\n'),
                Some('r') => result.push('\r'),
                Some(other) => result.push(other),
                None => result.push('\\'),
            },
            _ => result.push(character),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: &str) {
        let mut regexes = super::super::RegexCache::default();
        let mut random = 0;
        let mut context = Context::new(&[ColumnType::String], &mut regexes, &mut random);
        let parsed = parse_cef_dictionary(&mut context, &[Value::from(message)]);
        assert_eq!(parsed.as_dynamic().map_or_else(String::new, Dynamic::to_json), expected, "{message}");
    }

    #[test]
    fn a_message_has_a_header_and_an_extension() {
        check(
            r"<134>Nov 29 host CEF:0|Acme|Wall\|2|1.0|100|worm stopped|10|src=10.0.0.1 msg=two words and a\=b suser=ana",
            concat!(
                r#"{"Version":"0","DeviceVendor":"Acme","DeviceProduct":"Wall|2","DeviceVersion":"1.0","#,
                r#""DeviceEventClassId":"100","Name":"worm stopped","Severity":"10","#,
                r#""Extension":{"src":"10.0.0.1","msg":"two words and a=b","suser":"ana"}}"#
            ),
        );
    }

    #[test]
    fn what_is_no_message_is_null_and_an_extension_may_be_empty() {
        check("nothing", "");
        check("CEF:0|a|b", "");
        check(
            "CEF:0|a|b|c|d|e|1|",
            concat!(
                r#"{"Version":"0","DeviceVendor":"a","DeviceProduct":"b","DeviceVersion":"c","#,
                r#""DeviceEventClassId":"d","Name":"e","Severity":"1","Extension":{}}"#
            ),
        );
    }

    #[test]
    fn a_semicolon_ends_a_value() {
        let pairs = extension("msg=one; two act=stop;n=1");
        assert_eq!(pairs.to_json(), r#"{"msg":"one","two act":"stop","n":"1"}"#);
    }
}
