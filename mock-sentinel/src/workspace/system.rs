//! The tables that Azure writes itself: errors of data collection rules, operations of the workspace.
//!
//! Columns: the table reference of DCRLogErrors and the page on monitoring a workspace, read 2026-11-22.

use jiff::Timestamp;
use kql::{Batch, BatchBuilder, ColumnType, DateTime, Schema, Value};

/// Errors of data collection rules.
pub(super) const LOG_ERRORS: &str = "DCRLogErrors";
/// Operations and warnings of the workspace.
pub(super) const LOG_OPERATION: &str = "_LogOperation";
/// Health of the connectors that Sentinel runs itself. A program that uploads gets no rows here, so it stays empty.
/// Source: the table reference of SentinelHealth, read 2026-11-22.
const HEALTH: &str = "SentinelHealth";

/// What went wrong with an upload after it was accepted, or why it was not.
#[derive(Debug, Clone)]
pub(crate) struct LogError<'a> {
    /// `Ingestion` or `Transformation`.
    pub(crate) operation: &'static str,
    pub(crate) stream: &'a str,
    pub(crate) message: String,
    pub(crate) client_request_id: &'a str,
    pub(crate) correlation_id: String,
    /// The rule.
    pub(crate) resource_id: &'a str,
}

/// Something the workspace did to data.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) category: &'static str,
    pub(crate) name: &'static str,
    pub(crate) level: &'static str,
    pub(crate) detail: String,
    pub(crate) correlation_id: String,
    pub(crate) resource_id: String,
}

pub(super) fn schemas() -> [(&'static str, Schema); 3] {
    [(LOG_ERRORS, log_errors()), (LOG_OPERATION, log_operation()), (HEALTH, health())]
}

fn with_time(columns: &[&str]) -> Schema {
    let time = std::iter::once(("TimeGenerated", ColumnType::DateTime));
    Schema::new(time.chain(columns.iter().map(|name| (*name, ColumnType::String))))
}

fn log_errors() -> Schema {
    with_time(&["OperationName", "InputStreamId", "Message", "ClientRequestId", "CorrelationId", "_ResourceId"])
}

fn log_operation() -> Schema {
    with_time(&["Category", "Operation", "Level", "Detail", "_ResourceId", "Computer", "CorrelationId"])
}

fn health() -> Schema {
    let text = |name| (name, ColumnType::String);
    Schema::new([
        ("TimeGenerated", ColumnType::DateTime),
        text("OperationName"),
        text("SentinelResourceId"),
        text("SentinelResourceName"),
        text("Status"),
        text("Description"),
        text("Reason"),
        text("WorkspaceId"),
        text("SentinelResourceType"),
        text("SentinelResourceKind"),
        text("RecordId"),
        ("ExtendedProperties", ColumnType::Dynamic),
    ])
}

/// An instant as the engine counts it.
pub(crate) fn instant(timestamp: Timestamp) -> DateTime {
    DateTime::from_unix_nanoseconds(timestamp.as_nanosecond()).expect("a timestamp lies within the years 1 to 9999")
}

fn row(schema: Schema, now: Timestamp, cells: &[&str]) -> Batch {
    let mut builder = BatchBuilder::new(schema);
    let time = std::iter::once(Value::from(instant(now)));
    let row: Vec<Value> = time.chain(cells.iter().map(|cell| Value::from(*cell))).collect();
    builder.push_row(&row);
    builder.finish()
}

impl LogError<'_> {
    pub(super) fn row(&self, now: Timestamp) -> Batch {
        let cells = [
            self.operation,
            self.stream,
            &self.message,
            self.client_request_id,
            &self.correlation_id,
            self.resource_id,
        ];
        row(log_errors(), now, &cells)
    }

    /// Errors with the same key are written once an hour.
    pub(super) fn mute_key(&self) -> String {
        [self.resource_id, self.stream, self.operation, &self.message].join("\n")
    }
}

impl Operation {
    pub(super) fn row(&self, now: Timestamp) -> Batch {
        let cells = [self.category, self.name, self.level, &self.detail, &self.resource_id, "", &self.correlation_id];
        row(log_operation(), now, &cells)
    }
}
