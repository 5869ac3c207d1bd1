//! Tables and everything else that rows come from.

use std::rc::Rc;

use hashbrown::HashSet;

use super::{
    Binder, Mode, allowed,
    argument::argument,
    errors,
    scope::{Binding, Materialized},
    user_function::Called,
};
use crate::{
    batch::BatchBuilder,
    catalog,
    error::Error,
    functions::conversion::convert,
    plan::{Plan, Project, Source},
    syntax::{
        Span,
        ast::{self, ExprKind, Name, OperatorKind, ParameterValue},
    },
    types::{ColumnType, Schema},
    value::Value,
};

impl Binder<'_> {
    /// Binds an expression that gives a table.
    pub(super) fn table(&mut self, expr: &ast::Expr) -> Result<Plan, Error> {
        match &expr.kind {
            ExprKind::Pipe { source, operators } => {
                let plan = self.nested(expr.span, |binder| binder.table(source))?;
                self.pipe(plan, operators)
            }
            ExprKind::Paren(inner) => self.nested(expr.span, |binder| binder.table(inner)),
            ExprKind::Name(name) => self.table_name(name),
            ExprKind::Source(operator) => self.nested(expr.span, |binder| binder.source_operator(operator)),
            ExprKind::DataTable(data) => self.data_table(data),
            ExprKind::ExternalData(external) => self.external_data(external, expr.span),
            ExprKind::Call(call) => self.table_call(call),
            ExprKind::Member { target, name } if super::statement::is_database(target) => {
                if is_here(target) {
                    self.table_name(name)
                } else {
                    Err(errors::refused("another workspace", target.span))
                }
            }
            ExprKind::MethodCall { target, call } if super::statement::is_database(target) => {
                if is_here(target) {
                    self.table_call(call)
                } else {
                    Err(errors::refused("another workspace", target.span))
                }
            }
            ExprKind::Wildcard(name) => Err(errors::unknown_table(name, &self.known_tables())),
            _ => Err(Error::semantic("SEM0100", "A table is expected here.", expr.span)),
        }
    }

    pub(super) fn known_tables(&self) -> Vec<String> {
        let mut known = self.catalog.table_names();
        known.extend(self.env.all().iter().map(|(name, _)| name.to_string()));
        known.extend(self.catalog.function_names());
        known
    }

    pub(super) fn table_name(&mut self, name: &Name) -> Result<Plan, Error> {
        match self.env.find(&name.text) {
            Some(binding) => return self.table_binding(&binding, name),
            None => {
                if let Mode::Transform(input) = &self.mode {
                    if name.text == "source" {
                        return Ok(Plan::new(Source::Input, input.clone()));
                    }
                    return Err(errors::unknown_table(name, &["source".to_owned()]));
                }
            }
        }
        if let Some(plan) = self.stored_table(&name.text) {
            return Ok(plan);
        }
        match self.catalog.function(&name.text) {
            Some(saved) => {
                let call = ast::Call { name: name.clone(), args: Vec::new(), span: name.span };
                let called = self.call_saved(&name.text, &saved, &call)?;
                table_of(called, &name.text, name.span)
            }
            None => Err(errors::unknown_table(name, &self.known_tables())),
        }
    }

    /// The table a name stands for.
    pub(super) fn table_binding(&mut self, binding: &Binding, name: &Name) -> Result<Plan, Error> {
        match binding {
            Binding::Table { plan, .. } => {
                self.count_nodes(plan.weight(), name.span)?;
                Ok(Plan::clone(plan))
            }
            Binding::Materialized(state) => {
                let pending = match &*state.borrow() {
                    Materialized::Ready(plan) => return Ok(plan.clone()),
                    Materialized::Pending(plan) => plan.clone(),
                };
                let ready = self.materialized(&pending)?;
                *state.borrow_mut() = Materialized::Ready(ready.clone());
                Ok(ready)
            }
            Binding::Function(function) => {
                let call = ast::Call { name: name.clone(), args: Vec::new(), span: name.span };
                let called = self.call_user(&Rc::clone(function), &call)?;
                table_of(called, &name.text, name.span)
            }
            Binding::Scalar { .. } => {
                let message = format!("'{}' is a scalar where a table is expected.", name.text);
                Err(Error::semantic("SEM0100", message, name.span).with_token(&name.text))
            }
        }
    }

    fn table_call(&mut self, call: &ast::Call) -> Result<Plan, Error> {
        let name = call.name.text.as_str();
        if let Some(Binding::Function(function)) = self.env.find(name) {
            let called = self.call_user(&function, call)?;
            return table_of(called, name, call.span);
        }
        if self.is_transform() {
            return Err(allowed::refusal(name, call.span));
        }
        match name {
            "materialize" | "view" => self.table(argument(call, 0)?),
            "table" => {
                let (table, _) = self.constant(argument(call, 0)?)?;
                self.table_name(&Name { text: table.to_text().into_owned(), span: call.span, bracketed: false })
            }
            "_GetWatchlist" => {
                let (alias, _) = self.constant(argument(call, 0)?)?;
                let rows = self.catalog.watchlist(&alias.to_text());
                let known = || self.catalog.watchlist_names();
                let rows = rows.ok_or_else(|| errors::unknown_watchlist(&alias.to_text(), &known(), call.span))?;
                let schema = rows.schema().clone();
                Ok(Plan::new(Source::Table(rows), schema))
            }
            _ => match self.catalog.function(name) {
                Some(saved) => {
                    let called = self.call_saved(name, &saved, call)?;
                    table_of(called, name, call.span)
                }
                None => Err(self.unknown_function(call)),
            },
        }
    }

    /// An operator at the start of a pipe.
    fn source_operator(&mut self, operator: &ast::Operator) -> Result<Plan, Error> {
        match &operator.kind {
            OperatorKind::Print(columns) => self.print(columns),
            _ if self.is_transform() => Err(allowed::refusal(super::keyword::keyword(&operator.kind), operator.span)),
            OperatorKind::Range(range) => self.range(range),
            OperatorKind::Union(union) => self.union(None, union, operator.span),
            OperatorKind::Search(search) => self.search(None, search, operator.span),
            OperatorKind::Find(find) => self.find(find, operator.span),
            OperatorKind::Evaluate(evaluate) => self.evaluate(None, evaluate),
            kind => Err(Error::semantic(
                "SEM0100",
                format!("'{}' needs a table before it.", super::keyword::keyword(kind)),
                operator.span,
            )),
        }
    }

    /// `print`: what is not named becomes `print_0`, `print_1`, ...
    fn print(&mut self, written: &[ast::NamedExpr]) -> Result<Plan, Error> {
        let columns = self.projection(&Schema::new::<String>([]), false, |binder| binder.printed(written))?;
        let (schema, exprs) = columns.finish();
        let mut plan = Plan::new(Source::Print(Project { columns: exprs.into(), schema: schema.clone() }), schema);
        plan.serialized = true;
        Ok(plan)
    }

    fn range(&mut self, range: &ast::Range) -> Result<Plan, Error> {
        let row = self.row.take();
        let bound = self.range_of(range);
        self.row = row;
        bound
    }

    fn range_of(&mut self, range: &ast::Range) -> Result<Plan, Error> {
        let (from, from_kind) = self.constant(&range.from)?;
        let (to, to_kind) = self.constant(&range.to)?;
        let (step, step_kind) = self.constant(&range.step)?;
        let kind = super::argument::common_type([from_kind, to_kind].into_iter());
        let kind = match (kind, step_kind) {
            (ColumnType::DateTime | ColumnType::Timespan, ColumnType::Timespan) => kind,
            (kind, step) if kind.is_numeric() && step.is_numeric() => kind.max(step).max(ColumnType::Long),
            (ColumnType::Dynamic, step) if step.is_numeric() && [from_kind, to_kind].contains(&ColumnType::Dynamic) => {
                step
            }
            _ => {
                return Err(Error::semantic(
                    "SEM0025",
                    "The values of a range must be numbers or times.",
                    range.name.span,
                ));
            }
        };
        let step = if kind.is_numeric() { convert(&step, kind) } else { step };
        let schema = Schema::new([(range.name.text.clone(), kind)]);
        let source = crate::plan::Range {
            schema: schema.clone(),
            kind,
            from: convert(&from, kind),
            to: convert(&to, kind),
            step,
        };
        let mut plan = Plan::new(Source::Range(source), schema);
        plan.serialized = true;
        Ok(plan)
    }

    /// `datatable (…) […]`
    fn data_table(&mut self, data: &ast::DataTable) -> Result<Plan, Error> {
        let schema = distinct_schema(&data.schema)?;
        let width = schema.len();
        if width == 0 || !data.values.len().is_multiple_of(width) {
            let message = format!("{} values do not fill rows of {width} columns.", data.values.len());
            return Err(Error::semantic("SEM0018", message, data.schema.span));
        }
        let mut rows = BatchBuilder::new(schema.clone());
        for row in data.values.chunks(width) {
            let mut values = Vec::with_capacity(width);
            for (value, column) in row.iter().zip(schema.columns()) {
                values.push(convert(&self.constant(value)?.0, column.kind));
            }
            rows.push_row(&values);
        }
        Ok(Plan::new(Source::Rows(rows.finish()), schema))
    }

    fn external_data(&mut self, external: &ast::ExternalData, span: Span) -> Result<Plan, Error> {
        if self.is_transform() {
            return Err(allowed::refusal("externaldata", span));
        }
        let schema = distinct_schema(&external.schema)?;
        let mut uris = Vec::new();
        for uri in &external.uris {
            uris.push(self.constant(uri)?.0.to_text().into_owned());
        }
        let mut options = Vec::new();
        for option in &external.options {
            options.push((option.name.text.clone(), self.option_text(&option.value)?));
        }
        let request = catalog::ExternalData { schema: schema.clone(), uris, options };
        let rows = self.catalog.external_data(&request).ok_or_else(|| errors::refused("externaldata", span))?;
        let schema = rows.schema().clone();
        Ok(Plan::new(Source::Table(rows), schema))
    }

    /// The value of an option as text; columns are named.
    pub(super) fn option_text(&mut self, value: &ParameterValue) -> Result<String, Error> {
        Ok(match value {
            ParameterValue::Name(name) => name.text.clone(),
            ParameterValue::Names(names) => names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(","),
            ParameterValue::Expr(expr) => match &self.constant(expr)?.0 {
                Value::Bool(value) => value.to_string(),
                value => value.to_text().into_owned(),
            },
        })
    }
}

/// Only names without a cluster or another workspace are known here.
fn is_here(target: &ast::Expr) -> bool {
    matches!(&target.kind, ExprKind::Call(call) if call.name.text == "database")
}

fn table_of(called: Called, name: &str, span: Span) -> Result<Plan, Error> {
    match called {
        Called::Table(plan) => Ok(plan),
        Called::Scalar(_) => {
            let message = format!("'{name}' gives a scalar where a table is expected.");
            Err(Error::semantic("SEM0100", message, span).with_token(name))
        }
    }
}

/// The columns of a written schema.
/// The schema; a name that is there twice is an error.
fn distinct_schema(written: &ast::Schema) -> Result<Schema, Error> {
    let mut known = HashSet::new();
    for column in &written.columns {
        if !known.insert(column.name.text.as_str()) {
            return Err(errors::duplicate_column(&column.name.text, column.name.span));
        }
    }
    Ok(schema_of(written))
}

/// The schema as it is written.
pub(super) fn schema_of(written: &ast::Schema) -> Schema {
    Schema::new(written.columns.iter().map(|column| (column.name.text.clone(), ColumnType::from(column.ty.scalar))))
}
