//! Values: what they are is seen by their form, and each form has its own pseudonyms.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use super::{Kind, Redactor, allow, shape, words};
use crate::json_text;
use crate::times;

/// How many encodings may lie over one another.
pub(super) const LAYERS_MAX: u8 = 4;

impl Redactor {
    /// What stands for a value, whatever it is.
    pub fn text(&mut self, text: &str) -> String {
        self.layered(text, LAYERS_MAX)
    }

    pub(super) fn layered(&mut self, text: &str, layers: u8) -> String {
        if text.is_empty() {
            return String::new();
        }
        if layers > 0 && json_text::looks_like_json(text) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
        {
            return self.json(text, allow::Side::Request, layers - 1);
        }
        if text.contains(char::is_whitespace) && !self.around.is_time(text) {
            self.prose(text, layers)
        } else {
            self.word(text, layers)
        }
    }

    /// Several words. Those that look like data are replaced as they are everywhere; the others as this text has them, so that common
    /// words are not told by how often they come.
    fn prose(&mut self, text: &str, layers: u8) -> String {
        let mut parts: Vec<(String, bool)> = Vec::new();
        for part in text.split_inclusive(char::is_whitespace) {
            let word = part.trim_end_matches(char::is_whitespace);
            let space = &part[word.len()..];
            if looks_like_data(word) {
                parts.push((self.word(word, layers), true));
            } else {
                parts.push((word.to_owned(), false));
            }
            parts.push((space.to_owned(), true));
        }
        self.count(Kind::Text);
        self.pseudonyms.of(text, |random| {
            let drawn = parts
                .iter()
                .map(|(part, is_done)| if *is_done { part.clone() } else { shape::alike(part, &[], random) });
            drawn.collect()
        })
    }

    /// One word, with what stands around it.
    pub(super) fn word(&mut self, word: &str, layers: u8) -> String {
        if let Some(replaced) = self.whole(word, layers) {
            return replaced;
        }
        let is_around =
            |c: char| c.is_ascii_punctuation() && !matches!(c, '=' | '_' | '%' | '/' | '+' | '-' | '#' | '&');
        let core = word.trim_matches(is_around);
        if core.is_empty() {
            return word.to_owned();
        }
        let before = word.len() - word.trim_start_matches(is_around).len();
        let (head, tail) = (&word[..before], &word[before + core.len()..]);
        format!("{head}{}{tail}", self.core(core, layers))
    }

    fn core(&mut self, core: &str, layers: u8) -> String {
        if let Some(replaced) = self.whole(core, layers) {
            return replaced;
        }
        if layers > 0
            && let Some(decoded) = super::encoded::percent_decoded(core)
        {
            let replaced = self.layered(&decoded, layers - 1);
            return super::encoded::percent_encoded(&replaced);
        }
        let is_between = |c: char| ",;=|\"'()<>[]{}&/\\".contains(c);
        if core.contains(is_between) {
            let pieces = core.split_inclusive(is_between).map(|piece| {
                let inner = piece.trim_end_matches(is_between);
                let replaced = self.whole(inner, layers).unwrap_or_else(|| self.plain(inner));
                replaced + &piece[inner.len()..]
            });
            return pieces.collect();
        }
        self.plain(core)
    }

    /// What a text of a known form becomes.
    fn whole(&mut self, text: &str, layers: u8) -> Option<String> {
        if text.is_empty()
            || allow::NAMES.contains(&text)
            || words::is_aadsts(text.trim_end_matches(':'))
            || self.around.is_time(text)
        {
            return Some(text.to_owned());
        }
        if shape::is_uuid(text) {
            self.count(Kind::Id);
            return Some(self.pseudonyms.of(text, |random| shape::uuid(text, random)));
        }
        if let Some(address) = text.parse::<IpAddr>().ok().or_else(|| bracketed(text)) {
            return Some(if text.starts_with('[') { format!("[{}]", self.ip(address)) } else { self.ip(address) });
        }
        if let Ok(socket) = text.parse::<SocketAddr>() {
            let ip = self.ip(socket.ip());
            return Some(if socket.is_ipv6() {
                format!("[{ip}]:{}", socket.port())
            } else {
                format!("{ip}:{}", socket.port())
            });
        }
        if text.contains("://") {
            return Some(self.url_layered(text, layers));
        }
        if let Some((local, domain)) = text.rsplit_once('@')
            && is_local(local)
            && !domain.is_empty()
            && domain
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') || !byte.is_ascii())
        {
            let domain = self.host(domain);
            self.count(Kind::Email);
            return Some(self.pseudonyms.of(text, |random| format!("{}@{domain}", shape::alike(local, &[], random))));
        }
        if layers > 0
            && let Some(replaced) = self.encoded(text, layers - 1)
        {
            return Some(replaced);
        }
        is_host(text).then(|| self.host(text))
    }

    fn ip(&mut self, address: IpAddr) -> String {
        if address.is_loopback() || address.is_unspecified() {
            return address.to_string();
        }
        self.count(Kind::Ip);
        self.pseudonyms.of(&address.to_string(), |random| shape::ip(address, random))
    }

    /// What stands for a host's name.
    pub(super) fn host(&mut self, name: &str) -> String {
        let lower = name.to_ascii_lowercase();
        if allow::HOSTS.contains(&lower.as_str()) {
            return lower;
        }
        if let Some(address) = lower.parse::<IpAddr>().ok().or_else(|| bracketed(&lower)) {
            return if lower.starts_with('[') { format!("[{}]", self.ip(address)) } else { self.ip(address) };
        }
        self.count(Kind::Host);
        match allow::SUFFIXES.iter().find_map(|suffix| lower.strip_suffix(suffix).map(|head| (head, suffix))) {
            Some((head, suffix)) => self.pseudonyms.of(&lower, |random| shape::alike(head, &[], random) + suffix),
            None => self.pseudonyms.of(&lower, |random| shape::host(&lower, random)),
        }
    }

    /// A text without any form but its shape; times of events in it stay, as in the ids of Miro's events.
    pub(super) fn plain(&mut self, text: &str) -> String {
        let mut kept: Vec<Range<usize>> =
            times::find(text).into_iter().filter(|found| self.around.has(found.at)).map(|found| found.range).collect();
        if text.starts_with("dcr-") {
            kept.insert(0, 0.."dcr-".len());
        }
        if !text.chars().any(|c| c.is_alphanumeric() || c.len_utf8() == 4) {
            return text.to_owned();
        }
        let kind = if text.bytes().any(|byte| byte.is_ascii_digit()) { Kind::Id } else { Kind::Text };
        self.count(kind);
        self.pseudonyms.of(text, |random| shape::alike(text, &kept, random))
    }

    /// A number in place of a number.
    pub(super) fn number(&mut self, number: &str) -> String {
        self.count(Kind::Number);
        let exponent = number.find(['e', 'E']).unwrap_or(number.len());
        self.pseudonyms.of(number, |random| {
            let drawn = shape::alike(number, std::slice::from_ref(&(exponent..number.len())), random);
            // At the end of the range a larger mantissa would be no number any more.
            if drawn.parse().is_ok_and(f64::is_finite) {
                drawn
            } else {
                drawn.replace(|c: char| c.is_ascii_digit(), "1")
            }
        })
    }
}

fn bracketed(text: &str) -> Option<IpAddr> {
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// A word that stands for something, and is not one of a language.
fn looks_like_data(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit() || "@_/=%".contains(c))
        || word.trim_matches(|c: char| !c.is_alphanumeric()).contains('.')
}

fn is_local(local: &str) -> bool {
    !local.is_empty() && !local.contains(|c: char| c.is_whitespace() || "@,;|\"()<>[]{}:\\".contains(c))
}

/// A name with a point in it and letters at its end.
fn is_host(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
    };
    let top = labels.last().copied().unwrap_or_default();
    labels.len() > 1
        && labels.iter().all(is_label)
        && (2..=24).contains(&top.len())
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}
