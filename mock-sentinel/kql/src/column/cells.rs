//! What an expression gives for a batch: one value for all rows, or a column.

use std::sync::Arc;

use super::{Bitmap, Column, ColumnBuilder, Data};
use crate::{types::ColumnType, value::Value};

/// The value of an expression for every row of a batch.
#[derive(Debug, Clone)]
pub(crate) enum Cells {
    One(Value),
    Many(Arc<Column>),
}

impl Cells {
    pub(crate) fn value(&self, row: usize) -> Value {
        match self {
            Self::One(value) => value.clone(),
            Self::Many(column) => column.value(row),
        }
    }

    /// The bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::One(value) => value.bytes(),
            Self::Many(column) => column.bytes(),
        }
    }

    /// Whether these are trees rather than text or cells of fixed size.
    pub(crate) fn kind_is_tree(&self) -> bool {
        match self {
            Self::One(value) => matches!(value, Value::Dynamic(_)),
            Self::Many(column) => matches!(column.data, Data::Tree(_)),
        }
    }

    /// A column of `len` rows.
    pub(crate) fn into_column(self, kind: ColumnType, len: usize) -> Arc<Column> {
        match self {
            Self::One(value) => Arc::new(Column::constant(kind, &value, len)),
            Self::Many(column) => column,
        }
    }

    pub(crate) fn strings(&self) -> Option<Texts<'_>> {
        match self {
            Self::One(Value::String(text)) => Some(Texts::One(text)),
            Self::Many(column) => match &column.data {
                Data::String(strings) => Some(Texts::Many(strings)),
                _ => None,
            },
            Self::One(_) => None,
        }
    }

    /// The cells as 64-bit numbers: integers, and the ticks of datetimes and timespans.
    pub(crate) fn longs(&self) -> Option<Side<'_, i64>> {
        match self {
            Self::One(Value::DateTime(value)) => Some(Side::One(Some(value.ticks()))),
            Self::One(Value::Timespan(value)) => Some(Side::One(Some(value.ticks()))),
            Self::One(Value::Null) => Some(Side::One(None)),
            Self::One(value) => value.as_long().map(|value| Side::One(Some(value))),
            Self::Many(column) => match &column.data {
                Data::Long(cells) | Data::DateTime(cells) | Data::Timespan(cells) => {
                    Some(Side::Many(cells, column.valid.as_ref()))
                }
                Data::Int(cells) => Some(Side::Narrow(cells, column.valid.as_ref())),
                _ => None,
            },
        }
    }

    pub(crate) fn reals(&self) -> Option<Reals<'_>> {
        match self {
            Self::One(Value::Null) => Some(Reals::Real(Side::One(None))),
            Self::One(Value::Int(_) | Value::Long(_) | Value::Real(_)) => Some(Reals::Real(Side::One(self.one_real()))),
            Self::One(_) => None,
            Self::Many(column) => match &column.data {
                Data::Real(cells) => Some(Reals::Real(Side::Many(cells, column.valid.as_ref()))),
                Data::Long(_) | Data::Int(_) => self.longs().map(Reals::Long),
                _ => None,
            },
        }
    }

    fn one_real(&self) -> Option<f64> {
        match self {
            Self::One(value) => value.as_real(),
            Self::Many(_) => None,
        }
    }

    pub(crate) fn bools(&self) -> Side<'_, bool> {
        match self {
            Self::One(value) => Side::One(value.as_bool()),
            Self::Many(column) => match &column.data {
                Data::Bool(cells) => Side::Many(cells, column.valid.as_ref()),
                _ => Side::One(None),
            },
        }
    }
}

impl From<Column> for Cells {
    fn from(column: Column) -> Self {
        Self::Many(Arc::new(column))
    }
}

/// Cells of one machine type.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side<'a, T> {
    One(Option<T>),
    Many(&'a [T], Option<&'a Bitmap>),
    /// `int` read as `long`.
    Narrow(&'a [i32], Option<&'a Bitmap>),
}

impl<T: Copy + FromNarrow> Side<'_, T> {
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<T> {
        match self {
            Self::One(value) => *value,
            Self::Many(cells, None) => Some(cells[row]),
            Self::Many(cells, Some(valid)) => valid.get(row).then(|| cells[row]),
            Self::Narrow(cells, valid) => valid.is_none_or(|valid| valid.get(row)).then(|| T::from_narrow(cells[row])),
        }
    }
}

/// What an `int` cell can be read as.
pub(crate) trait FromNarrow {
    fn from_narrow(value: i32) -> Self;
}

impl FromNarrow for i64 {
    fn from_narrow(value: i32) -> Self {
        Self::from(value)
    }
}

impl FromNarrow for f64 {
    fn from_narrow(value: i32) -> Self {
        Self::from(value)
    }
}

impl FromNarrow for bool {
    fn from_narrow(value: i32) -> Self {
        value != 0
    }
}

/// Numbers read as doubles.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reals<'a> {
    Real(Side<'a, f64>),
    Long(Side<'a, i64>),
}

impl Reals<'_> {
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<f64> {
        match self {
            Self::Real(side) => side.get(row),
            Self::Long(side) => side.get(row).map(|value| value as f64),
        }
    }
}

/// Cells that are strings.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Texts<'a> {
    One(&'a str),
    Many(&'a crate::column::Strings),
}

impl Texts<'_> {
    #[inline]
    pub(crate) fn get(&self, row: usize) -> &str {
        match self {
            Self::One(text) => text,
            Self::Many(strings) => strings.get(row),
        }
    }
}

/// A `bool` column from optional values.
pub(crate) fn bool_column(len: usize, mut cell: impl FnMut(usize) -> Option<bool>) -> Column {
    let mut values = Vec::with_capacity(len);
    let mut valid: Option<Bitmap> = None;
    for row in 0..len {
        let value = cell(row);
        mark(&mut valid, row, value.is_some());
        values.push(value.unwrap_or(false));
    }
    Column::new(Data::Bool(values), valid)
}

/// 64-bit cells from optional values, with their bitmap.
pub(crate) fn long_cells(len: usize, mut cell: impl FnMut(usize) -> Option<i64>) -> (Vec<i64>, Option<Bitmap>) {
    let mut values = Vec::with_capacity(len);
    let mut valid: Option<Bitmap> = None;
    for row in 0..len {
        let value = cell(row);
        mark(&mut valid, row, value.is_some());
        values.push(value.unwrap_or(0));
    }
    (values, valid)
}

/// A `real` column from optional values.
pub(crate) fn real_column(len: usize, mut cell: impl FnMut(usize) -> Option<f64>) -> Column {
    let mut values = Vec::with_capacity(len);
    let mut valid: Option<Bitmap> = None;
    for row in 0..len {
        let value = cell(row);
        mark(&mut valid, row, value.is_some());
        values.push(value.unwrap_or(0.0));
    }
    Column::new(Data::Real(values), valid)
}

#[inline]
fn mark(valid: &mut Option<Bitmap>, row: usize, is_valid: bool) {
    if !is_valid && valid.is_none() {
        *valid = Some(Bitmap::filled(row, true));
    }
    if let Some(bitmap) = valid {
        bitmap.push(is_valid);
    }
}

/// A column of any type, value by value.
pub(crate) fn value_column(kind: ColumnType, len: usize, mut cell: impl FnMut(usize) -> Value) -> Column {
    let mut builder = ColumnBuilder::with_capacity(kind, len);
    for row in 0..len {
        builder.push(&cell(row));
    }
    builder.finish()
}

/// 64-bit cells as a column of this type: `int`, `long`, `datetime` or `timespan`.
pub(crate) fn column_of_longs(kind: ColumnType, cells: Vec<i64>, valid: Option<Bitmap>) -> Column {
    let data = match kind {
        ColumnType::DateTime => Data::DateTime(cells),
        ColumnType::Timespan => Data::Timespan(cells),
        ColumnType::Int => Data::Int(cells.into_iter().map(|value| value as i32).collect()),
        _ => Data::Long(cells),
    };
    Column::new(data, valid)
}
