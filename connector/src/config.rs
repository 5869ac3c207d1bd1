//! The configuration after checking: every value parsed, every rule between values true.
//!
//! [`load`] reads a TOML file and the environment variables `MIRO_SENTINEL__SECTION__KEY` over it, and reports all
//! that is wrong at once. The keys, their defaults and bounds stand in one table, from which the
//! commented [`example`], the JSON [`schema`] and [`explain`] are made as well.

mod example;
mod explain;
mod finding;
mod key;
mod keys;
mod kind;
mod layers;
mod load;
mod misplaced;
mod pasted;
mod raw;
mod reader;
mod rights;
mod schema;
mod secret;
mod sources;
mod span;
#[cfg(test)]
mod tests;
mod types;

pub use example::example;
pub use explain::{Explained, explain};
pub use finding::{Finding, Findings, Origin, Severity};
pub use load::load;
pub(crate) use load::{Guarded, files_to_guard, secret_files};
pub(crate) use reader::SECRET_BYTES_MAX;
pub use schema::schema;
pub use sources::{DEFAULT_FILE, Sources};
pub(crate) use span::{human, parse_span};
pub use types::{
    Config, ContentConfig, Http, Identity, LogFormat, Miro, Sentinel, Start, StoreConfig, StreamConfig, Telemetry,
};
