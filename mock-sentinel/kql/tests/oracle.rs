//! Our verdicts, column names and types against those of Microsoft's own parser and binder.
//!
//! The npm package `@kusto/language-service-next` is asked under Node about every line of `oracle/queries.txt`. It is
//! not part of this repository: name a `node_modules` folder that holds it in `KUSTO_ORACLE_DIR`. Without one, or
//! without Node, the test says so and passes.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use kql::{ColumnType, Settings, Table, Tables};
use serde_json::{Value, json};

/// The tables that the queries may name: a name, then `column:type` pairs.
const TABLES: [(&str, &str); 2] = [
    (
        "T",
        "Id:long Name:string At:datetime Took:timespan Score:real Ok:bool Tags:dynamic Bag:dynamic Guid:guid \
         Price:decimal Small:int",
    ),
    ("U", "Id:long City:string At:datetime"),
];

/// One line of the file.
struct Case {
    query: &'static str,
    /// Why our answer is another one, where it is meant to be.
    differs: Option<&'static str>,
}

#[test]
fn verdicts_names_and_types_are_those_of_microsofts_binder() {
    let Some(home) = std::env::var_os("KUSTO_ORACLE_DIR") else {
        eprintln!("not compared: KUSTO_ORACLE_DIR names no node_modules folder with @kusto/language-service-next");
        return;
    };
    let cases = cases();
    let Some(theirs) = ask(Path::new(&home), &cases) else {
        eprintln!("not compared: node could not be started");
        return;
    };
    let tables = tables();
    let mut failures = Vec::new();
    for (case, theirs) in cases.iter().zip(&theirs) {
        let (ours, theirs) = (our_verdict(case.query, &tables), their_verdict(theirs));
        match (ours == theirs, case.differs) {
            (true, None) | (false, Some(_)) => {}
            (false, None) => failures.push(format!("{}\n  ours:   {ours}\n  theirs: {theirs}", case.query)),
            (true, Some(reason)) => failures.push(format!("{}\n  no longer differs: {reason}", case.query)),
        }
    }
    assert!(failures.is_empty(), "{} of {} differ\n\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn cases() -> Vec<Case> {
    let lines = include_str!("oracle/queries.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| match line.split_once('\t') {
            Some((query, reason)) => Case { query, differs: Some(reason) },
            None => Case { query: line, differs: None },
        })
        .collect()
}

fn columns(list: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    list.split_whitespace().map(|column| column.split_once(':').expect("name:type"))
}

fn tables() -> Tables {
    TABLES.iter().fold(Tables::default(), |tables, (name, list)| {
        let kinds = columns(list).map(|(name, kind)| (name, ColumnType::parse(kind).expect("a type name")));
        tables.with(*name, Table::new(kql::Schema::new(kinds)))
    })
}

/// `refused`, or the columns as `name:type`.
fn our_verdict(query: &str, tables: &Tables) -> String {
    match kql::run(query, tables, &Settings::default()) {
        Ok(answer) => {
            let columns = answer.table.schema().columns().iter();
            listed(columns.map(|column| (column.name.to_string(), column.kind.name().to_owned())))
        }
        Err(_) => "refused".to_owned(),
    }
}

fn their_verdict(answer: &Value) -> String {
    if answer["errors"].as_array().is_some_and(|errors| !errors.is_empty()) {
        return "refused".to_owned();
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let columns = answer["columns"].as_array().into_iter().flatten();
    listed(columns.map(|column| (text(&column["name"]), text(&column["type"]))))
}

fn listed(columns: impl Iterator<Item = (String, String)>) -> String {
    columns.map(|(name, kind)| format!("{name}:{kind}")).collect::<Vec<_>>().join(", ")
}

/// The answers of Node, one for each case; `None` when it cannot be started.
fn ask(home: &Path, cases: &[Case]) -> Option<Vec<Value>> {
    let schema: serde_json::Map<String, Value> = TABLES
        .iter()
        .map(|(table, list)| {
            let columns: Vec<Value> = columns(list).map(|(name, kind)| json!({"name": name, "type": kind})).collect();
            ((*table).to_owned(), columns.into())
        })
        .collect();
    let queries: Vec<&str> = cases.iter().map(|case| case.query).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/ask.cjs");
    let mut node =
        Command::new("node").arg(script).arg(home).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let input = json!({"tables": schema, "queries": queries}).to_string();
    node.stdin.take().expect("a pipe was asked for").write_all(input.as_bytes()).expect("node reads its input");
    let output = node.wait_with_output().expect("node was started");
    assert!(output.status.success(), "node failed; does {} hold the package?", home.display());
    Some(serde_json::from_slice(&output.stdout).expect("the script writes JSON"))
}
