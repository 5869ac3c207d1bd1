//! String literals: `"a"`, `'a'`, `@"a\b"`, `` ```a``` ``, `~~~a~~~`, each with an `h` before it to hide it from logs.

/// The quotes of strings that may span lines.
const MULTI_LINE_QUOTES: [&str; 2] = ["```", "~~~"];

/// Whether a string literal begins here.
pub(super) fn starts(text: &str) -> bool {
    Opening::of(text).is_some()
}

/// The length in bytes of the literal that begins here; the bytes read when it is not closed or an escape is unknown.
pub(super) fn length(text: &str) -> Result<usize, usize> {
    read(text, &mut |_| {})
}

/// The string that the literal stands for.
pub(super) fn value(literal: &str) -> String {
    let mut value = String::with_capacity(literal.len());
    // The lexer has read it once already, so it is well formed.
    let _read = read(literal, &mut |character| value.push(character));
    value
}

enum Opening {
    Plain { quote: char, body: usize },
    Verbatim { quote: char, body: usize },
    MultiLine { quote: &'static str, body: usize },
}

impl Opening {
    fn of(text: &str) -> Option<Self> {
        let hidden = usize::from(text.starts_with(['h', 'H']));
        let unhidden = &text[hidden..];
        let verbatim = unhidden.strip_prefix('@');
        let quoted = verbatim.unwrap_or(unhidden);
        let start = text.len() - quoted.len();
        if let Some(quote) = quoted.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let body = start + 1;
            return Some(if verbatim.is_some() { Self::Verbatim { quote, body } } else { Self::Plain { quote, body } });
        }
        let quote = MULTI_LINE_QUOTES.into_iter().find(|quote| quoted.starts_with(quote))?;
        Some(Self::MultiLine { quote, body: start + quote.len() })
    }
}

fn read(text: &str, emit: &mut dyn FnMut(char)) -> Result<usize, usize> {
    match Opening::of(text) {
        Some(Opening::Plain { quote, body }) => plain(text, body, quote, emit),
        Some(Opening::Verbatim { quote, body }) => verbatim(text, body, quote, emit),
        Some(Opening::MultiLine { quote, body }) => {
            let length = text[body..].find(quote).ok_or(text.len())?;
            text[body..body + length].chars().for_each(emit);
            Ok(body + length + quote.len())
        }
        None => Err(0),
    }
}

fn verbatim(text: &str, body: usize, quote: char, emit: &mut dyn FnMut(char)) -> Result<usize, usize> {
    let mut characters = text[body..].char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\r' | '\n' => return Err(body + at),
            c if c == quote => match characters.next_if(|(_, next)| *next == quote) {
                Some(_) => emit(quote),
                None => return Ok(body + at + 1),
            },
            c => emit(c),
        }
    }
    Err(text.len())
}

fn plain(text: &str, body: usize, quote: char, emit: &mut dyn FnMut(char)) -> Result<usize, usize> {
    let mut at = body;
    while let Some(character) = text[at..].chars().next() {
        match character {
            '\r' | '\n' => return Err(at),
            '\\' => {
                let (escaped, length) = escape(&text[at + 1..]).ok_or(at + 1)?;
                emit(escaped);
                at += 1 + length;
            }
            c if c == quote => return Ok(at + 1),
            c => {
                emit(c);
                at += c.len_utf8();
            }
        }
    }
    Err(text.len())
}

/// What follows a backslash: the character meant and the bytes it took.
fn escape(text: &str) -> Option<(char, usize)> {
    let simple = match text.chars().next()? {
        c @ ('\\' | '\'' | '"') => c,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' => return hex(text, 2),
        'u' => return utf16(text),
        'U' => return hex(text, 8),
        '0'..='7' => return octal(text),
        _ => return None,
    };
    Some((simple, 1))
}

fn hex(text: &str, digits: usize) -> Option<(char, usize)> {
    let code = hex_digits(&text[1..], digits)?;
    Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 1 + digits))
}

/// `\u` and four digits; two of them may form a pair.
fn utf16(text: &str) -> Option<(char, usize)> {
    let first = hex_digits(&text[1..], 4)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 5));
    }
    let second = text[5..].strip_prefix("\\u").and_then(|rest| hex_digits(rest, 4));
    let units = [first as u16, second.unwrap_or(0) as u16];
    match char::decode_utf16(units).next() {
        Some(Ok(character)) if second.is_some() => Some((character, 11)),
        _ => Some((char::REPLACEMENT_CHARACTER, 5)),
    }
}

fn hex_digits(text: &str, count: usize) -> Option<u32> {
    let digits = text.get(..count)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// One to three octal digits, up to `\377`.
fn octal(text: &str) -> Option<(char, usize)> {
    let digits = text.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let length = if digits == 3 && !text.starts_with(['0', '1', '2', '3']) { 2 } else { digits };
    let code = u32::from_str_radix(&text[..length], 8).ok()?;
    Some((char::from_u32(code)?, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(literal: &str, expected: &str) {
        assert_eq!(length(literal), Ok(literal.len()), "{literal}");
        assert_eq!(value(literal), expected, "{literal}");
    }

    #[test]
    fn quotes_and_escapes() {
        check(r#""a'b""#, "a'b");
        check(r#"'a"b'"#, "a\"b");
        check(r#""a\tb\\c\"d\x41\u00e9\101""#, "a\tb\\c\"dAéA");
        check(r#""\ud83d\ude00""#, "😀");
        check(r#""\ud83d""#, "\u{fffd}");
        check(r#"@"a\b""c""#, "a\\b\"c");
        check(r"h'secret'", "secret");
        check(r"H@'a\b'", "a\\b");
        check("```a\n\"b\"```", "a\n\"b\"");
        check("~~~a~~~", "a");
        check("''", "");
    }

    #[test]
    fn what_is_not_closed_is_refused() {
        for literal in ["\"a", "\"a\nb\"", "\"a\\q\"", "@'a", "```a``", "\"a\\", "'\\u12'"] {
            assert!(length(literal).is_err(), "{literal}");
        }
    }

    #[test]
    fn words_that_begin_with_h_are_not_strings() {
        for text in ["h", "hash", "h (", "@", ""] {
            assert!(!starts(text), "{text}");
        }
    }
}
