//! JSON as text: its strings, numbers and keys are replaced in place, and everything else stays byte for byte, order, spaces and repeated
//! keys among it. A text that is cut off is rewritten as far as it goes.

/// Deeper nesting is taken for text.
const DEPTH_MAX: usize = 128;

/// Replaces parts of a JSON text.
pub(crate) trait Rewriter {
    /// The name that stands for `key` in the object at `path`; none leaves it.
    fn key(&mut self, path: &Path<'_>, key: &str) -> Option<String>;
    /// What stands for a text; none leaves it.
    fn text(&mut self, path: &Path<'_>, text: &str) -> Option<String>;
    /// What stands for a number, a number itself; none leaves it.
    fn number(&mut self, path: &Path<'_>, number: &str) -> Option<String>;
    /// What stands for the rest of a text that is not JSON from there on.
    fn broken(&mut self, path: &Path<'_>, rest: &str) -> String;
}

/// Where in a document something is: the keys that lead there. Lists count for nothing.
#[derive(Debug)]
pub(crate) struct Path<'a>(&'a [Frame]);

#[derive(Debug)]
enum Frame {
    List,
    Object { key: Option<String>, expects_key: bool },
}

impl Path<'_> {
    /// The keys, outermost first.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|frame| match frame {
            Frame::Object { key, .. } => key.as_deref(),
            Frame::List => None,
        })
    }

    /// The nearest key.
    pub(crate) fn last(&self) -> &str {
        self.keys().last().unwrap_or_default()
    }

    /// The keys with points between them.
    pub(crate) fn dotted(&self) -> String {
        self.keys().collect::<Vec<_>>().join(".")
    }
}

/// Whether a text is meant to be JSON: it begins as a list or an object.
pub(crate) fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Rewrites `json`.
pub(crate) fn rewrite(json: &str, rewriter: &mut impl Rewriter) -> String {
    let mut out = String::with_capacity(json.len());
    let mut frames: Vec<Frame> = Vec::new();
    let mut at = 0;
    while let Some(byte) = json.as_bytes().get(at) {
        let rest = &json[at..];
        let length = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b':' => 1,
            b',' => {
                if let Some(Frame::Object { expects_key, .. }) = frames.last_mut() {
                    *expects_key = true;
                }
                1
            }
            b'{' | b'[' if frames.len() < DEPTH_MAX => {
                let is_object = *byte == b'{';
                frames.push(if is_object { Frame::Object { key: None, expects_key: true } } else { Frame::List });
                1
            }
            b'}' | b']' => {
                frames.pop();
                1
            }
            b'"' => match string_length(rest) {
                Some(length) => {
                    string(&rest[..length], &mut frames, rewriter, &mut out);
                    at += length;
                    continue;
                }
                None => 0,
            },
            b'-' | b'0'..=b'9' => {
                let length =
                    rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len());
                match rewriter.number(&Path(&frames), &rest[..length]) {
                    Some(number) => out.push_str(&number),
                    None => out.push_str(&rest[..length]),
                }
                at += length;
                continue;
            }
            _ => ["true", "false", "null"].iter().find(|word| rest.starts_with(**word)).map_or(0, |word| word.len()),
        };
        if length == 0 {
            out.push_str(&rewriter.broken(&Path(&frames), rest));
            return out;
        }
        out.push_str(&rest[..length]);
        at += length;
    }
    out
}

/// A string, as key or value.
fn string(token: &str, frames: &mut [Frame], rewriter: &mut impl Rewriter, out: &mut String) {
    let inner = &token[1..token.len() - 1];
    // Half a surrogate pair is no text; it is taken as it is written.
    let text = serde_json::from_str::<String>(token).unwrap_or_else(|_| inner.to_owned());
    let is_key = matches!(frames.last(), Some(Frame::Object { expects_key: true, .. }));
    let replaced = if is_key {
        if let Some(Frame::Object { key, .. }) = frames.last_mut() {
            *key = None;
        }
        let replaced = rewriter.key(&Path(frames), &text);
        if let Some(Frame::Object { key, expects_key }) = frames.last_mut() {
            *expects_key = false;
            *key = Some(text);
        }
        replaced
    } else {
        rewriter.text(&Path(frames), &text)
    };
    match replaced {
        Some(replaced) => out.push_str(&quoted(&replaced)),
        None => out.push_str(token),
    }
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The bytes of the string that `rest` begins with, its quotes among them; none when it does not end.
fn string_length(rest: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marks everything with where it is.
    struct Marks;

    impl Rewriter for Marks {
        fn key(&mut self, _: &Path<'_>, key: &str) -> Option<String> {
            key.contains('@').then(|| "k".to_owned())
        }
        fn text(&mut self, path: &Path<'_>, text: &str) -> Option<String> {
            (text != "same").then(|| format!("{}={text}", path.dotted()))
        }
        fn number(&mut self, path: &Path<'_>, number: &str) -> Option<String> {
            (path.last() == "n").then(|| format!("1{number}"))
        }
        fn broken(&mut self, _: &Path<'_>, rest: &str) -> String {
            format!("<{}>", rest.len())
        }
    }

    #[test]
    fn parts_are_replaced_and_the_rest_stays() {
        for (json, expected) in [
            (
                r#" {"a" : [ "x", {"b":"y\"z"} ], "n": 5, "m":-1.0e3, "t":true}"#,
                r#" {"a" : [ "a=x", {"b":"a.b=y\"z"} ], "n": 15, "m":-1.0e3, "t":true}"#,
            ),
            (r#"{"a@b":"x","a@b":null}"#, r#"{"k":"a@b=x","k":null}"#),
            (r#"[{"a":{"b":1}},"x","same"]"#, r#"[{"a":{"b":1}},"=x","same"]"#),
            (r#"{"a":"cut of"#, r#"{"a":<7>"#),
            ("{\"a\":1}\n{\"a\":\"\\u0041\"}", "{\"a\":1}\n{\"a\":\"a=A\"}"),
            (r#"["\ud800"]"#, r#"["=\\ud800"]"#),
            ("<html>", "<6>"),
            ("", ""),
        ] {
            assert_eq!(rewrite(json, &mut Marks), expected, "{json}");
        }
        let deep = "[".repeat(1_000);
        assert_eq!(rewrite(&deep, &mut Marks), format!("{}<872>", "[".repeat(128)));
    }
}
