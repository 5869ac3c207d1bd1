use std::sync::Arc;

use super::DateTime;

/// The only rows of stored tables that a query sees: those whose column of this name lies within two instants, both
/// included. It empties every table when they are the wrong way around.
///
/// A table without such a `datetime` column does not exist for the query.
///
/// ```
/// use kql::{BatchBuilder, ColumnType, DateTime, Schema, Settings, Table, Tables, TimeRange};
///
/// let hour = |hour| DateTime::parse(&format!("2026-11-23T{hour:02}:00:00Z")).expect("a date");
/// let mut rows = BatchBuilder::new(Schema::new([("at", ColumnType::DateTime)]));
/// (0..24).for_each(|at| rows.push_row(&[hour(at).into()]));
/// let tables = Tables::default().with("Hours", Table::of(rows.finish()));
///
/// let morning = Settings::at(hour(12)).with_time_range(TimeRange::new("at", hour(6), hour(11)));
/// assert_eq!(kql::run("Hours", &tables, &morning)?.primary().len(), 6);
/// # Ok::<(), kql::Error>(())
/// ```
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
