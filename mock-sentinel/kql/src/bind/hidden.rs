//! Columns that the service makes itself: `TenantId`, `Type`, `_ItemId` and their kin, and the time of receipt behind
//! `ingestion_time()`. A query sees them where it names them and nowhere else: no `*`, no wildcard, no answer shows them.
//!
//! A table brings those that the text of the query mentions, behind its own, under names that begin with a mark no query can
//! write by accident. Whatever passes columns on by name (`where`, `extend`, `union`, `join`) passes them on too; an operator
//! that names one (`project Type`, `summarize by Type`) makes an ordinary column of it.

use std::{borrow::Cow, collections::BTreeSet};

use super::{Binder, names::Columns, pipe::project};
use crate::{
    catalog::Catalog,
    plan::{Expr, Plan, Source},
    types::{ColumnDef, Schema},
};

/// Begins the name of a column that is not shown.
const MARK: char = '\u{0}';
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

/// The rows without what is hidden.
pub(super) fn shown(plan: Plan) -> Plan {
    if !plan.schema.columns().iter().any(|column| is_hidden(&column.name)) {
        return plan;
    }
    let mut columns = Columns::default();
    for (at, column) in visible(&plan.schema) {
        columns.push(column.name.to_string(), Expr::column(at, column.kind));
    }
    project(plan, columns)
}

/// The service's columns that a query may name, itself or in the saved functions it calls.
pub(super) fn mentioned(query: &str, catalog: &dyn Catalog) -> Vec<&'static str> {
    let columns = catalog.service_columns();
    if columns.is_empty() {
        return Vec::new();
    }
    let mut texts = vec![Cow::Borrowed(query)];
    let mut unread: BTreeSet<String> = catalog.function_names().into_iter().collect();
    let mut at = 0;
    while let Some(text) = texts.get(at).cloned() {
        let called: Vec<String> = unread.iter().filter(|name| text.contains(name.as_str())).cloned().collect();
        for name in called {
            unread.remove(&name);
            texts.extend(catalog.function(&name).map(|saved| Cow::Owned(saved.body.to_string())));
        }
        at += 1;
    }
    let is_named = |column: &&str| {
        let word = if *column == INGESTION_TIME { "ingestion_time" } else { column };
        texts.iter().any(|text| text.contains(word))
    };
    columns.iter().copied().filter(is_named).collect()
}

impl Binder<'_> {
    /// A table of the catalog with the service's columns that the query mentions.
    pub(super) fn stored_table(&self, name: &str) -> Option<Plan> {
        let (table, own) = self.catalog.table_with(name, &self.mentioned)?;
        let columns = table.schema().columns().iter().enumerate();
        let schema: Schema =
            columns
                .map(|(at, column)| {
                    if at < own {
                        column.clone()
                    } else {
                        ColumnDef::new(format!("{MARK}{}", column.name), column.kind)
                    }
                })
                .collect();
        Some(Plan::new(Source::Table(table.renamed(&schema)), schema))
    }
}
