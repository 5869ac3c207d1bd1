//! Between text and dynamic values: `parse_json`, `extract_json`, `gettype`.

use super::arguments::Arguments;
use super::{Context, Function, Param, Returns, conversion, json_path};
use crate::{dynamic::Dynamic, types::ColumnType, value::Value};

const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);
const STRING: Returns = Returns::Is(ColumnType::String);
const TEXT: Param = Param::Is(ColumnType::String);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["parse_json", "parsejson", "todynamic", "toobject"], &[Param::Any], DYNAMIC, parse_json)
        .in_transforms(),
    Function::new(&["extract_json", "extractjson"], &[TEXT, TEXT], STRING, extract_json),
    Function::new(&["gettype"], &[Param::Any], STRING, gettype).in_transforms(),
];

fn parse_json(_: &mut Context<'_>, args: &[Value]) -> Value {
    conversion::convert(&args[0], ColumnType::Dynamic)
}

/// What lies at a path in a JSON text, as text.
fn extract_json(_: &mut Context<'_>, args: &[Value]) -> Value {
    let found = json_path::parse(&args.text(0)).zip(Dynamic::from_json(&args.text(1)));
    Value::from(found.map(|(path, tree)| json_path::get(&tree, &path).to_text()).unwrap_or_default())
}

/// The type at run time, by the names that dynamic values use.
fn gettype(_: &mut Context<'_>, args: &[Value]) -> Value {
    Value::from(match &args[0] {
        Value::Null | Value::Dynamic(Dynamic::Null) => "null",
        Value::Bool(_) | Value::Dynamic(Dynamic::Bool(_)) => "bool",
        Value::Int(_) => "int",
        Value::Long(_) | Value::Dynamic(Dynamic::Long(_)) => "long",
        Value::Real(_) | Value::Dynamic(Dynamic::Real(_)) => "double",
        Value::Decimal(_) | Value::Dynamic(Dynamic::Decimal(_)) => "decimal",
        Value::String(_) | Value::Dynamic(Dynamic::String(_)) => "string",
        Value::DateTime(_) | Value::Dynamic(Dynamic::DateTime(_)) => "datetime",
        Value::Timespan(_) | Value::Dynamic(Dynamic::Timespan(_)) => "timespan",
        Value::Guid(_) | Value::Dynamic(Dynamic::Guid(_)) => "guid",
        Value::Dynamic(Dynamic::Array(_)) => "array",
        Value::Dynamic(Dynamic::Bag(_)) => "dictionary",
    })
}
