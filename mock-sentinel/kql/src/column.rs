//! Columns: typed vectors of cells, immutable once built.

mod bitmap;
mod builder;
pub(crate) mod cells;
mod gather;
mod strings;

use std::{borrow::Cow, sync::Arc};

use uuid::Uuid;

pub use self::builder::ColumnBuilder;
pub(crate) use self::{
    bitmap::Bitmap,
    gather::{NO_ROW, RowId, gather_many, gathered_bytes},
    strings::{Arena, Coded, Strings},
};
use crate::{
    decimal::Decimal,
    dynamic::{Dynamic, Scanned},
    time::{DateTime, Timespan},
    types::ColumnType,
    value::Value,
};

/// The cells of one column of a [`Batch`](crate::Batch).
#[derive(Debug, Clone)]
pub struct Column {
    pub(crate) data: Data,
    /// A set bit is a value; no bitmap means no nulls. Unused for strings and trees.
    pub(crate) valid: Option<Bitmap>,
}

/// Typed storage. Cells that are null hold anything.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    Bool(Vec<bool>),
    Int(Vec<i32>),
    Long(Vec<i64>),
    Real(Vec<f64>),
    Decimal(Vec<Decimal>),
    String(Strings),
    /// Ticks.
    DateTime(Vec<i64>),
    /// Ticks.
    Timespan(Vec<i64>),
    Guid(Vec<Uuid>),
    /// Checked, compact JSON, parsed only where it is used; nulls are in the bitmap.
    Json(Strings),
    /// Trees made by the query.
    Tree(Vec<Dynamic>),
}

impl Column {
    pub(crate) fn new(data: Data, valid: Option<Bitmap>) -> Self {
        Self { data, valid }
    }

    /// A column without nulls.
    pub(crate) fn full(data: Data) -> Self {
        Self { data, valid: None }
    }

    /// The same value in every row.
    pub(crate) fn constant(kind: ColumnType, value: &Value, len: usize) -> Self {
        if let (ColumnType::String, Value::String(text)) = (kind, value) {
            let distinct: Arena = [&**text].into_iter().collect();
            return Self::full(Data::String(Strings::Coded(Coded {
                codes: vec![0; len],
                distinct: Arc::new(distinct),
            })));
        }
        let mut builder = ColumnBuilder::with_capacity(kind, len);
        for _ in 0..len {
            builder.push(value);
        }
        builder.finish()
    }

    /// The type of the cells.
    pub fn kind(&self) -> ColumnType {
        match self.data {
            Data::Bool(_) => ColumnType::Bool,
            Data::Int(_) => ColumnType::Int,
            Data::Long(_) => ColumnType::Long,
            Data::Real(_) => ColumnType::Real,
            Data::Decimal(_) => ColumnType::Decimal,
            Data::String(_) => ColumnType::String,
            Data::DateTime(_) => ColumnType::DateTime,
            Data::Timespan(_) => ColumnType::Timespan,
            Data::Guid(_) => ColumnType::Guid,
            Data::Json(_) | Data::Tree(_) => ColumnType::Dynamic,
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.data {
            Data::Bool(cells) => cells.len(),
            Data::Int(cells) => cells.len(),
            Data::Long(cells) | Data::DateTime(cells) | Data::Timespan(cells) => cells.len(),
            Data::Real(cells) => cells.len(),
            Data::Decimal(cells) => cells.len(),
            Data::String(cells) | Data::Json(cells) => cells.len(),
            Data::Guid(cells) => cells.len(),
            Data::Tree(cells) => cells.len(),
        }
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True when the cell holds no value; never for strings.
    pub fn is_null(&self, row: usize) -> bool {
        match &self.data {
            Data::Tree(cells) => cells[row].is_null(),
            _ => self.valid.as_ref().is_some_and(|valid| !valid.get(row)),
        }
    }

    /// The value of one cell.
    pub fn value(&self, row: usize) -> Value {
        if self.is_null(row) {
            return Value::Null;
        }
        match &self.data {
            Data::Bool(cells) => Value::Bool(cells[row]),
            Data::Int(cells) => Value::Int(cells[row]),
            Data::Long(cells) => Value::Long(cells[row]),
            Data::Real(cells) => Value::Real(cells[row]),
            Data::Decimal(cells) => Value::Decimal(cells[row]),
            Data::String(cells) => Value::string(cells.get(row)),
            Data::DateTime(cells) => Value::DateTime(DateTime::from_ticks_clamped(cells[row])),
            Data::Timespan(cells) => Value::Timespan(Timespan::from_ticks(cells[row])),
            Data::Guid(cells) => Value::Guid(cells[row]),
            Data::Json(cells) => Value::dynamic(tree_of(cells.get(row))),
            Data::Tree(cells) => Value::dynamic(cells[row].clone()),
        }
    }

    /// The string of one cell; `None` for columns of other types.
    pub fn str(&self, row: usize) -> Option<&str> {
        match &self.data {
            Data::String(cells) => Some(cells.get(row)),
            _ => None,
        }
    }

    /// The compact JSON of one cell of a dynamic column; `None` for null and for columns of other types.
    pub fn json(&self, row: usize) -> Option<Cow<'_, str>> {
        match &self.data {
            _ if self.is_null(row) => None,
            Data::Json(cells) => Some(Cow::Borrowed(cells.get(row))),
            Data::Tree(cells) => Some(Cow::Owned(cells[row].to_json())),
            _ => None,
        }
    }

    /// The bytes held, roughly.
    pub fn bytes(&self) -> usize {
        let data = match &self.data {
            Data::Bool(cells) => cells.capacity(),
            Data::Int(cells) => cells.capacity() * 4,
            Data::Long(cells) | Data::DateTime(cells) | Data::Timespan(cells) => cells.capacity() * 8,
            Data::Real(cells) => cells.capacity() * 8,
            Data::Decimal(cells) => cells.capacity() * size_of::<Decimal>(),
            Data::String(cells) | Data::Json(cells) => cells.bytes(),
            Data::Guid(cells) => cells.capacity() * 16,
            Data::Tree(cells) => cells.iter().map(Dynamic::bytes).fold(0, usize::saturating_add),
        };
        data.saturating_add(self.valid.as_ref().map_or(0, Bitmap::bytes))
    }

    /// The column as kept in a table: strings that repeat share one copy.
    pub(crate) fn packed(&self) -> Self {
        let pack = |strings: &Strings| strings.coded().map_or_else(|| strings.clone(), Strings::Coded);
        let data = match &self.data {
            Data::String(cells) => Data::String(pack(cells)),
            Data::Json(cells) => Data::Json(pack(cells)),
            other => other.clone(),
        };
        Self { data, valid: self.valid.clone() }
    }
}

/// The tree of JSON text that was checked when it was stored.
pub(crate) fn tree_of(json: &str) -> Dynamic {
    match Scanned(json).plain_string() {
        Some(text) => Dynamic::string(text),
        None => Dynamic::from_json(json).unwrap_or_else(|| Dynamic::string(json)),
    }
}
