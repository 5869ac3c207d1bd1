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
            let mut arena = Arena::with_capacity(rows.len(), 0);
            for row in rows {
                arena.push(if *row == NO_ROW { "" } else { cells.get(*row as usize) });
            }
            Strings::Plain(arena)
        }
    }
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
