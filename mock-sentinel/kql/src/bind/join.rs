//! `join`, `lookup`

use std::sync::Arc;

use super::{Binder, columns::Columns, errors, operate::widest};
use crate::{
    error::Error,
    plan::{Expr, ExprKind, Join, JoinKind, Plan, Stage},
    syntax::{
        Span,
        ast::{self, BinaryOp, JoinCondition},
    },
    types::{ColumnType, Schema},
};

/// The keys of both sides, pair by pair, with the columns they name.
#[derive(Default)]
struct Keys {
    left: Vec<Expr>,
    right: Vec<Expr>,
}

impl Binder<'_> {
    pub(super) fn join(&mut self, plan: Plan, join: &ast::Join, span: Span) -> Result<Plan, Error> {
        let right = self.right_side(&join.right)?;
        let keys = match &join.on {
            JoinCondition::On(conditions) => self.keys_of(conditions, &plan.schema, &right.schema)?,
            JoinCondition::Where(condition) => {
                self.keys_of(std::slice::from_ref(&**condition), &plan.schema, &right.schema)?
            }
            JoinCondition::Cross => return Err(errors::refused("join without a condition", span)),
        };
        let left_columns = match join.kind {
            JoinKind::RightSemi | JoinKind::RightAnti => Vec::new(),
            _ => (0..plan.schema.len()).collect(),
        };
        let right_columns = match join.kind {
            JoinKind::LeftSemi | JoinKind::LeftAnti => Vec::new(),
            _ => (0..right.schema.len()).collect(),
        };
        Ok(joined(plan, right, join.kind, keys, left_columns, right_columns))
    }

    /// `lookup`: the keys of the right side are not repeated.
    pub(super) fn lookup(&mut self, plan: Plan, lookup: &ast::Lookup, span: Span) -> Result<Plan, Error> {
        if !matches!(lookup.kind, JoinKind::LeftOuter | JoinKind::Inner) {
            return Err(Error::semantic("SEM0018", "lookup is leftouter or inner.", span));
        }
        let right = self.right_side(&lookup.right)?;
        let keys = self.keys_of(&lookup.on, &plan.schema, &right.schema)?;
        let is_key = |at: &usize| keys.right.iter().any(|key| column_of(key) == Some(*at));
        let right_columns = (0..right.schema.len()).filter(|at| !is_key(at)).collect();
        let left_columns = (0..plan.schema.len()).collect();
        Ok(joined(plan, right, lookup.kind, keys, left_columns, right_columns))
    }

    fn right_side(&mut self, right: &ast::Expr) -> Result<Plan, Error> {
        let row = self.row.take();
        let plan = self.nested(right.span, |binder| binder.table(right));
        self.row = row;
        plan
    }

    fn keys_of(&mut self, conditions: &[ast::Expr], left: &Schema, right: &Schema) -> Result<Keys, Error> {
        let mut keys = Keys::default();
        self.with_row(left, Some(right), false, |binder| {
            for condition in conditions {
                binder.key(condition, left, right, &mut keys)?;
            }
            Ok(())
        })?;
        Ok(keys)
    }

    fn key(&mut self, condition: &ast::Expr, left: &Schema, right: &Schema, keys: &mut Keys) -> Result<(), Error> {
        match &condition.unparenthesized().kind {
            ast::ExprKind::And(all) => all.iter().try_for_each(|condition| self.key(condition, left, right, keys)),
            ast::ExprKind::Name(name) => {
                let find = |schema: &Schema| {
                    let at = super::hidden::find(schema, &name.text)
                        .ok_or_else(|| errors::unknown_column(name, Some(schema)))?;
                    Ok(Expr::column(at, schema.kind(at)))
                };
                let (left, right) = (find(left)?, find(right)?);
                self.key_pair(left, right, keys, condition.span)
            }
            ast::ExprKind::Binary { op: BinaryOp::Equal, left: first, right: second, .. } => {
                let (first, second) = (self.scalar(first)?, self.scalar(second)?);
                let is_right = |expr: &Expr| column_of(expr).is_some_and(|at| at >= left.len());
                let (mut on_right, on_left) = if is_right(&first) { (first, second) } else { (second, first) };
                let sides = (column_of(&on_left), column_of(&on_right));
                let (Some(left_at), Some(right_at)) = sides else { return Err(bad_condition(condition.span)) };
                if left_at >= left.len() || right_at < left.len() {
                    return Err(bad_condition(condition.span));
                }
                on_right = Expr::column(right_at - left.len(), on_right.ty);
                self.key_pair(on_left, on_right, keys, condition.span)
            }
            _ => Err(bad_condition(condition.span)),
        }
    }

    /// Keys are compared in one type and must not be dynamic.
    fn key_pair(&mut self, left: Expr, right: Expr, keys: &mut Keys, span: Span) -> Result<(), Error> {
        if left.ty == ColumnType::Dynamic || right.ty == ColumnType::Dynamic {
            return Err(Error::semantic(
                "SEM0038",
                "A key of a join must not be dynamic; put tostring() around it.",
                span,
            ));
        }
        let common = if left.ty == right.ty {
            left.ty
        } else if left.ty.is_numeric() && right.ty.is_numeric() {
            widest(left.ty, right.ty)
        } else {
            return Err(errors::not_comparable(left.ty, right.ty, span));
        };
        keys.left.push(self.converted(left, common, span)?);
        keys.right.push(self.converted(right, common, span)?);
        Ok(())
    }
}

fn bad_condition(span: Span) -> Error {
    Error::semantic("SEM0040", "A join condition is a column of both sides, or $left.a == $right.b.", span)
}

/// The column a key is, also after a cast.
fn column_of(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Column(at) => Some(*at),
        ExprKind::Convert(inner) => column_of(inner),
        _ => None,
    }
}

fn joined(
    mut plan: Plan,
    right: Plan,
    kind: JoinKind,
    keys: Keys,
    left_columns: Vec<usize>,
    right_columns: Vec<usize>,
) -> Plan {
    let mut columns = Columns::default();
    let of_right = |name: &str| right.schema.index_of(name).is_some();
    let sides = [(&plan.schema, &left_columns), (&right.schema, &right_columns)];
    for (schema, kept) in sides {
        for at in kept {
            let column = &schema.columns()[*at];
            columns.add_beside(column.name.to_string(), Expr::column(*at, column.kind), &of_right);
        }
    }
    let (schema, _) = columns.finish();
    let join = Join {
        kind,
        right,
        left_keys: keys.left,
        right_keys: keys.right,
        left_columns,
        right_columns,
        schema: schema.clone(),
    };
    plan.push(Stage::Join(Arc::new(join)), schema);
    plan.serialized = false;
    plan
}
