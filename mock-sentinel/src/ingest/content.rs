//! From the text of a body to rows that conform to their tables. Nothing here touches the state.

use bytes::Bytes;
use faults::{Ids, IdsBuilder};
use kql::{Batch, ColumnType, DateTime, Settings};

use super::conform::{Bounds, conform};
use super::rows::{Parsed, check, parse};
use crate::rules::{Flow, Stream};
use crate::state::{Conformed, Destination, RowError, Upload};
use crate::workspace::instant;
use crate::world::Ingestion;

/// What was read of a body.
#[derive(Debug, Default)]
pub(super) struct Content<'a> {
    pub(super) conformed: Conformed<'a>,
    /// Elements of the array that were not objects.
    pub(super) not_objects: u64,
    /// The body was JSON but not an array.
    pub(super) not_an_array: bool,
    /// The ids of what was received.
    pub(super) ids: Ids,
}

/// Why nothing of a body is stored.
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

/// A body while it is read.
struct Reading<'a> {
    flows: Vec<(&'a Flow, Destination)>,
    bounds: Bounds,
    settings: Settings,
    spread_column: Option<usize>,
    id_column: Option<usize>,
    conformed: Conformed<'a>,
    spread: Spread,
    ids: IdsBuilder,
}

/// Reads a body. What there is to log is in the content, or handed back beside the error.
pub(super) fn read<'a>(
    text: &Bytes,
    upload: &Upload<'_>,
    stream: &'a Stream,
    destinations: Vec<Destination>,
    ingestion: &Ingestion,
) -> Result<Content<'a>, (ContentError, Vec<RowError>)> {
    let mut reading = Reading::new(upload, stream, destinations, ingestion);
    let checked = if text.len() > CHECK_BYTES { check(text) } else { Ok(()) };
    let parsed =
        checked.and_then(|()| parse(text, &stream.schema, ingestion.wrong_types, &mut |rows| reading.take(&rows)));
    let auxiliary = reading.flows.iter().any(|(_, table)| table.is_auxiliary);
    let Reading { mut conformed, spread, ids, .. } = reading;
    let counted = match parsed {
        Ok(Parsed::Rows(counted)) => counted,
        Ok(Parsed::NotAnArray) => {
            conformed.log(RowError::body("The request body is not a JSON array.".to_owned()));
            let conformed = Conformed { errors: conformed.errors, ..Conformed::default() };
            return Ok(Content { conformed, not_an_array: true, ..Content::default() });
        }
        Err(why) => {
            conformed.log(RowError::body(format!("The request body is not valid JSON: {why}.")));
            return Err((ContentError::Json(why), conformed.errors));
        }
    };
    if let Some(column) = counted.nested.filter(|_| auxiliary) {
        let column = stream.schema.columns()[column].name.to_string();
        return Err((ContentError::Nested(column), conformed.errors));
    }
    if spread.is_too_wide() {
        return Err((ContentError::Spread, conformed.errors));
    }
    conformed.bytes = text.len() as u64;
    conformed.received += counted.not_objects;
    conformed.dropped += counted.not_objects;
    conformed.undeclared = counted.undeclared;
    Ok(Content { conformed, not_objects: counted.not_objects, not_an_array: false, ids: ids.finish() })
}

impl<'a> Reading<'a> {
    fn new(upload: &Upload<'_>, stream: &'a Stream, destinations: Vec<Destination>, ingestion: &Ingestion) -> Self {
        let flows: Vec<_> = stream.flows.iter().zip(destinations).collect();
        let is_text = |column: &usize| stream.schema.kind(*column) == ColumnType::String;
        // The time column whose spread is limited: a stream's on its way into an Auxiliary table without a transform.
        let is_plain = flows.iter().any(|(flow, table)| !flow.transforms && table.is_auxiliary);
        Self {
            flows,
            bounds: Bounds::new(ingestion, upload.now),
            settings: Settings::at(instant(upload.now)),
            spread_column: stream.schema.index_of("TimeGenerated").filter(|_| is_plain),
            id_column: stream.schema.index_of("id").filter(is_text),
            conformed: Conformed::default(),
            spread: Spread::default(),
            ids: IdsBuilder::default(),
        }
    }

    /// Sends rows through every flow, up to its table.
    fn take(&mut self, rows: &Batch) {
        self.spread.widen(rows, self.spread_column);
        self.note_ids(rows);
        let conformed = &mut self.conformed;
        conformed.received += rows.len() as u64;
        for (flow, destination) in &self.flows {
            let transformed = match flow.transform.apply(rows, &self.settings) {
                Ok(transformed) => transformed,
                Err(error) => {
                    conformed.transform_errors += 1;
                    conformed.dropped += rows.len() as u64;
                    conformed.log(RowError::transform(&error));
                    continue;
                }
            };
            conformed.dropped += (rows.len() as u64).saturating_sub(transformed.len() as u64);
            let Some(schema) = &destination.schema else {
                conformed.dropped += transformed.len() as u64;
                conformed.log(RowError::no_table(&flow.table));
                continue;
            };
            if !transformed.is_empty() {
                conformed.rows.push(conform(&transformed, schema, &self.bounds).of(flow));
            }
        }
    }

    fn note_ids(&mut self, rows: &Batch) {
        let Some(column) = self.id_column.map(|column| rows.column(column)) else { return };
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use faults::SystemClock;
    use jiff::Timestamp;

    use super::*;
    use crate::World;
    use crate::rules::{Quota, Rule};
    use crate::state::{Shared, Stored};

    const STREAM: &str = "Custom-MiroAuditLogs_CL";
    const TABLE: &str = "MiroAuditLogs_CL";

    /// An upload of two events, with something that happens between reading them and taking them.
    fn upload(shared: &Shared, meanwhile: impl FnOnce()) -> Stored {
        let rule: Arc<Rule> = shared.state().rules.with_stream(STREAM).cloned().unwrap();
        let upload =
            Upload { rule: &rule, stream: STREAM, client_request_id: "", request_id: "1", now: Timestamp::UNIX_EPOCH };
        let quota = Quota { calls_max: 10, bytes_max: 1 << 20 };
        let text = Bytes::from_static(br#"[{"id": "a", "event": "sign_in"}, {"id": "b", "event": "sign_in"}]"#);
        let destinations = shared.state().admit_body(&upload, quota, 1, 1).unwrap();
        let content =
            read(&text, &upload, &rule.streams[STREAM], destinations, &shared.world.ingestion).map_err(|(why, _)| why);
        let conformed = content.unwrap().conformed;
        meanwhile();
        shared.state().accept(&shared.world, &upload, conformed)
    }

    #[test]
    fn a_table_that_is_deleted_meanwhile_gets_no_rows_and_none_are_counted() {
        let shared = Shared::new(World::default(), Arc::new(SystemClock)).unwrap();
        assert_eq!(upload(&shared, || ()), Stored { kept: 2, restamped: 2, ..Stored::default() });
        let stored = upload(&shared, || assert!(shared.state().tables.remove(TABLE)));
        assert_eq!(stored, Stored { dropped: 2, ..Stored::default() });
        let mut state = shared.state();
        assert_eq!(state.tables.get("DCRLogErrors").unwrap().count().count, 1);
        let id = state.rules.with_stream(STREAM).unwrap().immutable_id.clone();
        let meter = state.rules.meter(&id);
        assert_eq!((meter.rows_received, meter.rows_stored, meter.rows_dropped), (4, 2, 2));
    }
}
