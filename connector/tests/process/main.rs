//! The program as processes: what holds only between them. One binary, so that the library is linked once.
#![cfg(target_os = "linux")]

mod configuration;
mod dead_letters;
mod named_pipes;
mod signals;

use std::time::Duration;

/// How long anything may take: far beyond what is needed.
const DEADLINE: Duration = Duration::from_mins(1);
