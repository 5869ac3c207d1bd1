//! What people paste where a secret or an id belongs. What is plainly not part of it is taken away; what makes it something
//! else is named, without repeating it.

use std::fmt;

use secrecy::SecretString;

use crate::peer_text::is_invisible;

/// Why a text is no secret. Shown after the key, as a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    Empty,
    /// Neither UTF-8 nor UTF-16.
    NotText,
    /// So many lines.
    Lines(usize),
    /// The text form of a key or certificate.
    Pem,
    /// The JSON of a response or of a credentials file.
    Json,
    /// `NAME=value`, as in a file of variables.
    Assignment,
    /// `<your token>`, `***` or the like.
    Placeholder,
    Address,
    Space,
    NoBreakSpace,
    /// Zero-width and other characters that nobody sees.
    Invisible(char),
    /// A quote or dash that an editor put in place of the plain one.
    Typographic(char),
    Control(char),
    Foreign(char),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::NotText => f.write_str("is not text: neither UTF-8 nor UTF-16"),
            Self::Lines(lines) => write!(f, "holds {lines} lines"),
            Self::Pem => f.write_str("is a key or certificate in PEM form"),
            Self::Json => f.write_str("is JSON, not the value in it"),
            Self::Assignment => f.write_str("is a line `NAME=value`, not the value alone"),
            Self::Placeholder => f.write_str("is a placeholder"),
            Self::Address => f.write_str("is an address"),
            Self::Space => f.write_str("holds a space"),
            Self::NoBreakSpace => f.write_str("holds a no-break space"),
            Self::Invisible(found) => write!(f, "holds an invisible character, {}", code_point(*found)),
            Self::Typographic(found) => {
                write!(f, "holds a typographic quote or dash, {}, as editors put in for plain ones", code_point(*found))
            }
            Self::Control(found) => write!(f, "holds a control character, {}", code_point(*found)),
            Self::Foreign(found) => write!(f, "holds a character that no secret has, {}", code_point(*found)),
        }
    }
}

fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

/// The text that `bytes` hold: UTF-8, or UTF-16 as some editors and shells of Windows write it; without byte order mark.
pub(crate) fn text(bytes: &[u8]) -> Result<String, Flaw> {
    let little = |bytes: &[u8]| utf_16(bytes, u16::from_le_bytes);
    let big = |bytes: &[u8]| utf_16(bytes, u16::from_be_bytes);
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => little(rest),
        [0xfe, 0xff, rest @ ..] => big(rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        _ if are_zero(bytes, 1) => little(bytes),
        _ if are_zero(bytes, 0) => big(bytes),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    };
    text.ok_or(Flaw::NotText)
}

/// Whether all bytes at odd (1) or even (0) places are zero, as in UTF-16 of ASCII.
fn are_zero(bytes: &[u8], odd: usize) -> bool {
    !bytes.is_empty() && bytes.len().is_multiple_of(2) && bytes.iter().skip(odd).step_by(2).all(|byte| *byte == 0)
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(units.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>().ok();
    text.filter(|_| rest.is_empty())
}

/// `text` without spaces and characters that nobody sees at either end.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|end: char| end.is_whitespace() || is_invisible(end))
}

/// The secret in `text`: without what surrounds it, quotes, and the `Bearer` of a header.
pub(crate) fn secret(text: &str) -> Result<SecretString, Flaw> {
    // Not taken away with what surrounds a secret: what follows it belongs to no secret either.
    if let Some(escape) = text.chars().find(|character| matches!(character, '\u{1b}' | '\u{9b}')) {
        return Err(Flaw::Control(escape));
    }
    let mut inner = trimmed(text);
    while let Some(further) = unquoted(inner).or_else(|| without_scheme(inner)) {
        inner = trimmed(further);
    }
    match flaw(inner) {
        Some(flaw) => Err(flaw),
        None => Ok(inner.into()),
    }
}

const QUOTES: [(char, char); 6] = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('„', '“')];

fn unquoted(text: &str) -> Option<&str> {
    QUOTES.iter().find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))
}

/// Without the beginning of an `Authorization` header.
fn without_scheme(text: &str) -> Option<&str> {
    ["authorization:", "bearer "].iter().find_map(|scheme| {
        let start = text.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| &text[scheme.len()..])
    })
}

fn flaw(text: &str) -> Option<Flaw> {
    let lines = text.split(['\n', '\r']).filter(|line| !line.is_empty()).count();
    if text.is_empty() {
        Some(Flaw::Empty)
    } else if text.starts_with("-----BEGIN ") {
        Some(Flaw::Pem)
    } else if is_json(text) {
        Some(Flaw::Json)
    } else if lines > 1 {
        Some(Flaw::Lines(lines))
    } else if is_assignment(text) {
        Some(Flaw::Assignment)
    } else if is_placeholder(text) {
        Some(Flaw::Placeholder)
    } else if text.starts_with("https://") || text.starts_with("http://") {
        Some(Flaw::Address)
    } else {
        text.chars().find_map(flaw_of)
    }
}

fn flaw_of(character: char) -> Option<Flaw> {
    match character {
        '!'..='~' => None,
        ' ' => Some(Flaw::Space),
        '\u{a0}' | '\u{202f}' => Some(Flaw::NoBreakSpace),
        '\u{2010}'..='\u{201f}' => Some(Flaw::Typographic(character)),
        _ if character.is_control() => Some(Flaw::Control(character)),
        _ if is_invisible(character) => Some(Flaw::Invisible(character)),
        _ => Some(Flaw::Foreign(character)),
    }
}

/// The beginning of an object, or of an array of what credentials are made of.
fn is_json(text: &str) -> bool {
    let in_array = text.strip_prefix('[').map(str::trim_start);
    text.starts_with('{') || in_array.is_some_and(|inner| inner.starts_with(['{', '[', '"', ']']))
}

/// `NAME=value` with the name of a variable: capitals with an underscore, which a secret hardly begins with.
fn is_assignment(text: &str) -> bool {
    let text = text.strip_prefix("export ").unwrap_or(text);
    text.split_once('=').is_some_and(|(name, value)| {
        name.contains('_')
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            && !value.trim_matches('=').is_empty()
    })
}

fn is_placeholder(text: &str) -> bool {
    (text.starts_with('<') && text.ends_with('>')) || text.chars().all(|one| matches!(one, '*' | '.' | '•' | '…' | '●'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    const SECRET: &str = "eyJtaXJv~secret_of-a.test+/==";

    fn read(bytes: &[u8]) -> Result<String, Flaw> {
        Ok(secret(&text(bytes)?)?.expose_secret().to_owned())
    }

    fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn what_is_not_part_of_a_secret_is_taken_away() {
        let around = |before: &str, after: &str| format!("{before}{SECRET}{after}").into_bytes();
        let table = [
            ("as it is", around("", "")),
            ("a newline", around("", "\n")),
            ("a newline of Windows", around("", "\r\n")),
            ("several", around("\n", "\r\n\r\n")),
            ("spaces and tabs", around(" \t", " ")),
            ("a byte order mark", around("\u{feff}", "\n")),
            ("zero-width spaces", around("\u{200b}", "\u{200b}")),
            ("no-break spaces", around("\u{a0}", "\u{a0}")),
            ("bidirectional marks", around("\u{202a}", "\u{202c}\u{200e}")),
            ("quotes", around("\"", "\"")),
            ("single quotes", around("'", "'\n")),
            ("backquotes", around("`", "`")),
            ("typographic quotes", around("“", "”")),
            ("quotes in quotes", around("'\" ", " \"'")),
            ("Bearer", around("Bearer ", "")),
            ("bearer in quotes", around("\"bearer  ", "\"")),
            ("a whole header", around("Authorization: Bearer ", "\r\n")),
            ("UTF-16 with its mark", wide(&format!("\u{feff}{SECRET}\r\n"), u16::to_le_bytes)),
            ("UTF-16, high byte first", wide(&format!("\u{feff}{SECRET}"), u16::to_be_bytes)),
            ("UTF-16 without a mark", wide(SECRET, u16::to_le_bytes)),
            ("UTF-16 without a mark, high byte first", wide(SECRET, u16::to_be_bytes)),
        ];
        for (name, bytes) in table {
            assert_eq!(read(&bytes).as_deref(), Ok(SECRET), "{name}");
        }
    }

    #[test]
    fn what_is_no_secret_is_named() {
        let table: [(&[u8], Flaw); 27] = [
            (b"", Flaw::Empty),
            (b"\r\n", Flaw::Empty),
            ("\u{feff}".as_bytes(), Flaw::Empty),
            (b"\"\"", Flaw::Empty),
            (b"\xff\x00\x01", Flaw::NotText),
            (b"\xff\xfe\x41", Flaw::NotText),
            (b"one\ntwo\nthree\n", Flaw::Lines(3)),
            (b"-----BEGIN PRIVATE KEY-----\nMII\n", Flaw::Pem),
            (b"{\"access_token\":\"x\"}", Flaw::Json),
            (b"[\"x\"]", Flaw::Json),
            (b"[ {\"access_token\":\"x\"}]", Flaw::Json),
            (b"\x1b[31mabc\x1b[0m\n", Flaw::Control('\u{1b}')),
            (b"\x1b[200~abc", Flaw::Control('\u{1b}')),
            ("\u{9b}31mabc".as_bytes(), Flaw::Control('\u{9b}')),
            (b"AZURE_CLIENT_SECRET=abc", Flaw::Assignment),
            (b"export MIRO_TOKEN='abc'", Flaw::Assignment),
            (b"<your token>", Flaw::Placeholder),
            (b"********", Flaw::Placeholder),
            ("••••".as_bytes(), Flaw::Placeholder),
            (b"https://miro.com/app/settings", Flaw::Address),
            (b"two words", Flaw::Space),
            ("no\u{a0}break".as_bytes(), Flaw::NoBreakSpace),
            ("zero\u{200b}width".as_bytes(), Flaw::Invisible('\u{200b}')),
            ("it’s".as_bytes(), Flaw::Typographic('’')),
            (b"be\x07ll", Flaw::Control('\u{7}')),
            ("naïve".as_bytes(), Flaw::Foreign('ï')),
            ("lost\u{fffd}".as_bytes(), Flaw::Foreign('\u{fffd}')),
        ];
        for (bytes, expected) in table {
            assert_eq!(read(bytes), Err(expected), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_sendable_secret_or_a_flaw(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(secret) = read(&bytes) {
                prop_assert!(!secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic()), "{}", secret);
            }
        }

        #[test]
        fn a_secret_of_plain_characters_stays_as_it_is(secret in "[A-Za-z0-9~._/+-][A-Za-z0-9~._/+=-]{3,60}") {
            prop_assume!(!is_assignment(&secret) && !is_placeholder(&secret));
            prop_assert_eq!(read(secret.as_bytes()), Ok(secret));
        }
    }
}
