//! The simulation: the connector against both mocks in one process, under one clock and one seed.

pub mod clock;
pub mod coverage;
pub mod crash;
pub mod disk;
pub mod faults;
pub mod net;
pub mod power;
pub mod secrets;
pub mod watch;
