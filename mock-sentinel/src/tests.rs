//! Whole flows through the router, in process.

mod arm;
mod assertions;
mod deployments;
mod fixture;
mod hostile;
mod ingestion;
mod openapi;
mod queries;
mod resources;
mod rights;
mod rules;
mod searches;
mod service_made;
mod sockets;
mod tokens;
mod tools;
mod transforms;
mod upkeep;
