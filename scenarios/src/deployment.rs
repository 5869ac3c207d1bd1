//! What a connector has to be told to work with a pair of mocks, whether they are on sockets or in this process.

use std::path::PathBuf;
use std::time::Duration;

use connector::Stream;
use connector::config::{
    Config, ContentConfig, Http, Identity, LogFormat, Miro, Sentinel, Start, StoreConfig, StreamConfig, Telemetry,
};
use mock_miro::MockMiro;
use mock_sentinel::MockSentinel;
use url::Url;

/// The addresses of a pair of mocks.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// Miro's API.
    pub miro: Url,
    /// The identity service.
    pub authority: Url,
    /// The ingestion endpoint.
    pub endpoint: Url,
    /// The root certificate to trust besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// What may differ between two deployments of the same connector.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// The checkpoint file; not used where another store is handed in.
    pub store: PathBuf,
    /// Where the first run begins.
    pub start: Start,
    /// How often the newest time is read.
    pub poll_every: Duration,
    /// The ages at which every stretch is read again.
    pub late_sweeps: Vec<Duration>,
    /// The share of the rate budget to use.
    pub budget_share: f64,
    /// Spans read at the same time per stream.
    pub concurrent_reads: usize,
    /// Uploads in flight.
    pub concurrent_uploads: usize,
    /// The largest plain size of a batch, in bytes.
    pub plain_bytes_max: usize,
    /// Gzip level.
    pub compression_level: u32,
    /// The time allowed for one call.
    pub timeout: Duration,
}

/// The configuration of a connector between these two mocks, with the credentials they expect.
pub fn config(miro: &MockMiro, sentinel: &MockSentinel, addresses: &Addresses, tuning: &Tuning) -> Config {
    let tokens = miro.tokens();
    let app = sentinel.credentials();
    let stream = |token: String| StreamConfig {
        access_token: token.into(),
        poll_every: tuning.poll_every,
        late_sweeps: tuning.late_sweeps.clone(),
        start: tuning.start,
    };
    Config {
        miro: Miro {
            base_url: addresses.miro.clone(),
            budget_share: tuning.budget_share,
            concurrent_reads: tuning.concurrent_reads,
        },
        audit: Some(stream(tokens.audit)),
        content: Some(ContentConfig { stream: stream(tokens.content), organization_id: miro.organization_id() }),
        sentinel: Sentinel {
            endpoint: addresses.endpoint.clone(),
            audit_rule: sentinel.rule(Stream::Audit.rule_stream()),
            content_rule: sentinel.rule(Stream::Content.rule_stream()),
            identity: Identity::ClientSecret {
                tenant_id: app.tenant_id,
                client_id: app.client_id,
                client_secret: app.client_secret.into(),
                authority: addresses.authority.clone(),
                scope: "https://monitor.azure.com/.default".to_owned(),
            },
            plain_bytes_max: tuning.plain_bytes_max,
            compression_level: tuning.compression_level,
            concurrent_uploads: tuning.concurrent_uploads,
        },
        store: StoreConfig { path: tuning.store.clone(), dead_letters_bytes_max: DEAD_LETTERS_BYTES_MAX },
        http: Http { ca_file: addresses.ca_file.clone(), proxy: None, timeout: tuning.timeout },
        telemetry: Telemetry { listen: None, log_format: LogFormat::Human, grace: Duration::from_secs(30) },
    }
}

/// Far more than any run here sets aside.
pub const DEAD_LETTERS_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The mock's log that feeds `stream`.
pub fn log_of(stream: Stream) -> mock_miro::Log {
    match stream {
        Stream::Audit => mock_miro::Log::Audit,
        Stream::Content => mock_miro::Log::Content,
    }
}

/// The table that `stream` is delivered to.
pub fn table_of(stream: Stream) -> &'static str {
    match stream {
        Stream::Audit => "MiroAuditLogs_CL",
        Stream::Content => "MiroContentLogs_CL",
    }
}
