//! What happens to transformed rows on their way into a table: the columns in the table's order, `TimeGenerated` within
//! its bounds, long fields cut.
//!
//! Bounds: the page on standard columns and the limits page of custom logs, read 2026-11-22.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use kql::{Batch, BatchBuilder, Column, ColumnBuilder, ColumnType, DateTime, Schema, Value};

use crate::rules::Flow;
use crate::state::FlowRows;
use crate::workspace::instant;
use crate::world::{FieldUnit, Ingestion};

/// The limits that rows conform to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The receive time.
    now: DateTime,
    oldest: DateTime,
    newest: DateTime,
    field_max: usize,
    field_unit: FieldUnit,
}

impl Bounds {
    /// The world's bounds for what is received now.
    pub(super) fn new(ingestion: &Ingestion, now: Timestamp) -> Self {
        Self {
            now: instant(now),
            oldest: instant(now.saturating_sub(ingestion.oldest).unwrap_or(Timestamp::MIN)),
            newest: instant(now.saturating_add(ingestion.newest).unwrap_or(Timestamp::MAX)),
            field_max: ingestion.field_max,
            field_unit: ingestion.field_unit,
        }
    }
}

impl Bounds {
    fn fits(&self, text: &str) -> bool {
        // No text has more units than bytes.
        text.len() <= self.field_max
            || (self.field_unit == FieldUnit::Utf16 && text.encode_utf16().count() <= self.field_max)
    }

    /// The text up to the bound; a cut tree is not JSON any more and is kept as text.
    fn cut(&self, text: &str, kind: ColumnType) -> Value {
        let mut used = 0;
        let size = |char: char| match self.field_unit {
            FieldUnit::Bytes => char.len_utf8(),
            FieldUnit::Utf16 => char.len_utf16(),
        };
        let kept = text.char_indices().find(|(_, char)| {
            used += size(*char);
            used > self.field_max
        });
        let text = &text[..kept.map_or(text.len(), |(end, _)| end)];
        if kind == ColumnType::Dynamic { Value::from(kql::Dynamic::string(text)) } else { Value::from(text) }
    }
}

/// Rows as the table keeps them, and what was done to them.
#[derive(Debug)]
pub(super) struct ConformedRows {
    pub(super) batch: Batch,
    /// Rows whose `TimeGenerated` was missing or out of bounds.
    pub(super) restamped: u64,
    /// Fields that were cut, by column.
    pub(super) cut: BTreeMap<String, u64>,
}

impl ConformedRows {
    /// The same as the rows of a flow.
    pub(super) fn of(self, flow: &Flow) -> FlowRows<'_> {
        FlowRows { flow, batch: self.batch, restamped: self.restamped, cut: self.cut }
    }
}

/// How a column of the table is filled.
#[derive(Debug, Clone, Copy)]
struct Filling<'a> {
    name: &'a str,
    kind: ColumnType,
    /// The column of the transformed rows; none fills with missing values.
    source: Option<&'a Column>,
}

pub(super) fn conform(rows: &Batch, table: &Schema, bounds: &Bounds) -> ConformedRows {
    let fillings: Vec<Filling<'_>> = table
        .columns()
        .iter()
        .map(|column| Filling {
            name: &column.name,
            kind: column.kind,
            source: rows.schema().index_of(&column.name).map(|index| rows.column(index)),
        })
        .collect();
    let mut conformed = ConformedRows { batch: rows.clone(), restamped: 0, cut: BTreeMap::new() };
    let untouched = fillings.iter().all(|filling| filling.keeps(rows.len(), bounds));
    if untouched && rows.schema() == table {
        return conformed;
    }
    let mut builder = BatchBuilder::with_capacity(table.clone(), rows.len());
    for (index, filling) in fillings.iter().enumerate() {
        let column = builder.column(index);
        for row in 0..rows.len() {
            if filling.is_time() {
                let (time, kept) = filling.time(row, bounds);
                conformed.restamped += u64::from(!kept);
                column.push_datetime(time);
                continue;
            }
            let Some(source) = filling.source else {
                column.push_null();
                continue;
            };
            match filling.text(row).filter(|text| !bounds.fits(text)) {
                Some(long) => {
                    *conformed.cut.entry(filling.name.to_owned()).or_default() += 1;
                    column.push(&bounds.cut(&long, filling.kind));
                }
                None => copy(source, row, column),
            }
        }
    }
    for _ in 0..rows.len() {
        builder.end_row();
    }
    conformed.batch = builder.finish();
    conformed
}

impl Filling<'_> {
    fn is_time(&self) -> bool {
        self.name == "TimeGenerated"
    }

    /// Whether every cell goes into the table as it is.
    fn keeps(&self, rows: usize, bounds: &Bounds) -> bool {
        if self.is_time() {
            return (0..rows).all(|row| self.time(row, bounds).1);
        }
        (0..rows).all(|row| self.text(row).is_none_or(|text| bounds.fits(&text)))
    }

    /// The row's `TimeGenerated`, and whether the row brought it.
    fn time(&self, row: usize, bounds: &Bounds) -> (DateTime, bool) {
        let own = self.source.and_then(|column| column.value(row).as_datetime());
        let kept = own.filter(|time| (bounds.oldest..=bounds.newest).contains(time));
        (kept.unwrap_or(bounds.now), kept.is_some())
    }

    /// A cell's text, for the types that are kept as text.
    fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        let source = self.source?;
        if self.kind == ColumnType::String {
            return source.str(row).map(Cow::Borrowed);
        }
        if self.kind == ColumnType::Dynamic { source.json(row) } else { None }
    }
}

/// Copies a cell between columns of one type.
fn copy(from: &Column, row: usize, to: &mut ColumnBuilder) {
    match (from.str(row), from.json(row)) {
        (Some(text), _) => to.push_str(text),
        (None, Some(json)) => to.push_json(&json),
        (None, None) => to.push(&from.value(row)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-23T12:00:00Z";

    fn bounds() -> Bounds {
        Bounds::new(&Ingestion { field_max: 8, ..Ingestion::default() }, NOW.parse().unwrap())
    }

    fn time(text: &str) -> Value {
        Value::from(DateTime::parse(text))
    }

    fn table() -> Schema {
        Schema::new([
            ("TimeGenerated", ColumnType::DateTime),
            ("id", ColumnType::String),
            ("bag", ColumnType::Dynamic),
            ("n", ColumnType::Long),
        ])
    }

    fn conformed(rows: &[(Value, &str, &str)]) -> ConformedRows {
        let schema = Schema::new([
            ("bag", ColumnType::Dynamic),
            ("id", ColumnType::String),
            ("TimeGenerated", ColumnType::DateTime),
        ]);
        let mut builder = BatchBuilder::new(schema);
        for (time, id, bag) in rows {
            builder.column(0).push_json(bag);
            builder.column(1).push_str(id);
            builder.column(2).push(time);
            builder.end_row();
        }
        conform(&builder.finish(), &table(), &bounds())
    }

    #[test]
    fn times_out_of_bounds_become_the_receive_time() {
        for (own, kept) in [
            (time("2026-11-21T12:00:00Z"), true),
            (time("2026-11-21T11:59:59.9999999Z"), false),
            (time("2026-11-24T12:00:00Z"), true),
            (time("2026-11-24T12:00:00.0000001Z"), false),
            (Value::Null, false),
        ] {
            let conformed = conformed(&[(own.clone(), "a", "1")]);
            let expected = if kept { own } else { time(NOW) };
            assert_eq!(conformed.batch.value(0, 0), expected);
            assert_eq!(conformed.restamped, u64::from(!kept));
        }
    }

    #[test]
    fn columns_take_the_tables_order_and_missing_ones_are_null() {
        let conformed = conformed(&[(time(NOW), "a", r#"{"x":1}"#)]);
        let row = conformed.batch.row(0);
        assert_eq!(row[1], Value::from("a"));
        assert_eq!(row[2].to_text(), r#"{"x":1}"#);
        assert_eq!(row[3], Value::Null);
    }

    #[test]
    fn long_fields_are_cut_at_a_character_and_counted() {
        let conformed = conformed(&[(time(NOW), "abcdefgé", r#"{"key":12}"#), (time(NOW), "abcdefgh", "[1]")]);
        assert_eq!(conformed.batch.value(0, 1), Value::from("abcdefg"));
        assert_eq!(conformed.batch.value(0, 2).to_text(), r#"{"key":1"#);
        assert_eq!(conformed.batch.value(1, 1), Value::from("abcdefgh"));
        assert_eq!(conformed.cut, BTreeMap::from([("id".to_owned(), 1), ("bag".to_owned(), 1)]));
    }
}
