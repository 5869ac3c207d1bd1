//! JSON as templates are written: with comments, names without quotes, texts of several lines and commas before a closing bracket.
//!
//! `az deployment` sends templates as they are in the file, under a name without quotes; Azure reads both.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::Value;

/// Reads strict JSON, or else what templates are written in.
pub(crate) fn read(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| serde_json::from_str(&strict(text)).map_err(|_| error))
}

/// The same text as strict JSON; a text that is neither stays as it is.
fn strict(text: &str) -> String {
    let mut writer = Writer { out: String::with_capacity(text.len()), has_comma: false };
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '/' => skip_comment(&mut signs),
            ',' => writer.has_comma = true,
            '"' => writer.push(&quoted(&mut signs)),
            sign if sign.is_whitespace() => {}
            sign if sign.is_alphabetic() || matches!(sign, '_' | '$') => {
                let word = word(sign, &mut signs);
                skip_space(&mut signs);
                let is_name = signs.peek() == Some(&':');
                writer.push(&if is_name { format!("\"{word}\"") } else { word });
            }
            '}' | ']' => {
                writer.has_comma = false;
                writer.push(&sign.to_string());
            }
            other => writer.push(&other.to_string()),
        }
    }
    writer.out
}

struct Writer {
    out: String,
    /// A comma that is written before the next value, unless a bracket closes.
    has_comma: bool,
}

impl Writer {
    fn push(&mut self, text: &str) {
        if std::mem::take(&mut self.has_comma) {
            self.out.push(',');
        }
        self.out.push_str(text);
    }
}

fn skip_space(signs: &mut Peekable<Chars<'_>>) {
    while signs.next_if(|sign| sign.is_whitespace()).is_some() {}
}

fn skip_comment(signs: &mut Peekable<Chars<'_>>) {
    if signs.next_if_eq(&'*').is_none() {
        while signs.next_if(|sign| *sign != '\n').is_some() {}
        return;
    }
    let mut before = ' ';
    for sign in signs.by_ref() {
        if before == '*' && sign == '/' {
            return;
        }
        before = sign;
    }
}

/// A text after its opening quote, line breaks in it written as strict JSON wants them.
fn quoted(signs: &mut Peekable<Chars<'_>>) -> String {
    let mut text = String::from('"');
    while let Some(sign) = signs.next() {
        match sign {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\\' => text.extend([Some('\\'), signs.next()].into_iter().flatten()),
            '"' => break,
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

fn word(first: char, signs: &mut Peekable<Chars<'_>>) -> String {
    let mut word = String::from(first);
    while let Some(sign) = signs.next_if(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '$')) {
        word.push(sign);
    }
    word
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_templates_are_written_in_is_read() {
        let text = "{\"a\": {}, template:{ // a comment, with commas\n \"b\": \"two\nlines // no comment \\\" \", /* and */ \"c\": [1, 2,], \"d\": true, }}";
        assert_eq!(
            read(text).unwrap(),
            json!({"a": {}, "template": {"b": "two\nlines // no comment \" ", "c": [1, 2], "d": true}})
        );
    }

    #[test]
    fn what_is_no_json_is_refused_as_such() {
        for text in ["", "{", "{a b}", "{\"a\": }", "/* never ends", "{\"a"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read("{\"a\": 1}").unwrap(), json!({"a": 1}));
    }
}
