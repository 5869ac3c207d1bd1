//! String tests: whole terms, parts, beginnings and ends, with and without case.
//!
//! A term is a longest run of letters and digits, of any script.

use memchr::{memchr2_iter, memmem};

/// Whether `text` holds `needle` between term boundaries.
pub(crate) fn has(text: &str, needle: &str, case_sensitive: bool) -> bool {
    occurs(text, needle, case_sensitive, |from, to| starts_term(text, from, needle) && ends_term(text, to, needle))
}

/// Whether a term of `text` begins with `needle`.
pub(crate) fn has_prefix(text: &str, needle: &str, case_sensitive: bool) -> bool {
    occurs(text, needle, case_sensitive, |from, _| starts_term(text, from, needle))
}

/// Whether a term of `text` ends with `needle`.
pub(crate) fn has_suffix(text: &str, needle: &str, case_sensitive: bool) -> bool {
    occurs(text, needle, case_sensitive, |_, to| ends_term(text, to, needle))
}

/// Whether `text` holds `needle` anywhere.
pub(crate) fn contains(text: &str, needle: &str, case_sensitive: bool) -> bool {
    occurs(text, needle, case_sensitive, |_, _| true)
}

/// Whether `text` begins with `needle`.
pub(crate) fn starts_with(text: &str, needle: &str, case_sensitive: bool) -> bool {
    if case_sensitive { text.starts_with(needle) } else { prefix_length(text, needle).is_some() }
}

/// Whether `text` ends with `needle`.
pub(crate) fn ends_with(text: &str, needle: &str, case_sensitive: bool) -> bool {
    if case_sensitive {
        return text.ends_with(needle);
    }
    let mut text = folded(text).rev();
    folded(needle).rev().all(|wanted| text.next() == Some(wanted))
}

/// Whether two strings are equal but for case.
pub(crate) fn equal_ci(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() { left.eq_ignore_ascii_case(right) } else { folded(left).eq(folded(right)) }
}

fn folded(text: &str) -> impl DoubleEndedIterator<Item = char> {
    text.chars().map(fold)
}

/// One character without its case; those whose other case is several characters keep theirs.
fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(lower), None) => lower,
        _ => character,
    }
}

/// How many bytes of `text` its beginning `needle` takes, without case.
fn prefix_length(text: &str, needle: &str) -> Option<usize> {
    let mut rest = text.chars();
    for wanted in folded(needle) {
        if fold(rest.next()?) != wanted {
            return None;
        }
    }
    Some(text.len() - rest.as_str().len())
}

/// Looks for an occurrence, given by its first byte and the byte after it, that is acceptable.
fn occurs(text: &str, needle: &str, case_sensitive: bool, accept: impl Fn(usize, usize) -> bool) -> bool {
    let Some(first) = needle.chars().next() else { return true };
    if case_sensitive {
        return memmem::find_iter(text.as_bytes(), needle).any(|from| accept(from, from + needle.len()));
    }
    let accepted = |from: usize| prefix_length(&text[from..], needle).is_some_and(|length| accept(from, from + length));
    if first.is_ascii() && text.is_ascii() {
        let (lower, upper) = (first.to_ascii_lowercase() as u8, first.to_ascii_uppercase() as u8);
        return memchr2_iter(lower, upper, text.as_bytes()).any(accepted);
    }
    text.char_indices().any(|(from, _)| accepted(from))
}

fn starts_term(text: &str, from: usize, needle: &str) -> bool {
    !needle.chars().next().is_some_and(is_term_character)
        || !text[..from].chars().next_back().is_some_and(is_term_character)
}

fn ends_term(text: &str, to: usize, needle: &str) -> bool {
    !needle.chars().next_back().is_some_and(is_term_character)
        || !text[to..].chars().next().is_some_and(is_term_character)
}

fn is_term_character(character: char) -> bool {
    character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_end_at_everything_but_letters_and_digits() {
        assert!(has("a-b", "a", false) && has("a_b", "B", false) && has("x.a b", "a", true));
        assert!(!has("a1", "a", false) && !has("aé", "a", false) && !has("North America", "Amer", false));
        assert!(has("run foo.exe now", "FOO.exe", false) && has("foo.exe", ".exe", false));
        assert!(has_prefix("North America", "amer", false) && !has_prefix("North America", "merica", false));
        assert!(has_suffix("North America", "rica", false) && !has_suffix("North America", "Amer", false));
    }

    #[test]
    fn case_is_folded_in_every_script() {
        assert!(contains("Straße ÉTÉ", "été", false) && !contains("Straße ÉTÉ", "été", true));
        assert!(starts_with("ÉTÉ", "ét", false) && ends_with("ÉTÉ", "té", false) && equal_ci("ΑΒ", "αβ"));
        assert!(!starts_with("a", "ab", false) && !ends_with("b", "ab", false));
    }

    #[test]
    fn the_empty_needle_is_everywhere() {
        assert!(
            has("", "", false) && contains("x", "", true) && starts_with("x", "", false) && ends_with("x", "", false)
        );
    }
}
