//! Delivers Miro's audit and content logs into the Microsoft Sentinel tables `MiroAuditLogs_CL` and
//! `MiroContentLogs_CL`, and loses nothing on the way.
//!
//! The library is the connector; the binary `miro-sentinel` only reads a configuration, wires the
//! production parts and runs it. Everything that touches the outside world is handed in:
//! a [`Transport`], a [`Clock`], a [`Random`] source and a [`Store`](store::Store). Tests and the simulation
//! hand in their own.

#![warn(clippy::missing_errors_doc)]

mod bounded_file;
mod checkpoint;
pub mod cli;
pub mod clock;
pub mod config;
mod control;
mod dead_letters;
mod durations;
mod event;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod identity;
mod ids;
mod interval;
mod ledger;
mod outage;
mod pack;
mod peer;
mod peer_text;
mod pipeline;
pub mod problem;
mod progress;
pub mod random;
mod redact;
mod response;
mod retry;
mod rights;
pub mod service;
mod sink;
mod skew;
mod source;
pub mod status;
mod stop;
pub mod store;
pub mod stream;
pub mod telemetry;
mod time;
pub mod transport;

pub use clock::Clock;
pub use problem::{Exit, Problem};
pub use random::Random;
pub use service::{Connector, Mode, Outcome, Parts};
pub use stop::Stop;
pub use stream::Stream;
pub use transport::Transport;

#[cfg(test)]
mod tests;
