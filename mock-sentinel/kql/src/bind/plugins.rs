//! `evaluate`: plugins that take a whole table and give another.
//!
//! The columns of most of them depend on the rows, so their input is run while the query is bound.

use super::{Binder, argument::argument, errors};
use crate::{
    batch::Batch,
    error::Error,
    operators::plugin::{self, AddressLookup, BagConflict, BagUnpack},
    plan::{Plan, Source},
    syntax::{
        Span,
        ast::{self, Call},
    },
    types::Schema,
    value::Value,
};

impl Binder<'_> {
    pub(super) fn evaluate(&mut self, input: Option<Plan>, evaluate: &ast::Evaluate) -> Result<Plan, Error> {
        let call = &evaluate.call;
        let name = call.name.text.as_str();
        let Some(input) = input else { return Err(errors::refused(name, call.span)) };
        if reads_input(&input) {
            return Err(errors::refused("evaluate inside mv-apply or partition", call.span));
        }
        let before = self.run.held();
        let rows = match name {
            "bag_unpack" => self.bag_unpack(&input, call)?,
            "pivot" => self.pivot(input.clone(), call)?,
            "narrow" => {
                let rows = self.run.execute_to_batch(&input, &[])?;
                plugin::narrow(&mut self.run, &rows)?
            }
            "ipv4_lookup" | "ipv6_lookup" => self.address_lookup(&input, call)?,
            _ => return Err(errors::refused(name, call.span)),
        };
        let rows = match &evaluate.schema {
            Some(schema) => {
                let kept = if schema.open { input.schema.clone() } else { Schema::new::<String>([]) };
                plugin::promised(&mut self.run, &rows, &kept, &super::source::schema_of(schema))?
            }
            None => rows,
        };
        // What the rows were made of is gone by now; only they stay.
        self.run.release(self.run.held().saturating_sub(before));
        self.run.hold(rows.footprint())?;
        let schema = rows.schema().clone();
        Ok(Plan::new(Source::Rows(rows), schema))
    }

    /// `bag_unpack(column, prefix, columnsConflict, ignoredProperties)`
    fn bag_unpack(&mut self, input: &Plan, call: &Call) -> Result<Batch, Error> {
        let column = column_argument(input, call, 0)?;
        let mut unpack = BagUnpack { column, prefix: String::new(), conflict: BagConflict::Error, ignored: Vec::new() };
        for (at, argument) in call.args.iter().enumerate().skip(1) {
            let (value, _) = self.constant(&argument.value)?;
            let name = argument.name.as_ref().map(|name| name.text.as_str());
            match (name, at) {
                (Some("OutputColumnPrefix" | "outputColumnPrefix"), _) | (None, 1) => {
                    unpack.prefix = value.to_text().into_owned();
                }
                (Some("columnsConflict"), _) | (None, 2) => {
                    unpack.conflict = match &*value.to_text() {
                        "keep_source" => BagConflict::KeepSource,
                        "replace_source" => BagConflict::ReplaceSource,
                        _ => BagConflict::Error,
                    };
                }
                (Some("ignoredProperties"), _) | (None, 3) => {
                    let items = value.as_dynamic().and_then(crate::Dynamic::as_array).unwrap_or_default();
                    unpack.ignored = items.iter().map(crate::Dynamic::to_text).collect();
                }
                _ => return Err(errors::wrong_argument_count(&call.name, call.args.len())),
            }
        }
        let rows = self.run.execute_to_batch(input, &[])?;
        plugin::bag_unpack(&mut self.run, &rows, &unpack, call.span)
    }

    /// `pivot(column, aggregate, kept columns…)`: a column for each value of a column.
    fn pivot(&mut self, input: Plan, call: &Call) -> Result<Batch, Error> {
        let column = column_argument(&input, call, 0)?;
        let counted = ast::Call {
            name: ast::Name { text: "count".to_owned(), span: call.span, bracketed: false },
            args: Vec::new(),
            span: call.span,
        };
        let aggregate = match call.args.get(1).map(|argument| &argument.value.kind) {
            Some(ast::ExprKind::Call(aggregate)) => aggregate.clone(),
            None => counted,
            Some(_) => {
                return Err(Error::semantic("SEM0018", "The second argument of pivot is an aggregate.", call.span));
            }
        };
        let mut kept = Vec::new();
        for at in 2..call.args.len() {
            kept.push(column_argument(&input, call, at)?);
        }
        if kept.is_empty() {
            let aggregated =
                aggregate.args.first().and_then(|first| first.value.as_name()).map(|name| name.text.clone());
            let is_used =
                |at: &usize| *at == column || aggregated.as_deref() == Some(&*input.schema.columns()[*at].name);
            kept = (0..input.schema.len()).filter(|at| !is_used(at)).collect();
        }
        let by: Vec<ast::NamedExpr> =
            kept.iter().chain([&column]).map(|at| named(&input.schema, *at, call.span)).collect();
        let value = ast::Expr::new(ast::ExprKind::Call(aggregate), call.span);
        let entry = ast::NamedExpr { naming: ast::Naming::Auto, value, span: call.span };
        let grouped = self.over(&input, |binder| binder.grouped(std::slice::from_ref(&entry), &by))?;
        let plan = grouped.onto(input);
        let rows = self.run.execute_to_batch(&plan, &[])?;
        plugin::pivot(&mut self.run, &rows)
    }

    /// `ipv4_lookup(table, address, network, extra keys…, return_unmatched)`
    fn address_lookup(&mut self, input: &Plan, call: &Call) -> Result<Batch, Error> {
        let table = self.nested(call.span, |binder| binder.table(argument(call, 0)?))?;
        let address = column_argument(input, call, 1)?;
        let network = column_argument(&table, call, 2)?;
        let mut lookup = AddressLookup { address, network, keys: Vec::new(), unmatched: false };
        for at in 3..call.args.len() {
            match &call.args[at].value.kind {
                ast::ExprKind::Name(name) => {
                    let left = column_argument(input, call, at)?;
                    let right = table
                        .schema
                        .index_of(&name.text)
                        .ok_or_else(|| errors::unknown_column(name, Some(&table.schema)))?;
                    lookup.keys.push((left, right));
                }
                _ => lookup.unmatched = self.constant(&call.args[at].value)?.0 == Value::Bool(true),
            }
        }
        let left = self.run.execute_to_batch(input, &[])?;
        let right = self.run.execute_to_batch(&table, &[])?;
        plugin::address_lookup(&mut self.run, &left, &right, &lookup)
    }
}

fn named(schema: &Schema, at: usize, span: Span) -> ast::NamedExpr {
    let text = schema.columns()[at].name.to_string();
    let value = ast::Expr::new(ast::ExprKind::Name(ast::Name { text, span, bracketed: true }), span);
    ast::NamedExpr { naming: ast::Naming::Auto, value, span }
}

/// Whether the rows are only known once an outer row is.
pub(super) fn reads_input(plan: &Plan) -> bool {
    match &plan.source {
        Source::Input => true,
        Source::Union(plans) => plans.iter().any(reads_input),
        _ => false,
    }
}

/// The position of an argument that must be a column.
fn column_argument(plan: &Plan, call: &Call, at: usize) -> Result<usize, Error> {
    match &argument(call, at)?.kind {
        ast::ExprKind::Name(name) => {
            plan.schema.index_of(&name.text).ok_or_else(|| errors::unknown_column(name, Some(&plan.schema)))
        }
        _ => Err(Error::semantic("SEM0018", format!("Argument {} must be a column.", at + 1), call.span)),
    }
}
