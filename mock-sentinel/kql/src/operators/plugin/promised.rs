//! The columns that a query says a plugin gives.

use super::Output;
use crate::{batch::Batch, error::Error, functions::conversion::convert, run::Run, types::Schema, value::Value};

/// The rows under the schema that was written after a plugin's call, behind the columns that were there before where that
/// schema is open.
pub(crate) fn promised(run: &mut Run<'_>, rows: &Batch, kept: &Schema, schema: &Schema) -> Result<Batch, Error> {
    let is_kept = |column: &&crate::ColumnDef| {
        rows.schema().columns().contains(column) && schema.index_of(&column.name).is_none()
    };
    let columns: Vec<_> = kept.columns().iter().filter(is_kept).chain(schema.columns()).cloned().collect();
    let places: Vec<_> = columns.iter().map(|column| (rows.schema().index_of(&column.name), column.kind)).collect();
    let mut out = Output::new(run, columns, rows.len())?;
    for row in 0..rows.len() {
        let cells = places.iter().map(|(at, kind)| match at {
            Some(at) => convert(&rows.value(row, *at), *kind),
            None => Value::missing(*kind),
        });
        out.push(&cells.collect::<Vec<_>>())?;
    }
    Ok(out.finish())
}
