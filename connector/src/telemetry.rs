//! What the process says of itself: log lines, and metrics, health and status over HTTP.

mod connections;
pub(crate) mod dead_letters;
pub mod logs;
mod metrics;
mod readiness;
mod server;

pub use server::{BindError, Surface, bind};
