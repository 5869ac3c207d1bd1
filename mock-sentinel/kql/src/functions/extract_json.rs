//! Looking into JSON text.

use super::arguments::Arguments;
use super::{Context, Function, Param, Returns, json_path};
use crate::{dynamic::Dynamic, types::ColumnType, value::Value};

const STRING: Returns = Returns::Is(ColumnType::String);
const TEXT: Param = Param::Is(ColumnType::String);

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new(&["extract_json", "extractjson"], &[TEXT, TEXT], STRING, extract_json)];

/// What lies at a path in a JSON text, as text.
fn extract_json(_: &mut Context<'_>, args: &[Value]) -> Value {
    let found = json_path::parse(&args.text(0)).zip(Dynamic::from_json(&args.text(1)));
    Value::from(found.map(|(path, tree)| json_path::get(&tree, &path).to_text()).unwrap_or_default())
}
