//! From the tree to a typed plan: names resolved, types known, columns named as Kusto names them.
//!
//! Binding runs parts of a query where its shape depends on data: `toscalar`, `materialize`, `in (T)`, and the plugins
//! that make columns out of values. A query is bound right before it is run, so nothing is computed twice.

mod aggregate;
mod allowed;
mod argument;
mod call;
mod column_pattern;
mod columns;
mod compare;
mod errors;
mod expand;
mod find;
mod geo;
mod get_schema;
mod hidden;
mod join;
mod keyword;
mod literal;
mod names;
mod operate;
mod pack;
mod parse;
mod partition;
mod pipe;
mod plugins;
mod project;
mod registered;
mod results;
mod saved_text;
mod scalar;
mod scan;
mod scope;
mod series;
mod service_columns;
mod source;
mod special;
mod stage;
mod statement;
mod summarize;
mod top_nested;
mod typed_call;
mod union;
mod user_function;

use std::{rc::Rc, sync::Arc};

use crate::{
    answer::Render,
    catalog::Catalog,
    error::{Error, Limit},
    plan::{AggregateCall, Expr, Plan, Source},
    run::Run,
    settings::Settings,
    syntax::{Span, ast},
    types::{ColumnType, Schema},
    value::Value,
};

use self::scope::Env;

/// The most nodes a plan may have; functions that call functions multiply them.
const NODES_MAX: usize = 200_000;
/// The greatest height of an expression once its functions are put in place.
const EXPR_DEPTH_MAX: u32 = 300;
/// How deep functions may call functions and queries hold queries.
const NESTING_MAX: u32 = 60;

/// Resolves one query.
pub(crate) struct Binder<'c> {
    catalog: &'c dyn Catalog,
    /// The service's columns that the query may name.
    mentioned: Vec<&'static str>,
    /// The saved functions whose bodies are being bound, outermost first.
    saved_calls: Vec<Rc<str>>,
    run: Run<'c>,
    mode: Mode,
    env: Env,
    row: Option<Row>,
    /// Set while the expressions of `summarize` are bound.
    aggregates: Option<Vec<AggregateCall>>,
    rows_seen: u32,
    nodes: usize,
    nesting: u32,
    render: Option<Render>,
}

/// What kind of text is bound.
#[derive(Debug, Clone)]
enum Mode {
    Query,
    /// An ingestion-time transform over rows of this schema.
    Transform(Schema),
}

/// The columns that names may refer to.
#[derive(Debug, Clone)]
struct Row {
    /// Distinguishes rows of different operators.
    id: u32,
    schema: Schema,
    /// The right side while the conditions of a join are bound.
    right: Option<Schema>,
    serialized: bool,
}

/// A query ready to run.
#[derive(Debug)]
pub(crate) struct Bound<'c> {
    /// Never empty.
    pub(crate) results: Vec<BoundResult>,
    pub(crate) run: Run<'c>,
}

/// One result table of a query.
#[derive(Debug)]
pub(crate) struct BoundResult {
    pub(crate) plan: Plan,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) render: Option<Render>,
}

/// Binds a query.
pub(crate) fn query<'c>(
    text: &str,
    query: &ast::Query,
    catalog: &'c dyn Catalog,
    settings: &'c Settings,
) -> Result<Bound<'c>, Error> {
    let mut binder = Binder::new(catalog, settings, Mode::Query);
    binder.mentioned = service_columns::mentioned(text, catalog);
    let results = binder.statements(&query.statements)?.into_iter();
    let results = results.map(|result| BoundResult { plan: service_columns::shown(result.plan), ..result }).collect();
    Ok(Bound { results, run: binder.run })
}

/// Binds a transform; its plan reads [`Source::Input`].
pub(crate) fn transform(
    query: &ast::Query,
    input: &Schema,
    catalog: &dyn Catalog,
    settings: &Settings,
) -> Result<Plan, Error> {
    let mut binder = Binder::new(catalog, settings, Mode::Transform(input.clone()));
    let mut results = binder.statements(&query.statements)?;
    match (results.pop(), results.is_empty()) {
        (Some(only), true) => Ok(only.plan),
        _ => Err(Error::semantic("SEM0100", "A transformation has one tabular statement.", Span::default())),
    }
}

impl<'c> Binder<'c> {
    fn new(catalog: &'c dyn Catalog, settings: &'c Settings, mode: Mode) -> Self {
        Self {
            catalog,
            mentioned: Vec::new(),
            saved_calls: Vec::new(),
            run: Run::new(settings),
            mode,
            env: Env::default(),
            row: None,
            aggregates: None,
            rows_seen: 0,
            nodes: 0,
            nesting: 0,
            render: None,
        }
    }

    fn is_transform(&self) -> bool {
        matches!(self.mode, Mode::Transform(_))
    }

    /// Binds with these columns in scope.
    fn with_row<T>(
        &mut self,
        schema: &Schema,
        right: Option<&Schema>,
        serialized: bool,
        bind: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.rows_seen += 1;
        let row = Row { id: self.rows_seen, schema: schema.clone(), right: right.cloned(), serialized };
        let outer = self.row.replace(row);
        let aggregates = self.aggregates.take();
        let bound = bind(self);
        self.row = outer;
        self.aggregates = aggregates;
        bound
    }

    /// Binds over the rows of a plan.
    fn over<T>(&mut self, plan: &Plan, bind: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.with_row(&plan.schema.clone(), None, plan.serialized, bind)
    }

    /// Goes one level of queries or calls deeper.
    fn nested<T>(&mut self, span: Span, bind: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.nesting >= NESTING_MAX {
            return Err(Error::limit(Limit::Nesting, "functions and queries are nested too deeply", span));
        }
        self.nesting += 1;
        let bound = bind(self);
        self.nesting -= 1;
        bound
    }

    fn count_nodes(&mut self, nodes: usize, span: Span) -> Result<(), Error> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES_MAX {
            let message = format!("the query grows to more than {NODES_MAX} parts");
            return Err(Error::limit(Limit::Parts, message, span));
        }
        self.run.spend(nodes)
    }

    /// An expression of known parts, evaluated right away when they are all constants.
    fn made(&mut self, kind: crate::plan::ExprKind, ty: ColumnType, span: Span) -> Result<Expr, Error> {
        self.count_nodes(1, span)?;
        let expr = Expr::new(kind, ty);
        if expr.depth > EXPR_DEPTH_MAX {
            return Err(Error::limit(Limit::Nesting, "the expression is nested too deeply", span));
        }
        if expr.folds() {
            let value = self.run.constant(&expr)?;
            self.run.hold(value.bytes())?;
            return Ok(Expr::literal(value, ty));
        }
        Ok(expr)
    }

    /// Runs a plan now and hands its rows on.
    fn materialized(&mut self, plan: &Plan) -> Result<Plan, Error> {
        let batches = self.run.execute(plan, &[])?;
        let mut table = crate::Table::new(plan.schema.clone());
        for batch in batches {
            table.append(batch);
        }
        let mut ready = Plan::new(Source::Table(table), plan.schema.clone());
        ready.serialized = plan.serialized;
        Ok(ready)
    }

    /// The value of an expression that must be a constant.
    fn constant(&mut self, expr: &ast::Expr) -> Result<(Value, ColumnType), Error> {
        let bound = self.scalar(expr)?;
        if !bound.is_constant() {
            return Err(Error::semantic("SEM0018", "a constant is expected here", expr.span));
        }
        Ok((self.run.constant(&bound)?, bound.ty))
    }

    /// A constant that counts rows.
    fn constant_count(&mut self, expr: &ast::Expr) -> Result<usize, Error> {
        let outer = self.row.take();
        let value = self.constant(expr);
        self.row = outer;
        let (value, _) = value?;
        let number = value.as_long().or_else(|| match value {
            Value::Real(real) => crate::functions::conversion::truncated(real),
            _ => crate::functions::conversion::convert(&value, ColumnType::Long).as_long(),
        });
        let count = number.and_then(|number| usize::try_from(number).ok());
        count.ok_or_else(|| Error::semantic("SEM0018", "a number of rows, zero or more, is expected here", expr.span))
    }
}
