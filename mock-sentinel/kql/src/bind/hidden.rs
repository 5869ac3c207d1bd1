//! Columns that the service makes itself: `TenantId`, `Type`, `_ItemId` and their kin, and the time of receipt behind
//! `ingestion_time()`. A query sees them where it names them and nowhere else: no `*`, no wildcard, no answer shows them.
//!
//! A table brings those that the text of the query mentions, behind its own, under names that begin with a mark no query can
//! write by accident. Whatever passes columns on by name (`where`, `extend`, `union`, `join`) passes them on too; an operator
//! that names one (`project Type`, `summarize by Type`) makes an ordinary column of it.

use crate::types::{ColumnDef, Schema};

/// Begins the name of a column that is not shown.
pub(super) const MARK: char = '\u{0}';
/// The hidden column that `ingestion_time()` reads.
pub(super) const INGESTION_TIME: &str = "$IngestionTime";

/// Whether a column of this name is not shown.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with(MARK)
}

/// The position of the column that a name in a query means: one that is shown, or else a hidden one.
pub(super) fn find(schema: &Schema, name: &str) -> Option<usize> {
    schema.index_of(name).or_else(|| {
        let marked = |column: &ColumnDef| column.name.strip_prefix(MARK) == Some(name);
        schema.columns().iter().position(marked)
    })
}

/// The columns that are shown, with their positions.
pub(super) fn visible(schema: &Schema) -> impl Iterator<Item = (usize, &ColumnDef)> {
    schema.columns().iter().enumerate().filter(|(_, column)| !is_hidden(&column.name))
}

/// The name that a column has once a query named it.
pub(super) fn named(name: &str) -> &str {
    name.trim_start_matches(MARK)
}

/// The name under which a column of a step's state is seen; no column of a query is called so.
pub(super) fn state_column(step: &str, column: &str) -> String {
    format!("{step}\u{1}{column}")
}

pub(super) fn is_state_column(name: &str) -> bool {
    name.contains('\u{1}')
}
