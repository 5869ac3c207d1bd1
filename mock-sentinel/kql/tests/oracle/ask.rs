//! Two verdicts on a query: the binder's, under Node, and ours.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use indexmap::IndexMap;
use kql::{
    Catalog, ColumnType, DateTime, Dynamic, Error, ErrorKind, ExternalData, GeoInfo, Schema, Settings, Table, Tables,
};
use serde::{Deserialize, Serialize};

/// A query, and the tables it runs over; without tables, the oracle makes some up.
#[derive(Debug, Serialize)]
pub(crate) struct Question {
    pub(crate) query: String,
    pub(crate) tables: Option<IndexMap<String, Vec<Column>>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// What the binder says.
#[derive(Debug, Deserialize)]
pub(crate) struct Theirs {
    errors: Vec<String>,
    columns: Vec<Column>,
    pub(crate) tables: IndexMap<String, Vec<Column>>,
}

/// A refusal, or the columns of the result as `name:type`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Columns(Vec<String>),
    Refused,
}

impl Theirs {
    pub(crate) fn verdict(&self) -> Verdict {
        if !self.errors.is_empty() {
            return Verdict::Refused;
        }
        Verdict::Columns(self.columns.iter().map(|column| format!("{}:{}", column.name, column.kind)).collect())
    }
}

/// What we say.
pub(crate) fn ours(query: &str, tables: &IndexMap<String, Vec<Column>>) -> Result<Vec<String>, Error> {
    let answer = kql::run(query, &EmptyOutside(empty_tables(tables)), &Settings::at(DateTime::MIN))?;
    let columns = answer.primary().schema().columns().iter();
    Ok(columns.map(|column| format!("{}:{}", column.name, column.kind.name())).collect())
}

pub(crate) fn is_refused_by_name(error: &Error) -> bool {
    error.kind == ErrorKind::Refused
}

fn empty_tables(tables: &IndexMap<String, Vec<Column>>) -> Tables {
    tables.iter().fold(Tables::default(), |known, (name, columns)| {
        let kinds = columns.iter().map(|column| {
            let kind = ColumnType::parse(&column.kind).unwrap_or_else(|| panic!("{} is no type", column.kind));
            (column.name.clone(), kind)
        });
        known.with(name.clone(), Table::new(Schema::new(kinds)))
    })
}

/// Tables, and data from outside that has no rows.
struct EmptyOutside(Tables);

impl Catalog for EmptyOutside {
    fn table(&self, name: &str, scan: &kql::Scan<'_>) -> Option<kql::ScannedTable> {
        self.0.table(name, scan)
    }

    fn table_names(&self) -> Vec<String> {
        self.0.table_names()
    }

    fn geo_info(&self) -> Option<Arc<dyn GeoInfo>> {
        Some(Arc::new(Nowhere))
    }

    fn external_data(&self, request: &ExternalData) -> Option<Table> {
        Some(Table::new(request.schema.clone()))
    }
}

#[derive(Debug)]
struct Nowhere;

impl GeoInfo for Nowhere {
    fn look_up(&self, _address: &str) -> Dynamic {
        Dynamic::Null
    }
}

/// The answers of the binder, one for each question; says why and gives `None` when it cannot be asked here.
pub(crate) fn ask(questions: &[Question]) -> Option<Vec<Theirs>> {
    let Some(home) = std::env::var_os("KUSTO_ORACLE_DIR") else {
        eprintln!("not compared: KUSTO_ORACLE_DIR names no node_modules folder with @kusto/language-service-next");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/ask.cjs");
    let started = Command::new("node").arg(script).arg(&home).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut node) = started else {
        eprintln!("not compared: node could not be started");
        return None;
    };
    let input = serde_json::to_string(questions).expect("questions are JSON");
    node.stdin.take().expect("a pipe was asked for").write_all(input.as_bytes()).expect("node reads its input");
    let output = node.wait_with_output().expect("node was started");
    assert!(output.status.success(), "node failed; does {} hold the package?", home.display());
    Some(serde_json::from_slice(&output.stdout).expect("the script writes JSON"))
}
