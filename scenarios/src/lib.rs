//! The laboratory: it runs the connector against both mocks, breaks what can break, and checks the promises.

pub mod sim;
