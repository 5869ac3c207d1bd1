//! `narrow`: a row for each cell.

use super::Output;
use crate::{
    batch::Batch,
    error::Error,
    run::Run,
    types::{ColumnDef, ColumnType},
    value::Value,
};

/// A row for each cell: which row, which column, its text.
pub(crate) fn narrow(run: &mut Run<'_>, rows: &Batch) -> Result<Batch, Error> {
    let columns = vec![
        ColumnDef::new("Row", ColumnType::Long),
        ColumnDef::new("Column", ColumnType::String),
        ColumnDef::new("Value", ColumnType::String),
    ];
    let mut out = Output::new(run, columns, rows.len().saturating_mul(rows.schema().len()))?;
    for row in 0..rows.len() {
        for (at, column) in rows.schema().columns().iter().enumerate() {
            let value = rows.value(row, at);
            out.push(&[Value::Long(row as i64), Value::string(&*column.name), Value::string(value.to_text())])?;
        }
    }
    Ok(out.finish())
}
