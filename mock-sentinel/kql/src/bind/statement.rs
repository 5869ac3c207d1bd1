//! `let` and the other statements.

use std::{cell::RefCell, rc::Rc};

use super::{
    Binder, allowed, errors,
    scope::{Binding, Env, Function, Materialized},
};
use crate::{
    error::Error,
    syntax::ast::{self, ExprKind, LetValue, ParamType, Statement, StatementKind},
    types::ColumnType,
};

impl Binder<'_> {
    /// Binds a statement that gives a name its meaning. A tabular statement is an error.
    pub(super) fn define(&mut self, statement: &Statement) -> Result<(), Error> {
        match &statement.kind {
            StatementKind::Let(written) => self.define_let(written),
            StatementKind::Expression(expr) => {
                let message = "A function gives one table, which is its last statement.";
                Err(Error::semantic("SEM0100", message, expr.span))
            }
            StatementKind::Set(_) | StatementKind::Alias { .. } => Ok(()),
            StatementKind::DeclareParameters(declared) => self.define_parameters(declared),
            StatementKind::Restrict(_) => Err(errors::refused("restrict", statement.span)),
            StatementKind::DeclarePattern(_) => Err(errors::refused("declare pattern", statement.span)),
        }
    }

    fn define_let(&mut self, written: &ast::Let) -> Result<(), Error> {
        let binding = match &written.value {
            LetValue::Function(definition) => Binding::Function(Rc::new(Function {
                definition: Rc::new(definition.clone()),
                env: self.env.clone(),
                text: None,
            })),
            LetValue::Expr(expr) => self.let_value(expr)?,
        };
        self.env.define(&written.name.text, binding);
        Ok(())
    }

    fn let_value(&mut self, expr: &ast::Expr) -> Result<Binding, Error> {
        if !self.is_tabular(expr) {
            let expr = self.scalar(expr)?;
            let row = if expr.is_constant() { None } else { self.row.as_ref().map(|row| row.id) };
            return Ok(Binding::Scalar { expr, row });
        }
        if let ExprKind::Call(call) = &expr.unparenthesized().kind
            && call.name.text == "materialize"
        {
            if self.is_transform() {
                return Err(allowed::refusal("materialize", call.span));
            }
            let plan = self.table(super::argument::argument(call, 0)?)?;
            return Ok(Binding::Materialized(Rc::new(RefCell::new(Materialized::Pending(plan)))));
        }
        if let ExprKind::Name(name) = &expr.kind
            && let Some(binding @ (Binding::Function(_) | Binding::Materialized(_))) = self.env.find(&name.text)
        {
            return Ok(binding);
        }
        let row = self.row.take();
        let plan = self.table(expr);
        self.row = row;
        Ok(Binding::Table { plan: Rc::new(plan?), view: false })
    }

    /// `declare query_parameters`: each has its default, since the engine takes no other value.
    fn define_parameters(&mut self, declared: &ast::DeclareParameters) -> Result<(), Error> {
        for param in &declared.params {
            let (ParamType::Scalar(ty), Some(default)) = (&param.ty, &param.default) else {
                let message = format!("The query parameter '{}' has no value.", param.name.text);
                return Err(Error::semantic("SEM0100", message, param.name.span).with_token(&param.name.text));
            };
            let expr = self.scalar(default)?;
            let expr = self.converted(expr, ColumnType::from(ty.scalar), default.span)?;
            self.env.define(&param.name.text, Binding::Scalar { expr, row: None });
        }
        Ok(())
    }

    /// Whether an expression is a table rather than a scalar.
    pub(super) fn is_tabular(&self, expr: &ast::Expr) -> bool {
        self.is_tabular_in(expr, &self.env, &[])
    }

    /// The same with other names; `local` are names known to be tables or not.
    pub(super) fn is_tabular_in(&self, expr: &ast::Expr, env: &Env, local: &[(&str, bool)]) -> bool {
        match &expr.kind {
            ExprKind::Pipe { .. } | ExprKind::Source(_) | ExprKind::DataTable(_) | ExprKind::ExternalData(_) => true,
            ExprKind::Wildcard(_) => true,
            ExprKind::Paren(inner) => self.is_tabular_in(inner, env, local),
            ExprKind::Name(name) => {
                if let Some((_, tabular)) = local.iter().rev().find(|(known, _)| *known == name.text) {
                    return *tabular;
                }
                match env.find(&name.text) {
                    Some(Binding::Scalar { .. }) => false,
                    Some(Binding::Function(function)) => self.gives_table(&function),
                    Some(_) => true,
                    None => self.is_table_name(&name.text),
                }
            }
            ExprKind::Call(call) => match (call.name.text.as_str(), env.find(&call.name.text)) {
                (_, Some(Binding::Function(function))) => self.gives_table(&function),
                ("materialize" | "table" | "_GetWatchlist" | "view" | "external_table", _) => true,
                (name, _) => {
                    crate::functions::find(name).is_empty()
                        && !super::special::names().any(|special| special == name)
                        && crate::aggregates::find(name).is_none()
                        && self.catalog.function(name).is_some()
                }
            },
            ExprKind::Member { target, .. } | ExprKind::MethodCall { target, .. } => is_database(target),
            _ => false,
        }
    }

    fn is_table_name(&self, name: &str) -> bool {
        if self.row.as_ref().is_some_and(|row| super::hidden::find(&row.schema, name).is_some()) {
            return false;
        }
        match &self.mode {
            super::Mode::Transform(_) => name == "source",
            super::Mode::Query => {
                self.catalog.has_table(name) || self.catalog.function(name).is_some() || self.row.is_none()
            }
        }
    }
}

/// `database("x")`, `cluster("y").database("x")`
pub(super) fn is_database(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ExprKind::Call(call) => matches!(call.name.text.as_str(), "database" | "cluster" | "workspace" | "app"),
        ExprKind::MethodCall { target, call } => call.name.text == "database" && is_database(target),
        _ => false,
    }
}
