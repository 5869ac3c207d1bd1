//! The laboratory: it runs the connector against both mocks, breaks what can break, and checks the promises.

mod bodies;
pub mod catalogue;
pub mod certify;
pub mod cli;
pub mod demo;
pub mod deployment;
mod digest;
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
pub mod report;
pub mod scenario;
pub mod secrets;
pub mod shrink;
pub mod sim;
pub mod stand_ins;
pub mod subject;
mod times;
pub mod verdict;
