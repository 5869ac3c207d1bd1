//! Rows in pieces: a batch is a few thousand rows of one schema.

use std::sync::{Arc, OnceLock};

use hashbrown::HashMap;

use crate::{
    column::{Column, ColumnBuilder, RowId, gather_many, gathered_bytes},
    types::Schema,
    value::Value,
};

/// Some rows of one schema. Cloning is cheap; the cells never change.
///
/// Rows that a query picks are gathered only when their column is looked at.
#[derive(Debug, Clone)]
pub struct Batch {
    schema: Schema,
    columns: Vec<Lazy>,
    len: usize,
}

/// A column, or the way to get it.
#[derive(Debug, Clone)]
pub(crate) struct Lazy(Arc<Slot>);

#[derive(Debug)]
struct Slot {
    ready: OnceLock<Arc<Column>>,
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    Ready,
    One { column: Arc<Column>, rows: Arc<[u32]> },
    Many { columns: Arc<[Arc<Column>]>, rows: Arc<[RowId]> },
}

impl Lazy {
    fn pending(origin: Origin) -> Self {
        Self(Arc::new(Slot { ready: OnceLock::new(), origin }))
    }

    /// Rows of one column, in the order given.
    pub(crate) fn gather_many(columns: Arc<[Arc<Column>]>, rows: Arc<[RowId]>) -> Self {
        Self::pending(Origin::Many { columns, rows })
    }

    /// The bytes that gathering the rows would take; 0 when they are there.
    fn pending_bytes(&self) -> usize {
        if self.0.ready.get().is_some() {
            return 0;
        }
        match &self.0.origin {
            Origin::Ready => 0,
            Origin::One { column, rows } => column.gathered_bytes(rows),
            Origin::Many { columns, rows } => gathered_bytes(columns, rows),
        }
    }

    /// The columns that are kept for this one: itself, and those it was picked from.
    fn sources(&self) -> impl Iterator<Item = &Arc<Column>> {
        let origin = match &self.0.origin {
            Origin::Ready => &[],
            Origin::One { column, .. } => std::slice::from_ref(column),
            Origin::Many { columns, .. } => columns,
        };
        self.0.ready.get().into_iter().chain(origin)
    }

    /// The list of picked rows that is kept for this column: where it is, and its bytes.
    fn picked(&self) -> Option<(*const u8, usize)> {
        match &self.0.origin {
            Origin::Ready => None,
            Origin::One { rows, .. } => Some((rows.as_ptr().cast(), size_of_val(&**rows))),
            Origin::Many { rows, .. } => Some((rows.as_ptr().cast(), size_of_val(&**rows))),
        }
    }

    pub(crate) fn column(&self) -> &Arc<Column> {
        self.0.ready.get_or_init(|| match &self.0.origin {
            Origin::Ready => unreachable!("a ready column is set when it is made"),
            Origin::One { column, rows } => Arc::new(column.gather(rows)),
            Origin::Many { columns, rows } => Arc::new(gather_many(columns, rows)),
        })
    }
}

impl From<Arc<Column>> for Lazy {
    fn from(column: Arc<Column>) -> Self {
        Self(Arc::new(Slot { ready: OnceLock::from(column), origin: Origin::Ready }))
    }
}

impl From<Column> for Lazy {
    fn from(column: Column) -> Self {
        Arc::new(column).into()
    }
}

impl Batch {
    /// Rows from columns that all have `len` cells of the schema's types.
    pub(crate) fn new(schema: Schema, columns: Vec<Lazy>, len: usize) -> Self {
        debug_assert_eq!(schema.len(), columns.len());
        Self { schema, columns, len }
    }

    /// Rows from finished columns.
    pub(crate) fn of_columns(schema: Schema, columns: Vec<Column>) -> Self {
        let len = columns.first().map_or(0, Column::len);
        Self::new(schema, columns.into_iter().map(Lazy::from).collect(), len)
    }

    /// No rows.
    pub fn empty(schema: Schema) -> Self {
        BatchBuilder::new(schema).finish()
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

    /// One column; panics beyond the last.
    pub fn column(&self, index: usize) -> &Column {
        self.columns[index].column()
    }

    /// One cell; panics outside.
    pub fn value(&self, row: usize, column: usize) -> Value {
        self.column(column).value(row)
    }

    /// One row.
    pub fn row(&self, row: usize) -> Vec<Value> {
        (0..self.columns.len()).map(|column| self.value(row, column)).collect()
    }

    /// The same rows with more columns behind those they have.
    ///
    /// # Panics
    /// When a column has not a cell for each row.
    #[must_use]
    pub fn beside(&self, more: impl IntoIterator<Item = (crate::ColumnDef, Column)>) -> Self {
        let (mut defs, mut columns) = (self.schema.columns().to_vec(), self.columns.clone());
        for (def, column) in more {
            assert_eq!(column.len(), self.len, "a column must have a cell for each row");
            defs.push(def);
            columns.push(Lazy::from(column));
        }
        Self::new(defs.into_iter().collect(), columns, self.len)
    }

    pub(crate) fn shared(&self, index: usize) -> &Arc<Column> {
        self.columns[index].column()
    }

    pub(crate) fn lazy(&self, index: usize) -> Lazy {
        self.columns[index].clone()
    }

    /// The same cells under other names.
    pub(crate) fn renamed(&self, schema: Schema) -> Self {
        Self::new(schema, self.columns.clone(), self.len)
    }

    /// These rows in this order. Nothing is copied until a column is looked at.
    pub(crate) fn pick(&self, rows: Vec<u32>) -> Self {
        let len = rows.len();
        let rows: Arc<[u32]> = rows.into();
        let mut composed: Vec<(*const u32, Arc<[u32]>)> = Vec::new();
        let pick = |lazy: &Lazy| match (lazy.0.ready.get(), &lazy.0.origin) {
            (None, Origin::One { column, rows: earlier }) => {
                let key = earlier.as_ptr();
                let known = composed.iter().find(|(pointer, _)| *pointer == key).map(|(_, rows)| Arc::clone(rows));
                let rows = known.unwrap_or_else(|| {
                    let through: Arc<[u32]> = rows.iter().map(|row| earlier[*row as usize]).collect();
                    composed.push((key, Arc::clone(&through)));
                    through
                });
                Lazy::pending(Origin::One { column: Arc::clone(column), rows })
            }
            (None, Origin::Many { columns, rows: earlier }) => {
                let rows = rows.iter().map(|row| earlier[*row as usize]).collect();
                Lazy::pending(Origin::Many { columns: Arc::clone(columns), rows })
            }
            _ => Lazy::pending(Origin::One { column: Arc::clone(lazy.column()), rows: Arc::clone(&rows) }),
        };
        let columns = self.columns.iter().map(pick).collect();
        Self::new(self.schema.clone(), columns, len)
    }

    /// Consecutive rows.
    pub(crate) fn slice(&self, from: usize, to: usize) -> Self {
        if from == 0 && to >= self.len {
            return self.clone();
        }
        self.pick((from..to.min(self.len)).map(|row| row as u32).collect())
    }

    /// The bytes held, roughly, by the columns that were looked at.
    pub fn bytes(&self) -> usize {
        self.columns.iter().filter_map(|lazy| lazy.0.ready.get()).map(|column| column.bytes()).sum()
    }

    /// The bytes of the columns that only this batch holds: what would be freed with it, and what those not read
    /// yet will take once they are.
    pub(crate) fn footprint(&self) -> usize {
        let mut slots: HashMap<*const Slot, usize> = HashMap::new();
        for lazy in &self.columns {
            *slots.entry(Arc::as_ptr(&lazy.0)).or_default() += 1;
        }
        let mut columns: HashMap<*const Column, (&Arc<Column>, usize)> = HashMap::new();
        let mut lists: HashMap<*const u8, usize> = HashMap::new();
        let mut bytes = 0;
        for lazy in &self.columns {
            // A column that stands here twice is counted once; one that stands elsewhere too is counted there.
            let Some(here) = slots.remove(&Arc::as_ptr(&lazy.0)) else { continue };
            if Arc::strong_count(&lazy.0) > here {
                continue;
            }
            bytes += lazy.pending_bytes();
            lists.extend(lazy.picked());
            for column in lazy.sources() {
                columns.entry(Arc::as_ptr(column)).or_insert((column, 0)).1 += 1;
            }
        }
        let own = columns.into_values().filter(|(column, here)| Arc::strong_count(column) <= *here);
        bytes + own.map(|(column, _)| column.bytes()).sum::<usize>() + lists.into_values().sum::<usize>()
    }

    /// The bytes that reading a column would take; 0 when it was read already.
    pub(crate) fn pending_bytes(&self, index: usize) -> usize {
        self.columns[index].pending_bytes()
    }

    /// The same rows as a table keeps them.
    pub(crate) fn packed(&self) -> Self {
        let columns = self.columns.iter().map(|lazy| lazy.column().packed().into()).collect();
        Self::new(self.schema.clone(), columns, self.len)
    }
}

/// The same rows as one batch.
pub(crate) fn concat(schema: &Schema, batches: &[Batch]) -> Batch {
    if let [only] = batches {
        return only.renamed(schema.clone());
    }
    let rows: Arc<[RowId]> = batches
        .iter()
        .enumerate()
        .flat_map(|(at, batch)| (0..batch.len()).map(move |row| (at as u32, row as u32)))
        .collect();
    gather(schema, batches, &rows)
}

/// Any rows of several batches, as one. Nothing is copied until a column is looked at.
pub(crate) fn gather(schema: &Schema, batches: &[Batch], rows: &Arc<[RowId]>) -> Batch {
    if batches.is_empty() {
        return Batch::empty(schema.clone());
    }
    let len = rows.len();
    let column = |index: usize| {
        let columns = batches.iter().map(|batch| Arc::clone(batch.shared(index))).collect();
        Lazy::gather_many(columns, Arc::clone(rows))
    };
    Batch::new(schema.clone(), (0..schema.len()).map(column).collect(), len)
}

/// Collects rows, by whole rows or cell by cell.
///
/// Cell by cell: push one cell into every column ([`BatchBuilder::column`]), then call [`BatchBuilder::end_row`].
#[derive(Debug)]
pub struct BatchBuilder {
    schema: Schema,
    columns: Vec<ColumnBuilder>,
    len: usize,
}

impl BatchBuilder {
    /// No rows yet.
    pub fn new(schema: Schema) -> Self {
        Self::with_capacity(schema, 0)
    }

    /// No rows yet, with room for some.
    pub fn with_capacity(schema: Schema, rows: usize) -> Self {
        let columns = schema.columns().iter().map(|column| ColumnBuilder::with_capacity(column.kind, rows)).collect();
        Self { schema, columns, len: 0 }
    }

    /// How many rows are complete.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True before the first complete row.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// One row; cells that are not given are missing.
    pub fn push_row(&mut self, row: &[Value]) {
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
        self.end_row();
    }

    /// The column to push the next cell of the open row into; panics beyond the last.
    pub fn column(&mut self, index: usize) -> &mut ColumnBuilder {
        &mut self.columns[index]
    }

    /// Closes the open row; columns that got no cell get a missing one.
    pub fn end_row(&mut self) {
        self.len += 1;
        for column in &mut self.columns {
            if column.len() < self.len {
                column.push_null();
            }
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.columns.iter().map(ColumnBuilder::bytes).sum()
    }

    /// The rows.
    pub fn finish(self) -> Batch {
        let columns = self.columns.into_iter().map(|column| column.finish().into()).collect();
        Batch::new(self.schema, columns, self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ColumnType;

    fn numbers(values: impl IntoIterator<Item = i64>) -> Batch {
        let mut builder = BatchBuilder::new(Schema::new([("n", ColumnType::Long)]));
        for value in values {
            builder.push_row(&[Value::Long(value)]);
        }
        builder.finish()
    }

    #[test]
    fn picks_compose_without_looking_at_the_cells() {
        let batch = numbers(0..10).pick(vec![9, 8, 7, 6]).pick(vec![3, 0]);
        assert_eq!((batch.value(0, 0), batch.value(1, 0)), (Value::Long(6), Value::Long(9)));
    }

    #[test]
    fn batches_join_into_one() {
        let schema = Schema::new([("n", ColumnType::Long)]);
        let all = concat(&schema, &[numbers(0..2), numbers(5..6)]);
        assert_eq!((0..3).map(|row| all.value(row, 0)).collect::<Vec<_>>(), [0, 1, 5].map(Value::Long));
    }

    #[test]
    fn short_rows_are_completed() {
        let mut builder = BatchBuilder::new(Schema::new([("a", ColumnType::String), ("b", ColumnType::Long)]));
        builder.column(0).push_str("x");
        builder.end_row();
        builder.push_row(&[]);
        let batch = builder.finish();
        assert_eq!(batch.row(0), [Value::from("x"), Value::Null]);
        assert_eq!(batch.row(1), [Value::from(""), Value::Null]);
    }
}
