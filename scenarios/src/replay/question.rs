//! What of a request says which response it wants.

use std::collections::BTreeMap;

use connector::Stream;
use jiff::{SignedDuration, Timestamp};

use crate::har::{Entry, path_of};
use crate::redact::credential_part;
use crate::report::text;
use crate::scenario::{Call, Peer};
use crate::times;

/// A request, live or recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) peer: Peer,
    pub(super) call: Call,
    /// Of an upload, the log that its events are from.
    pub(super) stream: Option<Stream>,
    pub(super) method: String,
    pub(super) path: String,
    parameters: BTreeMap<String, String>,
}

/// A longer request is cut before it is shown.
const SHOWN_MAX: usize = 300;
/// How far apart two windows are of which one has a bound that the other lacks.
const UNBOUNDED: SignedDuration = SignedDuration::from_hours(24 * 365);
/// The names of a window's bounds.
const BOUNDS: [[&str; 2]; 2] = [["createdAfter", "from"], ["createdBefore", "to"]];

impl Question {
    /// A request to `peer` for `target`, a path with its parameters.
    pub(super) fn new(peer: Peer, method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let call = Call::of(peer, path);
        let is_for = |stream: &Stream| path.trim_end_matches('/').ends_with(stream.rule_stream());
        Self {
            peer,
            call,
            stream: [Stream::Audit, Stream::Content].into_iter().find(is_for),
            method: method.to_ascii_uppercase(),
            path: path.trim_end_matches('/').to_owned(),
            parameters: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        }
    }

    /// What was asked by an entry; none where it is for somebody else.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let url = &entry.request.url;
        let query = url.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or_default());
        let target = query.map_or_else(|| path_of(url).to_owned(), |query| format!("{}?{query}", path_of(url)));
        Some(Self::new(entry.peer()?, &entry.request.method, &target))
    }

    /// The page that is asked for; none for the first.
    pub(super) fn cursor(&self) -> Option<&str> {
        self.parameters.get("cursor").map(String::as_str).filter(|cursor| !cursor.is_empty())
    }

    /// The times between which events are asked for.
    pub(super) fn window(&self) -> (Timestamp, Timestamp) {
        (self.bound(&BOUNDS[0]).unwrap_or(Timestamp::MIN), self.bound(&BOUNDS[1]).unwrap_or(Timestamp::MAX))
    }

    /// How many events a page may hold.
    pub(super) fn limit(&self) -> Option<usize> {
        self.parameters.get("limit")?.parse().ok()
    }

    /// Whether it asks for a page of a log.
    pub(super) const fn is_page(&self) -> bool {
        matches!(self.call, Call::AuditLogs | Call::ContentLogs)
    }

    /// Whether both are of one kind.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        self.peer == other.peer && self.call == other.call && self.stream == other.stream
    }

    /// How far their windows are apart.
    pub(super) fn distance(&self, other: &Self) -> SignedDuration {
        let apart = |names: &[&str; 2]| match (self.bound(names), other.bound(names)) {
            (Some(one), Some(two)) => one.duration_since(two).abs(),
            (None, None) => SignedDuration::ZERO,
            _ => UNBOUNDED,
        };
        apart(&BOUNDS[0]).saturating_add(apart(&BOUNDS[1]))
    }

    fn bound(&self, names: &[&str; 2]) -> Option<Timestamp> {
        let text = names.iter().find_map(|name| self.parameters.get(*name))?;
        times::find(text).first().map(|found| found.at)
    }

    /// In what they differ, times apart: a subject asks a moment earlier or later.
    pub(super) fn differs(&self, recorded: &Self) -> Vec<&'static str> {
        let mut differs = Vec::new();
        if self.method != recorded.method {
            differs.push("method");
        }
        if self.path != recorded.path {
            differs.push("path");
        }
        if self.cursor() != recorded.cursor() {
            differs.push("cursor");
        }
        if self.others() != recorded.others() {
            differs.push("parameters");
        }
        if self.distance(recorded) >= UNBOUNDED {
            differs.push("window");
        }
        differs
    }

    fn others(&self) -> Vec<(&String, &String)> {
        let is_other = |name: &str| name != "cursor" && !BOUNDS.iter().flatten().any(|bound| *bound == name);
        self.parameters.iter().filter(|(name, _)| is_other(name)).collect()
    }

    /// The request as a person reads it, in one line: without what may be a credential, for a program that is replayed may have real ones,
    /// and without what would act on a screen.
    pub(super) fn shown(&self) -> String {
        let parameters = self.parameters.iter().map(|(name, value)| match credential_part(name) {
            Some(_) => format!("{name}=[not shown]"),
            None => format!("{name}={value}"),
        });
        let parameters = parameters.collect::<Vec<_>>().join("&");
        let mark = if parameters.is_empty() { "" } else { "?" };
        let request = text::shown(&format!("{} {}{mark}{parameters}", self.method, self.path));
        request.replace('\n', "\\u{a}").replace('\t', "\\u{9}").chars().take(SHOWN_MAX).collect()
    }
}

/// The time up to which a page was asked for; none of other calls.
pub(super) fn asked_until(entry: &Entry) -> Option<Timestamp> {
    asked_window(entry)?.1
}

/// The bounds of the window that a page was asked for, each where it was given; none of other calls.
pub(super) fn asked_window(entry: &Entry) -> Option<(Option<Timestamp>, Option<Timestamp>)> {
    let asked = Question::of(entry).filter(Question::is_page)?;
    let (from, to) = asked.window();
    Some((Some(from).filter(|from| *from != Timestamp::MIN), Some(to).filter(|to| *to != Timestamp::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_shown_without_credentials_and_in_one_line() {
        let target = "/v2/audit/logs?access_token=hunter2&limit=5&x=%1B%5B31m%0A%C2%9B&Client-Secret=hunter3";
        let shown = Question::new(Peer::Miro, "GET", target).shown();
        assert_eq!(
            shown,
            r"GET /v2/audit/logs?Client-Secret=[not shown]&access_token=[not shown]&limit=5&x=\u{1b}[31m\u{a}\u{9b}"
        );
    }
}
