//! What every call has in common: bounded bodies, responses with their reasons, faults, the journal.

pub(crate) mod body;
mod broken;
mod canned;
pub(crate) mod front;
mod loan;
pub(crate) mod near_miss;
pub(crate) mod openapi;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod response_memory;
pub(crate) mod routes;

pub(crate) use reply::Reply;
