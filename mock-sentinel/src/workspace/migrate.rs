//! A table whose columns change keeps its rows.

use kql::{Batch, BatchBuilder, Schema, Table};

/// The rows of a table under another schema: columns by name, new ones without values.
pub(super) fn table(rows: &Table, schema: &Schema) -> Table {
    let mut migrated = Table::new(schema.clone());
    rows.batches().for_each(|rows| migrated.append(batch(rows, schema)));
    migrated
}

/// The same for some rows.
pub(super) fn batch(rows: &Batch, schema: &Schema) -> Batch {
    let mut builder = BatchBuilder::with_capacity(schema.clone(), rows.len());
    for (index, column) in schema.columns().iter().enumerate() {
        let source = rows.schema().index_of(&column.name).map(|source| rows.column(source));
        for row in 0..rows.len() {
            match source {
                Some(source) => builder.column(index).push(&source.value(row)),
                None => builder.column(index).push_null(),
            }
        }
    }
    for _ in 0..rows.len() {
        builder.end_row();
    }
    builder.finish()
}
