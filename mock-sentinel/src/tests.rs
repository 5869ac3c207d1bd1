//! Whole flows through the router, in process.

mod assertions;
mod fixture;
mod hostile;
mod ingestion;
mod openapi;
mod queries;
mod resources;
mod rules;
mod sockets;
mod tokens;
mod transforms;
mod upkeep;
