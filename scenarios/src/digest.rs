//! Digests as people read them.

use std::fmt::Write as _;

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string takes everything.
        let _written = write!(text, "{byte:02x}");
        text
    })
}
