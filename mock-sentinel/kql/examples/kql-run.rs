//! Answers queries that bring their own data: `cargo run -p kql --example kql-run -- 'range x from 1 to 3 step 1' …`
//!
//! Prints for each table the columns with their types, then each row as JSON.

use kql::{DateTime, EmptyCatalog, Settings, json};

#[expect(clippy::print_stdout, reason = "a program that reports on its standard output")]
fn main() {
    for query in std::env::args().skip(1) {
        match kql::run(&query, &EmptyCatalog, &Settings::at(DateTime::MIN)) {
            Ok(answer) => {
                for result in &answer.tables {
                    let columns = result.table.schema().columns().iter();
                    let columns: Vec<String> =
                        columns.map(|column| format!("{}:{}", column.name, column.kind)).collect();
                    println!("{}", columns.join(", "));
                    for row in result.table.rows() {
                        println!("{}", serde_json::Value::from(row.iter().map(json::cell).collect::<Vec<_>>()));
                    }
                }
            }
            Err(error) => println!("{error}"),
        }
    }
}
