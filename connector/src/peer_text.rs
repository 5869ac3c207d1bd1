//! Text that a peer sent, made fit to be shown to a person: one line, of bounded length, without anything that steers a
//! terminal or reorders what is read.
//!
//! What is read from a peer's message is [`Received`], which cannot be shown: there is no way from it to a person but through
//! [`PeerText`].

use std::fmt;

use serde::Deserialize;

use crate::redact::Secrets;

/// The longest text shown, in characters; a longer one is cut and ends in `…`.
const CHARS_MAX: usize = 300;

/// The same for a text of several sentences.
const LONG_CHARS_MAX: usize = 2_000;

/// How much of a text is looked at, in characters: escapes may take far more room than what they show.
const READ_MAX: usize = 16 * 1024;

/// A line that a peer sent. Control characters, terminal escape sequences, bidirectional marks and invisible characters are
/// left out; a line break becomes a space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PeerText(String);

impl PeerText {
    /// Takes what can be shown of `text`.
    pub(crate) fn new(text: &str) -> Self {
        Self(cut(printable(text).trim()))
    }

    /// The same for a text of several sentences, such as another process's account of a problem.
    pub(crate) fn long(text: &str) -> Self {
        Self(cut_at(printable(text).trim(), LONG_CHARS_MAX))
    }

    /// Takes what can be shown of `text` from a peer that knows `secrets` and may repeat them in any encoding.
    pub(crate) fn masked(text: &str, secrets: &Secrets) -> Self {
        // Cut last: half a secret is not found.
        Self(cut(secrets.mask(&printable(text)).trim()))
    }
}

/// A text as a peer sent it. It has no `Display`, and its `Debug` tells no more than its length.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Received(String);

impl Received {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether it is `text`.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0 == text
    }

    /// Whether `word`, in lower case, stands in it in whatever case.
    pub(crate) fn mentions(&self, word: &str) -> bool {
        self.0.to_ascii_lowercase().contains(word)
    }

    /// A code that can be repeated: a word of letters and digits, of at most so many characters. Anything else may be a piece of
    /// an event.
    pub(crate) fn code(&self, chars_max: usize) -> Option<&str> {
        let is_code = self.0.len() <= chars_max && self.0.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_code.then_some(self.0.as_str())
    }

    /// The number that follows the first `word` in it.
    pub(crate) fn number_after(&self, word: &str) -> Option<u32> {
        let (_, rest) = self.0.split_once(word)?;
        let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    }

    /// Its first line.
    pub(crate) fn first_line(&self) -> Self {
        Self::new(self.0.lines().next().unwrap_or_default())
    }

    /// What can be shown of it to a person; see [`PeerText::masked`].
    pub(crate) fn masked(&self, secrets: &Secrets) -> PeerText {
        PeerText::masked(&self.0, secrets)
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({} bytes)", self.0.len())
    }
}

impl fmt::Display for PeerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<PeerText> for String {
    fn from(text: PeerText) -> Self {
        text.0
    }
}

fn cut(text: &str) -> String {
    cut_at(text, CHARS_MAX)
}

fn cut_at(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Where a reader of terminal escape sequences stands (ECMA-48, fifth edition, sections 5.3, 5.4 and 5.6).
#[derive(Clone, Copy)]
enum Within {
    Text,
    /// After ESC.
    Escape,
    /// In a control sequence, which ends with a letter or the like.
    Control,
    /// In a control string, which ends with BEL or ST.
    String,
}

fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut within = Within::Text;
    for character in text.chars().take(READ_MAX) {
        within = match (within, character) {
            (_, '\u{1b}') => Within::Escape,
            (_, '\u{9b}') | (Within::Escape, '[') => Within::Control,
            (_, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') | (Within::Escape, 'P' | 'X' | ']' | '^' | '_') => {
                Within::String
            }
            (Within::Escape, ' '..='/') => Within::Escape,
            (Within::Escape, _) => Within::Text,
            (Within::Control, ' '..='?') => Within::Control,
            (Within::Control, _) | (Within::String, '\u{7}' | '\u{9c}') => Within::Text,
            (Within::String, '\n') => Within::Text,
            (Within::String, _) => Within::String,
            (Within::Text, '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') => {
                shown.push(' ');
                Within::Text
            }
            (Within::Text, other) => {
                if !is_invisible(other) {
                    shown.push(other);
                }
                Within::Text
            }
        };
    }
    shown
}

/// Control characters, and Unicode's formatting characters: bidirectional marks, joiners, tags
/// (<https://www.unicode.org/reports/tr36/>, read 2026-11-29).
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn shows(text: &str, expected: &str) {
        assert_eq!(PeerText::new(text).to_string(), expected, "{text:?}");
    }

    #[test]
    fn what_steers_a_terminal_or_a_reader_is_left_out() {
        shows("plain text, Grüße, 日本語", "plain text, Grüße, 日本語");
        shows("two\r\nlines\tand a tab\n", "two  lines and a tab");
        shows("\u{1b}[2J\u{1b}[31mred\u{1b}[0m", "red");
        shows("\u{9b}31mred", "red");
        shows("\u{1b}]0;a title\u{7}text", "text");
        shows("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link");
        shows("\u{1b}(0lines\u{1b}c", "lines");
        shows("\u{1b}Pq unended", "");
        shows("ring\u{7}\u{8}\u{0}\u{7f}", "ring");
        shows("left\u{202e}thgir\u{2066}\u{200f}\u{061c}", "leftthgir");
        shows("zero\u{200b}width\u{feff}\u{2060}", "zerowidth");
        shows("\u{e0041}\u{e0042}tags", "tags");
    }

    #[test]
    fn what_was_received_is_compared_and_repeated_only_as_a_code() {
        let received: Received = serde_json::from_str(r#""AbC9""#).expect("a text");
        assert!(received.is("AbC9") && !received.is("abc9") && received.mentions("bc"));
        assert_eq!((received.code(4), received.code(3)), (Some("AbC9"), None));
        for other in ["a-b", "jane@example.com", "é", "a b", "\u{1b}[2J"] {
            assert_eq!(Received::new(other).code(60), None, "{other:?}");
        }
        assert_eq!(format!("{:?}", Received::new("a secret")), "Received(8 bytes)");
        let secrets = Secrets::new([&secrecy::SecretString::from("s3cr3t-marker")]);
        let said = Received::new("no \u{1b}[2Js3cr3t-marker\r\nTrace");
        assert_eq!(said.first_line().masked(&secrets).to_string(), "no ***");
        assert_eq!(said.masked(&secrets).to_string(), "no ***  Trace");
    }

    #[test]
    fn a_long_text_is_cut() {
        let shown = PeerText::new(&"ä".repeat(100_000)).to_string();
        assert_eq!(shown.chars().count(), CHARS_MAX + 1);
        assert!(shown.ends_with("ä…"));
        shows(&"x".repeat(CHARS_MAX), &"x".repeat(CHARS_MAX));
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_one_short_line_without_controls(text in "\\PC*|(?s:.*)") {
            let shown = PeerText::new(&text).to_string();
            prop_assert!(shown.chars().count() <= CHARS_MAX + 1);
            prop_assert!(!shown.chars().any(is_invisible), "{:?}", shown);
        }
    }
}
