//! Which token each route wants.

use serde_json::{Value, json};

use super::call;
use crate::call::Call;
use crate::http::routes::Route;

/// A token from Entra ID for each plane, by client credentials; managed identity has headers of its own.
pub(super) fn schemes() -> Value {
    let flow = |scope: &str, what: &str| {
        json!({"type": "oauth2", "flows": {"clientCredentials": {
            "tokenUrl": "/{tenant}/oauth2/v2.0/token",
            "scopes": {scope: what},
        }}})
    };
    json!({
        "monitor": flow("https://monitor.azure.com/.default", "Upload rows"),
        "logAnalytics": flow("https://api.loganalytics.io/.default", "Run queries"),
        "manager": flow("https://management.azure.com/.default", "Read and change resources"),
        "identityHeader": {"type": "apiKey", "in": "header", "name": "X-IDENTITY-HEADER"},
    })
}

/// What one route wants.
pub(super) fn of(route: &Route) -> Value {
    match call(route) {
        Call::Ingest => json!([{"monitor": ["https://monitor.azure.com/.default"]}]),
        Call::Query => json!([{"logAnalytics": ["https://api.loganalytics.io/.default"]}]),
        Call::Arm => json!([{"manager": ["https://management.azure.com/.default"]}]),
        Call::ManagedIdentity if route.path.starts_with("/msi/") => json!([{"identityHeader": []}]),
        Call::ManagedIdentity | Call::Token | Call::Discovery | Call::Control | Call::Unknown => json!([]),
    }
}
