//! `mv-expand`, `mv-apply`

use std::sync::Arc;

use super::{
    Binder,
    columns::Columns,
    errors,
    names::{self, given_names},
};
use crate::{
    error::Error,
    plan::{ApplyOutput, ExpandOutput, Expanded, Expr, ExprKind, MvApply, MvExpand, Plan, Source, Stage},
    syntax::{
        Span,
        ast::{self, MvExpandColumn, Name},
    },
    types::{ColumnDef, ColumnType, Schema},
};

impl Binder<'_> {
    pub(super) fn mv_expand(&mut self, mut plan: Plan, written: &ast::MvExpand, span: Span) -> Result<Plan, Error> {
        let expansion = match self.word(&written.parameters, "bagexpansion")? {
            Some(kind) => Some(kind),
            None => self.word(&written.parameters, "kind")?,
        };
        let bags_as_arrays = expansion.as_deref() == Some("array");
        let (expand, _) = self.expansion(
            &plan,
            &written.columns,
            written.item_index.as_ref(),
            written.limit.as_ref(),
            bags_as_arrays,
            span,
        )?;
        let schema = expand.schema.clone();
        plan.push(Stage::MvExpand(Arc::new(expand)), schema);
        Ok(plan)
    }

    /// The expansion, and the columns of the plan that are expanded in place.
    fn expansion(
        &mut self,
        plan: &Plan,
        written: &[MvExpandColumn],
        item_index: Option<&Name>,
        limit: Option<&ast::Expr>,
        bags_as_arrays: bool,
        span: Span,
    ) -> Result<(MvExpand, Vec<usize>), Error> {
        let limit = limit.map(|limit| self.constant_count(limit)).transpose()?;
        let mut output: Vec<(String, ColumnType, ExpandOutput)> = Vec::new();
        for (at, column) in plan.schema.columns().iter().enumerate() {
            output.push((column.name.to_string(), column.kind, ExpandOutput::Input(at)));
        }
        let mut columns = Vec::new();
        let mut in_place = Vec::new();
        let mut made_names: Vec<String> = Vec::new();
        for column in written {
            let expr = self.over(plan, |binder| binder.scalar(&column.value.value))?;
            if expr.ty != ColumnType::Dynamic {
                return Err(errors::wrong_type("What is expanded", "dynamic", expr.ty, column.value.span));
            }
            let kind = column.to.map_or(ColumnType::Dynamic, |ty| ColumnType::from(ty.scalar));
            let given = given_names(&column.value.naming);
            if let (ExprKind::Column(at), true) = (&expr.kind, given.is_empty()) {
                in_place.push(*at);
            }
            let name = given.first().map(|name| (*name).to_owned()).or_else(|| names::of_expr(&column.value.value));
            let made = ExpandOutput::Expanded(columns.len());
            columns.push(Expanded { expr, kind });
            let unnamed = || unused(&output, "Column1");
            let name = name.unwrap_or_else(unnamed);
            if made_names.contains(&name) {
                return Err(errors::duplicate_column(&name, column.value.span));
            }
            made_names.push(name.clone());
            match output.iter_mut().find(|(known, ..)| *known == name) {
                Some(slot) => *slot = (name, kind, made),
                None => output.push((name, kind, made)),
            }
        }
        if columns.is_empty() {
            return Err(Error::semantic("SEM0100", "A column to expand is expected.", span));
        }
        if let Some(index) = item_index {
            let name = unused(&output, &index.text);
            output.push((name, ColumnType::Long, ExpandOutput::Index));
        }
        let schema: Schema = output.iter().map(|(name, kind, _)| ColumnDef::new(name.as_str(), *kind)).collect();
        let output = output.into_iter().map(|(_, _, output)| output).collect();
        Ok((MvExpand { columns, bags_as_arrays, limit, output, schema }, in_place))
    }

    /// `mv-apply`: the columns of the row that are not expanded in place, then those of the inner query.
    pub(super) fn mv_apply(&mut self, mut plan: Plan, written: &ast::MvApply, span: Span) -> Result<Plan, Error> {
        if let Some(id) = &written.context_id {
            return Err(errors::refused("mv-apply id", id.span));
        }
        let (expand, in_place) =
            self.expansion(&plan, &written.columns, written.item_index.as_ref(), written.limit.as_ref(), false, span)?;
        let mut input = Plan::new(Source::Input, expand.schema.clone());
        input.serialized = true;
        let inner = self.nested(span, |binder| binder.pipe(input, &written.operators))?;
        let mut columns = Columns::default();
        let mut output: Vec<ApplyOutput> = Vec::new();
        for (at, column) in plan.schema.columns().iter().enumerate() {
            if !in_place.contains(&at) {
                columns.push(column.name.to_string(), Expr::column(0, column.kind));
                output.push(ApplyOutput::Row(at));
            }
        }
        for (at, column) in inner.schema.columns().iter().enumerate() {
            let place = columns.position(&column.name);
            columns.replace(column.name.to_string(), Expr::column(0, column.kind));
            match place {
                Some(place) => output[place] = ApplyOutput::Result(at),
                None => output.push(ApplyOutput::Result(at)),
            }
        }
        let (schema, _) = columns.finish();
        let apply = MvApply { expand, plan: inner, output, schema: schema.clone() };
        plan.push(Stage::MvApply(Arc::new(apply)), schema);
        Ok(plan)
    }
}

fn unused(output: &[(String, ColumnType, ExpandOutput)], name: &str) -> String {
    let taken = |candidate: &str| output.iter().any(|(known, ..)| known == candidate);
    let numbered = (1..).map(|number| format!("{name}{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|candidate| !taken(candidate)).unwrap_or_default()
}
