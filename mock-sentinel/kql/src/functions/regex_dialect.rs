//! Patterns as Kusto's RE2 reads them, written for the `regex` crate.
//!
//! Both take nearly the same language. Where they part, the crate reads more into a class (`[a[b]`, `&&`) or refuses what
//! RE2 takes as plain characters (`\0`, `a{`, `\Q…\E`). <https://github.com/google/re2/wiki/Syntax> (read 2026-11-29)

use std::{borrow::Cow, fmt::Write as _};

/// The pattern for the `regex` crate; one that both read alike comes back as it is.
pub(crate) fn translated(pattern: &str) -> Cow<'_, str> {
    let suspicious = pattern.contains(['[', '{']) || pattern.contains(r"\0") || pattern.contains(r"\Q");
    if !suspicious {
        return Cow::Borrowed(pattern);
    }
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '\\' => escape(rest, &mut out),
            '[' => class(rest, &mut out),
            '{' if !is_repetition(rest) => literal(first, &mut out),
            _ => {
                out.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    Cow::Owned(out)
}

fn literal(character: char, out: &mut String) -> usize {
    out.push('\\');
    out.push(character);
    character.len_utf8()
}

/// What stands after a backslash; gives how many bytes of the pattern that are.
fn escape(rest: &str, out: &mut String) -> usize {
    if let Some(quoted) = rest.strip_prefix(r"\Q") {
        let text = quoted.split(r"\E").next().unwrap_or(quoted);
        out.push_str(&regex::escape(text));
        let closed = quoted.len() > text.len();
        return 2 + text.len() + if closed { 2 } else { 0 };
    }
    if let Some(octal) = rest.strip_prefix(r"\0") {
        let digits = octal.bytes().take(2).take_while(|digit| (b'0'..=b'7').contains(digit)).count();
        let code = u32::from_str_radix(&octal[..digits], 8).unwrap_or(0);
        write!(out, r"\x{{{code:x}}}").expect("a string takes all text");
        return 2 + digits;
    }
    let taken = rest.chars().take(2).map(char::len_utf8).sum();
    out.push_str(&rest[..taken]);
    taken
}

/// A class up to its closing bracket: brackets and doubled signs in it are characters.
fn class(rest: &str, out: &mut String) -> usize {
    let opening = if rest.starts_with("[^") { 2 } else { 1 };
    out.push_str(&rest[..opening]);
    let mut at = opening;
    while let Some(character) = rest[at..].chars().next() {
        let named = if rest[at..].starts_with("[:") { rest[at..].find(":]") } else { None };
        match character {
            ']' if at > opening => {
                out.push(']');
                return at + 1;
            }
            '\\' => at += escape(&rest[at..], out),
            '[' if named.is_some() => {
                let end = at + named.unwrap_or_default() + 2;
                out.push_str(&rest[at..end]);
                at = end;
            }
            '[' | ']' => at += literal(character, out),
            '&' | '~' if rest[at + 1..].starts_with(character) => at += literal(character, out),
            _ => {
                out.push(character);
                at += character.len_utf8();
            }
        }
    }
    at
}

/// `{2}`, `{2,}` and `{2,5}`
fn is_repetition(rest: &str) -> bool {
    let Some((inside, _)) = rest[1..].split_once('}') else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    /// Which of the texts the pattern finds itself in.
    #[track_caller]
    fn check(pattern: &str, found: &[&str], not_found: &[&str]) {
        let regex = Regex::new(&translated(pattern)).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        for text in found {
            assert!(regex.is_match(text), "{pattern} in {text}");
        }
        for text in not_found {
            assert!(!regex.is_match(text), "{pattern} in {text}");
        }
    }

    #[test]
    fn a_class_holds_characters_and_no_classes() {
        check(r"^[[,\]]$", &["[", ",", "]"], &["a"]);
        check("^[a&&b]$", &["a", "&", "b"], &["c"]);
        check("^[]a]$", &["]", "a"], &["b"]);
        check("^[^]a]$", &["b"], &["]", "a"]);
        check("^[[:alpha:][]$", &["x", "["], &["1"]);
        check(r"^[\d.-]+$", &["1.2-3"], &["a"]);
    }

    #[test]
    fn a_brace_that_repeats_nothing_is_a_character() {
        check("^a{2}$", &["aa"], &["a{2}"]);
        check("^a{,2}$", &["a{,2}"], &["a"]);
        check(r#"{"k":\s*{"#, &[r#"{"k": {"#], &["k"]);
    }

    #[test]
    fn zeros_are_octal_and_quotes_hold_text() {
        check(r"^a\0b$", &["a\0b"], &["ab"]);
        check(r"^\007$", &["\u{7}"], &[]);
        check(r"^\Qa.b\E+$", &["a.bb"], &["axb"]);
        check(r"\\0", &[r"\0"], &["\0"]);
    }
}
