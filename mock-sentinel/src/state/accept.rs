//! The one way of an upload into the state. Its rows are made outside the lock; what is kept of it enters in one step, so that
//! no reader sees a part of an upload, and nothing is counted as stored that is not.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use kql::{Batch, Schema};

use super::State;
use crate::arm::Plan;
use crate::rules::{Counts, Flow, Quota, Rule, Stream, Throttled};
use crate::workspace::{LogError, Operation, OverCap};
use crate::world::{FieldUnit, World};

/// The call that brings rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upload<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) stream: &'a str,
    pub(crate) client_request_id: &'a str,
    /// Azure's id of the call.
    pub(crate) request_id: &'a str,
    /// The receive time.
    pub(crate) now: Timestamp,
}

/// The table of a flow as it was when the rows were made for it.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    /// `None` when there is no such table.
    pub(crate) schema: Option<Schema>,
    pub(crate) is_auxiliary: bool,
}

/// A body whose rows conform to their tables.
#[derive(Debug, Default)]
pub(crate) struct Conformed<'a> {
    /// Bytes of the body in the clear, which count against the day's cap.
    pub(crate) bytes: u64,
    pub(crate) received: u64,
    /// Rows that no table is to get: left out by a transform, or lost by one that failed.
    pub(crate) dropped: u64,
    /// Cells of columns that the stream does not declare.
    pub(crate) undeclared: u64,
    pub(crate) transform_errors: u64,
    /// In the order in which they were made.
    pub(crate) rows: Vec<FlowRows<'a>>,
    pub(crate) errors: Vec<RowError>,
}

/// Rows for the table of one flow.
#[derive(Debug)]
pub(crate) struct FlowRows<'a> {
    pub(crate) flow: &'a Flow,
    /// With the columns of the table.
    pub(crate) batch: Batch,
    /// Rows whose `TimeGenerated` is the receive time.
    pub(crate) restamped: u64,
    /// Fields that were cut, by column.
    pub(crate) cut: BTreeMap<String, u64>,
}

/// What `DCRLogErrors` says of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowError {
    /// `Ingestion` or `Transformation`.
    operation: &'static str,
    message: String,
}

/// What became of an upload's rows.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) kept: u64,
    pub(crate) dropped: u64,
    pub(crate) restamped: u64,
    /// Rows lost since the day's cap was reached.
    pub(crate) over_cap: u64,
}

impl RowError {
    /// Rows without a table.
    pub(crate) fn no_table(name: &str) -> Self {
        Self { operation: "Ingestion", message: format!("Table '{name}' no longer exists.") }
    }

    /// The body is not what it has to be.
    pub(crate) fn body(message: String) -> Self {
        Self { operation: "Ingestion", message }
    }

    /// A transform failed.
    pub(crate) fn transform(error: &kql::Error) -> Self {
        Self { operation: "Transformation", message: format!("The transform failed: {error}") }
    }
}

impl Conformed<'_> {
    /// Notes an error once, however many batches of a body have it.
    pub(crate) fn log(&mut self, error: RowError) {
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }
}

impl State {
    /// Counts a body against the rule's minute, and looks up where its rows go: one destination for each flow.
    pub(crate) fn admit_body(
        &mut self,
        upload: &Upload<'_>,
        quota: Quota,
        wire: u64,
        inflated: u64,
    ) -> Result<Vec<Destination>, Throttled> {
        self.rules.meter(&upload.rule.immutable_id).take_bytes(quota, wire, inflated, upload.now)?;
        let stream: Option<&Stream> = upload.rule.streams.get(upload.stream);
        Ok(stream.into_iter().flat_map(|stream| &stream.flows).map(|flow| self.destination(flow)).collect())
    }

    fn destination(&self, flow: &Flow) -> Destination {
        let table = self.tables.get(&flow.table);
        Destination {
            schema: table.map(|table| table.schema().clone()),
            is_auxiliary: table
                .and_then(|table| table.resource.as_ref())
                .is_some_and(|table| table.plan == Plan::Auxiliary),
        }
    }

    /// Takes an upload: all flows' rows, what Azure writes of them, the rule's metrics.
    pub(crate) fn accept(&mut self, world: &World, upload: &Upload<'_>, conformed: Conformed<'_>) -> Stored {
        let Conformed { bytes, received, dropped, undeclared, transform_errors, rows, errors } = conformed;
        self.log_errors(world, upload, &errors);
        let mut stored = Stored { dropped, ..Stored::default() };
        let is_over_cap = self.is_over_cap(world, upload, bytes);
        for rows in rows {
            let (count, restamped) = (rows.batch.len() as u64, rows.restamped);
            if is_over_cap {
                stored.over_cap += count;
            } else if let Err(error) = self.append(world, upload, rows) {
                self.log_errors(world, upload, &[error]);
                stored.dropped += count;
                continue;
            } else {
                stored.kept += count;
            }
            stored.restamped += restamped;
        }
        stored.dropped += stored.over_cap;
        self.rules.meter(&upload.rule.immutable_id).add(&Counts {
            received,
            stored: stored.kept,
            dropped: stored.dropped,
            columns_dropped: undeclared,
            transformation_errors: transform_errors,
        });
        stored
    }

    /// Writes a row of `DCRLogErrors` for each error of an upload, accepted or not.
    pub(crate) fn log_errors(&mut self, world: &World, upload: &Upload<'_>, errors: &[RowError]) {
        if !world.ingestion.log_errors {
            return;
        }
        let resource_id = world.workspace.rule_resource_id(&upload.rule.name);
        for RowError { operation, message } in errors {
            let error = LogError {
                operation,
                stream: upload.stream,
                message: message.clone(),
                client_request_id: upload.client_request_id,
                correlation_id: upload.request_id.to_owned(),
                resource_id: &resource_id,
            };
            self.tables.log_error(&error, upload.now);
        }
    }

    /// Counts a body against the day's cap. Returns whether it exceeds the cap.
    fn is_over_cap(&mut self, world: &World, upload: &Upload<'_>, bytes: u64) -> bool {
        let Some(cap) = world.ingestion.daily_cap_bytes else { return false };
        let Some(over) = self.tables.take_from_day(bytes, cap, upload.now) else { return false };
        if over == OverCap::First {
            let detail =
                format!("Data collection stopped due to the daily cap of {cap} bytes. Ingestion status = OverQuota");
            self.log_warning(world, upload, "Data collection Status", detail);
        }
        true
    }

    /// Adds rows to their table, unless it was deleted since they were made for it.
    fn append(&mut self, world: &World, upload: &Upload<'_>, rows: FlowRows<'_>) -> Result<(), RowError> {
        let ingestion = &world.ingestion;
        let name = &rows.flow.table;
        let table = self.tables.get_mut(name).ok_or_else(|| RowError::no_table(name))?;
        let later = |from: Timestamp, by: SignedDuration| from.saturating_add(by).unwrap_or(from);
        let put_at = table.put_at.unwrap_or(Timestamp::MIN);
        let visible_at =
            later(upload.now, ingestion.visible_after).max(later(put_at, ingestion.new_table_visible_after));
        table.append(rows.batch, visible_at, upload.now);
        let (limit, unit) = (
            ingestion.field_max,
            match ingestion.field_unit {
                FieldUnit::Bytes => "bytes",
                FieldUnit::Utf16 => "UTF-16 units",
            },
        );
        for (column, cut) in rows.cut {
            let detail = format!(
                "The following field's values of table {name} were trimmed to the maximum allowed size, {limit} {unit}: {column} ({cut} values)."
            );
            self.log_warning(world, upload, "Field content validation", detail);
        }
        Ok(())
    }

    fn log_warning(&mut self, world: &World, upload: &Upload<'_>, name: &'static str, detail: String) {
        let operation = Operation {
            category: "Ingestion",
            name,
            level: "Warning",
            detail,
            correlation_id: upload.request_id.to_owned(),
            resource_id: world.workspace.resource_id(),
        };
        self.tables.log_operation(&operation, upload.now);
    }
}
