//! What the integration tests and the programs beside them share.

pub mod tls;
