//! Any text through lexer and parser.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fuzz::parse(text));
