//! Whole flows through real processes and sockets, and the rules of the map. One binary: one link step.
//!
//! Each module is a topic. `programs` builds and starts the workspace's own binaries; `lab` puts mocks and
//! connector together.

mod architecture;
mod attack;
mod broken;
mod catalogue;
mod certify;
mod cli;
mod clients;
mod credentials;
mod detections;
mod inputs;
mod lab;
mod peers;
mod programs;
mod queries;
mod recording;
mod rehearsal;
mod restart;
mod served;
mod simulation;
