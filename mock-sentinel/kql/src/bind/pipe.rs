//! The operators of a pipe, one after the other.

use std::sync::Arc;

use super::{
    Binder, allowed,
    columns::Columns,
    errors, hidden,
    keyword::keyword,
    service_columns,
    stage::{project, select, staged, take},
};
use crate::{
    answer::Render,
    error::Error,
    plan::{Plan, Sort, SortKey, Source, Stage},
    syntax::ast::{self, NullsOrder, Operator, OperatorKind, OrderColumn, SortDirection},
    types::{ColumnType, Schema},
};

impl Binder<'_> {
    /// Binds operators over the rows of a plan.
    pub(super) fn pipe(&mut self, plan: Plan, operators: &[Operator]) -> Result<Plan, Error> {
        let outer = self.env.clone();
        let bound = self.steps(plan, operators);
        self.env = outer;
        bound
    }

    pub(super) fn steps(&mut self, mut plan: Plan, operators: &[Operator]) -> Result<Plan, Error> {
        for operator in operators {
            self.count_nodes(1, operator.span)?;
            if self.is_transform() && !allowed::tabular(keyword(&operator.kind)) {
                return Err(allowed::refusal(keyword(&operator.kind), operator.span));
            }
            plan = self.operator(plan, operator)?;
            if !matches!(operator.kind, OperatorKind::As(_) | OperatorKind::Render(_)) {
                // A name is that of the rows it was given to, and not of what is made of them.
                plan.name = None;
            }
        }
        Ok(plan)
    }

    fn operator(&mut self, plan: Plan, operator: &Operator) -> Result<Plan, Error> {
        let span = operator.span;
        match &operator.kind {
            OperatorKind::Filter { predicate, .. } => self.filter_named(plan, predicate),
            OperatorKind::Extend(columns) => self.extend(plan, columns),
            OperatorKind::Serialize { columns, .. } => {
                let mut plan = plan;
                plan.serialized = true;
                if columns.is_empty() { Ok(plan) } else { self.extend(plan, columns) }
            }
            OperatorKind::Project(columns) => {
                let columns = self.over(&plan, |binder| binder.projected(columns, |_| false))?;
                Ok(project(plan, columns))
            }
            OperatorKind::ProjectAway(patterns) => Self::keep(plan, patterns, false),
            OperatorKind::ProjectKeep(patterns) => Self::keep(plan, patterns, true),
            OperatorKind::ProjectRename(columns) => super::column_pattern::rename(plan, columns),
            OperatorKind::ProjectReorder(columns) => {
                let (order, named) = super::column_pattern::reordered(columns, &plan.schema)?;
                Ok(select(plan, &order, named))
            }
            OperatorKind::ProjectByNames(names) => self.project_by_names(plan, names),
            OperatorKind::Take { rows, .. } => {
                let rows = self.constant_count(rows)?;
                Ok(take(plan, rows))
            }
            OperatorKind::Sample { rows, .. } => {
                let rows = self.constant_count(rows)?;
                Ok(staged(plan, Stage::Sample(rows)))
            }
            OperatorKind::SampleDistinct(sample) => {
                let rows = self.constant_count(&sample.count)?;
                let entry = ast::NamedExpr { naming: ast::Naming::Auto, value: sample.of.clone(), span };
                let plan = self.distinct(plan, std::slice::from_ref(&entry))?;
                Ok(take(plan, rows))
            }
            OperatorKind::Sort { by, .. } => self.sort(plan, by, None),
            OperatorKind::Top(top) => {
                let rows = self.constant_count(&top.count)?;
                self.sort(plan, &top.by, Some(rows))
            }
            OperatorKind::TopHitters(top) => self.top_hitters(plan, top, span),
            OperatorKind::Count { name } => {
                Ok(super::summarize::count(plan, name.as_ref().map_or("Count", |name| &name.text)))
            }
            OperatorKind::Summarize(summarize) => self.summarize(plan, summarize),
            OperatorKind::Distinct { columns, .. } => match columns {
                ast::DistinctColumns::All => super::summarize::distinct_all(plan, span),
                ast::DistinctColumns::Listed(columns) => self.distinct(plan, columns),
            },
            OperatorKind::Join(join) => self.join(plan, join, span),
            OperatorKind::Lookup(lookup) => self.lookup(plan, lookup, span),
            OperatorKind::Union(union) => self.union(Some(plan), union, span),
            OperatorKind::GetSchema { .. } => Ok(super::get_schema::rows(&service_columns::shown(plan).schema)),
            OperatorKind::As(named) => {
                let mut plan = plan;
                plan.name = Some(Arc::from(named.name.text.as_str()));
                let binding = super::scope::Binding::Table { plan: plan.clone().into(), view: false };
                self.env.define(&named.name.text, binding);
                Ok(plan)
            }
            OperatorKind::Render(render) => self.render(plan, render),
            OperatorKind::Consume(_) => {
                let schema = Schema::new([("Count", ColumnType::Long)]);
                let empty = crate::Batch::empty(schema.clone());
                Ok(Plan::new(Source::Rows(empty), schema))
            }
            OperatorKind::ExecuteAndCache => Ok(plan),
            OperatorKind::AssertSchema(schema) => Self::assert_schema(plan, schema),
            OperatorKind::Invoke(call) => self.invoke(plan, call),
            OperatorKind::MvExpand(expand) => self.mv_expand(plan, expand, span),
            OperatorKind::MvApply(apply) => self.mv_apply(plan, apply, span),
            OperatorKind::Parse(parse) => self.parse(plan, parse, span),
            OperatorKind::ParseKv(parse) => self.parse_kv(plan, parse, span),
            OperatorKind::MakeSeries(series) => self.make_series(plan, series, span),
            OperatorKind::TopNested(nested) => self.top_nested(plan, nested, span),
            OperatorKind::Partition(partition) => self.partition(plan, partition, span),
            OperatorKind::Evaluate(evaluate) => self.evaluate(Some(service_columns::shown(plan)), evaluate),
            OperatorKind::Search(search) => self.search(Some(plan), search, span),
            OperatorKind::Fork(_) | OperatorKind::Facet(_) => {
                let keyword = keyword(&operator.kind);
                let message =
                    format!("'{keyword}' gives several tables: this engine takes it at the end of a statement only.");
                Err(Error::refused(keyword, message, span))
            }
            OperatorKind::Scan(scan) => self.scan(plan, scan, span),
            OperatorKind::Reduce(_) => Err(errors::refused(keyword(&operator.kind), span)),
            OperatorKind::Find(_) | OperatorKind::Print(_) | OperatorKind::Range(_) => {
                let message = format!("'{}' can only start a query.", keyword(&operator.kind));
                Err(Error::semantic("SEM0100", message, span).with_token(keyword(&operator.kind)))
            }
        }
    }

    /// `where x`, and `where name = x`, which Microsoft's binder takes: there `=` names the condition and compares nothing.
    fn filter_named(&mut self, plan: Plan, predicate: &ast::NamedExpr) -> Result<Plan, Error> {
        let filtered = self.filter(plan, &predicate.value);
        filtered.map_err(|mut error| {
            if let Some(name) = super::names::given_names(&predicate.naming).first() {
                let hint = format!(" A single '=' names the condition '{name}'; '==' compares.");
                error.message.push_str(&hint);
            }
            error
        })
    }

    pub(super) fn filter(&mut self, plan: Plan, predicate: &ast::Expr) -> Result<Plan, Error> {
        let condition = self.over(&plan, |binder| binder.condition(predicate))?;
        Ok(staged(plan, Stage::Filter(condition)))
    }

    fn extend(&mut self, plan: Plan, written: &[ast::NamedExpr]) -> Result<Plan, Error> {
        let mut columns = Columns::of(&plan.schema).passing(Some(plan.schema.clone()));
        self.over(&plan, |binder| binder.extended(&mut columns, written))?;
        Ok(project(plan, columns))
    }

    /// `project-keep`, `project-away`
    fn keep(plan: Plan, patterns: &[ast::ColumnPattern], keep: bool) -> Result<Plan, Error> {
        let mut named = vec![false; plan.schema.len()];
        for pattern in patterns {
            for at in super::column_pattern::matching(pattern, &plan.schema)? {
                named[at] = true;
            }
        }
        let kept: Vec<usize> = (0..plan.schema.len()).filter(|at| named[*at] == keep).collect();
        let named = if keep { kept.len() } else { 0 };
        Ok(select(plan, &kept, named))
    }

    /// `project-by-names "a", "b*"`: names that are not there are left out.
    fn project_by_names(&mut self, plan: Plan, written: &[ast::Expr]) -> Result<Plan, Error> {
        let mut kept: Vec<usize> = Vec::new();
        for expr in written {
            let (value, _) = self.constant(expr)?;
            let patterns: Vec<String> = match value.as_dynamic().and_then(crate::Dynamic::as_array) {
                Some(items) => items.iter().map(crate::Dynamic::to_text).collect(),
                None => vec![value.to_text().into_owned()],
            };
            for pattern in patterns {
                let found = hidden::visible(&plan.schema);
                let found = found.filter(|(_, column)| super::column_pattern::matches_wildcard(&pattern, &column.name));
                let hidden = hidden::find(&plan.schema, &pattern).map(|at| (at, &plan.schema.columns()[at]));
                let found = found.chain(hidden);
                for (at, _) in found {
                    if !kept.contains(&at) {
                        kept.push(at);
                    }
                }
            }
        }
        let named = kept.len();
        Ok(select(plan, &kept, named))
    }

    pub(super) fn sort_keys(&mut self, plan: &Plan, by: &[OrderColumn]) -> Result<Vec<SortKey>, Error> {
        self.over(plan, |binder| {
            by.iter()
                .map(|column| {
                    let expr = binder.scalar(&column.expr)?;
                    let descending = column.direction != Some(SortDirection::Asc);
                    let nulls_first = match column.nulls {
                        Some(nulls) => nulls == NullsOrder::First,
                        None => !descending,
                    };
                    Ok(SortKey { expr, descending, nulls_first })
                })
                .collect()
        })
    }

    fn sort(&mut self, plan: Plan, by: &[OrderColumn], limit: Option<usize>) -> Result<Plan, Error> {
        let keys = self.sort_keys(&plan, by)?;
        let mut plan = staged(plan, Stage::Sort(Sort { keys: Arc::from(keys), limit }));
        plan.serialized = true;
        Ok(plan)
    }

    pub(super) fn render(&mut self, plan: Plan, render: &ast::Render) -> Result<Plan, Error> {
        let mut properties = Vec::new();
        for property in &render.properties {
            properties.push((property.name.text.clone(), self.option_text(&property.value)?));
        }
        self.render = Some(Render { chart: render.chart.text.clone(), properties });
        Ok(plan)
    }

    /// Fails unless the columns are as promised.
    fn assert_schema(plan: Plan, schema: &ast::Schema) -> Result<Plan, Error> {
        let plan = service_columns::shown(plan);
        if super::source::schema_of(schema) == plan.schema {
            return Ok(plan);
        }
        Err(Error::semantic("SEM0018", "The columns differ from those asserted.", schema.span))
    }

    fn invoke(&mut self, plan: Plan, call: &ast::Expr) -> Result<Plan, Error> {
        let ast::ExprKind::Call(call) = &call.unparenthesized().kind else {
            return Err(Error::semantic("SEM0100", "invoke takes a call of a function.", call.span));
        };
        let function = match self.env.find(&call.name.text) {
            Some(super::scope::Binding::Function(function)) => function,
            _ => match self.catalog.function(&call.name.text) {
                Some(saved) => Self::saved(&call.name.text, &saved)?,
                None => return Err(self.unknown_function(call)),
            },
        };
        match self.call_with(&function, call, Some(plan))? {
            super::user_function::Called::Table(plan) => Ok(plan),
            super::user_function::Called::Scalar(_) => {
                Err(Error::semantic("SEM0100", "invoke takes a function that gives a table.", call.span))
            }
        }
    }
}
