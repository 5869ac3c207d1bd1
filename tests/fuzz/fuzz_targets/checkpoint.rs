//! Any ledger, and any damage to a checkpoint file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::checkpoint(bytes));
