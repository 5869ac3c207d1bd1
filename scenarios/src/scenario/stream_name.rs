//! The names of the streams in the schema: the connector's own type knows no JSON Schema.

use schemars::JsonSchema;

/// A stream, by its name.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum StreamName {
    /// The audit log.
    Audit,
    /// The content log.
    Content,
}
