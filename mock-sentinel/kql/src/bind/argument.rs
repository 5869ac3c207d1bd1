//! Arguments of calls and the types they may have.

use super::errors;
use crate::{
    error::Error,
    functions::Param,
    syntax::ast::{self, Call},
    types::ColumnType,
};

/// Whether a parameter takes an argument of this type, possibly after a cast.
pub(super) fn accepts(param: Param, kind: ColumnType) -> bool {
    match param {
        Param::Any | Param::Scalar => true,
        Param::Number => kind.is_numeric() || kind == ColumnType::Dynamic,
        Param::Integer => kind.is_integer() || kind == ColumnType::Dynamic,
        Param::Summable => kind.is_summable() || kind == ColumnType::Dynamic,
        Param::Is(wanted) | Param::Constant(wanted) => {
            let widens = wanted.is_numeric() && kind.is_numeric() && kind <= wanted;
            let narrows = wanted == ColumnType::Real && kind == ColumnType::Decimal;
            kind == wanted || kind == ColumnType::Dynamic || widens || narrows
        }
    }
}

/// The type an argument is cast to before the call.
pub(super) fn cast_target(param: Param, kind: ColumnType) -> ColumnType {
    match (param, kind) {
        (Param::Is(wanted) | Param::Constant(wanted), _) => wanted,
        (Param::Number | Param::Summable, ColumnType::Dynamic) => ColumnType::Real,
        (Param::Integer, ColumnType::Dynamic) => ColumnType::Long,
        (Param::Scalar, ColumnType::Dynamic) => ColumnType::String,
        (_, kind) => kind,
    }
}

/// The type that holds them all: the widest number, the type they share, else dynamic.
pub(super) fn common_type(kinds: impl Iterator<Item = ColumnType>) -> ColumnType {
    let widened = |left: ColumnType, right: ColumnType| {
        if left == right {
            left
        } else if left.is_numeric() && right.is_numeric() {
            left.max(right)
        } else {
            ColumnType::Dynamic
        }
    };
    kinds.reduce(widened).unwrap_or(ColumnType::Dynamic)
}

/// The value of one argument, or the error that it is missing.
pub(super) fn argument(call: &Call, at: usize) -> Result<&ast::Expr, Error> {
    let missing = || errors::wrong_argument_count(&call.name, call.args.len());
    call.args.get(at).map(|argument| &argument.value).ok_or_else(missing)
}
