//! What the process says of itself: log lines, and metrics, health and status over HTTP.

pub(crate) mod connections;
mod dead_letters;
pub mod logs;
mod metrics;
mod readiness;
mod server;
mod surface;

pub(crate) use dead_letters::PATH as DEAD_LETTERS_PATH;
pub use server::{BindError, bind};
pub use surface::Surface;
