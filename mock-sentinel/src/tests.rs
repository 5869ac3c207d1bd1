//! Whole flows through the router, in process.

mod assertions;
mod fixture;
mod ingestion;
mod queries;
mod resources;
mod sockets;
mod tokens;
mod transforms;
mod upkeep;
