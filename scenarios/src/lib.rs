//! The laboratory: it runs the connector against both mocks, breaks what can break, and checks the promises.

mod bodies;
pub mod catalogue;
pub mod certify;
pub mod cli;
pub mod demo;
pub mod deployment;
mod digest;
pub mod invariants;
pub mod live;
pub mod mocks;
pub mod observation;
pub mod render;
pub mod report;
pub mod scenario;
pub mod secrets;
pub mod shrink;
pub mod sim;
pub mod subject;
pub mod verdict;
