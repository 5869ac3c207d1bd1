//! The simulation: the connector against both mocks in one process, under one clock and one seed.

mod check;
pub mod clock;
pub mod coverage;
pub mod crash;
pub mod disk;
mod expectations;
mod expected;
mod life;
pub mod net;
pub mod network_conditions;
pub mod plan;
mod player;
pub mod power;
mod report;
pub mod run;
pub mod sweep;
pub mod timeline;
pub mod violation;
pub mod watch;
pub mod world;

pub use report::Report;
pub use run::{Options, run, run_seed};
