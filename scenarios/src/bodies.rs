//! What peers and those in between say, written from what the services document: shared by the simulated network and by what is
//! served, and by neither mock.

use serde_json::{Value, json};

use crate::scenario::Peer;

/// A page of somebody in between.
pub(crate) const HTML: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Access to this page is \
                               managed by your organization</h1></body></html>";

/// A body far larger than any that is accepted, in bytes.
pub(crate) const HUGE_BYTES: usize = 9 * 1024 * 1024;

/// An error in the peer's own form. At the identity service `code` is its word, or the number of its message
/// (<https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes>, read 2026-11-22).
pub(crate) fn error(peer: Peer, status: u16, code: &str) -> Value {
    let number = code.strip_prefix("AADSTS").and_then(|number| number.parse::<u64>().ok());
    match (peer, number) {
        (Peer::Miro, _) => {
            json!({"type": "error", "status": status, "code": code, "message": "Request failed", "context": null})
        }
        (Peer::Entra, Some(number)) => json!({
            "error": "invalid_client",
            "error_description": format!("{code}: Request failed."),
            "error_codes": [number],
        }),
        (Peer::Entra, None) => json!({"error": code, "error_description": "Request failed.", "error_codes": []}),
        (Peer::Ingestion, _) => json!({"error": {"code": code, "message": "Request failed."}}),
    }
}

/// The code of an error that says only that something went wrong inside.
pub(crate) const fn internal_error(peer: Peer) -> &'static str {
    match peer {
        Peer::Miro => "internalError",
        Peer::Entra => "temporarily_unavailable",
        Peer::Ingestion => "InternalServerError",
    }
}
