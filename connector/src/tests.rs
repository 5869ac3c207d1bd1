//! Whole flows against a small world in memory: virtual time, one seed, faults and crashes at random moments.

mod commits;
mod control;
mod dead_letters;
mod echoes;
mod flows;
mod lag;
mod log;
mod memory;
mod refusals;
mod requests;
mod rotation;
mod world;
