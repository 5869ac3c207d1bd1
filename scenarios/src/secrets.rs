//! Words that must not come out: listens for them in everything that a connector logs or prints, and masks them where something is shown.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

use crate::digest::hexadecimal;

/// Names of event fields that a log line has no business with: where one stands, an event's body was printed.
const BODY_FIELDS: [&str; 4] = ["createdBy", "mfaFactorType", "actionTime\\\"", "relationships"];

/// What stands in the place of a secret.
const MASK: &str = "***";
/// How every JSON web token begins: `{"` in base64url.
const TOKEN_BEGINS: &str = "eyJ";
/// Shorter words that begin so are no tokens.
const TOKEN_LENGTH_MIN: usize = 40;

/// Words that must stay in, and the places where they came out. Clones share both.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    words: BTreeSet<String>,
    leaks: Vec<String>,
}

impl Secrets {
    /// Keeps `word` secret from now on.
    pub fn keep(&self, word: &str) {
        // A word that short would be found everywhere.
        if word.len() >= 8 {
            self.lock().words.extend(disguises(word));
        }
    }

    /// Keeps the bearer token of a request secret.
    pub(crate) fn learn_bearer(&self, headers: &HeaderMap) {
        let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some(token) = value.and_then(|value| value.strip_prefix("Bearer ")) {
            self.keep(token);
        }
    }

    /// Looks for secrets in `text`, which was found in `place`.
    pub fn search(&self, place: &str, text: &str) {
        let mut kept = self.lock();
        let found = kept.words.iter().any(|word| text.contains(word.as_str())) || token_in(text).is_some();
        if found {
            kept.leaks.push(format!("a secret in {place}"));
        }
        if let Some(field) = BODY_FIELDS.iter().find(|field| text.contains(**field)) {
            kept.leaks.push(format!("an event's body in {place}: it has `{field}`"));
        }
    }

    /// The text with every secret in it, and everything that looks like a signed token, replaced by `***`.
    pub fn masked(&self, text: &str) -> String {
        let kept = self.lock();
        // Longer ones first: one secret may hold another.
        let mut words: Vec<&String> = kept.words.iter().collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let known = words.into_iter().fold(text.to_owned(), |text, word| text.replace(word.as_str(), MASK));
        drop(kept);
        mask_tokens(&known)
    }

    /// Where secrets came out, without them; at most a few.
    pub fn leaks(&self) -> Vec<String> {
        let mut leaks = self.lock().leaks.clone();
        leaks.dedup();
        leaks.truncate(5);
        leaks
    }

    /// A subscriber that searches every log line down to `trace`, and keeps none.
    pub fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        let layer =
            tracing_subscriber::fmt::layer().with_ansi(false).without_time().with_writer(LogSearch(self.clone()));
        tracing_subscriber::registry().with(LevelFilter::TRACE).with(layer)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A set of words is whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A word as it is, and as it looks in the encodings in which programs print what they send: base64 at each of its three offsets,
/// hexadecimal digits, percent encoding.
fn disguises(word: &str) -> Vec<String> {
    let mut all = vec![word.to_owned()];
    for offset in 0..3 {
        let bytes = [&b"\0\0"[..offset], word.as_bytes()].concat();
        // The first and the last digits depend on what stands beside the word.
        let (skipped, whole) = ((offset * 8).div_ceil(6), bytes.len() * 8 / 6);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            all.push(engine.encode(&bytes)[skipped..whole].to_owned());
        }
    }
    let hex = hexadecimal(word.as_bytes());
    all.extend([hex.to_ascii_uppercase(), hex]);
    all.push(form_urlencoded::byte_serialize(word.as_bytes()).collect());
    all
}

/// Whether a byte can stand in a JSON web token.
const fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=')
}

/// The first JSON web token in a text, as a range of bytes.
fn token_in(text: &str) -> Option<std::ops::Range<usize>> {
    let mut from = 0;
    while let Some(found) = text[from..].find(TOKEN_BEGINS) {
        let begin = from + found;
        let length = text.as_bytes()[begin..].iter().take_while(|byte| is_of_token(**byte)).count();
        if length >= TOKEN_LENGTH_MIN {
            return Some(begin..begin + length);
        }
        from = begin + TOKEN_BEGINS.len();
    }
    None
}

fn mask_tokens(text: &str) -> String {
    let (mut masked, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(token) = token_in(rest) {
        masked.push_str(&rest[..token.start]);
        masked.push_str(MASK);
        rest = &rest[token.end..];
    }
    masked + rest
}

/// Searches log lines for secrets and discards them.
#[derive(Clone, Debug)]
struct LogSearch(Secrets);

impl io::Write for LogSearch {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let place = text.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
        self.0.search(&format!("a log line ({place} …)"), &text);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogSearch {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_the_encodings_of_what_is_sent() {
        let secrets = Secrets::default();
        secrets.keep("hunter2~hunter2");
        for text in ["app:hunter2~hunter2", "ap:hunter2~hunter2", "a:hunter2~hunter2!"] {
            let basic = STANDARD_NO_PAD.encode(text);
            secrets.search(text, &format!("Authorization: Basic {basic}"));
            assert!(secrets.masked(&basic).contains(MASK), "{text}");
        }
        secrets.search("hex", "68756e746572327e68756e74657232");
        secrets.search("percent", "secret=hunter2%7Ehunter2&x");
        assert_eq!(secrets.leaks().len(), 5, "{:?}", secrets.leaks());
    }

    #[test]
    fn secrets_and_signed_tokens_are_masked() {
        let secrets = Secrets::default();
        secrets.keep("hunter2-hunter2");
        secrets.keep("hunter2-hunter2-and-more");
        let token = format!("eyJ{}.eyJ{}.c2ln", "a".repeat(30), "b".repeat(30));
        let text = format!("with hunter2-hunter2-and-more, Bearer {token}; eyJust a word");
        assert_eq!(secrets.masked(&text), "with ***, Bearer ***; eyJust a word");
        secrets.search("a line", &token);
        assert_eq!(secrets.leaks(), ["a secret in a line"]);
    }

    #[test]
    fn a_secret_or_a_body_in_a_log_line_is_found_and_not_repeated() {
        let secrets = Secrets::default();
        secrets.keep("hunter2-hunter2");
        tracing::subscriber::with_default(secrets.subscriber(), || {
            tracing::debug!(attempt = 1, "Retrying batch.");
            tracing::debug!(token = "hunter2-hunter2", "Asking.");
            tracing::warn!(body = r#"{"createdBy":{}}"#, "Refused.");
        });
        let leaks = secrets.leaks();
        assert_eq!(leaks.len(), 2, "{leaks:?}");
        assert!(!leaks.concat().contains("hunter2"));
    }
}
