//! Calls of functions that give one value.

use std::sync::Arc;

use super::{
    Binder, allowed,
    argument::{accepts, cast_target, common_type},
    errors,
    scope::Binding,
    user_function::Called,
};
use crate::{
    error::Error,
    functions::{self, Callee, Function, Param, Returns},
    plan::{Expr, ExprKind},
    syntax::{Span, ast::Call},
    types::ColumnType,
};

impl Binder<'_> {
    /// Binds a call: of the query's own functions, aggregates, built-in functions, then saved functions.
    pub(super) fn call(&mut self, call: &Call) -> Result<Expr, Error> {
        let name = call.name.text.as_str();
        if let Some(Binding::Function(function)) = self.env.find(name) {
            return match self.call_user(&function, call)? {
                Called::Scalar(expr) => Ok(expr),
                Called::Table(_) => {
                    let message = format!("'{name}' gives a table where a scalar is expected.");
                    Err(Error::semantic("SEM0100", message, call.span).with_token(name))
                }
            };
        }
        if self.aggregates.is_some() && crate::aggregates::find(name).is_some() {
            return self.aggregate_value(call);
        }
        if self.is_transform() && !allowed::function(name) {
            let known = !functions::find(name).is_empty() || super::special::is_known(name);
            return Err(if known { allowed::function_refusal(name, call.span) } else { self.unknown_function(call) });
        }
        if allowed::only_in_transforms(name) && !self.is_transform() {
            return Err(allowed::only_in_transforms_error(name, call.span));
        }
        if let Some(special) = self.special(call)? {
            return Ok(special);
        }
        if let Some(typed) = self.typed_call(call)? {
            return Ok(typed);
        }
        let candidates = functions::find(name);
        if !candidates.is_empty() {
            let args = self.scalar_args(call)?;
            return self.call_built_in(call, candidates, args);
        }
        if let Some(function) = self.catalog.scalar_function(name) {
            return self.call_registered(function, call);
        }
        match self.catalog.function(name) {
            Some(saved) => match self.call_saved(name, &saved, call)? {
                Called::Scalar(expr) => Ok(expr),
                Called::Table(_) => {
                    let message = format!("'{name}' gives a table where a scalar is expected.");
                    Err(Error::semantic("SEM0100", message, call.span).with_token(name))
                }
            },
            None => Err(self.unknown_function(call)),
        }
    }

    /// The error for an unknown name, or one that is known but not supported.
    pub(super) fn unknown_function(&self, call: &Call) -> Error {
        let name = call.name.text.as_str();
        if crate::aggregates::find(name).is_some() {
            let message = format!("'{name}' is an aggregate and can only be used in summarize.");
            return Error::semantic("SEM0097", message, call.span).with_token(name);
        }
        if super::special::REFUSED.contains(&name) || name.starts_with("series_") || name.starts_with("geo_") {
            return errors::refused(name, call.span);
        }
        let mut saved = self.catalog.function_names();
        saved.extend(self.catalog.scalar_function_names());
        let built_in = functions::names().chain(crate::aggregates::names()).chain(super::special::names());
        let mut known: Vec<&str> = built_in.collect();
        known.extend(saved.iter().map(String::as_str));
        errors::unknown_function(&call.name, errors::near(name, known))
    }

    pub(super) fn scalar_args(&mut self, call: &Call) -> Result<Vec<Expr>, Error> {
        call.args.iter().map(|argument| self.scalar(&argument.value)).collect()
    }

    /// Binds a call of a built-in function with these arguments: the first form that takes them.
    pub(super) fn call_built_in(
        &mut self,
        call: &Call,
        candidates: &[&'static Function],
        args: Vec<Expr>,
    ) -> Result<Expr, Error> {
        let kinds: Vec<ColumnType> = args.iter().map(|arg| arg.ty).collect();
        let takes = |function: &&&Function| {
            let all = kinds
                .iter()
                .enumerate()
                .all(|(at, kind)| function.param(at).is_some_and(|param| accepts(param, *kind)));
            function.takes(kinds.len()) && all
        };
        let Some(function) = candidates.iter().find(takes) else {
            return Err(no_candidate(call, candidates, &kinds));
        };
        for (at, (arg, written)) in args.iter().zip(&call.args).enumerate() {
            if matches!(function.param(at), Some(Param::Constant(_))) && !arg.is_constant() {
                let message = format!("Argument {} of '{}' must be a constant.", at + 1, call.name.text);
                return Err(Error::semantic("SEM0018", message, written.value.span));
            }
        }
        self.check_pattern(call, &args)?;
        self.call_function(function, args, call.span)
    }

    /// A constant pattern among the arguments must compile; those of the `trim` functions must not be empty either.
    fn check_pattern(&mut self, call: &Call, args: &[Expr]) -> Result<(), Error> {
        let Some(pattern) = pattern_of(call, args) else { return Ok(()) };
        let Some(written) = pattern.as_literal().and_then(crate::Value::as_str) else { return Ok(()) };
        let Some(made) = functions::regexes::trim_pattern(&call.name.text, written) else {
            return self.compiles(written, written, call.span);
        };
        if written.is_empty() {
            let message = format!("The pattern of '{}' must not be empty.", call.name.text);
            return Err(Error::semantic("SEM0217", message, call.span).with_token(&call.name.text));
        }
        self.compiles(&made, written, call.span)
    }

    /// A call whose arguments are known to be right but for casts.
    pub(super) fn call_function(
        &mut self,
        function: &'static Function,
        args: Vec<Expr>,
        span: Span,
    ) -> Result<Expr, Error> {
        let mut cast = Vec::with_capacity(args.len());
        for (at, arg) in args.into_iter().enumerate() {
            let target = function.param(at).map_or(arg.ty, |param| cast_target(param, arg.ty));
            cast.push(self.converted(arg, target, span)?);
        }
        if let Returns::Widest(from) = function.returns {
            let common = common_type(cast.iter().skip(from).map(|arg| arg.ty));
            for arg in cast.iter_mut().skip(from) {
                *arg = self.converted(arg.clone(), common, span)?;
            }
        }
        let kinds: Arc<[ColumnType]> = cast.iter().map(|arg| arg.ty).collect();
        let returns = match function.returns {
            Returns::Is(kind) => kind,
            Returns::Widest(at) => kinds.get(at).copied().unwrap_or(ColumnType::Dynamic),
            Returns::By(decide) => decide(&kinds),
        };
        self.made(ExprKind::Call { function: Callee::BuiltIn(function), args: cast, kinds }, returns, span)
    }
}

/// The argument that is a regular expression.
fn pattern_of<'a>(call: &Call, args: &'a [Expr]) -> Option<&'a Expr> {
    match call.name.text.as_str() {
        "extract" | "extract_all" | "extractall" | "replace" | "trim" | "trim_end" | "trim_start" => args.first(),
        "indexof_regex" | "replace_regex" => args.get(1),
        "countof" => {
            let kind = args.get(2)?.as_literal()?.as_str()?;
            if kind.eq_ignore_ascii_case("regex") { args.get(1) } else { None }
        }
        _ => None,
    }
}

fn no_candidate(call: &Call, candidates: &[&'static Function], kinds: &[ColumnType]) -> Error {
    if !candidates.iter().any(|function| function.takes(kinds.len())) {
        return errors::wrong_argument_count(&call.name, kinds.len());
    }
    let given: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    let message = format!("'{}' does not take arguments of types ({}).", call.name.text, given.join(", "));
    Error::semantic("SEM0019", message, call.span).with_token(&call.name.text)
}
