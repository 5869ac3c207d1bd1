//! Texts of the same shape: as long, of the same kinds of characters at the same places, and what has a form of its own keeps it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// A shorter run of hexadecimal digits is taken for letters and digits.
const HEXADECIMAL_MIN: usize = 16;

/// A text of the shape of `text`, where what lies in `kept` stays.
pub(super) fn alike(text: &str, kept: &[Range<usize>], random: &mut ChaCha8Rng) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for range in kept {
        runs(&text[from..range.start], random, &mut out);
        out.push_str(&text[range.clone()]);
        from = range.end;
    }
    runs(&text[from..], random, &mut out);
    out
}

/// Replaces run after run of ASCII letters and digits, and all other characters one by one.
fn runs(text: &str, random: &mut ChaCha8Rng, out: &mut String) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_alphanumeric() {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            run(&rest[..length], random, out);
            length
        } else {
            out.push(other(first, random));
            first.len_utf8()
        };
        rest = &rest[length..];
    }
}

fn run(run: &str, random: &mut ChaCha8Rng, out: &mut String) {
    let is_all = |test: fn(&u8) -> bool| run.bytes().all(|byte| test(&byte));
    let has = |test: fn(&u8) -> bool| run.bytes().any(|byte| test(&byte));
    let is_one_case = !(has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase));
    if is_all(u8::is_ascii_digit) {
        digits(run, random, out);
    } else if run.len() >= HEXADECIMAL_MIN && is_all(u8::is_ascii_hexdigit) && has(u8::is_ascii_digit) && is_one_case {
        out.extend(run.chars().map(|c| hexadecimal(random, has(u8::is_ascii_uppercase), c)));
    } else {
        out.extend(run.chars().map(|c| letter_or_digit(c, random)));
    }
}

/// A number that is as long: it begins with no zero where this one does not, and fits into an integer where this one may have.
fn digits(run: &str, random: &mut ChaCha8Rng, out: &mut String) {
    /// The largest 64-bit integers are 9,223,372,036,854,775,807 and 18,446,744,073,709,551,615.
    const SIGNED_DIGITS: usize = 19;
    let first = |random: &mut ChaCha8Rng| match (run.as_bytes().first(), run.len()) {
        (Some(b'0'), _) => random.random_range(b'0'..=b'9'),
        (_, SIGNED_DIGITS) => random.random_range(b'1'..=b'8'),
        (_, length) if length == SIGNED_DIGITS + 1 => b'1',
        _ => random.random_range(b'1'..=b'9'),
    };
    out.push(first(random).into());
    for at in 1..run.len() {
        let highest = if at == 1 && run.len() == SIGNED_DIGITS + 1 { b'7' } else { b'9' };
        out.push(random.random_range(b'0'..=highest).into());
    }
}

fn hexadecimal(random: &mut ChaCha8Rng, is_upper: bool, _: char) -> char {
    let digit = char::from(b"0123456789abcdef"[random.random_range(0..16_usize)]);
    if is_upper { digit.to_ascii_uppercase() } else { digit }
}

fn letter_or_digit(c: char, random: &mut ChaCha8Rng) -> char {
    let range = match c {
        'a'..='z' => b'a'..=b'z',
        'A'..='Z' => b'A'..=b'Z',
        _ => b'0'..=b'9',
    };
    random.random_range(range).into()
}

/// Another character of as many bytes; punctuation stays.
fn other(c: char, random: &mut ChaCha8Rng) -> char {
    let is_letter = c.is_alphanumeric();
    match c.len_utf8() {
        2 if is_letter && c.is_uppercase() => random.random_range('А'..='Я'),
        2 if is_letter => random.random_range('а'..='я'),
        3 if is_letter => random.random_range('\u{4e00}'..='\u{9fa5}'),
        4 if is_letter => random.random_range('\u{20000}'..='\u{2a6d6}'),
        4 => random.random_range('\u{1f600}'..='\u{1f64f}'),
        _ => c,
    }
}

/// Whether a text is a UUID.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A UUID of the same version and variant.
pub(super) fn uuid(text: &str, random: &mut ChaCha8Rng) -> String {
    let is_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    let (version, variant) = (14, 19);
    text.char_indices()
        .map(|(at, c)| if c == '-' || at == version || at == variant { c } else { hexadecimal(random, is_upper, c) })
        .collect()
}

/// An address that belongs to nobody. 198.18.0.0/15 is for benchmarks (RFC 2544) and never routed: the documentation ranges of
/// RFC 5737 hold 768 addresses, too few to keep callers apart. 3fff::/20 is for documentation (RFC 9637).
pub(super) fn ip(address: IpAddr, random: &mut ChaCha8Rng) -> String {
    match address {
        IpAddr::V4(_) => {
            Ipv4Addr::new(198, random.random_range(18..=19), random.random_range(0..=255), random.random_range(1..=254))
                .to_string()
        }
        IpAddr::V6(_) => {
            let group = |random: &mut ChaCha8Rng| random.random_range(1..=u16::MAX);
            Ipv6Addr::new(0x3fff, random.random_range(0..0x1000), group(random), 0, 0, 0, 0, group(random)).to_string()
        }
    }
}

/// A host name that belongs to nobody (RFC 2606), as long as this one where it has six bytes or more.
pub(super) fn host(name: &str, random: &mut ChaCha8Rng) -> String {
    let suffix = if name.len() > ".invalid".len() { ".invalid" } else { ".test" };
    let length = name.len().saturating_sub(suffix.len()).max(1);
    let head: String = name
        .chars()
        .scan(0, |bytes, c| {
            *bytes += c.len_utf8();
            (*bytes <= length || *bytes == c.len_utf8()).then_some(c)
        })
        .collect();
    let mut drawn = alike(&head.to_ascii_lowercase(), &[], random);
    if drawn.ends_with(['.', '-', '_']) {
        drawn.pop();
        drawn.push('x');
    }
    drawn + suffix
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    fn random() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(7)
    }

    fn class(c: char) -> (usize, bool, bool, bool) {
        (c.len_utf8(), c.is_alphabetic(), c.is_numeric(), c.is_uppercase())
    }

    #[test]
    fn length_and_kinds_of_characters_survive() {
        for text in [
            "Ada Lovelace, 37 (London)",
            "Siobhán Ní Bhriain",
            "Команда аналитики",
            "박서연 👍",
            "uXjVNq1HWG=",
            "dcr-x/y?z=%",
        ] {
            let other = alike(text, &[], &mut random());
            assert_ne!(other, text);
            assert_eq!(other.len(), text.len(), "{other}");
            let classes = |text: &str| text.chars().map(|c| class(c).1).collect::<Vec<_>>();
            assert_eq!(classes(&other), classes(text), "{other}");
        }
        assert_eq!(alike("— …!", &[], &mut random()), "— …!");
    }

    #[test]
    fn what_has_a_form_keeps_it() {
        let random = &mut random();
        for _ in 0..200 {
            assert!(alike("3074457345618974075", &[], random).parse::<i64>().is_ok());
            assert!(alike("18446744073709551615", &[], random).parse::<u64>().is_ok());
            let rule = alike("b211f47d7b285db682bd83a9b1fed72e", &[], random);
            assert!(rule.bytes().all(|byte| byte.is_ascii_hexdigit()), "{rule}");
            assert!(is_uuid(&uuid("7f9c2ba4-0000-4000-8000-6d69726f0001", random)));
            let name = host("wiki.corp.example", random);
            assert!(name.len() == 17 && name.ends_with(".invalid") && !name.contains(".."), "{name}");
            assert_eq!(host("miro.com", random).len(), 8);
            assert_eq!(host("b.co", random)[1..], *".test");
        }
        assert_eq!(alike("keep-this", std::slice::from_ref(&(0..5)), random)[..5], *"keep-");
    }
}
