//! A second opinion: the real program against servers written from the public documentation alone.
//!
//! They share no code with `mock-miro` and `mock-sentinel`, so that a misunderstanding would have to be made twice to
//! pass. A [`front`] accepts connections (with TLS where Azure is meant), breaks what is to be broken, and hands
//! everything else to a `wiremock` server that answers as [`miro`] and [`azure`].
//!
//! [`table`] prints what came of every class of response on every call:
//! `cargo test -p tests --test it peers::table -- --nocapture`.
//!
//! [`diagnosis`] prints what `check` says of every cause and of every class of responses.
//!
//! [`memory`] has a peer of its own, which makes as many megabytes as are asked for while they are read.

mod azure;
mod classes;
mod diagnosis;
mod expected;
mod front;
mod memory;
mod miro;
mod raw;
mod stories;
mod subject;
mod table;
mod world;
