use std::sync::Arc;

use super::DateTime;

/// The only rows of stored tables that a query sees: those whose column of this name lies within two instants, both
/// included. It empties every table when they are the wrong way around.
///
/// A table without such a `datetime` column does not exist for the query.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimeRange {
    /// The name of the column, such as `TimeGenerated`.
    pub column: Arc<str>,
    /// The earliest instant.
    pub from: DateTime,
    /// The latest instant.
    pub to: DateTime,
}

impl TimeRange {
    /// From one instant to another, both included.
    pub fn new(column: impl Into<Arc<str>>, from: DateTime, to: DateTime) -> Self {
        Self { column: column.into(), from, to }
    }
}
