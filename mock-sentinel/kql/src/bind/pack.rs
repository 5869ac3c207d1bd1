//! Columns into bags: `pack_all`, `bag_pack_columns`.

use std::sync::Arc;

use super::{Binder, errors};
use crate::{
    dynamic::Dynamic,
    error::Error,
    functions::{Context, Function, Param, Returns},
    plan::Expr,
    syntax::ast::Call,
    types::ColumnType,
    value::Value,
};

/// `pack_all`: the first argument says whether to leave out what is empty, then names and values alternate.
const PACK_ALL: Function =
    Function::new(&["pack_all"], &[Param::Any, Param::Any], Returns::Is(ColumnType::Dynamic), pack_all).variadic();

fn pack_all(_: &mut Context<'_>, args: &[Value]) -> Value {
    let skip_empty = args.first() == Some(&Value::Bool(true));
    let kept = args[1..].chunks_exact(2).filter(|pair| !(skip_empty && pair[1].to_text().is_empty()));
    Dynamic::bag(kept.map(|pair| (Arc::from(&*pair[0].to_text()), pair[1].to_dynamic()))).into()
}

impl Binder<'_> {
    pub(super) fn pack_columns(&mut self, call: &Call) -> Result<Expr, Error> {
        let skip_empty = match &call.args[..] {
            [] => Expr::literal(Value::Bool(false), ColumnType::Bool),
            [skip] => self.condition(&skip.value)?,
            _ => return Err(errors::wrong_argument_count(&call.name, call.args.len())),
        };
        let schema = self.row.as_ref().map(|row| row.schema.clone());
        let mut args = vec![skip_empty];
        for (at, column) in schema.iter().flat_map(super::hidden::visible) {
            args.push(Expr::literal(Value::string(&*column.name), ColumnType::String));
            args.push(Expr::column(at, column.kind));
        }
        self.call_function(&PACK_ALL, args, call.span)
    }

    pub(super) fn bag_pack_columns(&mut self, call: &Call) -> Result<Expr, Error> {
        let mut args = vec![Expr::literal(Value::Bool(false), ColumnType::Bool)];
        for argument in &call.args {
            let name = super::names::of_expr(&argument.value).unwrap_or_default();
            args.push(Expr::literal(Value::from(name), ColumnType::String));
            args.push(self.scalar(&argument.value)?);
        }
        self.call_function(&PACK_ALL, args, call.span)
    }
}
