//! What must hold for any bytes that reach the connector from outside, as plain functions: a fuzzer calls them
//! (`tests/fuzz`), and the tests here call them with its seeds. Not part of what is shipped.

#![expect(clippy::missing_panics_doc, reason = "a panic is how each of them says that something does not hold")]

mod files;
mod peers;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};

pub use files::{checkpoint, configuration};
pub use peers::{ingestion_response, page, rate_headers, token_response};

/// What every secret here holds; nothing that is shown may.
const MARKER: &str = "s3cr3t-marker~";

/// The longest text that one finding, problem or error may be, in bytes.
const SHOWN_MAX: usize = 4_000;

/// A text that a person is shown: bounded, without secrets, and without what steers a terminal.
#[track_caller]
fn is_fit_to_be_shown(text: &str) {
    assert!(text.len() <= SHOWN_MAX, "{} bytes", text.len());
    assert!(!text.contains(MARKER), "{text}");
    let steers = |character: char| character != '\n' && crate::peer_text::is_invisible(character);
    assert!(!text.contains(steers), "{text:?}");
}

/// A response written as its status, header lines, an empty line, and the body. What is no header is left out.
fn response(bytes: &[u8]) -> Response<Bytes> {
    let (head, body) = match bytes.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => (&bytes[..end], &bytes[end + 2..]),
        None => (bytes, &[][..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut response = Response::new(Bytes::copy_from_slice(body));
    let status = lines.next().and_then(|line| http::StatusCode::from_bytes(line).ok());
    *response.status_mut() = status.unwrap_or_default();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(&line[colon + 1..]));
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
