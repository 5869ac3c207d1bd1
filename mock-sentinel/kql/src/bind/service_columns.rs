//! Reading tables of the catalog with the columns that the service adds, and taking these away from what is shown.

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    Binder,
    columns::Columns,
    hidden::{INGESTION_TIME, MARK, is_hidden, visible},
    stage::project,
};
use crate::{
    catalog::Catalog,
    plan::{Expr, Plan, Source},
    types::{ColumnDef, Schema},
};

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
