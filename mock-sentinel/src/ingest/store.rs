//! From the text of a body to rows in the tables.

use bytes::Bytes;
use faults::{Ids, IdsBuilder};
use jiff::Timestamp;
use kql::{Batch, ColumnType, DateTime};

use super::conform::{Bounds, Conformed, conform};
use super::rows::{Parsed, check, parse};
use crate::arm::Plan;
use crate::rules::{Flow, Rule, Stream};
use crate::state::Shared;
use crate::workspace::{LogError, Operation, OverCap, instant};
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
    /// Rows lost since the day's cap was reached.
    pub(super) over_cap: u64,
    /// The body was JSON but no array.
    pub(super) not_an_array: bool,
    /// The ids of what was received.
    pub(super) ids: Ids,
}

/// Why nothing of a body was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ContentError {
    /// Not JSON, and why.
    Json(String),
    /// An object or array for this column, on its way into an Auxiliary table.
    Nested(String),
    /// An Auxiliary table without a transform got rows further apart than it takes.
    Spread,
}

/// How far apart the times of one call may be on the Auxiliary plan without a transform.
const SPREAD_MAX: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);

/// Bodies longer than this are checked as a whole before rows are made of them, which may take far more memory.
const CHECK_BYTES: usize = 2 * 1024 * 1024;

/// Rows on their way into the tables, which they enter together.
#[derive(Default)]
struct Ready<'r> {
    stored: Stored,
    conformed: Vec<(&'r Flow, Conformed)>,
    spread: Spread,
    ids: IdsBuilder,
}

impl Upload<'_> {
    pub(super) fn store(&self, text: &Bytes) -> Result<Stored, ContentError> {
        let stream = &self.rule.streams[self.stream_name];
        let spread_column = self.spread_column(stream);
        let id_column = stream.schema.index_of("id").filter(|column| stream.schema.kind(*column) == ColumnType::String);
        let auxiliary = stream.flows.iter().any(|flow| self.is_auxiliary(flow));
        let mut ready = Ready::default();
        let checked = if text.len() > CHECK_BYTES { check(text) } else { Ok(()) };
        let parsed = checked.and_then(|()| {
            let wrong_types = self.shared.world.ingestion.wrong_types;
            parse(text, &stream.schema, wrong_types, &mut |rows| {
                ready.spread.widen(&rows, spread_column);
                ready.note_ids(&rows, id_column);
                ready.stored.received += rows.len() as u64;
                stream.flows.iter().for_each(|flow| self.run(flow, &rows, &mut ready));
            })
        });
        let counted = match parsed {
            Ok(Parsed::Rows(counted)) => counted,
            Ok(Parsed::NotAnArray) => {
                self.log_error("Ingestion", "The request body is not a JSON array.".to_owned());
                return Ok(Stored { not_an_array: true, ..Stored::default() });
            }
            Err(why) => {
                self.log_error("Ingestion", format!("The request body is not valid JSON: {why}."));
                return Err(ContentError::Json(why));
            }
        };
        if let Some(column) = counted.nested.filter(|_| auxiliary) {
            return Err(ContentError::Nested(stream.schema.columns()[column].name.to_string()));
        }
        if ready.spread.is_too_wide() {
            return Err(ContentError::Spread);
        }
        let Ready { mut stored, mut conformed, ids, .. } = ready;
        stored.ids = ids.finish();
        if self.is_over_cap(text.len()) {
            stored.over_cap = std::mem::take(&mut stored.kept);
            stored.dropped += stored.over_cap;
            conformed.clear();
        }
        stored.received += counted.not_objects;
        stored.dropped += counted.not_objects;
        stored.not_objects = counted.not_objects;
        stored.undeclared = counted.undeclared;
        for (flow, conformed) in conformed {
            self.append(flow, conformed);
        }
        Ok(stored)
    }

    /// Counts a body against the day's cap; tells whether it does not fit any more.
    fn is_over_cap(&self, bytes: usize) -> bool {
        let Some(cap) = self.shared.world.ingestion.daily_cap_bytes else { return false };
        let mut state = self.shared.state();
        let Some(over) = state.tables.take_from_day(bytes as u64, cap, self.now) else { return false };
        if over == OverCap::First {
            let operation = Operation {
                category: "Ingestion",
                name: "Data collection Status",
                level: "Warning",
                detail: format!(
                    "Data collection stopped due to the daily cap of {cap} bytes. Ingestion status = OverQuota"
                ),
                correlation_id: self.request_id.clone(),
                resource_id: self.shared.world.workspace.resource_id(),
            };
            state.tables.log_operation(&operation, self.now);
        }
        true
    }

    /// Sends rows through one flow, up to the door of its table.
    fn run<'r>(&self, flow: &'r Flow, rows: &Batch, ready: &mut Ready<'r>) {
        let stored = &mut ready.stored;
        let before = rows.len() as u64;
        let transformed = match flow.transform.apply(rows, instant(self.now)) {
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
        if transformed.is_empty() {
            return;
        }
        let conformed = conform(&transformed, &schema, &bounds);
        stored.kept += conformed.batch.len() as u64;
        stored.restamped += conformed.restamped;
        ready.conformed.push((flow, conformed));
    }

    fn append(&self, flow: &Flow, conformed: Conformed) {
        let world = &self.shared.world.ingestion;
        let mut state = self.shared.state();
        let later = |from: Timestamp, by| from.saturating_add(by).unwrap_or(from);
        let put_at = state.tables.get(&flow.table).and_then(|table| table.put_at).unwrap_or(Timestamp::MIN);
        let visible_at = later(self.now, world.visible_after).max(later(put_at, world.new_table_visible_after));
        state.tables.append(&flow.table, conformed.batch, visible_at, self.now);
        for (column, cut) in conformed.cut {
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

    /// The time column whose spread is limited: a stream's on its way into an Auxiliary table without a transform.
    fn spread_column(&self, stream: &Stream) -> Option<usize> {
        let is_plain = |flow: &Flow| !flow.transforms && self.is_auxiliary(flow);
        stream.schema.index_of("TimeGenerated").filter(|_| stream.flows.iter().any(is_plain))
    }

    fn is_auxiliary(&self, flow: &Flow) -> bool {
        let state = self.shared.state();
        let table = state.tables.get(&flow.table).and_then(|table| table.resource.as_ref());
        table.is_some_and(|table| table.plan == Plan::Auxiliary)
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

impl Ready<'_> {
    fn note_ids(&mut self, rows: &Batch, column: Option<usize>) {
        let Some(column) = column.map(|column| rows.column(column)) else { return };
        (0..rows.len()).filter_map(|row| column.str(row)).for_each(|id| self.ids.push(id));
    }
}

/// The first and the last time in a body.
#[derive(Debug, Default, Clone, Copy)]
struct Spread(Option<(DateTime, DateTime)>);

impl Spread {
    fn widen(&mut self, rows: &Batch, column: Option<usize>) {
        let Some(column) = column else { return };
        for time in (0..rows.len()).filter_map(|row| rows.value(row, column).as_datetime()) {
            let (first, last) = self.0.unwrap_or((time, time));
            self.0 = Some((first.min(time), last.max(time)));
        }
    }

    fn is_too_wide(self) -> bool {
        self.0.is_some_and(|(first, last)| last.since(first).seconds() > SPREAD_MAX.as_secs_f64())
    }
}
