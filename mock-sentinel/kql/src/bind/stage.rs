//! Adding stages to a plan.

use super::{columns::Columns, hidden};
use crate::plan::{Expr, Plan, Project, Stage};

/// Adds a stage that keeps the columns.
pub(super) fn staged(mut plan: Plan, stage: Stage) -> Plan {
    let schema = plan.schema.clone();
    plan.push(stage, schema);
    plan
}

/// Adds a stage that makes these columns.
pub(super) fn project(mut plan: Plan, columns: Columns) -> Plan {
    let (schema, exprs) = columns.finish();
    plan.push(Stage::Project(Project { columns: exprs.into(), schema: schema.clone() }), schema);
    plan
}

/// Adds a stage that keeps these columns in this order; the query names the first `named` of them.
pub(super) fn select(plan: Plan, kept: &[usize], named: usize) -> Plan {
    let mut columns = Columns::default();
    for (place, at) in kept.iter().enumerate() {
        let column = &plan.schema.columns()[*at];
        let name = if place < named { hidden::named(&column.name) } else { &column.name };
        columns.push(name.to_owned(), Expr::column(*at, column.kind));
    }
    project(plan, columns)
}

/// `take`: right after a sort only the rows taken need to be in order.
pub(super) fn take(mut plan: Plan, rows: usize) -> Plan {
    for stage in plan.stages.iter_mut().rev() {
        match stage {
            Stage::Project(project) if !project.columns.iter().any(Expr::has_window) => {}
            Stage::Sort(sort) => {
                sort.limit = Some(sort.limit.unwrap_or(usize::MAX).min(rows));
                break;
            }
            _ => break,
        }
    }
    staged(plan, Stage::Take(rows))
}
