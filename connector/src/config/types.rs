//! What a checked configuration holds.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use crate::Stream;
use crate::redact::without_user_info;

/// The whole configuration, checked. Only [`load`](super::load) makes one outside this crate: every value was parsed, and every rule
/// between values holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The source.
    pub miro: Miro,
    /// The audit stream, if it is to be delivered. At least one stream is.
    pub audit: Option<StreamConfig>,
    /// The content stream, if it is to be delivered.
    pub content: Option<ContentConfig>,
    /// The destination.
    pub sentinel: Sentinel,
    /// The checkpoint store.
    pub store: StoreConfig,
    /// How calls are made.
    pub http: Http,
    /// What the process says of itself.
    pub telemetry: Telemetry,
}

/// The source, common to both streams.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Miro {
    /// `https://api.miro.com` unless a mock stands in; no path.
    pub base_url: Url,
    /// The share of the rate budget we may use, over 0 and up to 1.
    pub budget_share: f64,
    /// Spans read at the same time per stream, 1 to 32.
    pub concurrent_reads: usize,
}

/// One stream.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamConfig {
    /// Miro's access token.
    pub access_token: SecretString,
    /// How often the newest time is read: 1 s to 1 h.
    pub poll_every: Duration,
    /// The ages at which every interval is read again, ascending, each 10 s to 24 h; at most 8.
    pub late_sweeps: Vec<Duration>,
    /// Where the first run begins.
    pub start: Start,
}

/// The content stream: a stream of one organisation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ContentConfig {
    /// What both streams have.
    pub stream: StreamConfig,
    /// The organisation whose content log is read; digits.
    pub organization_id: String,
}

/// Where the first run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// This long before the first run.
    Ago(Duration),
    /// At this time.
    At(Timestamp),
}

/// The destination.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sentinel {
    /// The logs ingestion endpoint of the rules.
    pub endpoint: Url,
    /// The audit rule's immutable id.
    pub audit_rule: Option<String>,
    /// The content rule's immutable id.
    pub content_rule: Option<String>,
    /// Who we are.
    pub identity: Identity,
    /// The largest plain size of a batch in bytes, 10,000 to 40,000,000; 1,000,000 satisfies every reading of the limit.
    pub plain_bytes_max: usize,
    /// Gzip level, 1 to 9.
    pub compression_level: u32,
    /// Uploads in flight in the whole process, 1 to 16. A crash may repeat this many batches.
    pub concurrent_uploads: usize,
}

/// Who we are towards Azure.
#[derive(Clone, Debug)]
pub enum Identity {
    /// An application with a secret.
    ClientSecret {
        /// Directory (tenant) id.
        tenant_id: String,
        /// Application (client) id.
        client_id: String,
        /// The secret's value.
        client_secret: SecretString,
        /// `https://login.microsoftonline.com` or a sovereign cloud's; https.
        authority: Url,
        /// The scope asked for: `https://monitor.azure.com/.default` in the public cloud.
        scope: String,
    },
}

/// The checkpoint store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoreConfig {
    /// The redb file.
    pub path: PathBuf,
    /// The most that set-aside events may take, in bytes.
    pub dead_letters_bytes_max: u64,
}

/// How calls are made.
#[derive(Clone)]
#[non_exhaustive]
pub struct Http {
    /// A private root certificate to trust besides the system's, PEM.
    pub ca_file: Option<PathBuf>,
    /// A proxy for every call.
    pub proxy: Option<Url>,
    /// The time allowed for one call, 1 s to 10 min.
    pub timeout: Duration,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxy = self.proxy.as_ref().map(|proxy| without_user_info(proxy.as_str()));
        let mut shown = f.debug_struct("Http");
        shown.field("ca_file", &self.ca_file).field("proxy", &proxy).field("timeout", &self.timeout).finish()
    }
}

/// What the process says of itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Telemetry {
    /// Where metrics, health and status are served; none switches them off.
    pub listen: Option<SocketAddr>,
    /// The form of log lines.
    pub log_format: LogFormat,
    /// How long the first signal lets work in flight finish, up to 5 min.
    pub grace: Duration,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// [`Human`](Self::Human) on a terminal, else [`Json`](Self::Json).
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Human,
}

impl Config {
    /// The streams to deliver, with what each needs.
    pub fn streams(&self) -> impl Iterator<Item = (Stream, &StreamConfig)> {
        let audit = self.audit.iter().map(|stream| (Stream::Audit, stream));
        audit.chain(self.content.iter().map(|content| (Stream::Content, &content.stream)))
    }

    /// The immutable id of `stream`'s rule.
    pub fn rule(&self, stream: Stream) -> Option<&str> {
        match stream {
            Stream::Audit => self.sentinel.audit_rule.as_deref(),
            Stream::Content => self.sentinel.content_rule.as_deref(),
        }
    }
}
