//! Picking rows out of columns.

use std::sync::Arc;

use super::{Arena, Bitmap, Coded, Column, ColumnBuilder, Data, Strings};

/// In a list of rows: no row at all, so the cell is missing.
pub(crate) const NO_ROW: u32 = u32::MAX;

/// A row of one of several columns: which column, which row.
pub(crate) type RowId = (u32, u32);

impl Column {
    /// The cells of these rows, in this order; [`NO_ROW`] gives a missing cell.
    pub(crate) fn gather(&self, rows: &[u32]) -> Self {
        let holes = rows.contains(&NO_ROW);
        let valid = self.gather_valid(rows, holes);
        let data = match &self.data {
            Data::Bool(cells) => Data::Bool(pick(cells, rows, holes, false)),
            Data::Int(cells) => Data::Int(pick(cells, rows, holes, 0)),
            Data::Long(cells) => Data::Long(pick(cells, rows, holes, 0)),
            Data::Real(cells) => Data::Real(pick(cells, rows, holes, 0.0)),
            Data::Decimal(cells) => Data::Decimal(pick(cells, rows, holes, crate::decimal::Decimal::ZERO)),
            Data::DateTime(cells) => Data::DateTime(pick(cells, rows, holes, 0)),
            Data::Timespan(cells) => Data::Timespan(pick(cells, rows, holes, 0)),
            Data::Guid(cells) => Data::Guid(pick(cells, rows, holes, uuid::Uuid::nil())),
            Data::String(cells) => Data::String(pick_strings(cells, rows, holes)),
            Data::Json(cells) => Data::Json(pick_strings(cells, rows, holes)),
            Data::Tree(cells) => Data::Tree(
                rows.iter().map(|row| cells.get(*row as usize).cloned().unwrap_or(crate::Dynamic::Null)).collect(),
            ),
        };
        Self { data, valid }
    }

    /// The bytes that [`Column::gather`] would take for these rows.
    pub(crate) fn gathered_bytes(&self, rows: &[u32]) -> usize {
        match &self.data {
            Data::String(cells) | Data::Json(cells) => match cells {
                Strings::Coded(_) if !rows.contains(&NO_ROW) => rows.len() * 2,
                cells => rows.len() * 4 + text_bytes(cells, rows),
            },
            _ => rows.len() * self.cell_bytes(),
        }
    }

    /// The bytes of a cell of a column of anything but text.
    fn cell_bytes(&self) -> usize {
        match &self.data {
            Data::Bool(_) => size_of::<bool>(),
            Data::Int(_) => size_of::<i32>(),
            Data::Long(_) | Data::DateTime(_) | Data::Timespan(_) | Data::Real(_) => size_of::<i64>(),
            Data::Decimal(_) => size_of::<crate::decimal::Decimal>(),
            Data::Guid(_) => size_of::<uuid::Uuid>(),
            Data::Tree(_) => size_of::<crate::Dynamic>(),
            Data::String(_) | Data::Json(_) => 4,
        }
    }

    fn gather_valid(&self, rows: &[u32], holes: bool) -> Option<Bitmap> {
        if matches!(self.data, Data::String(_) | Data::Tree(_)) {
            return None;
        }
        match &self.valid {
            None if !holes => None,
            None => Some(rows.iter().map(|row| *row != NO_ROW).collect()),
            Some(valid) => Some(rows.iter().map(|row| *row != NO_ROW && valid.get(*row as usize)).collect()),
        }
    }
}

fn pick<T: Copy>(cells: &[T], rows: &[u32], holes: bool, missing: T) -> Vec<T> {
    if holes {
        rows.iter().map(|row| cells.get(*row as usize).copied().unwrap_or(missing)).collect()
    } else {
        rows.iter().map(|row| cells[*row as usize]).collect()
    }
}

fn pick_strings(cells: &Strings, rows: &[u32], holes: bool) -> Strings {
    match cells {
        Strings::Coded(coded) if !holes => {
            Strings::Coded(Coded { codes: pick(&coded.codes, rows, false, 0), distinct: Arc::clone(&coded.distinct) })
        }
        _ => {
            let mut arena = Arena::with_capacity(rows.len(), text_bytes(cells, rows));
            for row in rows {
                arena.push(if *row == NO_ROW { "" } else { cells.get(*row as usize) });
            }
            Strings::Plain(arena)
        }
    }
}

/// The length of the strings of these rows together.
fn text_bytes(cells: &Strings, rows: &[u32]) -> usize {
    rows.iter().filter(|row| **row != NO_ROW).map(|row| cells.get(*row as usize).len()).sum()
}

/// The bytes that [`gather_many`] would take for these rows.
pub(crate) fn gathered_bytes(columns: &[Arc<Column>], rows: &[RowId]) -> usize {
    let text = |(column, row): &RowId| match &columns[*column as usize].data {
        Data::String(cells) | Data::Json(cells) if *row != NO_ROW => cells.get(*row as usize).len(),
        _ => 0,
    };
    let cell = columns.first().map_or(0, |first| first.cell_bytes());
    rows.len() * cell + rows.iter().map(text).sum::<usize>()
}

/// The cells of these rows of several columns of one type.
pub(crate) fn gather_many(columns: &[Arc<Column>], rows: &[RowId]) -> Column {
    let Some(first) = columns.first() else {
        return Column::full(Data::Bool(Vec::new()));
    };
    if columns.len() == 1 {
        let rows: Vec<u32> = rows.iter().map(|(_, row)| *row).collect();
        return first.gather(&rows);
    }
    let mut builder = ColumnBuilder::with_capacity(first.kind(), rows.len());
    for (column, row) in rows {
        if *row == NO_ROW {
            builder.push_null();
        } else {
            builder.push_cell(&columns[*column as usize], *row as usize);
        }
    }
    builder.finish()
}

impl ColumnBuilder {
    /// One cell of a column of the same type.
    pub(crate) fn push_cell(&mut self, column: &Column, row: usize) {
        if column.is_null(row) {
            return self.push_null();
        }
        match &column.data {
            Data::String(cells) => self.push_str(cells.get(row)),
            Data::Json(cells) => self.push_checked_json(cells.get(row)),
            Data::Long(cells) => self.push_i64(cells[row]),
            Data::Real(cells) => self.push_f64(cells[row]),
            _ => self.push(&column.value(row)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColumnType, Value};

    #[test]
    fn holes_become_missing_cells() {
        let column = ColumnBuilder::collect(ColumnType::Long, [Value::Long(1), Value::Null, Value::Long(3)]);
        let picked = column.gather(&[2, NO_ROW, 1, 0]);
        let values: Vec<_> = (0..4).map(|row| picked.value(row)).collect();
        assert_eq!(values, [Value::Long(3), Value::Null, Value::Null, Value::Long(1)]);
        let texts = ColumnBuilder::collect(ColumnType::String, [Value::from("a")]);
        assert_eq!(texts.gather(&[NO_ROW, 0]).value(0), Value::from(""));
    }
}
