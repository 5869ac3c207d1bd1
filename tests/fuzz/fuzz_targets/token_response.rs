//! Any response in place of the identity service's.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::token_response(bytes));
