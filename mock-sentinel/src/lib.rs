//! A Microsoft Sentinel on one machine: Entra ID, managed identity, a data collection endpoint with its rules, a Log
//! Analytics workspace with its tables, and the query API.
//!
//! An upload walks the way it walks in Azure: authenticate, role, rule, stream, size on the wire, inflate, parse,
//! undeclared columns dropped, typed, transform, `TimeGenerated` rule, 64 KB cut, table. What a 204 response hides is
//! hidden here too, and recorded in the journal.
//!
//! [`MockSentinel::router`] serves everything in process; [`MockSentinel::serve`] on sockets.

#![warn(
    clippy::missing_errors_doc,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]

mod arm;
mod call;
mod control;
mod http;
mod identity;
mod ingest;
mod journal;
mod manager;
mod query;
mod roles;
mod rules;
mod server;
mod state;
mod tls;
mod workspace;
mod world;

pub use call::{CALLS, Call};
pub use faults::{
    Answer, Clock, ClockChange, ClockError, Dribble, Fault, FaultError, Ids, Latency, Outcome, RetryAfter,
    RetryAfterWord, SystemClock, Trouble, When,
};
pub use journal::JournalEntry;
pub use server::{BLOCKING_THREADS, Credentials, MockSentinel};
pub use tls::{Authority, AuthorityError, NameError, Names, Tls, TlsError};
pub use workspace::TableCount;
pub use world::{
    App, ArcHost, Federation, FieldUnit, Identity, Ingestion, Managed, Query, StatusCode, TableNames, UnknownAnswers,
    WatchlistSource, Workspace, World, WorldError, WrongTypes,
};

#[cfg(test)]
mod tests;
