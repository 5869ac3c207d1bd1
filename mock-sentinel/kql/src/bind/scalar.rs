//! Scalar expressions.

use std::sync::Arc;

use super::{Binder, errors, literal, scope::Binding};
use crate::{
    error::Error,
    plan::{CompareOp, Expr, ExprKind},
    syntax::{
        Span,
        ast::{self, BinaryOp, Name, UnaryOp},
    },
    types::ColumnType,
    value::Value,
};

impl Binder<'_> {
    /// Binds an expression that gives one value a row.
    pub(super) fn scalar(&mut self, expr: &ast::Expr) -> Result<Expr, Error> {
        match &expr.kind {
            // Microsoft's page: write parse_json('…') instead; `dynamic(null)` was refused live.
            ast::ExprKind::Literal(written) if self.is_transform() && is_dynamic(written) => {
                Err(super::allowed::refusal("dynamic", expr.span))
            }
            ast::ExprKind::Literal(written) => literal::bind(written, expr.span),
            ast::ExprKind::Name(name) => self.scalar_name(name),
            ast::ExprKind::Paren(inner) => self.scalar(inner),
            ast::ExprKind::Unary { op, operand } => self.unary(*op, operand, expr.span),
            ast::ExprKind::Binary { op, op_span, left, right } => self.binary(*op, *op_span, left, right),
            ast::ExprKind::And(all) => {
                let all = self.conditions(all)?;
                self.made(ExprKind::And(all), ColumnType::Bool, expr.span)
            }
            ast::ExprKind::Or(all) => {
                let all = self.conditions(all)?;
                self.made(ExprKind::Or(all), ColumnType::Bool, expr.span)
            }
            ast::ExprKind::Set { op, operand, items, .. } => self.membership(*op, operand, items, expr.span),
            ast::ExprKind::Between { negated, operand, low, high } => {
                self.between(*negated, operand, low, high, expr.span)
            }
            ast::ExprKind::Call(call) => self.call(call),
            ast::ExprKind::Member { target, name } => self.member(target, name, expr.span),
            ast::ExprKind::Index { target, index } => self.index(target, index, expr.span),
            ast::ExprKind::TypeOf(ast::TypeOf::Scalar(ty)) => {
                Ok(Expr::literal(Value::string(ColumnType::from(ty.scalar).name()), ColumnType::String))
            }
            ast::ExprKind::MethodCall { call, .. } => Err(errors::refused(&call.name.text, call.span)),
            ast::ExprKind::Star
            | ast::ExprKind::Wildcard(_)
            | ast::ExprKind::TypeOf(_)
            | ast::ExprKind::Pipe { .. }
            | ast::ExprKind::Source(_)
            | ast::ExprKind::DataTable(_)
            | ast::ExprKind::ExternalData(_) => {
                Err(Error::semantic("SEM0100", "A scalar expression is expected here.", expr.span))
            }
        }
    }

    /// Binds a condition; a dynamic value is cast to bool.
    pub(super) fn condition(&mut self, expr: &ast::Expr) -> Result<Expr, Error> {
        let bound = self.scalar(expr)?;
        match bound.ty {
            ColumnType::Bool => Ok(bound),
            ColumnType::Dynamic => self.converted(bound, ColumnType::Bool, expr.span),
            found => Err(errors::wrong_type("A condition", "of type bool", found, expr.span)),
        }
    }

    fn conditions(&mut self, all: &[ast::Expr]) -> Result<Vec<Expr>, Error> {
        all.iter().map(|expr| self.condition(expr)).collect()
    }

    /// The expression as another type, by the rules of the `to…()` functions.
    pub(super) fn converted(&mut self, expr: Expr, to: ColumnType, span: Span) -> Result<Expr, Error> {
        if expr.ty == to { Ok(expr) } else { self.made(ExprKind::Convert(Box::new(expr)), to, span) }
    }

    fn scalar_name(&mut self, name: &Name) -> Result<Expr, Error> {
        if let Some(row) = &self.row
            && let Some(at) = super::hidden::find(&row.schema, &name.text)
        {
            if self.aggregates.is_some() {
                let message = format!("'{}' is neither an aggregate nor one of the groups.", name.text);
                return Err(Error::semantic("SEM0099", message, name.span).with_token(&name.text));
            }
            return Ok(Expr::column(at, row.schema.kind(at)));
        }
        match self.env.find(&name.text) {
            Some(Binding::Scalar { expr, row }) => {
                self.check_row(row, name)?;
                self.count_nodes(expr.depth as usize, name.span)?;
                Ok(expr)
            }
            Some(Binding::Function(_)) => {
                self.call(&ast::Call { name: name.clone(), args: Vec::new(), span: name.span })
            }
            Some(_) => {
                let message = format!("'{}' is a table where a scalar is expected.", name.text);
                Err(Error::semantic("SEM0100", message, name.span).with_token(&name.text))
            }
            None => Err(errors::unknown_column(name, self.row.as_ref().map(|row| &row.schema))),
        }
    }

    /// A parameter that holds a column may be used only over the rows it came from.
    fn check_row(&self, row: Option<u32>, name: &Name) -> Result<(), Error> {
        if row.is_none() || row == self.row.as_ref().map(|row| row.id) {
            return Ok(());
        }
        let message = format!("'{}' depends on the row of the call and cannot be used inside a query.", name.text);
        Err(Error::semantic("SEM0098", message, name.span).with_token(&name.text))
    }

    fn unary(&mut self, op: UnaryOp, operand: &ast::Expr, span: Span) -> Result<Expr, Error> {
        let bound = self.scalar(operand)?;
        if !(bound.ty.is_numeric() || matches!(bound.ty, ColumnType::Timespan | ColumnType::Dynamic)) {
            return Err(errors::wrong_type("The operand of a sign", "a number or a timespan", bound.ty, span));
        }
        match op {
            UnaryOp::Plus => Ok(bound),
            UnaryOp::Minus => {
                let kind = if bound.ty == ColumnType::Int && bound.as_literal().is_none() {
                    ColumnType::Long
                } else {
                    bound.ty
                };
                let bound = self.converted(bound, kind, span)?;
                self.made(ExprKind::Negate(Box::new(bound)), kind, span)
            }
        }
    }

    fn binary(&mut self, op: BinaryOp, op_span: Span, left: &ast::Expr, right: &ast::Expr) -> Result<Expr, Error> {
        if matches!(left.kind, ast::ExprKind::Star) {
            return self.any_column(op, op_span, right);
        }
        let (left, right) = (self.scalar(left)?, self.scalar(right)?);
        self.operate(op, left, right, op_span)
    }

    /// `x between (low .. high)`
    fn between(
        &mut self,
        negated: bool,
        operand: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        span: Span,
    ) -> Result<Expr, Error> {
        if self.is_transform() {
            return Err(super::allowed::refusal("between", span));
        }
        let operand = self.scalar(operand)?;
        let low = self.scalar(low)?;
        let mut high = self.scalar(high)?;
        if high.ty == ColumnType::Timespan && low.ty == ColumnType::DateTime {
            high = self.operate(BinaryOp::Add, low.clone(), high, span)?;
        }
        let (below, above) = if negated {
            (CompareOp::Less, CompareOp::Greater)
        } else {
            (CompareOp::GreaterOrEqual, CompareOp::LessOrEqual)
        };
        let below = self.compare(below, operand.clone(), low, span)?;
        let above = self.compare(above, operand, high, span)?;
        let both = vec![below, above];
        self.made(if negated { ExprKind::Or(both) } else { ExprKind::And(both) }, ColumnType::Bool, span)
    }

    fn member(&mut self, target: &ast::Expr, name: &Name, span: Span) -> Result<Expr, Error> {
        if let Some(expr) = self.join_side(target, name)? {
            return Ok(expr);
        }
        if let Some(expr) = self.step_column(target, name) {
            return Ok(expr);
        }
        let target = self.scalar(target)?;
        if target.ty != ColumnType::Dynamic {
            let message = format!(
                "A value of type {} has no member '{}'; parse_json() makes one that has.",
                target.ty, name.text
            );
            return Err(Error::semantic("SEM0018", message, span).with_token(&name.text));
        }
        let name = Arc::from(name.text.as_str());
        self.made(ExprKind::Member { target: Box::new(target), name }, ColumnType::Dynamic, span)
    }

    /// `step.column` while a scan is bound.
    fn step_column(&self, target: &ast::Expr, name: &Name) -> Option<Expr> {
        let ast::ExprKind::Name(step) = &target.kind else { return None };
        let schema = &self.row.as_ref()?.schema;
        let at = schema.index_of(&super::hidden::state_column(&step.text, &name.text))?;
        Some(Expr::column(at, schema.kind(at)))
    }

    /// `$left.a` and `$right.b` while a join is bound.
    fn join_side(&self, target: &ast::Expr, name: &Name) -> Result<Option<Expr>, Error> {
        let ast::ExprKind::Name(side) = &target.kind else { return Ok(None) };
        let Some(row) = self.row.as_ref().filter(|_| side.text == "$left" || side.text == "$right") else {
            return Ok(None);
        };
        let (schema, offset) = match (&row.right, side.text.as_str()) {
            (Some(right), "$right") => (right, row.schema.len()),
            (Some(_), _) => (&row.schema, 0),
            (None, _) => return Ok(None),
        };
        let at = super::hidden::find(schema, &name.text).ok_or_else(|| errors::unknown_column(name, Some(schema)))?;
        Ok(Some(Expr::column(at + offset, schema.kind(at))))
    }

    fn index(&mut self, target: &ast::Expr, index: &ast::Expr, span: Span) -> Result<Expr, Error> {
        let target = self.scalar(target)?;
        let index = self.scalar(index)?;
        if target.ty != ColumnType::Dynamic {
            return Err(errors::wrong_type("What is indexed", "dynamic", target.ty, span));
        }
        if !(index.ty.is_integer() || matches!(index.ty, ColumnType::String | ColumnType::Dynamic)) {
            return Err(errors::wrong_type("An index", "a whole number or a string", index.ty, span));
        }
        let kind = ExprKind::Index { target: Box::new(target), index: Box::new(index) };
        self.made(kind, ColumnType::Dynamic, span)
    }
}

fn is_dynamic(literal: &ast::Literal) -> bool {
    matches!(literal, ast::Literal::Dynamic(_) | ast::Literal::Null(ast::ScalarType::Dynamic))
}
