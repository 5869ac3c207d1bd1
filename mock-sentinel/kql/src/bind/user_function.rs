//! Calling functions of the query and saved ones: their bodies are put in place of the call.

use std::rc::Rc;

use super::{
    Binder, allowed, errors,
    saved_text::SavedText,
    scope::{Binding, Env, Function},
};
use crate::{
    catalog::SavedFunction,
    error::Error,
    plan::{Expr, Plan},
    syntax::{
        self, Span,
        ast::{self, Call, LetValue, Param, ParamType, StatementKind},
    },
    types::ColumnType,
};

/// What a call gives.
pub(super) enum Called {
    Scalar(Expr),
    Table(Plan),
}

/// An argument, written or ready.
enum Given<'a> {
    Written(&'a ast::Expr),
    Ready(Plan),
    Default(&'a ast::Expr),
}

impl SavedFunction {
    /// Whether this is a function: parameters and body parse. What the body names is looked up when it is called.
    ///
    /// # Errors
    /// When the text is not a function, with what is wrong.
    pub fn check(&self, name: &str) -> Result<(), Error> {
        Binder::saved(name, self).map(|_| ())
    }
}

impl Binder<'_> {
    /// Calls a function of the query.
    pub(super) fn call_user(&mut self, function: &Rc<Function>, call: &Call) -> Result<Called, Error> {
        self.call_with(function, call, None)
    }

    /// Calls a function with a table in front of the written arguments, as `invoke` does.
    pub(super) fn call_with(
        &mut self,
        function: &Rc<Function>,
        call: &Call,
        first: Option<Plan>,
    ) -> Result<Called, Error> {
        self.nested(call.span, |binder| {
            // An argument stands in the text of the caller.
            let env = binder.arguments(function, call, first)?;
            let outer = std::mem::replace(&mut binder.env, env);
            let row = binder.row.clone();
            if let Some(row) = &mut binder.row {
                row.schema = crate::Schema::new::<String>([]);
                row.right = None;
            }
            let aggregates = binder.aggregates.take();
            let bound = binder.body_of(function, call);
            binder.aggregates = aggregates;
            binder.row = row;
            binder.env = outer;
            bound.map_err(|error| function.located(error))
        })
    }

    /// The body of a function; a saved one must not come back to itself.
    fn body_of(&mut self, function: &Function, call: &Call) -> Result<Called, Error> {
        if function.text.is_none() {
            return self.body(&function.definition.body);
        }
        let name = &call.name.text;
        if self.saved_calls.iter().any(|outer| **outer == **name) {
            return Err(errors::circle(&self.saved_calls, name, call.span));
        }
        self.saved_calls.push(Rc::from(name.as_str()));
        let bound = self.body(&function.definition.body);
        self.saved_calls.pop();
        bound
    }

    /// Calls a saved function.
    pub(super) fn call_saved(&mut self, name: &str, saved: &SavedFunction, call: &Call) -> Result<Called, Error> {
        let function = Self::saved(name, saved)?;
        self.call_user(&function, call)
    }

    /// Reads a saved function.
    pub(super) fn saved(name: &str, saved: &SavedFunction) -> Result<Rc<Function>, Error> {
        let text = SavedText::new(name, saved);
        let read = syntax::parse(text.statement()).map_err(|error| text.located(Error { line: 0, ..error }))?;
        let mut statements = read.statements.into_iter().map(|statement| statement.kind);
        let first = statements.next().filter(|_| statements.next().is_none());
        let Some(StatementKind::Let(ast::Let { value: LetValue::Function(definition), .. })) = first else {
            let message = format!("The saved function '{name}' is more than one function: a brace closes too early.");
            return Err(Error::semantic("SYN0002", message, Span::default()).with_token(name));
        };
        Ok(Rc::new(Function { definition: Rc::new(definition), env: Env::default(), text: Some(Rc::new(text)) }))
    }

    /// Gives the parameters their values, in a scope inside that of the definition.
    fn arguments(&mut self, function: &Rc<Function>, call: &Call, first: Option<Plan>) -> Result<Env, Error> {
        let params = &function.definition.params;
        let mut given: Vec<Option<Given<'_>>> = params.iter().map(|_| None).collect();
        let mut next = 0;
        if let Some(plan) = first {
            match given.first_mut() {
                Some(slot) => *slot = Some(Given::Ready(plan)),
                None => return Err(errors::wrong_argument_count(&call.name, call.args.len() + 1)),
            }
            next = 1;
        }
        for argument in &call.args {
            let at = match &argument.name {
                Some(name) => params
                    .iter()
                    .position(|param| param.name.text == name.text)
                    .ok_or_else(|| errors::unknown_argument(&call.name, name, params))?,
                None => Some(next)
                    .filter(|at| *at < params.len())
                    .ok_or_else(|| errors::wrong_argument_count(&call.name, call.args.len()))?,
            };
            given[at] = Some(Given::Written(&argument.value));
            next = at + 1;
        }
        let mut env = function.env.inner();
        for (param, given) in params.iter().zip(given) {
            let given = given.or(param.default.as_ref().map(Given::Default));
            let given = given.ok_or_else(|| errors::missing_argument(&call.name, &param.name.text))?;
            let (place, is_own) = match &given {
                Given::Written(written) => (written.span, false),
                Given::Ready(_) => (call.name.span, false),
                Given::Default(written) => (written.span, true),
            };
            let bound = self.argument(param, given, place);
            let binding = bound.map_err(|error| if is_own { function.located(error) } else { error })?;
            env.define(&param.name.text, binding);
        }
        Ok(env)
    }

    /// Gives a parameter its value; `place` is where that is written.
    fn argument(&mut self, param: &Param, given: Given<'_>, place: Span) -> Result<Binding, Error> {
        match &param.ty {
            ParamType::Table(schema) => {
                if self.is_transform() {
                    return Err(allowed::refusal("a tabular parameter", place));
                }
                let plan = match given {
                    Given::Ready(plan) => plan,
                    Given::Written(expr) | Given::Default(expr) => self.table(expr)?,
                };
                for column in &schema.columns {
                    if super::hidden::find(&plan.schema, &column.name.text).is_none() {
                        let wanted = ast::Name { span: place, ..column.name.clone() };
                        return Err(errors::unknown_column(&wanted, Some(&plan.schema)));
                    }
                }
                Ok(Binding::Table { plan: Rc::new(plan), view: false })
            }
            ParamType::Scalar(ty) => {
                let (Given::Written(written) | Given::Default(written)) = given else {
                    return Err(Error::semantic("SEM0100", "A scalar is expected here.", place));
                };
                let expr = self.scalar(written)?;
                // Whatever its type, an argument becomes what is declared; Microsoft's binder takes every pair of types.
                let expr = self.converted(expr, ColumnType::from(ty.scalar), written.span)?;
                let row = if expr.is_constant() { None } else { self.row.as_ref().map(|row| row.id) };
                Ok(Binding::Scalar { expr, row })
            }
        }
    }

    /// The statements of a body, then its result.
    pub(super) fn body(&mut self, body: &ast::Body) -> Result<Called, Error> {
        for statement in &body.statements {
            self.define(statement)?;
        }
        let Some(result) = &body.result else {
            return Err(Error::semantic("SEM0100", "The function gives nothing.", body.span));
        };
        if self.is_tabular(result) {
            self.table(result).map(Called::Table)
        } else {
            self.scalar(result).map(Called::Scalar)
        }
    }

    /// Whether a function gives a table.
    pub(super) fn gives_table(&self, function: &Function) -> bool {
        let Some(result) = &function.definition.body.result else { return false };
        let mut local: Vec<(&str, bool)> = Vec::new();
        for param in &function.definition.params {
            local.push((&param.name.text, matches!(param.ty, ParamType::Table(_))));
        }
        for statement in &function.definition.body.statements {
            if let StatementKind::Let(ast::Let { name, value: LetValue::Expr(expr) }) = &statement.kind {
                let tabular = self.is_tabular_in(expr, &function.env, &local);
                local.push((&name.text, tabular));
            }
        }
        self.is_tabular_in(result, &function.env, &local)
    }
}
