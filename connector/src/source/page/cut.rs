//! Cuts a page into its parts without requiring that every event in it is valid JSON: one broken event must not keep the
//! thousand beside it from being read.
//!
//! Only strings and brackets are followed, so bytes that are not UTF-8, raw control characters or odd numbers inside an event
//! stay inside it. Where an event's damage reaches its brackets or quotes, the page cannot be cut, and is not a page.

use std::ops::Range;

/// Where the values of an object's keys lie. A key that comes twice makes it ambiguous, and so no object.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) data: Option<Vec<Range<usize>>>,
    pub(super) cursor: Option<Range<usize>>,
    pub(super) size: Option<Range<usize>>,
    pub(super) kind: Option<Range<usize>>,
}

/// The parts of the page `body`; `None` when it is no object, is cut short, or its `data` is no array.
pub(super) fn parts(body: &[u8]) -> Option<Parts> {
    let mut scan = Scan { body, at: 0 };
    let mut parts = Parts::default();
    scan.expect(b'{')?;
    if !scan.next_is(b'}') {
        loop {
            let key = scan.string()?;
            scan.expect(b':')?;
            let taken = match &body[key] {
                b"data" => parts.data.replace(scan.array()?).is_some(),
                b"cursor" => parts.cursor.replace(scan.value()?).is_some(),
                b"size" => parts.size.replace(scan.value()?).is_some(),
                b"type" => parts.kind.replace(scan.value()?).is_some(),
                _ => scan.value().map(|_| false)?,
            };
            if taken {
                return None;
            }
            if !scan.next_is(b',') {
                scan.expect(b'}')?;
                break;
            }
        }
    }
    scan.blank();
    (scan.at == body.len()).then_some(parts)
}

struct Scan<'a> {
    body: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn blank(&mut self) {
        while self.body.get(self.at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Takes `byte` if it comes next.
    fn next_is(&mut self, byte: u8) -> bool {
        self.blank();
        let found = self.body.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.next_is(byte).then_some(())
    }

    /// The inside of the string that comes next.
    fn string(&mut self) -> Option<Range<usize>> {
        self.expect(b'"')?;
        let from = self.at;
        loop {
            match self.body.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(from..self.at - 1);
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
    }

    fn array(&mut self) -> Option<Vec<Range<usize>>> {
        self.expect(b'[')?;
        let mut elements = Vec::new();
        if self.next_is(b']') {
            return Some(elements);
        }
        loop {
            elements.push(self.value()?);
            if !self.next_is(b',') {
                self.expect(b']')?;
                return Some(elements);
            }
        }
    }

    /// Whatever comes next, up to the comma or bracket that ends it; never nothing.
    fn value(&mut self) -> Option<Range<usize>> {
        self.blank();
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            match self.body.get(self.at)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => break,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        let value = &self.body[from..self.at];
        let blank = value.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        (blank < value.len()).then_some(from..self.at - blank)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn elements(body: &[u8]) -> Option<Vec<String>> {
        let data = parts(body)?.data?;
        Some(data.into_iter().map(|element| String::from_utf8_lossy(&body[element]).into_owned()).collect())
    }

    #[test]
    fn broken_events_stay_inside_their_own_brackets() {
        let body = b" {\"size\" : 3 ,\"data\": [ {\"a\":\"\xff\"} , {\"b\":\"\x01\\\",]\"},{\"c\":[NaN,{}]}\n], \"cursor\":\"x\"}\n";
        let cut = parts(body).unwrap();
        assert_eq!(elements(body).unwrap(), ["{\"a\":\"\u{fffd}\"}", "{\"b\":\"\u{1}\\\",]\"}", "{\"c\":[NaN,{}]}"]);
        assert_eq!((&body[cut.size.unwrap()], &body[cut.cursor.unwrap()]), (&b"3"[..], &b"\"x\""[..]));
    }

    #[test]
    fn what_is_cut_short_or_ambiguous_is_not_cut() {
        let whole = br#"{"data":[{"a":"}"},[1]],"cursor":null}"#;
        assert!(parts(whole).is_some());
        assert!((0..whole.len()).all(|end| parts(&whole[..end]).is_none()));
        for body in
            ["", "[]", "{\"data\":{}}", "{\"data\":[1,]}", "{\"data\":[],\"data\":[]}", "{} x", "{\"data\":[]]}"]
        {
            assert!(parts(body.as_bytes()).is_none(), "{body}");
        }
        assert!(parts(b"{}").unwrap().data.is_none());
    }

    proptest! {
        #[test]
        fn valid_pages_are_cut_as_serde_cuts_them(events in prop::collection::vec("\\PC{0,12}", 0..6), deep in 0_usize..5) {
            let wrap = |text: &String| (0..deep).fold(serde_json::json!(text), |inner, _| serde_json::json!([inner, {"k": 1}]));
            let data: Vec<_> = events.iter().map(wrap).collect();
            let body = serde_json::json!({"type": "cursor-list", "data": data, "cursor": "c"}).to_string();
            let expected: Vec<String> = data.iter().map(ToString::to_string).collect();
            prop_assert_eq!(elements(body.as_bytes()), Some(expected));
        }

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..80)) {
            drop(parts(&body));
            drop(parts(&[b"{\"data\":[", &body[..]].concat()));
        }
    }
}
