//! Names as a comparison shows them. A name with digits or signs is a pseudonym of its recording alone, so that two recordings can be
//! compared by its shape only.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::redact::{is_plain_name, is_uuid};

/// A longer shape is cut, in characters.
const SHAPE_MAX: usize = 40;
/// A run of so many hexadecimal digits is one, wherever its letters stand.
const HEXADECIMAL_MIN: usize = 16;

/// A name as it is; of one that is data, its shape in angle brackets: `mfa2Factor` is `<a9Aa>`.
pub(super) fn shown(name: &str) -> Cow<'_, str> {
    if is_plain_name(name) { Cow::Borrowed(name) } else { Cow::Owned(format!("<{}>", shape(name))) }
}

/// Whether a path leads past a name that is data.
pub(super) fn is_of_data(path: &str) -> bool {
    path.contains('<')
}

/// What a pseudonym has in common with its name.
fn shape(name: &str) -> Cow<'static, str> {
    let is_all_digits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    let known = [
        (is_uuid(name), "uuid"),
        (name.contains('@'), "e-mail"),
        (is_all_digits, "number"),
        (name.parse::<IpAddr>().is_ok(), "address"),
        (name.contains(char::is_whitespace), "text"),
        (name.contains('.'), "dotted"),
    ];
    match known.into_iter().find(|(is_it, _)| *is_it) {
        Some((_, known)) => Cow::Borrowed(known),
        None => Cow::Owned(runs(name)),
    }
}

/// Runs of one kind of characters, each by one: what is added to a name within a run changes nothing.
fn runs(name: &str) -> String {
    let mut shape = String::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if end == 0 {
            push(&mut shape, class(first));
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let run = &rest[..end];
        let is_hexadecimal = run.len() >= HEXADECIMAL_MIN && run.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hexadecimal {
            push(&mut shape, 'x');
        } else {
            run.chars().for_each(|c| push(&mut shape, class(c)));
        }
        rest = &rest[end..];
    }
    shape.chars().take(SHAPE_MAX).collect()
}

fn push(shape: &mut String, class: char) {
    if !shape.ends_with(class) {
        shape.push(class);
    }
}

const fn class(c: char) -> char {
    match c {
        'a'..='z' => 'a',
        'A'..='Z' => 'A',
        '0'..='9' => '9',
        '_' | '-' | ':' | '/' | '+' | '=' | '$' => c,
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_data_is_shown_by_what_its_pseudonym_shares() {
        for (name, is) in [
            ("createdAt", "createdAt"),
            ("mfa2Factor", "<a9Aa>"),
            ("qwx7Hjklpo", "<a9Aa>"),
            ("a@b.example", "<e-mail>"),
            ("3074457345618265000", "<number>"),
            ("7f9c2ba4-0000-4000-8000-6d69726f0001", "<uuid>"),
            ("198.18.0.1", "<address>"),
            ("x-b3-traceid", "<a-a9-a>"),
            ("00112233445566778899aabbccddeeff", "<x>"),
            ("www9.miro.com", "<dotted>"),
            ("Ada Lovelace", "<text>"),
            ("é<x>9", "<?a?9>"),
        ] {
            assert_eq!(shown(name), is);
            assert_eq!(is_of_data(&shown(name)), is.starts_with('<'));
        }
    }
}
