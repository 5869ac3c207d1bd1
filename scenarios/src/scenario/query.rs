//! A query in the workspace, and the rows that it has to return.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A query, and what it has to give.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// KQL.
    pub kql: String,
    /// The rows it has to give, in this order.
    pub rows: Rows,
}

/// The rows of a result: values as JSON, times as text.
pub type Rows = Vec<Vec<serde_json::Value>>;
