//! Scalar functions of the caller's.

use std::{fmt, sync::Arc};

use super::{Context, Function, conversion::convert};
use crate::{types::ColumnType, value::Value};

/// What a caller's function does with the arguments of one row.
type Body = Arc<dyn Fn(&[Value]) -> Value + Send + Sync>;

/// A scalar function that the caller adds to the language, given to a query by
/// [`Tables::with_function`](crate::Tables::with_function) or [`Catalog::scalar_function`](crate::Catalog::scalar_function).
///
/// A query calls it as it calls a built-in one: the number of arguments is checked, numbers are widened, dynamic values
/// are cast, and the bounds of [`Settings`](crate::Settings) hold for what it makes. A transform does not see it.
///
/// ```
/// use kql::{ColumnType, DateTime, ScalarFunction, Settings, Tables, Value};
///
/// let vat = ScalarFunction::new("with_vat", [ColumnType::Real, ColumnType::String], ColumnType::Real, |args| {
///     let rate = if args[1].as_str() == Some("CH") { 0.081 } else { 0.2 };
///     args[0].as_real().map_or(Value::Null, |net| Value::from(net * (1.0 + rate)))
/// })?;
/// let catalog = Tables::default().with_function(vat);
///
/// let query = "print gross = round(with_vat(200, 'CH'), 2)";
/// let answer = kql::run(query, &catalog, &Settings::at(DateTime::MIN))?;
/// assert_eq!(answer.primary().rows().next().and_then(|row| row[0].as_real()), Some(216.2));
/// # Ok::<(), kql::Error>(())
/// ```
#[derive(Clone)]
pub struct ScalarFunction {
    pub(crate) name: Arc<str>,
    pub(crate) params: Arc<[ColumnType]>,
    pub(crate) returns: ColumnType,
    pub(crate) is_pure: bool,
    pub(crate) body: Body,
}

impl ScalarFunction {
    /// Says that two calls with the same arguments may differ, so that a call with constants is made for every row.
    #[must_use]
    pub fn impure(mut self) -> Self {
        self.is_pure = false;
        self
    }

    /// The name that queries call.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The types of the parameters; all must be given.
    pub fn params(&self) -> &[ColumnType] {
        &self.params
    }

    /// The type of the result.
    pub fn returns(&self) -> ColumnType {
        self.returns
    }
}

impl fmt::Debug for ScalarFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params: Vec<&str> = self.params.iter().map(|kind| kind.name()).collect();
        write!(f, "{}({}): {}", self.name, params.join(", "), self.returns)
    }
}

/// A function of the language or of the caller, ready to be called.
#[derive(Debug, Clone)]
pub(crate) enum Callee {
    BuiltIn(&'static Function),
    Registered(ScalarFunction),
}

impl Callee {
    pub(crate) fn is_pure(&self) -> bool {
        match self {
            Self::BuiltIn(function) => function.pure,
            Self::Registered(function) => function.is_pure,
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::BuiltIn(function) => function.names.first().copied().unwrap_or_default(),
            Self::Registered(function) => &function.name,
        }
    }

    /// The value for one row. What a caller's function returns is converted to the type it promised.
    pub(crate) fn eval(&self, context: &mut Context<'_>, args: &[Value]) -> Value {
        match self {
            Self::BuiltIn(function) => (function.eval)(context, args),
            Self::Registered(function) => {
                let value = (function.body)(args);
                let fits = value.kind().is_none_or(|kind| kind == function.returns);
                if fits { value } else { convert(&value, function.returns) }
            }
        }
    }
}
