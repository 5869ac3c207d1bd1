//! Any response to an upload.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::ingestion_response(bytes));
