//! Addresses of the peers in their responses: a program that followed one would go past the recording.

use http::{HeaderMap, HeaderValue};

/// Addresses of peers, and what stands in for them.
#[derive(Clone, Debug)]
pub(crate) struct Rewritten(pub(crate) Vec<(String, String)>);

impl Rewritten {
    /// `text` with each peer's address replaced; none where there is none in it.
    pub(crate) fn text(&self, text: &str) -> Option<String> {
        let mut replaced = text.to_owned();
        for (from, to) in &self.0 {
            replaced = replace(&replaced, from, to);
        }
        (replaced != text).then_some(replaced)
    }

    /// Headers with each peer's address replaced.
    pub(crate) fn headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            let replaced = value.to_str().ok().and_then(|text| self.text(text));
            if let Some(Ok(replaced)) = replaced.map(|text| HeaderValue::from_str(&text)) {
                *value = replaced;
            }
        }
    }
}

/// Replaces an address where it ends: `https://a.example` is not the beginning of `https://a.example.org`.
fn replace(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, behind) = (&rest[..at], &rest[at + from.len()..]);
        let goes_on = behind.starts_with(|c: char| c.is_ascii_alphanumeric() || ".-:".contains(c));
        out.push_str(before);
        out.push_str(if goes_on { from } else { to });
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_addresses_are_replaced() {
        let rewritten = Rewritten(vec![("https://a.example".to_owned(), "https://127.0.0.1:1".to_owned())]);
        let text = "https://a.example/x https://a.example.org https://a.example";
        assert_eq!(rewritten.text(text).unwrap(), "https://127.0.0.1:1/x https://a.example.org https://127.0.0.1:1");
        assert_eq!(rewritten.text("https://b.example"), None);
    }
}
