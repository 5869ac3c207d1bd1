//! Any query through parser, binder and evaluator.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::run(text));
