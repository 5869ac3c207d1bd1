//! The control socket: how a command asks the process that holds the checkpoint file.
//!
//! The socket lies beside the file (`STORE.PATH.sock`), for its owner only. It is there while the process holds the lease on the
//! checkpoint; what an earlier process left is replaced. It speaks HTTP/1.1, one request a connection, below `/v1`:
//!
//! | request | response |
//! |---|---|
//! | `GET /v1/status` | what `/status` at `telemetry.listen` shows |
//! | `GET /v1/dead-letters?after=N&limit=M` | a page of the list, a JSON array |
//! | `GET /v1/dead-letters/N` | the event as Miro sent it; 404 where there is none |
//! | `POST /v1/dead-letters/resend` `{"numbers": […]}` | `{"accepted": n, "refused": m, "reasons": {REASON: […]}}`, the last only where some were refused |
//! | `POST /v1/dead-letters/drop` `{"numbers": […]}` | `{"dropped": n, "numbers": […]}` |
//! | `POST /v1/dead-letters/wipe` | `{}`, once what was removed is out of the file too |
//!
//! Whatever is not done has a status of 4xx or 5xx and a body `{"code", "subject", "cause", "next_step"}`. More paths and fields
//! may be added. Neither side believes the other: every size, number and time is bounded, and what is shown is cleaned.

mod address;
mod client;
mod listener;
mod server;

use serde::{Deserialize, Serialize};

pub(crate) use address::Address;
pub(crate) use client::Client;
pub(crate) use listener::Listener;
pub(crate) use server::Server;

/// Where the service is asked for its status.
pub(crate) const STATUS: &str = "/v1/status";
/// Where the dead letters are asked for.
pub(crate) const DEAD_LETTERS: &str = "/v1/dead-letters";
/// The most numbers in one request.
pub(crate) const NUMBERS_MAX: usize = 256;

/// Which events something is to be done with.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Numbers {
    pub(crate) numbers: Vec<u64>,
}

/// The events that were removed for good.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Dropped {
    pub(crate) dropped: u64,
    /// Their numbers.
    #[serde(default)]
    pub(crate) numbers: Vec<u64>,
}

impl From<Vec<u64>> for Dropped {
    fn from(numbers: Vec<u64>) -> Self {
        Self { dropped: numbers.len() as u64, numbers }
    }
}
