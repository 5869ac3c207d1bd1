//! Delivers Miro's audit and content logs into the Microsoft Sentinel tables `MiroAuditLogs_CL` and
//! `MiroContentLogs_CL`, and loses nothing on the way.
//!
//! The library is the connector; the binary `miro-sentinel` only reads a configuration, wires the
//! production parts and runs it. Everything that touches the outside world is handed in:
//! a [`Transport`], a [`Clock`], a [`Random`] source and a [`Store`](store::Store). Tests and the simulation
//! hand in their own.

pub mod clock;
pub mod config;
pub mod identity;
pub mod problem;
pub mod random;
pub mod service;
pub mod status;
pub mod store;
pub mod stream;
pub mod telemetry;
pub mod transport;

pub use clock::Clock;
pub use problem::{Exit, Problem};
pub use random::Random;
pub use service::{Connector, Mode, Outcome, Parts, Stop};
pub use stream::Stream;
pub use transport::Transport;
