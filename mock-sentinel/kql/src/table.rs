//! Tables: append-only, snapshotted by cloning.

use std::sync::Arc;

use crate::{
    batch::{Batch, concat},
    types::Schema,
    value::Value,
};

/// Small batches are merged into chunks of about this many rows; dictionaries number their strings in 16 bits.
const CHUNK_ROWS: usize = 32_768;

/// Rows of one schema. A clone is a snapshot: it costs a few pointers and never sees later appends.
#[derive(Debug, Clone)]
pub struct Table {
    schema: Schema,
    /// Merged and packed.
    chunks: Arc<Vec<Batch>>,
    /// Appended since, in order.
    tail: Vec<Batch>,
    tail_rows: usize,
    len: usize,
}

impl Table {
    /// An empty table.
    pub fn new(schema: Schema) -> Self {
        Self { schema, chunks: Arc::default(), tail: Vec::new(), tail_rows: 0, len: 0 }
    }

    /// A table of one batch.
    pub fn of(batch: Batch) -> Self {
        let mut table = Self::new(batch.schema().clone());
        table.append(batch);
        table
    }

    /// The columns' names and types.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds rows at the end. Their columns must have the table's types in the table's order; the table's names stay.
    ///
    /// # Panics
    /// When the types differ.
    #[expect(clippy::needless_pass_by_value, reason = "a table takes its rows; only their handles are copied")]
    pub fn append(&mut self, batch: Batch) {
        let kinds = |schema: &Schema| schema.columns().iter().map(|column| column.kind).collect::<Vec<_>>();
        assert_eq!(kinds(batch.schema()), kinds(&self.schema), "a batch must have the columns of its table");
        if batch.is_empty() {
            return;
        }
        self.len += batch.len();
        self.tail_rows += batch.len();
        self.tail.push(batch.renamed(self.schema.clone()));
        if self.tail_rows >= CHUNK_ROWS {
            self.merge_tail();
        }
    }

    fn merge_tail(&mut self) {
        let all = concat(&self.schema, &std::mem::take(&mut self.tail));
        let chunks = Arc::make_mut(&mut self.chunks);
        for from in (0..all.len()).step_by(CHUNK_ROWS * 2) {
            chunks.push(all.slice(from, from + CHUNK_ROWS * 2).packed());
        }
        self.tail_rows = 0;
    }

    /// The same rows under other names.
    pub(crate) fn renamed(mut self, schema: &Schema) -> Self {
        if self.schema != *schema {
            let rename = |batch: &Batch| batch.clone().renamed(schema.clone());
            self.chunks = Arc::new(self.chunks.iter().map(rename).collect());
            self.tail = self.tail.iter().map(rename).collect();
            self.schema = schema.clone();
        }
        self
    }

    /// The pieces the table is stored in, in row order.
    pub fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.chunks.iter().chain(&self.tail)
    }

    /// Every row, in order.
    pub fn rows(&self) -> impl Iterator<Item = Vec<Value>> {
        self.batches().flat_map(|batch| (0..batch.len()).map(move |row| batch.row(row)))
    }

    /// All rows as one batch.
    pub fn to_batch(&self) -> Batch {
        let batches: Vec<Batch> = self.batches().cloned().collect();
        concat(&self.schema, &batches)
    }

    /// The bytes held, roughly; what snapshots share is counted in each.
    pub fn bytes(&self) -> usize {
        self.batches().map(Batch::bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BatchBuilder, types::ColumnType};

    #[test]
    fn a_clone_is_a_snapshot_and_order_is_kept_across_chunks() {
        let schema = Schema::new([("n", ColumnType::Long), ("s", ColumnType::String)]);
        let mut table = Table::new(schema.clone());
        let mut snapshot = table.clone();
        for start in (0..50_000_i64).step_by(1000) {
            let mut builder = BatchBuilder::new(schema.clone());
            for n in start..start + 1000 {
                builder.push_row(&[Value::Long(n), Value::from(if n % 2 == 0 { "even" } else { "odd" })]);
            }
            table.append(builder.finish());
            if start == 40_000 {
                snapshot = table.clone();
            }
        }
        assert_eq!((table.len(), snapshot.len()), (50_000, 41_000));
        assert!(table.rows().enumerate().all(|(at, row)| row[0] == Value::Long(at as i64)));
        assert!(table.bytes() < 50_000 * 16);
    }
}
