//! Choices among values, and questions about them.

use super::{Context, Function, Param, Returns};
use crate::{dynamic::Dynamic, types::ColumnType, value::Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["coalesce"], &[Param::Any, Param::Any], Returns::Widest(0), coalesce).variadic(),
    Function::new(&["max_of"], &[Param::Any, Param::Any], Returns::Widest(0), |_, args| extreme(args, true)).variadic(),
    Function::new(&["min_of"], &[Param::Any, Param::Any], Returns::Widest(0), |_, args| extreme(args, false))
        .variadic(),
    Function::new(&["gettype"], &[Param::Any], Returns::Is(ColumnType::String), gettype),
    Function::new(&["tohex"], &[Param::Integer, Param::Integer], Returns::Is(ColumnType::String), tohex).required(1),
];

/// The first argument that is neither null nor `""`.
fn coalesce(_: &mut Context<'_>, args: &[Value]) -> Value {
    let present = args.iter().find(|value| !value.is_null() && value.as_str() != Some(""));
    present.cloned().unwrap_or(Value::Null)
}

/// The largest or smallest argument; nulls do not count.
fn extreme(args: &[Value], largest: bool) -> Value {
    let present = args.iter().filter(|value| !value.is_null());
    let better = |left: &&Value, right: &&Value| {
        let order = left.total_order(right);
        if largest { order } else { order.reverse() }
    };
    present.max_by(better).cloned().unwrap_or(Value::Null)
}

fn gettype(context: &mut Context<'_>, args: &[Value]) -> Value {
    let name = match (&args[0], context.kind(0)) {
        (Value::Dynamic(tree), _) => match tree {
            Dynamic::Null => "null",
            Dynamic::Bool(_) => "bool",
            Dynamic::Long(_) => "long",
            Dynamic::Real(_) => "double",
            Dynamic::Decimal(_) => "decimal",
            Dynamic::String(_) => "string",
            Dynamic::DateTime(_) => "datetime",
            Dynamic::Timespan(_) => "timespan",
            Dynamic::Guid(_) => "guid",
            Dynamic::Array(_) => "array",
            Dynamic::Bag(_) => "dictionary",
        },
        (Value::Null, ColumnType::Dynamic) => "null",
        (_, kind) => kind.name(),
    };
    name.into()
}

/// `tohex` fills up to this many digits at most.
/// <https://learn.microsoft.com/kusto/query/tohex-function> (read 2026-11-26)
const HEX_DIGITS_MAX: i64 = 16;

/// Lower-case hexadecimal digits, filled up with zeros to a length.
fn tohex(_: &mut Context<'_>, args: &[Value]) -> Value {
    let length = args.get(1).and_then(Value::as_long).unwrap_or(0).clamp(0, HEX_DIGITS_MAX) as usize;
    match &args[0] {
        Value::Int(number) => format!("{number:0length$x}").into(),
        Value::Long(number) => format!("{number:0length$x}").into(),
        _ => Value::from(""),
    }
}
