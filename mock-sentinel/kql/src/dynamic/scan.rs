//! Finding a member in JSON text without building a tree.
//!
//! Event tables keep their dynamic columns as the text that came in; `tostring(createdBy.email)` over a million rows
//! must not parse a million trees. The text was checked when it was stored, so a scan only has to find its way.

use memchr::{memchr2, memchr3};

/// A value inside JSON text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scanned<'a>(pub &'a str);

impl<'a> Scanned<'a> {
    /// The value of a property, `None` when this is not a bag or has none of that name. The last of equals wins.
    pub(crate) fn property(self, name: &str) -> Option<Self> {
        let text = self.0;
        let bytes = text.as_bytes();
        let mut at = skip_space(bytes, 0);
        if bytes.get(at) != Some(&b'{') {
            return None;
        }
        let mut found = None;
        at += 1;
        loop {
            at = skip_space(bytes, at);
            if bytes.get(at) != Some(&b'"') {
                return found;
            }
            let key_end = string_end(bytes, at);
            let matches = is_name(text.get(at + 1..key_end - 1)?, name);
            at = skip_space(bytes, key_end);
            at = skip_space(bytes, at + 1);
            let end = value_end(bytes, at);
            if matches {
                found = Some(Self(text.get(at..end)?));
            }
            at = skip_space(bytes, end);
            if bytes.get(at) != Some(&b',') {
                return found;
            }
            at += 1;
        }
    }

    /// The item of an array, negative from the end.
    pub(crate) fn item(self, index: i64) -> Option<Self> {
        let items = self.items()?;
        let index = if index < 0 { index + items.len() as i64 } else { index };
        usize::try_from(index).ok().and_then(|index| items.get(index)).copied()
    }

    fn items(self) -> Option<Vec<Self>> {
        let text = self.0;
        let bytes = text.as_bytes();
        let mut at = skip_space(bytes, 0);
        if bytes.get(at) != Some(&b'[') {
            return None;
        }
        let mut items = Vec::new();
        at = skip_space(bytes, at + 1);
        while at < bytes.len() && bytes[at] != b']' {
            let end = value_end(bytes, at);
            items.push(Self(&text[at..end]));
            at = skip_space(bytes, end);
            if bytes.get(at) != Some(&b',') {
                break;
            }
            at = skip_space(bytes, at + 1);
        }
        Some(items)
    }

    /// True for JSON's null.
    pub(crate) fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// The text between the quotes, when this is a string without escapes.
    pub(crate) fn plain_string(self) -> Option<&'a str> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if memchr::memchr(b'\\', inner.as_bytes()).is_some() { None } else { Some(inner) }
    }
}

fn is_name(raw: &str, name: &str) -> bool {
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return raw == name;
    }
    serde_json::from_str::<String>(&format!("\"{raw}\"")).is_ok_and(|key| key == name)
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// One past the closing quote of the string that starts at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(step) = memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        at += step;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// One past the value that starts at `start`.
fn value_end(bytes: &[u8], start: usize) -> usize {
    match bytes.get(start) {
        Some(b'"') => string_end(bytes, start),
        Some(b'{') => nested_end(bytes, start, b'{', b'}'),
        Some(b'[') => nested_end(bytes, start, b'[', b']'),
        _ => {
            let rest = bytes.get(start..).unwrap_or_default();
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
            start + rest.iter().position(ends).unwrap_or(rest.len())
        }
    }
}

fn nested_end(bytes: &[u8], start: usize, open: u8, close: u8) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(step) = memchr3(b'"', open, close, bytes.get(at..).unwrap_or_default()) {
        at += step;
        if bytes[at] == b'"' {
            at = string_end(bytes, at);
            continue;
        }
        at += 1;
        if bytes[at - 1] == open {
            depth += 1;
        } else {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_in_text() {
        let text = Scanned(r#"{"a":{"x":"}\"","y":[1,[2,3],{"z":null}]},"b\u0041":"é","c":-1.5}"#);
        let a = text.property("a").unwrap();
        assert_eq!(a.property("x").unwrap().0, r#""}\"""#);
        assert_eq!(a.property("y").unwrap().item(1).unwrap().0, "[2,3]");
        assert_eq!(a.property("y").unwrap().item(-1).unwrap().property("z").unwrap().0, "null");
        assert_eq!(text.property("bA").unwrap().plain_string(), Some("é"));
        assert_eq!(text.property("c").unwrap().0, "-1.5");
        assert_eq!(text.property("d"), None);
        assert_eq!(a.property("y").unwrap().property("x"), None);
    }

    #[test]
    fn broken_text_ends_the_scan() {
        for text in ["", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":[", "[1", "{\"a\":{\"b\":1", "\""] {
            let _ = Scanned(text).property("a").map(|found| found.property("b"));
            let _ = Scanned(text).item(0);
        }
    }
}
