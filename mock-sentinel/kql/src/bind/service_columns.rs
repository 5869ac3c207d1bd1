//! Reading tables of the catalog with the columns that the service adds, and taking these away from what is shown.

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    Binder,
    columns::Columns,
    hidden::{INGESTION_TIME, MARK, is_hidden, visible},
    stage::{project, staged},
};
use crate::{
    catalog::{Catalog, Scan, ScannedTable},
    plan::{CompareOp, Expr, ExprKind, Plan, Source, Stage},
    time::TimeRange,
    types::{ColumnDef, ColumnType, Schema},
    value::Value,
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
        let time = self.run.time_range();
        let scan = Scan { service_columns: &self.mentioned, time };
        let ScannedTable { table, own_columns } = self.catalog.table(name, &scan)?;
        let columns = table.schema().columns().iter().enumerate();
        let schema: Schema = columns
            .map(|(at, column)| {
                if at < own_columns {
                    column.clone()
                } else {
                    ColumnDef::new(format!("{MARK}{}", column.name), column.kind)
                }
            })
            .collect();
        let plan = Plan::new(Source::Table(table.renamed(&schema)), schema);
        match time {
            Some(range) => within(plan, range),
            None => Some(plan),
        }
    }
}

/// The rows within a time range; nothing of a table without its column.
fn within(plan: Plan, range: &TimeRange) -> Option<Plan> {
    let at = plan.schema.index_of(&range.column).filter(|at| plan.schema.kind(*at) == ColumnType::DateTime)?;
    let side = |op, instant| {
        let column = Box::new(Expr::column(at, ColumnType::DateTime));
        let bound = Box::new(Expr::literal(Value::DateTime(instant), ColumnType::DateTime));
        Expr::new(ExprKind::Compare { op, left: column, right: bound }, ColumnType::Bool)
    };
    let both = vec![side(CompareOp::GreaterOrEqual, range.from), side(CompareOp::LessOrEqual, range.to)];
    Some(staged(plan, Stage::Filter(Expr::new(ExprKind::And(both), ColumnType::Bool))))
}
