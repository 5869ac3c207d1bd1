//! Filling a column cell by cell.

use std::sync::Arc;

use uuid::Uuid;

use super::{Arena, Bitmap, Column, Data, Strings};
use crate::{
    decimal::Decimal,
    dynamic::Dynamic,
    time::{DateTime, Timespan},
    types::ColumnType,
    value::Value,
};

/// Collects the cells of one column. A cell of another type than the column's becomes null (`""` in a string
/// column), except that `int` widens to `long` and `real`, `long` to `real`, and anything to `dynamic`.
#[derive(Debug)]
pub struct ColumnBuilder {
    data: Open,
    valid: Option<Bitmap>,
    len: usize,
    tree_bytes: usize,
}

#[derive(Debug)]
enum Open {
    Bool(Vec<bool>),
    Int(Vec<i32>),
    Long(Vec<i64>),
    Real(Vec<f64>),
    Decimal(Vec<Decimal>),
    String(Arena),
    DateTime(Vec<i64>),
    Timespan(Vec<i64>),
    Guid(Vec<Uuid>),
    /// As long as only JSON text came in.
    Json(Arena),
    Tree(Vec<Dynamic>),
}

impl ColumnBuilder {
    /// An empty column of this type.
    pub fn new(kind: ColumnType) -> Self {
        Self::with_capacity(kind, 0)
    }

    /// An empty column with room for `rows`.
    pub fn with_capacity(kind: ColumnType, rows: usize) -> Self {
        let data = match kind {
            ColumnType::Bool => Open::Bool(Vec::with_capacity(rows)),
            ColumnType::Int => Open::Int(Vec::with_capacity(rows)),
            ColumnType::Long => Open::Long(Vec::with_capacity(rows)),
            ColumnType::Real => Open::Real(Vec::with_capacity(rows)),
            ColumnType::Decimal => Open::Decimal(Vec::with_capacity(rows)),
            ColumnType::String => Open::String(Arena::with_capacity(rows, 0)),
            ColumnType::DateTime => Open::DateTime(Vec::with_capacity(rows)),
            ColumnType::Timespan => Open::Timespan(Vec::with_capacity(rows)),
            ColumnType::Guid => Open::Guid(Vec::with_capacity(rows)),
            ColumnType::Dynamic => Open::Json(Arena::with_capacity(rows, 0)),
        };
        Self { data, valid: None, len: 0, tree_bytes: 0 }
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True before the first cell.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes collected, roughly.
    pub(crate) fn bytes(&self) -> usize {
        match &self.data {
            Open::String(arena) | Open::Json(arena) => arena.bytes(),
            _ => (self.len * 8).saturating_add(self.tree_bytes),
        }
    }

    fn mark(&mut self, valid: bool) {
        if !valid && self.valid.is_none() {
            self.valid = Some(Bitmap::filled(self.len, true));
        }
        if let Some(bitmap) = &mut self.valid {
            bitmap.push(valid);
        }
        self.len += 1;
    }

    /// A null; `""` in a string column.
    pub fn push_null(&mut self) {
        match &mut self.data {
            Open::Bool(cells) => cells.push(false),
            Open::Int(cells) => cells.push(0),
            Open::Long(cells) | Open::DateTime(cells) | Open::Timespan(cells) => cells.push(0),
            Open::Real(cells) => cells.push(0.0),
            Open::Decimal(cells) => cells.push(Decimal::ZERO),
            Open::Guid(cells) => cells.push(Uuid::nil()),
            Open::Tree(cells) => cells.push(Dynamic::Null),
            Open::Json(arena) => arena.push(""),
            Open::String(arena) => {
                arena.push("");
                return self.mark(true);
            }
        }
        self.mark(false);
    }

    /// Any value.
    pub fn push(&mut self, value: &Value) {
        match (&mut self.data, value) {
            (Open::Bool(cells), Value::Bool(value)) => cells.push(*value),
            (Open::Int(cells), Value::Int(value)) => cells.push(*value),
            (Open::Long(cells), Value::Long(value)) => cells.push(*value),
            (Open::Long(cells), Value::Int(value)) => cells.push(i64::from(*value)),
            (Open::Real(cells), Value::Real(value)) => cells.push(*value),
            (Open::Real(cells), Value::Int(value)) => cells.push(f64::from(*value)),
            (Open::Real(cells), Value::Long(value)) => cells.push(*value as f64),
            (Open::Decimal(cells), Value::Decimal(value)) => cells.push(*value),
            (Open::String(arena), Value::String(value)) => arena.push(value),
            (Open::DateTime(cells), Value::DateTime(value)) => cells.push(value.ticks()),
            (Open::Timespan(cells), Value::Timespan(value)) => cells.push(value.ticks()),
            (Open::Guid(cells), Value::Guid(value)) => cells.push(*value),
            (Open::Json(_) | Open::Tree(_), value) if !value.is_null() => return self.push_tree(value.to_dynamic()),
            _ => return self.push_null(),
        }
        self.mark(true);
    }

    /// A `bool`.
    pub fn push_bool(&mut self, value: bool) {
        match &mut self.data {
            Open::Bool(cells) => cells.push(value),
            _ => return self.push(&Value::Bool(value)),
        }
        self.mark(true);
    }

    /// A `long`, or an `int` when it fits one.
    pub fn push_i64(&mut self, value: i64) {
        match &mut self.data {
            Open::Long(cells) => cells.push(value),
            Open::Int(cells) => match i32::try_from(value) {
                Ok(value) => cells.push(value),
                Err(_) => return self.push_null(),
            },
            _ => return self.push(&Value::Long(value)),
        }
        self.mark(true);
    }

    /// A `real`.
    pub fn push_f64(&mut self, value: f64) {
        match &mut self.data {
            Open::Real(cells) => cells.push(value),
            _ => return self.push(&Value::Real(value)),
        }
        self.mark(true);
    }

    /// A `string`.
    pub fn push_str(&mut self, value: &str) {
        match &mut self.data {
            Open::String(arena) => arena.push(value),
            _ => return self.push(&Value::string(value)),
        }
        self.mark(true);
    }

    /// A `datetime`.
    pub fn push_datetime(&mut self, value: DateTime) {
        self.push(&Value::DateTime(value));
    }

    /// A `timespan`.
    pub fn push_timespan(&mut self, value: Timespan) {
        self.push(&Value::Timespan(value));
    }

    /// A `dynamic` given as JSON text; text that is not JSON becomes a dynamic string.
    pub fn push_json(&mut self, json: &str) {
        let json = json.trim();
        match &mut self.data {
            Open::Json(arena) => {
                if json == "null" {
                    return self.push_null();
                }
                if serde_json::from_str::<serde::de::IgnoredAny>(json).is_err() {
                    return self.push_tree(Dynamic::string(json));
                }
                write_compact(json, arena.buffer());
                arena.end();
                self.mark(true);
            }
            Open::Tree(_) => self.push_tree(super::tree_of(json)),
            _ => self.push_null(),
        }
    }

    /// JSON text cut out of a checked one.
    pub(crate) fn push_checked_json(&mut self, json: &str) {
        match &mut self.data {
            Open::Json(arena) if json != "null" => arena.push(json),
            Open::Tree(_) => return self.push_tree(super::tree_of(json)),
            _ => return self.push_null(),
        }
        self.mark(true);
    }

    pub(crate) fn push_tree(&mut self, tree: Dynamic) {
        if tree.is_null() {
            return self.push_null();
        }
        if let Open::Json(arena) = &mut self.data {
            let arena = std::mem::take(arena);
            let valid = self.valid.as_ref();
            let parse = |row: usize| match valid {
                Some(valid) if !valid.get(row) => Dynamic::Null,
                _ => super::tree_of(arena.get(row)),
            };
            self.data = Open::Tree((0..arena.len()).map(parse).collect());
        }
        if let Open::Tree(cells) = &mut self.data {
            self.tree_bytes = self.tree_bytes.saturating_add(tree.bytes());
            cells.push(tree);
            self.mark(true);
        } else {
            self.push_null();
        }
    }

    /// The column.
    pub fn finish(self) -> Column {
        let data = match self.data {
            Open::Bool(cells) => Data::Bool(cells),
            Open::Int(cells) => Data::Int(cells),
            Open::Long(cells) => Data::Long(cells),
            Open::Real(cells) => Data::Real(cells),
            Open::Decimal(cells) => Data::Decimal(cells),
            Open::String(arena) => Data::String(Strings::Plain(arena)),
            Open::DateTime(cells) => Data::DateTime(cells),
            Open::Timespan(cells) => Data::Timespan(cells),
            Open::Guid(cells) => Data::Guid(cells),
            Open::Json(arena) => Data::Json(Strings::Plain(arena)),
            Open::Tree(cells) => Data::Tree(cells),
        };
        Column::new(data, self.valid)
    }
}

/// Copies JSON without the blanks between its tokens.
fn write_compact(json: &str, out: &mut String) {
    let mut kept = 0;
    let mut in_string = false;
    let mut bytes = json.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' => {
                bytes.next();
            }
            b' ' | b'\n' | b'\r' | b'\t' if !in_string => {
                out.push_str(&json[kept..at]);
                kept = at + 1;
            }
            _ => {}
        }
    }
    out.push_str(&json[kept..]);
}

impl Extend<Value> for ColumnBuilder {
    fn extend<I: IntoIterator<Item = Value>>(&mut self, values: I) {
        for value in values {
            self.push(&value);
        }
    }
}

impl ColumnBuilder {
    /// A column of these values.
    pub(crate) fn collect(kind: ColumnType, values: impl IntoIterator<Item = Value>) -> Arc<Column> {
        let mut builder = Self::new(kind);
        builder.extend(values);
        Arc::new(builder.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_text_is_kept_compact_and_nulls_are_nulls() {
        let mut builder = ColumnBuilder::new(ColumnType::Dynamic);
        builder.push_json(r#" { "a b" : [ 1 , "x \" y" ] } "#);
        builder.push_json("null");
        builder.push_json("no json");
        builder.push_tree(Dynamic::Long(3));
        let column = builder.finish();
        assert_eq!(column.json(0).as_deref(), Some(r#"{"a b":[1,"x \" y"]}"#));
        assert!(column.is_null(1));
        assert_eq!(column.value(2), Value::dynamic(Dynamic::string("no json")));
        assert_eq!(column.value(3), Value::dynamic(Dynamic::Long(3)));
    }

    #[test]
    fn cells_of_the_wrong_type_are_null_and_numbers_widen() {
        let mut builder = ColumnBuilder::new(ColumnType::Real);
        builder.push(&Value::Int(1));
        builder.push(&Value::string("x"));
        let column = builder.finish();
        assert_eq!((column.value(0), column.value(1)), (Value::Real(1.0), Value::Null));
    }
}
