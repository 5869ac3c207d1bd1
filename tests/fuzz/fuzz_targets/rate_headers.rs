//! Any waits and rate budgets that responses name.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::rate_headers(bytes));
