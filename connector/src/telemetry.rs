//! What the process says of itself: log lines, and metrics, health and status over HTTP.

pub mod logs;
mod metrics;
mod server;

pub use server::{BindError, Surface, bind};
