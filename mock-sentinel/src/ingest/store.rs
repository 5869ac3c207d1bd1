//! From the text of a body to rows in the tables.

use bytes::Bytes;
use jiff::Timestamp;

use super::rows::{Parsed, Rows, parse};
use super::settle::{Bounds, Settled, settle};
use crate::arm::Plan;
use crate::rules::{Flow, Rule, Stream};
use crate::server::Shared;
use crate::workspace::{LogError, Operation, instant};
use crate::world::FieldUnit;

/// An upload that passed every check but those of its content.
#[derive(Debug)]
pub(super) struct Upload<'a> {
    pub(super) shared: &'a Shared,
    pub(super) rule: &'a Rule,
    pub(super) stream_name: &'a str,
    pub(super) client_request_id: &'a str,
    /// Azure's id of the call.
    pub(super) request_id: String,
    pub(super) now: Timestamp,
}

/// What became of a body's rows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) received: u64,
    pub(super) kept: u64,
    pub(super) dropped: u64,
    pub(super) undeclared: u64,
    pub(super) restamped: u64,
    pub(super) not_objects: u64,
    pub(super) transform_errors: u64,
    /// The body was JSON but no array.
    pub(super) not_an_array: bool,
}

/// Why nothing of a body was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ContentError {
    /// Not JSON, and why.
    Json(String),
    /// An Auxiliary table without a transform got rows further apart than it takes.
    Spread,
}

/// How far apart the times of one call may be on the Auxiliary plan without a transform.
const SPREAD_MAX: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);

impl Upload<'_> {
    pub(super) fn store(&self, text: &Bytes) -> Result<Stored, ContentError> {
        let stream = &self.rule.streams[self.stream_name];
        let rows = match parse(text, &stream.schema, self.shared.world.ingestion.wrong_types) {
            Ok(Parsed::Rows(rows)) => rows,
            Ok(Parsed::NotAnArray) => {
                self.log_error("Ingestion", "The request body is not a JSON array.".to_owned());
                return Ok(Stored { not_an_array: true, ..Stored::default() });
            }
            Err(why) => {
                self.log_error("Ingestion", format!("The request body is not valid JSON: {why}."));
                return Err(ContentError::Json(why));
            }
        };
        self.check_spread(stream, &rows)?;
        let mut stored = Stored {
            received: rows.batch.len() as u64 + rows.not_objects,
            dropped: rows.not_objects,
            undeclared: rows.undeclared,
            not_objects: rows.not_objects,
            ..Stored::default()
        };
        for flow in &stream.flows {
            self.run(flow, &rows, &mut stored);
        }
        Ok(stored)
    }

    /// Sends the rows through one flow into its table.
    fn run(&self, flow: &Flow, rows: &Rows, stored: &mut Stored) {
        let before = rows.batch.len() as u64;
        let transformed = match flow.transform.apply(&rows.batch, instant(self.now)) {
            Ok(transformed) => transformed,
            Err(error) => {
                stored.transform_errors += 1;
                stored.dropped += before;
                return self.log_error("Transformation", format!("The transform failed: {error}"));
            }
        };
        stored.dropped += before.saturating_sub(transformed.len() as u64);
        let bounds = Bounds::new(&self.shared.world.ingestion, self.now);
        let Some(schema) = self.shared.state().tables.get(&flow.table).map(|table| table.schema().clone()) else {
            stored.dropped += transformed.len() as u64;
            return self.log_error("Ingestion", format!("Table '{}' does not exist any more.", flow.table));
        };
        let settled = settle(&transformed, &schema, &bounds);
        stored.kept += settled.batch.len() as u64;
        stored.restamped += settled.restamped;
        self.append(flow, settled);
    }

    fn append(&self, flow: &Flow, settled: Settled) {
        let visible_at = self.now.saturating_add(self.shared.world.ingestion.visible_after).unwrap_or(self.now);
        let mut state = self.shared.state();
        state.tables.append(&flow.table, settled.batch, visible_at, self.now);
        for (column, cut) in settled.cut {
            let limit = self.shared.world.ingestion.field_max;
            let unit = match self.shared.world.ingestion.field_unit {
                FieldUnit::Bytes => "bytes",
                FieldUnit::Utf16 => "UTF-16 units",
            };
            let operation = Operation {
                category: "Ingestion",
                name: "Field content validation",
                level: "Warning",
                detail: format!(
                    "The following field's values of table {} were trimmed to the maximum allowed size, {limit} {unit}: {column} ({cut} values).",
                    flow.table
                ),
                correlation_id: self.request_id.clone(),
                resource_id: self.shared.world.workspace.resource_id(),
            };
            state.tables.log_operation(&operation, self.now);
        }
    }

    /// Refuses rows that an Auxiliary table without a transform does not take together.
    fn check_spread(&self, stream: &Stream, rows: &Rows) -> Result<(), ContentError> {
        let Some(column) = stream.schema.index_of("TimeGenerated") else { return Ok(()) };
        let strict = {
            let state = self.shared.state();
            let is_auxiliary = |flow: &&Flow| {
                let table = state.tables.get(&flow.table).and_then(|table| table.resource.as_ref());
                !flow.transforms && table.is_some_and(|table| table.plan == Plan::Auxiliary)
            };
            stream.flows.iter().any(|flow| is_auxiliary(&flow))
        };
        if !strict {
            return Ok(());
        }
        let times = (0..rows.batch.len()).filter_map(|row| rows.batch.value(row, column).as_datetime());
        let (first, last) = times.fold((None, None), |(first, last): (Option<kql::DateTime>, _), time| {
            (
                Some(first.map_or(time, |first| first.min(time))),
                Some(last.map_or(time, |last: kql::DateTime| last.max(time))),
            )
        });
        match (first, last) {
            (Some(first), Some(last)) if last.since(first).seconds() > SPREAD_MAX.as_secs_f64() => {
                Err(ContentError::Spread)
            }
            _ => Ok(()),
        }
    }

    /// Writes a row of DCRLogErrors.
    pub(super) fn log_error(&self, operation: &'static str, message: String) {
        let resource_id = self.shared.world.workspace.rule_resource_id(&self.rule.name);
        let error = LogError {
            operation,
            stream: self.stream_name,
            message,
            client_request_id: self.client_request_id,
            correlation_id: self.request_id.clone(),
            resource_id: &resource_id,
        };
        if self.shared.world.ingestion.log_errors {
            self.shared.state().tables.log_error(&error, self.now);
        }
    }
}
