//! Any body in place of a page of Miro.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::miro_page(bytes));
