//! `getschema`

use crate::{
    plan::{Plan, Source},
    types::{ColumnType, Schema},
    value::Value,
};

/// A row for each column.
pub(super) fn rows(schema: &Schema) -> Plan {
    let names = [
        ("ColumnName", ColumnType::String),
        ("ColumnOrdinal", ColumnType::Int),
        ("DataType", ColumnType::String),
        ("ColumnType", ColumnType::String),
    ];
    let mut rows = crate::BatchBuilder::new(Schema::new(names));
    for (at, column) in schema.columns().iter().enumerate() {
        rows.push_row(&[
            Value::string(&*column.name),
            Value::Int(at as i32),
            Value::string(column.kind.clr_name()),
            Value::string(column.kind.name()),
        ]);
    }
    let mut plan = Plan::new(Source::Rows(rows.finish()), Schema::new(names));
    plan.serialized = true;
    plan
}
