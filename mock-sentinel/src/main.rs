//! The mock as a program.

fn main() {}
