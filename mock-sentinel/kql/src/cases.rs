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
mod field;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{
    BatchBuilder, ColumnType, Dynamic, Error, ErrorKind, Schema, Settings, Table, Tables, Value, functions::conversion,
    time::DateTime,
};

/// The clock of a case that does not give one.
const CLOCK: &str = "2020-01-01T00:00:00Z";

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Case {
    /// Names the case in reports.
    pub id: String,
    /// The tables, by name.
    #[serde(default)]
    pub tables: IndexMap<String, Rows>,
    /// The query text.
    pub query: String,
    /// What its first table must be.
    pub expected: Rows,
    /// What the tables after the first must be; not looked at when absent.
    #[serde(default)]
    pub others: Option<Vec<Rows>>,
    /// Whether the order of rows counts.
    #[serde(default, deserialize_with = "field::flag")]
    pub ordered: bool,
    /// 1 for the core of the language, 2 for what is rare or disputed.
    #[serde(default = "core_tier", deserialize_with = "field::tier")]
    pub tier: u8,
    /// Whether types of columns are left out of the comparison.
    #[serde(default, deserialize_with = "field::flag")]
    pub types_lenient: bool,
    /// Whether arrays are compared as sets.
    #[serde(default, deserialize_with = "field::flag")]
    pub array_order_free: bool,
    /// The relative error allowed in numbers; 1e-9 when not given. Written as a number, as text (`"1e-6"`, `"0.1%"`), or as
    /// `"exact"`.
    #[serde(default, deserialize_with = "field::tolerance")]
    pub tolerance: Option<f64>,
    /// What `now()` returns, where it matters.
    #[serde(default, deserialize_with = "field::instant")]
    pub now: Option<DateTime>,
}

fn core_tier() -> u8 {
    1
}

/// Columns and rows as written.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Rows {
    /// Names and types.
    pub columns: Vec<RowsColumn>,
    /// The cells, row by row.
    pub rows: Vec<Vec<Json>>,
}

/// One column of [`Rows`].
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
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
/// The number of the first line that is not a case, and what is wrong with it.
pub fn read(text: &str) -> Result<Vec<Case>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |line| {
        serde_json::from_str(line).map_err(|error| {
            // A case is one line, so that the parser's own line says nothing.
            error.to_string().replace(" at line 1 column ", " at column ")
        })
    };
    lines.map(|(at, line)| read(line).map_err(|error| format!("line {}: {error}", at + 1))).collect()
}

/// Runs a case.
pub fn run(case: &Case) -> Verdict {
    match answer(case) {
        Ok(tables) => match difference(case, &tables) {
            None => Verdict::Passed,
            Some(why) => Verdict::Failed { why },
        },
        Err(error) if error.kind == ErrorKind::Refused => Verdict::Refused { why: error.to_string() },
        Err(error) => Verdict::Failed { why: error.to_string() },
    }
}

fn difference(case: &Case, got: &[Table]) -> Option<String> {
    let expected = std::iter::once(&case.expected).chain(case.others.iter().flatten());
    if let Some(others) = &case.others
        && got.len() != 1 + others.len()
    {
        return Some(format!("{} tables instead of {}", got.len(), 1 + others.len()));
    }
    expected.zip(got).enumerate().find_map(|(at, (expected, got))| {
        let why = compare::difference(case, expected, got)?;
        Some(if at == 0 { why } else { format!("table {}: {why}", at + 1) })
    })
}

fn answer(case: &Case) -> Result<Vec<Table>, Error> {
    let mut tables = Tables::default();
    for (name, rows) in &case.tables {
        let table = rows.to_table().map_err(|why| Error::semantic("CASE", why, crate::syntax::Span::default()))?;
        tables = tables.with(name, table);
    }
    let settings = Settings::at(case.now.unwrap_or_else(|| DateTime::parse(CLOCK).expect("a valid date")));
    let answer = crate::run(&case.query, &tables, &settings)?;
    Ok(answer.tables.into_iter().map(|result| result.table).collect())
}

impl Rows {
    /// The schema.
    ///
    /// # Errors
    /// The first type name that is unknown.
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
    /// The first type name that is unknown, the first row that is too short or too long, or the first cell that is not a value of
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
                    return Err(format!("row {}, column '{}': {cell} is not a {}", at + 1, column.name, column.kind));
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

    fn case(fields: &str) -> Result<Case, String> {
        let line = format!(r#"{{"id": "a", "query": "print 1", "expected": {{"columns": [], "rows": []}}, {fields}}}"#);
        read(&format!("\n{line}\n")).map(|mut cases| cases.remove(0))
    }

    #[test]
    fn a_tolerance_is_a_number_or_a_text_that_says_one() {
        for (written, tolerance) in [
            ("0.01", Some(0.01)),
            ("null", None),
            ("\"1e-6\"", Some(1e-6)),
            ("\" 0.5 % \"", Some(0.005)),
            ("\"exact\"", Some(0.0)),
        ] {
            assert_eq!(case(&format!("\"tolerance\": {written}")).expect("a case").tolerance, tolerance, "{written}");
        }
        let flags =
            case(r#""ordered": "true", "types_lenient": null, "tier": "2", "note": ["anything"]"#).expect("a case");
        assert!(flags.ordered && !flags.types_lenient && flags.tier == 2);
    }

    #[test]
    fn a_line_that_is_no_case_says_which_and_why() {
        for (fields, why) in [
            (
                "\"tolerance\": \"roughly\"",
                "line 2: a tolerance is a number, a text such as \"1e-6\" or \"0.1%\", or \"exact\", not \"roughly\"",
            ),
            ("\"tolerance\": -1", "line 2: a tolerance is a number"),
            ("\"tolerance\": [1]", "line 2: a tolerance is a number"),
            ("\"ordered\": \"maybe\"", "line 2: true or false is expected, not \"maybe\""),
            ("\"tier\": 9000", "line 2: a tier is a whole number"),
            ("\"now\": \"noon\"", "line 2: now is a datetime in ISO 8601, not \"noon\""),
            ("\"tables\": []", "line 2: invalid type"),
        ] {
            let error = case(fields).expect_err(fields);
            assert!(error.starts_with(why) && !error.contains("line 1"), "{error}");
        }
    }

    #[test]
    fn a_table_that_is_none_says_where() {
        check("[[1, null], [2]]", "row 2 has 1 cells instead of 2");
        check("[[\"x\", null]]", "row 1, column 'n': \"x\" is not a long");
        check("[[1, \"2026-13-01\"]]", "row 1, column 't': \"2026-13-01\" is not a datetime");
    }
}
