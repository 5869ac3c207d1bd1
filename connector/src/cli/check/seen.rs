//! What was seen. Every line that says `ok` is one of these, and each is made from the very thing that shows it: a line about a page
//! needs a page, one about a scope needs Miro's word on the scopes. Nobody can say what was not seen.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use http::Response;
use secrecy::SecretString;

use super::clocks::Agreeing;
use super::host::Host;
use super::machine::{Free, Proven};
use super::place::SERVICE;
use crate::Stream;
use crate::config::Config;
use crate::response::Foreign;
use crate::rights::Folder;
use crate::sink::Acknowledged;
use crate::source::{Page, TokenInfo};
use crate::status::Status;

/// Something that was seen: the thing, and what it showed.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    subject: String,
    what: String,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.what)
    }
}

impl Seen {
    fn new(subject: impl Into<String>, what: impl Into<String>) -> Self {
        Self { subject: subject.into(), what: what.into() }
    }

    /// A configuration is only made of keys that were checked.
    pub(super) fn configuration(_: &Config) -> Self {
        Self::new("configuration", "every key has an allowed value")
    }

    /// A store that wrote and read.
    pub(super) fn store(path: &Path, proven: Proven) -> Self {
        let what = match proven {
            Proven::File => format!("the checkpoint file {} can be read and written", path.display()),
            Proven::Folder(folder) => format!("there is none yet; one can be made in {}", folder.display()),
        };
        Self::new("store.path", what)
    }

    /// The service that runs holds the checkpoint file.
    pub(super) fn store_in_use(path: &Path, _: &Status) -> Self {
        Self::new("store.path", format!("held by the running service: {}", path.display()))
    }

    /// An address that could be listened on.
    pub(super) fn free(address: SocketAddr, _: &Free) -> Self {
        Self::new("telemetry.listen", format!("{address} is free"))
    }

    /// The service that runs responded at the address.
    pub(super) fn serving(address: SocketAddr, _: &Status) -> Self {
        Self::new("telemetry.listen", format!("the running service responds at {address}"))
    }

    /// The service that runs said that it is ready.
    pub(super) fn ready(_: &Status) -> Self {
        Self::new(SERVICE, "ready: both Miro and Azure were reached lately, and no problem is open")
    }

    /// Files that their owner alone may use, and the folder, where it is ours to judge.
    pub(super) fn closed(folder: &Folder) -> Self {
        let files = match folder {
            Folder::Closed => "the checkpoint file, its folder and the files of secrets",
            Folder::Open(_) | Folder::Unjudged => "the checkpoint file and the files of secrets",
        };
        Self::new("file rights", format!("{files} are for their owner alone"))
    }

    /// Whoever responds, the name was found, a connection came about and, over https, a certificate is trusted.
    pub(super) fn responds<B>(host: &Host<'_>, response: &Response<B>) -> Self {
        let (name, status) = (host.name(), response.status().as_u16());
        let certificate = if host.is_secure() { " behind a trusted certificate" } else { "" };
        let way = host.way();
        Self::new(host.key(), format!("{name} responds{certificate}{way} (HTTP {status})"))
    }

    /// Miro showed a page: the token, its scope, the organization and the plan let it.
    pub(super) fn page(stream: Stream, organization: Option<&str>, _: &Page) -> Self {
        let of = organization.map(|id| format!(" of organization {id}")).unwrap_or_default();
        Self::new(format!("streams.{stream}"), format!("Miro shows this token the {stream} log{of}"))
    }

    /// What Miro said of a token that it does not show the log.
    pub(super) fn token(stream: Stream, organization: Option<&str>, info: &TokenInfo) -> Vec<Self> {
        let key = format!("streams.{stream}.access_token");
        let mut seen = vec![Self::new(&key, "Miro knows the token")];
        if info.has_scope_of(stream) == Some(true) {
            seen.push(Self::new(&key, format!("it has the scope {}", stream.scope())));
        }
        if let (Some(configured), Some(actual)) = (organization, info.organization())
            && actual.is(configured)
        {
            seen.push(Self::new(format!("streams.{stream}.organization_id"), "it is the organization of the token"));
        }
        seen
    }

    /// A token for Azure was issued.
    pub(super) fn bearer(_: &SecretString) -> Self {
        Self::new("sentinel.identity", "Azure issued a token")
    }

    /// Azure acknowledged an empty batch.
    pub(super) fn acknowledged(stream: Stream, _: &Acknowledged) -> Self {
        let what = format!("Azure acknowledged an empty batch for the stream {}", stream.rule_stream());
        Self::new(format!("sentinel.rules.{stream}"), what)
    }

    /// Clocks that were compared and agree.
    pub(super) fn clocks(agreeing: &Agreeing) -> Self {
        Self::new("the clock of this machine", format!("within a minute of {agreeing}"))
    }
}

/// What a response shows of itself, where it may be anybody's.
pub(super) fn shown<B>(response: &Response<B>) -> Foreign {
    Foreign::of(response)
}
