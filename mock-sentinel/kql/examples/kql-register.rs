//! Adds a function to the language: `cargo run -p kql --example kql-register`
//!
//! Sums uploads by a department that a table outside of the query knows.

use kql::{BatchBuilder, ColumnType, DateTime, Error, ScalarFunction, Schema, Settings, Table, Tables, Value};

#[expect(clippy::print_stdout, reason = "a program that reports on its standard output")]
fn main() -> Result<(), Error> {
    let department = ScalarFunction::new("department", [ColumnType::String], ColumnType::String, |args| {
        Value::from(match args[0].as_str().and_then(|mail| mail.split('@').next()) {
            Some("ana" | "ben") => "finance",
            _ => "unknown",
        })
    })?;
    let mut rows = BatchBuilder::new(Schema::new([("user", ColumnType::String), ("bytes", ColumnType::Long)]));
    rows.push_row(&["ana@example.com".into(), 3_i64.into()]);
    rows.push_row(&["eve@example.com".into(), 4_i64.into()]);
    rows.push_row(&["ben@example.com".into(), 5_i64.into()]);
    let catalog = Tables::default().with("Uploads", Table::of(rows.finish())).with_function(department);

    let query = "Uploads | summarize sum(bytes) by team = department(user) | sort by team asc";
    let answer = kql::run(query, &catalog, &Settings::at(DateTime::MIN))?;
    for row in answer.primary().rows() {
        println!("{}\t{}", row[0].to_text(), row[1].to_text());
    }
    Ok(())
}
