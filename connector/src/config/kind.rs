//! What a key's value can be: how it is read, what is allowed, and its JSON Schema.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::Start;
use super::pasted::trimmed;
use super::raw::{Raw, absolute_path};
use super::span::{human, parse_span, parse_start};
use crate::redact::{MASK, could_be_secret, looks_like_secret, without_user_info};
use crate::transport::is_loopback;

/// The form of a key's value.
pub(crate) trait Kind: Sync + 'static {
    /// What it is read into.
    type Value;
    /// Reads a value, or says what is wrong with it: a fragment that follows `key = value`.
    fn read(&self, raw: &Raw) -> Result<Self::Value, String>;
    /// What is allowed, for a person.
    fn allowed(&self) -> String;
    /// What is allowed, for an editor.
    fn schema(&self) -> Value;
    /// The value as TOML, without what must never be shown.
    fn shown(&self, raw: &Raw) -> String {
        raw.shown()
    }
    /// The value that holds, as TOML: as [`shown`](Self::shown), with what it leaves open filled in.
    fn resolved(&self, raw: &Raw) -> String {
        self.shown(raw)
    }
}

/// An address without a path: scheme, host and perhaps a port.
pub(crate) struct Host {
    /// Whether plain http is taken on loopback.
    pub(crate) loopback_http: bool,
}

impl Kind for Host {
    type Value = Url;

    fn read(&self, raw: &Raw) -> Result<Url, String> {
        let url = absolute(raw)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("has a user name or a password; only scheme and host belong here".into());
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("has a path; only scheme and host belong here".into());
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if self.loopback_http && is_loopback(&url) => Ok(url),
            "http" if self.loopback_http => Err("is plain http to another machine".into()),
            _ => Err("is not https".into()),
        }
    }

    fn allowed(&self) -> String {
        let or = if self.loopback_http { "; http only on loopback" } else { "" };
        format!("https://host[:port]{or}")
    }

    fn schema(&self) -> Value {
        let pattern = if self.loopback_http { "^https?://" } else { "^https://" };
        json!({"type": "string", "pattern": pattern})
    }

    fn shown(&self, raw: &Raw) -> String {
        shown_without_user_info(raw)
    }
}

/// An http proxy.
pub(crate) struct Proxy;

impl Kind for Proxy {
    type Value = Url;

    fn read(&self, raw: &Raw) -> Result<Url, String> {
        let url = absolute(raw)?;
        match url.scheme() {
            "http" | "https" => Ok(url),
            _ => Err("is not an http proxy".into()),
        }
    }

    fn allowed(&self) -> String {
        "http://host:port or https://host:port".into()
    }

    fn schema(&self) -> Value {
        json!({"type": "string", "pattern": "^https?://"})
    }

    fn shown(&self, raw: &Raw) -> String {
        shown_without_user_info(raw)
    }
}

fn shown_without_user_info(raw: &Raw) -> String {
    match raw {
        Raw::Text(text) | Raw::Variable(text) => Raw::Text(without_user_info(text).into_owned()).shown(),
        Raw::Integer(_) | Raw::Float(_) | Raw::Flag(_) | Raw::Time(_) => raw.shown(),
        Raw::List(_) | Raw::Table(_) => MASK.into(),
    }
}

fn absolute(raw: &Raw) -> Result<Url, String> {
    let text = trimmed(raw.text().ok_or("is not a string")?);
    let url: Url = text.parse().map_err(|error| format!("is not a URL: {error}"))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err("names no host".into());
    }
    Ok(url)
}

/// A share: over 0, up to 1.
pub(crate) struct Share;

impl Kind for Share {
    type Value = f64;

    fn read(&self, raw: &Raw) -> Result<f64, String> {
        let share = match raw {
            Raw::Float(number) => *number,
            Raw::Integer(number) => *number as f64,
            Raw::Variable(text) => text.trim().parse().map_err(|_| "is not a number")?,
            Raw::Text(_) | Raw::Flag(_) | Raw::Time(_) | Raw::List(_) | Raw::Table(_) => {
                return Err("is not a number".into());
            }
        };
        if share > 0.0 && share <= 1.0 { Ok(share) } else { Err("is out of range".into()) }
    }

    fn allowed(&self) -> String {
        "a number over 0 and up to 1, such as 0.8".into()
    }

    fn schema(&self) -> Value {
        json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1})
    }
}

/// A whole number within bounds.
pub(crate) struct Count {
    pub(crate) min: u64,
    pub(crate) max: u64,
}

impl Kind for Count {
    type Value = u64;

    fn read(&self, raw: &Raw) -> Result<u64, String> {
        let number = match raw {
            Raw::Integer(number) => *number,
            Raw::Variable(text) => text.trim().replace('_', "").parse().map_err(|_| "is not a whole number")?,
            Raw::Text(_) | Raw::Float(_) | Raw::Flag(_) | Raw::Time(_) | Raw::List(_) | Raw::Table(_) => {
                return Err("is not a whole number".into());
            }
        };
        match u64::try_from(number) {
            Ok(number) if (self.min..=self.max).contains(&number) => Ok(number),
            Ok(_) | Err(_) => Err("is out of range".into()),
        }
    }

    fn allowed(&self) -> String {
        format!("{} to {}", grouped(self.min), grouped(self.max))
    }

    fn schema(&self) -> Value {
        json!({"type": "integer", "minimum": self.min, "maximum": self.max})
    }
}

/// Digits in groups of three, as TOML allows them.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped
}

/// A length of time within bounds, such as `"15s"`.
pub(crate) struct Span {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

impl Kind for Span {
    type Value = Duration;

    fn read(&self, raw: &Raw) -> Result<Duration, String> {
        let span = match raw {
            Raw::Integer(_) | Raw::Float(_) => return Err("has no unit".into()),
            other => other.text().and_then(parse_span).ok_or("is not a length of time")?,
        };
        if (self.min..=self.max).contains(&span) { Ok(span) } else { Err("is out of range".into()) }
    }

    fn allowed(&self) -> String {
        format!("\"{}\" to \"{}\", units ms, s, m, h, d", human(self.min), human(self.max))
    }

    fn schema(&self) -> Value {
        json!({"type": "string", "pattern": r"^([0-9]+(ms|s|m|h|d) ?)+$"})
    }
}

/// Ascending lengths of time, each within bounds.
pub(crate) struct Spans {
    pub(crate) each: Span,
    pub(crate) most: usize,
}

impl Kind for Spans {
    type Value = Vec<Duration>;

    fn read(&self, raw: &Raw) -> Result<Vec<Duration>, String> {
        let spans = match raw {
            Raw::List(items) => items.iter().map(|item| self.item(item)).collect::<Result<Vec<_>, _>>()?,
            Raw::Variable(text) if text.trim().is_empty() => Vec::new(),
            Raw::Variable(text) => {
                let items = text.split(',').map(|item| Raw::Text(item.trim().to_owned()));
                items.map(|item| self.item(&item)).collect::<Result<_, _>>()?
            }
            Raw::Text(_) | Raw::Integer(_) | Raw::Float(_) | Raw::Flag(_) | Raw::Time(_) | Raw::Table(_) => {
                return Err("is not a list".into());
            }
        };
        if spans.len() > self.most {
            return Err(format!("has {} entries", spans.len()));
        }
        if spans.is_sorted_by(|earlier, later| earlier < later) { Ok(spans) } else { Err("is not ascending".into()) }
    }

    fn allowed(&self) -> String {
        format!("at most {} ascending lengths of time, each {}", self.most, self.each.allowed())
    }

    fn schema(&self) -> Value {
        json!({"type": "array", "maxItems": self.most, "items": self.each.schema()})
    }
}

impl Spans {
    fn item(&self, raw: &Raw) -> Result<Duration, String> {
        self.each.read(raw).map_err(|problem| format!("holds {}, which {problem}", raw.shown_where_wrong()))
    }
}

/// Where the first run begins.
pub(crate) struct Beginning;

impl Kind for Beginning {
    type Value = Start;

    fn read(&self, raw: &Raw) -> Result<Start, String> {
        raw.text().and_then(parse_start).ok_or_else(|| "is neither an age nor a time".into())
    }

    fn allowed(&self) -> String {
        "an age such as \"24h ago\" (at most \"365d ago\"), or a time such as \"2026-11-01T00:00:00Z\"".into()
    }

    fn schema(&self) -> Value {
        json!({"type": "string"})
    }
}

/// A short text of some characters only.
pub(crate) struct Text {
    /// What the text is, for a person.
    pub(crate) allowed: &'static str,
    /// The whole form as a regular expression, for editors.
    pub(crate) pattern: &'static str,
    /// Whether a text has the form.
    pub(crate) fits: fn(&str) -> bool,
    /// What a text without the form is instead, if that can be told; a fragment that follows the value.
    pub(crate) instead: fn(&str) -> Option<String>,
}

impl Kind for Text {
    type Value = String;

    fn read(&self, raw: &Raw) -> Result<String, String> {
        let text = trimmed(raw.text().ok_or("is not a string")?);
        if (self.fits)(text) {
            return Ok(text.to_owned());
        }
        Err((self.instead)(text).unwrap_or_else(|| "does not have the form expected".into()))
    }

    fn allowed(&self) -> String {
        self.allowed.into()
    }

    fn schema(&self) -> Value {
        json!({"type": "string", "pattern": self.pattern})
    }
}

/// One of a few words.
pub(crate) struct Choice<T: 'static> {
    /// The words and what they mean.
    pub(crate) words: &'static [(&'static str, T)],
    /// Words that a later version may take.
    pub(crate) not_yet: &'static [&'static str],
}

impl<T: Copy + Sync + 'static> Kind for Choice<T> {
    type Value = T;

    fn read(&self, raw: &Raw) -> Result<T, String> {
        let text = trimmed(raw.text().ok_or("is not a string")?);
        if self.not_yet.contains(&text) {
            return Err("is not in this version".into());
        }
        let found = self.words.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| "is not one of the words allowed".into())
    }

    fn allowed(&self) -> String {
        self.words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
    }

    fn schema(&self) -> Value {
        json!({"enum": self.words.iter().map(|(word, _)| *word).collect::<Vec<_>>()})
    }
}

/// A file's path; relative ones begin at the directory the program is started in.
pub(crate) struct File;

impl Kind for File {
    type Value = PathBuf;

    fn read(&self, raw: &Raw) -> Result<PathBuf, String> {
        match raw.text() {
            Some("") => Err("is empty".into()),
            Some(path) => Ok(PathBuf::from(path)),
            None => Err("is not a string".into()),
        }
    }

    fn allowed(&self) -> String {
        "a path; a relative one begins at the working directory".into()
    }

    fn shown(&self, raw: &Raw) -> String {
        if raw.text().is_some_and(is_no_path) { MASK.into() } else { raw.shown() }
    }

    fn resolved(&self, raw: &Raw) -> String {
        match raw.text() {
            Some(path) if !path.is_empty() && !is_no_path(path) => Raw::Text(absolute_path(path)).shown_whole(),
            Some(_) | None => self.shown(raw),
        }
    }

    fn schema(&self) -> Value {
        json!({"type": "string", "minLength": 1})
    }
}

/// An address to listen on, or `"off"`.
pub(crate) struct Listen;

impl Kind for Listen {
    type Value = Option<SocketAddr>;

    fn read(&self, raw: &Raw) -> Result<Option<SocketAddr>, String> {
        match raw.text().map(trimmed) {
            Some("off") => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| "is not an address with a port".into()),
            None => Err("is not a string".into()),
        }
    }

    fn allowed(&self) -> String {
        "an address with a port, such as \"127.0.0.1:9464\" (port 0 takes a free one), or \"off\"".into()
    }

    fn schema(&self) -> Value {
        json!({"type": "string"})
    }
}

/// Whether `path` may be a secret instead: every text has the form of a path, but nothing is found under this one.
fn is_no_path(path: &str) -> bool {
    let place = Path::new(path);
    let is_bare = !path.contains('/') && place.extension().is_none();
    (looks_like_secret(path) || (is_bare && could_be_secret(path))) && !place.exists()
}
