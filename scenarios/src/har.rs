//! HTTP Archive 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>, read 2026-11-29): the parts that a recording needs, with fields of
//! our own that begin with an underscore, as the format asks for.

mod read;
mod write;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::scenario::{Call, Peer};

pub use read::{FILE_BYTES_MAX, HarError, read};
pub use write::{WriteError, write};

/// A file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Har {
    /// What it holds.
    pub log: Log,
}

/// A log of requests and their responses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// `1.2`, or `1.1` of old tools.
    #[serde(default = "version")]
    pub version: String,
    /// The program that wrote it.
    #[serde(default)]
    pub creator: Creator,
    /// Requests, by the time at which they began.
    pub entries: Vec<Entry>,
    /// Fields that were kept as they came, because `record --keep` named them.
    #[serde(default, rename = "_kept", skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
    /// Entries that were left out, because the file had reached its bound.
    #[serde(default, rename = "_dropped", skip_serializing_if = "is_none")]
    pub dropped: u64,
    /// The variables that the program was run with, redacted; no address and no secret is among them.
    #[serde(default, rename = "_environment", skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// How the program ended: its exit code, or 128 and the number of the signal.
    #[serde(default, rename = "_exit", skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
}

/// A program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Creator {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A request and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When it began.
    pub started_date_time: Timestamp,
    /// How long it took, in milliseconds; -1 where that is not known.
    #[serde(default = "unknown_time")]
    pub time: f64,
    /// What was asked.
    pub request: Request,
    /// What was answered; of a lost response status 0.
    pub response: Response,
    /// Always empty: nothing is cached.
    #[serde(default)]
    pub cache: Cache,
    /// Where the time went.
    #[serde(default)]
    pub timings: Timings,
    /// Whom it was for; files of other programs do not say.
    #[serde(default, rename = "_peer", skip_serializing_if = "Option::is_none")]
    pub peer: Option<Peer>,
    /// What the caller got.
    #[serde(default, rename = "_outcome", skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// What the caller got of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All of it.
    Delivered,
    /// Nothing: the connection ended, or the caller went, before its first byte.
    ResponseLost,
    /// A part of its body.
    Cut,
    /// Nothing or a part: the connection was reset.
    Reset,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The whole address.
    pub url: String,
    /// `HTTP/1.1` and so on.
    #[serde(default = "http_1_1")]
    pub http_version: String,
    /// Always empty: cookies are in `headers`.
    #[serde(default)]
    pub cookies: Vec<Ignored>,
    /// Its headers.
    #[serde(default)]
    pub headers: Vec<Pair>,
    /// The parameters of its address.
    #[serde(default)]
    pub query_string: Vec<Pair>,
    /// Its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_data: Option<PostData>,
    /// Unknown: -1.
    #[serde(default = "unknown")]
    pub headers_size: i64,
    /// Bytes of its body on the wire; -1 where that is not known.
    #[serde(default = "unknown")]
    pub body_size: i64,
}

/// The body of a request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PostData {
    /// Its media type.
    pub mime_type: String,
    /// The body, decoded.
    pub text: String,
    /// How it was encoded on the wire, such as `gzip`.
    #[serde(rename = "_encoding", skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Why `text` is not the body.
    #[serde(rename = "_omitted", skip_serializing_if = "Option::is_none")]
    pub omitted: Option<String>,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// Its status; 0 where none came.
    pub status: u16,
    /// The words behind it.
    #[serde(default)]
    pub status_text: String,
    /// `HTTP/1.1` and so on.
    #[serde(default = "http_1_1")]
    pub http_version: String,
    /// Always empty: cookies are in `headers`.
    #[serde(default)]
    pub cookies: Vec<Ignored>,
    /// Its headers.
    #[serde(default)]
    pub headers: Vec<Pair>,
    /// Its body.
    #[serde(default)]
    pub content: Content,
    /// Where it leads.
    #[serde(default, rename = "redirectURL")]
    pub redirect_url: String,
    /// Unknown: -1.
    #[serde(default = "unknown")]
    pub headers_size: i64,
    /// Bytes of its body on the wire; -1 where that is not known.
    #[serde(default = "unknown")]
    pub body_size: i64,
}

/// The body of a response.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Content {
    /// Bytes of the decoded body.
    pub size: i64,
    /// Its media type.
    pub mime_type: String,
    /// The body, decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `base64` where `text` is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Why `text` is not the body.
    #[serde(rename = "_omitted", skip_serializing_if = "Option::is_none")]
    pub omitted: Option<String>,
}

/// A header or a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
}

/// Where the time went, in milliseconds; -1 where that is not known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timings {
    /// Sending the request.
    pub send: f64,
    /// Waiting for the response.
    pub wait: f64,
    /// Receiving it.
    pub receive: f64,
}

impl Default for Timings {
    fn default() -> Self {
        Self { send: -1.0, wait: -1.0, receive: -1.0 }
    }
}

/// An empty object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {}

/// Something that is read over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignored {}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

fn version() -> String {
    "1.2".to_owned()
}

fn http_1_1() -> String {
    "HTTP/1.1".to_owned()
}

const fn unknown() -> i64 {
    -1
}

const fn unknown_time() -> f64 {
    -1.0
}

impl Har {
    /// When its first request began.
    pub fn start(&self) -> Option<Timestamp> {
        self.log.entries.iter().map(|entry| entry.started_date_time).min()
    }
}

impl Entry {
    /// Whom the request was for: as the file says, otherwise by its address. None is something else, such as the pages that a
    /// browser loaded meanwhile.
    pub fn peer(&self) -> Option<Peer> {
        self.peer.or_else(|| peer_of(&self.request.url))
    }

    /// What was asked for.
    pub fn call(&self) -> Option<Call> {
        let path = path_of(&self.request.url);
        self.peer().map(|peer| Call::of(peer, path))
    }

    /// What the caller got. Browsers write status 0 where there was no response.
    pub fn outcome(&self) -> Outcome {
        self.outcome.unwrap_or(if self.response.status == 0 { Outcome::ResponseLost } else { Outcome::Delivered })
    }
}

/// The value of the pair with this name, in any case.
pub fn value<'a>(pairs: &'a [Pair], name: &str) -> Option<&'a str> {
    pairs.iter().find(|pair| pair.name.eq_ignore_ascii_case(name)).map(|pair| pair.value.as_str())
}

/// The path of an address: what stands between its host and its parameters.
pub fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("/", |at| &after_scheme[at..]);
    path.split(['?', '#']).next().unwrap_or("/")
}

fn peer_of(url: &str) -> Option<Peer> {
    let path = path_of(url);
    let of = |peer: Peer| (Call::of(peer, path) != Call::to(peer)).then_some(peer);
    let is_identity =
        path.ends_with("/oauth2/v2.0/token") || path.ends_with("/oauth2/token") || path.contains("/.well-known/");
    let host = url.split_once("://").map_or("", |(_, rest)| rest).split(['/', ':', '?']).next().unwrap_or_default();
    match host {
        "api.miro.com" => Some(Peer::Miro),
        "login.microsoftonline.com" | "login.microsoftonline.us" | "login.partner.microsoftonline.cn" => {
            Some(Peer::Entra)
        }
        _ if is_identity => Some(Peer::Entra),
        _ => of(Peer::Miro).or_else(|| of(Peer::Ingestion)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_entry_is_somebodys_by_its_address() {
        for (url, peer) in [
            ("https://api.miro.com/v2/audit/logs?limit=1", Some(Peer::Miro)),
            ("http://127.0.0.1:81/v2/orgs/307/content-logs/items", Some(Peer::Miro)),
            ("https://login.example/7f9c/oauth2/v2.0/token", Some(Peer::Entra)),
            (
                "https://a.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/dcr-1/streams/Custom-X",
                Some(Peer::Ingestion),
            ),
            ("https://miro.com/app/", None),
            ("about:blank", None),
        ] {
            assert_eq!(peer_of(url), peer, "{url}");
        }
    }
}
