//! Query/result cases: a query, the tables it runs over, and the rows it must give.
//!
//! A case is one JSON object, and a file of cases has one a line:
//!
//! ```json
//! {"id": "sum", "tables": {}, "query": "print z = 1 + 1", "ordered": true, "tier": 1,
//!  "expected": {"columns": [{"name": "z", "type": "long"}], "rows": [[2]]}}
//! ```
//!
//! Values are written as JSON: datetimes in ISO 8601, timespans as `[-][d.]hh:mm:ss[.fffffff]`, decimals as text, NaN and
//! infinities as `"NaN"`, `"Infinity"`, `"-Infinity"`. Null and `""` are the same in a string column.

mod compare;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{
    BatchBuilder, ColumnType, Dynamic, Error, ErrorKind, Schema, Settings, Table, Tables, Value, functions::conversion,
    time::DateTime,
};

/// One case.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// Names the case in reports.
    pub id: String,
    /// The tables, by name.
    #[serde(default)]
    pub tables: IndexMap<String, Rows>,
    /// The query text.
    pub query: String,
    /// What it must give.
    pub expected: Rows,
    /// Whether the order of rows counts.
    #[serde(default)]
    pub ordered: bool,
    /// 1 for the core of the language, 2 for what is rare or disputed.
    #[serde(default = "core_tier")]
    pub tier: u8,
    /// Whether types of columns are left out of the comparison.
    #[serde(default)]
    pub types_lenient: bool,
    /// Whether arrays are compared as sets.
    #[serde(default)]
    pub array_order_free: bool,
    /// The relative error allowed in numbers; 1e-9 when not given.
    #[serde(default)]
    pub tolerance: Option<f64>,
    /// What `now()` answers, where it matters.
    #[serde(default)]
    pub now: Option<String>,
}

fn core_tier() -> u8 {
    1
}

/// Columns and rows as written.
#[derive(Debug, Clone, Deserialize)]
pub struct Rows {
    /// Names and types.
    pub columns: Vec<RowsColumn>,
    /// The cells, row by row.
    pub rows: Vec<Vec<Json>>,
}

/// One column of [`Rows`].
#[derive(Debug, Clone, Deserialize)]
pub struct RowsColumn {
    /// Its name.
    pub name: String,
    /// Its type by name, such as `long`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Passed,
    /// Another answer than expected, or an error where an answer was expected.
    Failed {
        /// The first difference.
        why: String,
    },
    /// The engine does not offer something the query uses, and says so.
    Refused {
        /// What it said.
        why: String,
    },
}

/// Reads cases, one a line; blank lines are skipped.
///
/// # Errors
/// The number of the first line that is no case, and what is wrong with it.
pub fn read(text: &str) -> Result<Vec<Case>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| serde_json::from_str(line).map_err(|error| format!("line {}: {error}", at + 1))).collect()
}

/// Runs a case.
pub fn run(case: &Case) -> Verdict {
    match answer(case) {
        Ok(table) => match compare::difference(case, &table) {
            None => Verdict::Passed,
            Some(why) => Verdict::Failed { why },
        },
        Err(error) if error.kind == ErrorKind::Refused => Verdict::Refused { why: error.to_string() },
        Err(error) => Verdict::Failed { why: error.to_string() },
    }
}

fn answer(case: &Case) -> Result<Table, Error> {
    let mut tables = Tables::default();
    for (name, rows) in &case.tables {
        let table = rows.to_table().map_err(|why| Error::semantic("CASE", why, crate::syntax::Span::default()))?;
        tables = tables.with(name, table);
    }
    let now = case.now.as_deref().and_then(DateTime::parse);
    let settings = now.map_or_else(Settings::default, Settings::at);
    crate::run(&case.query, &tables, &settings).map(|answer| answer.table)
}

impl Rows {
    /// The schema.
    ///
    /// # Errors
    /// The first type name that is none.
    pub fn schema(&self) -> Result<Schema, String> {
        let columns = self.columns.iter().map(|column| match ColumnType::parse(&column.kind) {
            Some(kind) => Ok((column.name.clone(), kind)),
            None => Err(format!("'{}' is not a type", column.kind)),
        });
        Ok(Schema::new(columns.collect::<Result<Vec<_>, String>>()?))
    }

    /// The rows as a table.
    ///
    /// # Errors
    /// The first type name that is none, the first row that is too short or too long, or the first cell that is no value of
    /// its column's type.
    pub fn to_table(&self) -> Result<Table, String> {
        let schema = self.schema()?;
        let mut rows = BatchBuilder::new(schema.clone());
        for (at, row) in self.rows.iter().enumerate() {
            if row.len() != schema.len() {
                return Err(format!("row {} has {} cells instead of {}", at + 1, row.len(), schema.len()));
            }
            let cells = row.iter().zip(schema.columns()).map(|(cell, column)| {
                let value = value(cell, column.kind);
                if value.is_null() && !cell.is_null() && column.kind != ColumnType::Dynamic {
                    return Err(format!("row {}, column '{}': {cell} is no {}", at + 1, column.name, column.kind));
                }
                Ok(value)
            });
            rows.push_row(&cells.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(Table::of(rows.finish()))
    }
}

/// A cell as written, as a value of its column's type.
pub fn value(cell: &Json, kind: ColumnType) -> Value {
    let plain = match cell {
        Json::Null => return Value::missing(kind),
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Long(whole),
            None => Value::Real(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::string(text.as_str()),
        Json::Array(_) | Json::Object(_) => Value::from(Dynamic::from_json(&cell.to_string())),
    };
    match (kind, &plain) {
        (ColumnType::Dynamic, _) => Value::dynamic(plain.to_dynamic()),
        _ => conversion::convert(&plain, kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: &str, expected: &str) {
        let columns = r#"[{"name": "n", "type": "long"}, {"name": "t", "type": "datetime"}]"#;
        let rows: Rows = serde_json::from_str(&format!(r#"{{"columns": {columns}, "rows": {rows}}}"#)).expect("rows");
        assert_eq!(rows.to_table().expect_err("not a table"), expected);
    }

    #[test]
    fn a_table_that_is_none_says_where() {
        check("[[1, null], [2]]", "row 2 has 1 cells instead of 2");
        check("[[\"x\", null]]", "row 1, column 'n': \"x\" is no long");
        check("[[1, \"2026-13-01\"]]", "row 1, column 't': \"2026-13-01\" is no datetime");
    }
}
