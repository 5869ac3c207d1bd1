//! Functions that the caller adds to the language.

use std::sync::Arc;

use super::{
    Binder,
    argument::{accepts, cast_target},
    errors, special,
};
use crate::{
    aggregates,
    error::Error,
    functions::{self, Callee, Param, ScalarFunction},
    plan::{Expr, ExprKind},
    syntax::{Span, ast::Call},
    types::ColumnType,
    value::Value,
};

/// The most parameters of a caller's function.
const PARAMS_MAX: usize = 64;
/// The longest name of a caller's function, in bytes.
const NAME_BYTES_MAX: usize = 128;

impl ScalarFunction {
    /// A function called `name` that takes arguments of these types, all of them, and returns a value of one type.
    ///
    /// `body` is called with the arguments of one row, each of the type of its parameter or [`Value::Null`] (a string is
    /// never null). What it returns is converted to `returns`, and is null where it cannot be. It runs on the thread of
    /// the query, which looks at its bounds between calls and not during one: it should be quick and must not panic.
    /// Calls with constants are made once, unless the function is [`impure`](Self::impure).
    ///
    /// # Errors
    /// When the name is not made of letters, digits and `_`, begins with a digit, is longer than 128 bytes or belongs to
    /// the language; and for more than 64 parameters.
    pub fn new(
        name: impl Into<Arc<str>>,
        params: impl IntoIterator<Item = ColumnType>,
        returns: ColumnType,
        body: impl Fn(&[Value]) -> Value + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let name = name.into();
        let params: Arc<[ColumnType]> = params.into_iter().take(PARAMS_MAX + 1).collect();
        check_name(&name).map_err(|why| Error::semantic("SEM0100", why, Span::default()).with_token(&*name))?;
        if params.len() > PARAMS_MAX {
            let message = format!("The function '{name}' has more than {PARAMS_MAX} parameters.");
            return Err(Error::semantic("SEM0100", message, Span::default()).with_token(&*name));
        }
        Ok(Self { name, params, returns, is_pure: true, body: Arc::new(body) })
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let is_word = name.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric());
    let starts_well = name.chars().next().is_some_and(|first| !first.is_ascii_digit());
    if !is_word || !starts_well || name.len() > NAME_BYTES_MAX {
        let shown: String = name.chars().take(NAME_BYTES_MAX).collect();
        return Err(format!(
            "'{shown}' is not a name of a function: up to {NAME_BYTES_MAX} letters, digits and '_', not a digit first."
        ));
    }
    let is_taken = !functions::find(name).is_empty() || special::is_known(name) || aggregates::find(name).is_some();
    if is_taken { Err(format!("'{name}' is a function of the language already; choose another name.")) } else { Ok(()) }
}

impl Binder<'_> {
    /// Binds a call of a caller's function.
    pub(super) fn call_registered(&mut self, function: ScalarFunction, call: &Call) -> Result<Expr, Error> {
        let args = self.scalar_args(call)?;
        if args.len() != function.params.len() {
            return Err(errors::wrong_argument_count(&call.name, args.len()));
        }
        let mut cast = Vec::with_capacity(args.len());
        for (at, (arg, kind)) in args.into_iter().zip(function.params.iter()).enumerate() {
            let param = Param::Is(*kind);
            if !accepts(param, arg.ty) {
                let what = format!("Argument {} of '{}'", at + 1, call.name.text);
                return Err(errors::wrong_type(&what, kind.name(), arg.ty, call.args[at].value.span));
            }
            let target = cast_target(param, arg.ty);
            cast.push(self.converted(arg, target, call.span)?);
        }
        let returns = function.returns;
        let kinds = cast.iter().map(|arg| arg.ty).collect();
        self.made(ExprKind::Call { function: Callee::Registered(function), args: cast, kinds }, returns, call.span)
    }
}
