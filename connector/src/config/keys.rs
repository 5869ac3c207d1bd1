//! The table of keys. Reading, the example, the JSON Schema and `config explain` are all made from it.

use std::time::Duration;

use super::LogFormat;
use super::key::{AnyKey, Key, Otherwise};
use super::kind::{Beginning, Choice, Count, File, Host, Listen, Proxy, Share, Span, Spans, Text};
use super::secret::Secret;
use crate::redact::looks_like_secret;
use Otherwise::{Default, Nothing, Required};

/// The sections in the order of the example, with what each is for.
pub(crate) const SECTIONS: [(&str, &str); 9] = [
    ("miro", "The source."),
    (
        "streams.audit",
        "The audit log: Enterprise plan, scope auditlogs:read. Leave the section out to leave the stream out.",
    ),
    (
        "streams.content",
        "The content log: Enterprise Guard, scope contentlogs:export. Leave the section out to leave the stream out.",
    ),
    ("sentinel", "The destination."),
    ("sentinel.rules", "The data collection rule of each stream, by its immutable id."),
    ("sentinel.identity", "Who we are towards Azure."),
    ("store", "What survives a restart."),
    ("http", "How calls are made."),
    ("telemetry", "What the process says of itself."),
];

/// Every key, in the order of the example.
pub(crate) static KEYS: [&dyn AnyKey; 32] = [
    &BASE_URL,
    &BUDGET_SHARE,
    &CONCURRENT_READS,
    &AUDIT.access_token,
    &AUDIT.poll_every,
    &AUDIT.late_sweeps,
    &AUDIT.start,
    &ORGANIZATION_ID,
    &CONTENT.access_token,
    &CONTENT.poll_every,
    &CONTENT.late_sweeps,
    &CONTENT.start,
    &ENDPOINT,
    &PLAIN_BYTES_MAX,
    &COMPRESSION_LEVEL,
    &CONCURRENT_UPLOADS,
    &AUDIT_RULE,
    &CONTENT_RULE,
    &IDENTITY_KIND,
    &TENANT_ID,
    &CLIENT_ID,
    &CLIENT_SECRET,
    &AUTHORITY,
    &SCOPE,
    &STORE_PATH,
    &DEAD_LETTERS_BYTES_MAX,
    &CA_FILE,
    &PROXY,
    &TIMEOUT,
    &LISTEN,
    &LOG_FORMAT,
    &GRACE,
];

pub(crate) static BASE_URL: Key<Host> = Key {
    path: "miro.base_url",
    doc: "Where Miro's API is served.",
    otherwise: Default("\"https://api.miro.com\"", "Miro has one host for all regions"),
    example: "\"https://api.miro.com\"",
    kind: Host { loopback_http: true },
};

pub(crate) static BUDGET_SHARE: Key<Share> = Key {
    path: "miro.budget_share",
    doc: "The share of each token's rate budget that we may use; the rest is left to others.",
    otherwise: Default("0.8", "a fifth is left for other users of the same token"),
    example: "0.8",
    kind: Share,
};

pub(crate) static CONCURRENT_READS: Key<Count> = Key {
    path: "miro.concurrent_reads",
    doc: "How many spans of time one stream reads at once.",
    otherwise: Default("4", "four use the whole budget at 200 ms a page, with little memory"),
    example: "4",
    kind: Count { min: 1, max: 32 },
};

/// The keys that both streams have.
pub(crate) struct StreamKeys {
    pub(crate) access_token: Key<Secret>,
    pub(crate) poll_every: Key<Span>,
    pub(crate) late_sweeps: Key<Spans>,
    pub(crate) start: Key<Beginning>,
}

macro_rules! stream_keys {
    ($section:literal, $token:literal) => {
        StreamKeys {
            access_token: Key {
                path: concat!($section, ".access_token"),
                doc: "Miro's access token, non-expiring. A file is read again when it changes.",
                otherwise: Required,
                example: $token,
                kind: Secret,
            },
            poll_every: Key {
                path: concat!($section, ".poll_every"),
                doc: "How often the newest events are asked for.",
                otherwise: Default(
                    "\"15s\"",
                    "an alert waits seconds; four polls a minute cost 8 % of the content budget and under 1 % of the audit budget",
                ),
                example: "\"15s\"",
                kind: Span { min: Duration::from_secs(1), max: Duration::from_hours(1) },
            },
            late_sweeps: Key {
                path: concat!($section, ".late_sweeps"),
                doc: "The ages at which every interval of time is read again, for events that Miro shows late.",
                otherwise: Default(
                    "[\"2m\", \"10m\", \"30m\"]",
                    "Miro promises no bound; half an hour covers what other clients allow for",
                ),
                example: "[\"2m\", \"10m\", \"30m\"]",
                kind: Spans { each: Span { min: Duration::from_secs(10), max: Duration::from_hours(24) }, most: 8 },
            },
            start: Key {
                path: concat!($section, ".start"),
                doc: "Where the very first run begins; later runs go on where the last one stood.",
                otherwise: Default("\"24h ago\"", "Azure replaces times older than two days by the time of receipt"),
                example: "\"24h ago\"",
                kind: Beginning,
            },
        }
    };
}

pub(crate) static AUDIT: StreamKeys = stream_keys!("streams.audit", "{ env = \"MIRO_AUDIT_TOKEN\" }");
pub(crate) static CONTENT: StreamKeys = stream_keys!("streams.content", "{ env = \"MIRO_CONTENT_TOKEN\" }");

pub(crate) static ORGANIZATION_ID: Key<Text> = Key {
    path: "streams.content.organization_id",
    doc: "The number in https://miro.com/app/settings/company/{number}/.",
    otherwise: Required,
    example: "\"3074457345618265000\"",
    kind: Text {
        allowed: "digits, in quotes",
        pattern: "^[0-9]+$",
        fits: |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
        instead: organization_address,
    },
};

/// The number in the address of an organisation's settings.
fn organization_address(text: &str) -> Option<String> {
    let is_number = |part: &&str| part.len() >= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.contains('/').then(|| text.split(['/', '?', '#', '&', '=']).find(is_number)).flatten()?;
    Some(format!("is an address; the number in it is \"{number}\""))
}

fn resource_id(text: &str) -> Option<String> {
    text.to_ascii_lowercase().contains("/datacollectionrules/").then(|| "is the rule's resource id".to_owned())
}

pub(crate) static ENDPOINT: Key<Host> = Key {
    path: "sentinel.endpoint",
    doc: "The logs ingestion endpoint: of the data collection endpoint, or of the rule itself.",
    otherwise: Required,
    example: "\"https://miro-abcd.westeurope-1.ingest.monitor.azure.com\"",
    kind: Host { loopback_http: false },
};

pub(crate) static PLAIN_BYTES_MAX: Key<Count> = Key {
    path: "sentinel.plain_bytes_max",
    doc: "The largest batch in bytes before compression; compressed it never passes 1_000_000. A larger event, up to 1_000_000, goes alone.",
    otherwise: Default(
        "1_000_000",
        "it satisfies every reading of Azure's 1 MB limit; more is faster where Azure allows it",
    ),
    example: "1_000_000",
    kind: Count { min: 10_000, max: 40_000_000 },
};

pub(crate) static COMPRESSION_LEVEL: Key<Count> = Key {
    path: "sentinel.compression_level",
    doc: "The gzip level: 1 is fastest, 9 smallest.",
    otherwise: Default("4", "level 6 gains a tenth in size and costs a third more time"),
    example: "4",
    kind: Count { min: 1, max: 9 },
};

pub(crate) static CONCURRENT_UPLOADS: Key<Count> = Key {
    path: "sentinel.concurrent_uploads",
    doc: "Uploads under way at once in the whole process. A crash may send this many batches twice.",
    otherwise: Default("1", "a crash repeats one batch at most, and one upload at a time outruns Miro's rate budget"),
    example: "1",
    kind: Count { min: 1, max: 16 },
};

macro_rules! rule {
    ($path:literal, $doc:literal, $example:literal) => {
        Key {
            path: $path,
            doc: $doc,
            otherwise: Nothing("needed by its stream"),
            example: $example,
            kind: Text {
                allowed: "the rule's immutable id: dcr- and 32 hex digits (not its name, not its resource id)",
                pattern: "^dcr-[0-9A-Za-z-]+$",
                fits: |text| {
                    text.strip_prefix("dcr-").is_some_and(|rest| {
                        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                    })
                },
                instead: resource_id,
            },
        }
    };
}

pub(crate) static AUDIT_RULE: Key<Text> =
    rule!("sentinel.rules.audit", "The rule of the audit stream.", "\"dcr-00000000000000000000000000000000\"");
pub(crate) static CONTENT_RULE: Key<Text> =
    rule!("sentinel.rules.content", "The rule of the content stream.", "\"dcr-11111111111111111111111111111111\"");

/// The kinds of identity that this version takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdentityKind {
    ClientSecret,
}

pub(crate) static IDENTITY_KIND: Key<Choice<IdentityKind>> = Key {
    path: "sentinel.identity.kind",
    doc: "How we prove who we are. This version knows \"client_secret\".",
    otherwise: Default("\"client_secret\"", "it works from any machine"),
    example: "\"client_secret\"",
    kind: Choice {
        words: &[("client_secret", IdentityKind::ClientSecret)],
        not_yet: &["certificate", "workload_identity", "managed_identity"],
    },
};

macro_rules! directory_id {
    ($path:literal, $doc:literal, $example:literal) => {
        Key {
            path: $path,
            doc: $doc,
            otherwise: Required,
            example: $example,
            kind: Text {
                allowed: "an id such as 00000000-0000-0000-0000-000000000000 (letters, digits, dots, dashes)",
                pattern: "^[0-9A-Za-z.-]+$",
                fits: |text| {
                    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
                    // Capitals and small letters mixed are in a secret, and in no directory's id or domain.
                    let is_id = text.matches('-').count() == 4 || !looks_like_secret(text);
                    !text.is_empty() && is_id && text.bytes().all(is_plain)
                },
                instead: |_| None,
            },
        }
    };
}

pub(crate) static TENANT_ID: Key<Text> = directory_id!(
    "sentinel.identity.tenant_id",
    "The directory (tenant) id of the application.",
    "\"22222222-2222-2222-2222-222222222222\""
);
pub(crate) static CLIENT_ID: Key<Text> = directory_id!(
    "sentinel.identity.client_id",
    "The application (client) id.",
    "\"33333333-3333-3333-3333-333333333333\""
);

pub(crate) static CLIENT_SECRET: Key<Secret> = Key {
    path: "sentinel.identity.client_secret",
    doc: "The client secret's value (not its id). A file is read again when it changes.",
    otherwise: Required,
    example: "{ env = \"AZURE_CLIENT_SECRET\" }",
    kind: Secret,
};

pub(crate) static AUTHORITY: Key<Host> = Key {
    path: "sentinel.identity.authority",
    doc: "The login host: login.microsoftonline.us in US Government, login.chinacloudapi.cn in China.",
    otherwise: Default("\"https://login.microsoftonline.com\"", "most use the public cloud"),
    example: "\"https://login.microsoftonline.com\"",
    kind: Host { loopback_http: false },
};

pub(crate) static SCOPE: Key<Text> = Key {
    path: "sentinel.identity.scope",
    doc: "The scope asked for in the token.",
    otherwise: Nothing("follows from the authority: https://monitor.azure.com/.default in the public cloud"),
    example: "\"https://monitor.azure.com/.default\"",
    kind: Text {
        allowed: "an https address that ends in /.default",
        pattern: r"^https://.+/\.default$",
        fits: |text| text.starts_with("https://") && text.ends_with("/.default"),
        instead: |_| None,
    },
};

pub(crate) static STORE_PATH: Key<File> = Key {
    path: "store.path",
    doc: "The checkpoint file; made on the first run. One process at a time uses it.",
    otherwise: Default("\"state/miro-sentinel.redb\"", "a directory can be a volume"),
    example: "\"state/miro-sentinel.redb\"",
    kind: File,
};

pub(crate) static DEAD_LETTERS_BYTES_MAX: Key<Count> = Key {
    path: "store.dead_letters_bytes_max",
    doc: "The most that events set aside may take in the file, in bytes. When it is full, delivery stops and says so.",
    otherwise: Default("268_435_456", "some 400,000 events leave time to notice and repair"),
    example: "268_435_456",
    kind: Count { min: 1_000_000, max: 100_000_000_000 },
};

pub(crate) static CA_FILE: Key<File> = Key {
    path: "http.ca_file",
    doc: "Root certificates (PEM) to trust besides the system's.",
    otherwise: Nothing("only the system's are trusted"),
    example: "\"/etc/ssl/private-root.pem\"",
    kind: File,
};

pub(crate) static PROXY: Key<Proxy> = Key {
    path: "http.proxy",
    doc: "A proxy for every request, but for those to this machine.",
    otherwise: Nothing("HTTPS_PROXY and NO_PROXY of the environment are obeyed"),
    example: "\"http://proxy.example.com:3128\"",
    kind: Proxy,
};

pub(crate) static TIMEOUT: Key<Span> = Key {
    path: "http.timeout",
    doc: "The time allowed for one request, response included.",
    otherwise: Default("\"60s\"", "Miro's own solution allows as much, and a page takes under a second"),
    example: "\"60s\"",
    kind: Span { min: Duration::from_secs(1), max: Duration::from_mins(10) },
};

pub(crate) static LISTEN: Key<Listen> = Key {
    path: "telemetry.listen",
    doc: "Where /metrics, /healthz, /readyz and /status are served.",
    otherwise: Default("\"127.0.0.1:9464\"", "OpenMetrics exporters use this port; only this machine sees it"),
    example: "\"127.0.0.1:9464\"",
    kind: Listen,
};

pub(crate) static LOG_FORMAT: Key<Choice<LogFormat>> = Key {
    path: "telemetry.log_format",
    doc: "The form of log lines on standard error.",
    otherwise: Default("\"auto\"", "a terminal gets text, a collector JSON"),
    example: "\"auto\"",
    kind: Choice {
        words: &[("auto", LogFormat::Auto), ("json", LogFormat::Json), ("human", LogFormat::Human)],
        not_yet: &[],
    },
};

pub(crate) static GRACE: Key<Span> = Key {
    path: "telemetry.grace",
    doc: "How long the first signal lets work under way finish.",
    otherwise: Default("\"20s\"", "Kubernetes kills after 30 seconds"),
    example: "\"20s\"",
    kind: Span { min: Duration::ZERO, max: Duration::from_mins(5) },
};
