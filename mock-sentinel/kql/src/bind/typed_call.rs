//! Functions whose last argument, `typeof(…)`, converts their result.

use super::Binder;
use crate::{
    error::Error,
    plan::Expr,
    syntax::ast::{Call, ExprKind, TypeOf},
    types::ColumnType,
};

const CONVERTING: [&str; 3] = ["extract", "extract_json", "extractjson"];

impl Binder<'_> {
    /// `extract("([0-9]+)", 1, text, typeof(long))` as `tolong(extract("([0-9]+)", 1, text))`.
    pub(super) fn typed_call(&mut self, call: &Call) -> Result<Option<Expr>, Error> {
        let Some(ExprKind::TypeOf(TypeOf::Scalar(ty))) = call.args.last().map(|argument| &argument.value.kind) else {
            return Ok(None);
        };
        if !CONVERTING.contains(&call.name.text.as_str()) {
            return Ok(None);
        }
        let mut plain = call.clone();
        plain.args.pop();
        let text = self.call(&plain)?;
        self.converted(text, ColumnType::from(ty.scalar), call.span).map(Some)
    }
}
