//! The laboratory: runs the connector against both mocks, injects faults, and checks the guarantees.

#![warn(clippy::missing_errors_doc)]

pub mod attack;
mod bodies;
pub mod catalogue;
pub mod certify;
pub mod cli;
pub mod demo;
pub mod deployment;
mod digest;
pub mod drift;
pub mod har;
pub mod invariants;
mod json_text;
pub mod live;
pub mod mocks;
pub mod observation;
pub mod program;
pub mod record;
pub mod redact;
pub mod render;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod secrets;
pub mod shrink;
pub mod sim;
pub mod stand_ins;
pub mod subject;
mod times;
pub mod verdict;
