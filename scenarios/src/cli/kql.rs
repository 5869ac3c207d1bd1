//! `miro-lab kql`: the query engine on files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use faults::input;
use kql::ResultTable;
use kql::cases::{self, Rows, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Exit;
use crate::render::Answer;

/// Runs queries and checks the engine against cases.
#[derive(Debug, Args)]
#[command(before_help = "  miro-lab kql run 'print x = 1 + 1'\n  miro-lab kql cases cases.jsonl --json")]
pub(super) struct Kql {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Cases(Cases),
    Parse(Parse),
    Run(Run),
}

/// Runs query/result cases, one JSON object per line, and reports which results are not as expected.
///
/// Exits with 0 if all were run, whatever the results: those are in the output.
#[derive(Debug, Args)]
#[command(before_help = "  miro-lab kql cases cases.jsonl\n  miro-lab kql cases cases.jsonl --json")]
struct Cases {
    /// Lines with `id`, `tables`, `query`, `expected {columns, rows}`, `others` (the tables after the first), `ordered`,
    /// `tolerance` (`0.01`, `"1%"`, `"exact"`).
    file: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Parses queries, one JSON object per line, and reports which fail.
///
/// Exits with 0 if all were tried, whatever the results: those are in the output.
#[derive(Debug, Args)]
#[command(before_help = "  miro-lab kql parse queries.jsonl\n  miro-lab kql parse queries.jsonl --json")]
struct Parse {
    /// Lines with `id` and `query`.
    file: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs one query, over the tables of a file if it needs any.
#[derive(Debug, Args)]
#[command(before_help = "  miro-lab kql run 'range x from 1 to 3 step 1 | extend y = x * x'\n  \
                         miro-lab kql run --tables tables.json 'T | count' --json")]
struct Run {
    /// A JSON object of tables: `{"T": {"columns": [{"name": "n", "type": "long"}], "rows": [[1]]}}`.
    #[arg(long, value_name = "FILE")]
    tables: Option<PathBuf>,
    /// The query.
    query: String,
    /// Print one JSON object with `columns` and `rows`, and with `others` for the tables after the first.
    #[arg(long)]
    json: bool,
}

/// A larger file is not read, in bytes.
const FILE_BYTES_MAX: u64 = 1_000_000_000;
/// Rows of a result that are shown.
const ROWS_MAX: usize = 50;

impl Kql {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::Cases(cases) => cases.run(),
            Command::Parse(parse) => parse.run(),
            Command::Run(run) => run.run(),
        }
    }
}

/// How a file of cases went.
#[derive(Debug, Default, Serialize)]
struct CasesReport {
    passed: u64,
    failed: Vec<String>,
    refused: Vec<String>,
}

impl Cases {
    fn run(self) -> anyhow::Result<Exit> {
        let mut report = CasesReport::default();
        let cases = cases::read(&read(&self.file)?);
        for case in cases.map_err(|why| super::Usage(format!("{} {why}", self.file.display())))? {
            match cases::run(&case) {
                Verdict::Passed => report.passed += 1,
                Verdict::Failed { why } => {
                    anstream::eprintln!("{}: failed: {why}", case.id);
                    report.failed.push(case.id);
                }
                Verdict::Refused { why } => {
                    anstream::eprintln!("{}: refused: {why}", case.id);
                    report.refused.push(case.id);
                }
            }
        }
        if self.json {
            anstream::println!("{}", serde_json::to_string(&report)?);
        } else {
            let (failed, refused) = (report.failed.len(), report.refused.len());
            anstream::println!("{} passed, {failed} failed, {refused} refused", report.passed);
        }
        Ok(Exit::Held)
    }
}

/// A query to be parsed.
#[derive(Debug, Deserialize)]
struct NamedQuery {
    id: String,
    query: String,
}

/// How a file of queries went.
#[derive(Debug, Default, Serialize)]
struct ParseReport {
    parsed: u64,
    failed: Vec<String>,
}

impl Parse {
    fn run(self) -> anyhow::Result<Exit> {
        let mut report = ParseReport::default();
        for NamedQuery { id, query } in read_lines(&self.file)? {
            match kql::syntax::parse(&query) {
                Ok(_) => report.parsed += 1,
                Err(error) => {
                    anstream::eprintln!("{id}: {}", error.located(&query));
                    report.failed.push(id);
                }
            }
        }
        if self.json {
            anstream::println!("{}", serde_json::to_string(&report)?);
        } else {
            anstream::println!("{} parsed, {} failed", report.parsed, report.failed.len());
        }
        Ok(Exit::Held)
    }
}

impl Run {
    fn run(self) -> anyhow::Result<Exit> {
        let mut tables = kql::Tables::default();
        if let Some(path) = &self.tables {
            let named: BTreeMap<String, Rows> = serde_json::from_str(&read(path)?)
                .map_err(|error| super::Usage(format!("{} holds no tables: {error}", path.display())))?;
            for (name, rows) in named {
                let table = rows.to_table().map_err(|why| anyhow::anyhow!("table `{name}`: {why}"))?;
                tables = tables.with(name, table);
            }
        }
        let settings = kql::DateTime::from_unix_nanoseconds(jiff::Timestamp::now().as_nanosecond())
            .map_or_else(|| kql::Settings::at(kql::DateTime::MIN), kql::Settings::at);
        let answer = match kql::run(&self.query, &tables, &settings) {
            Ok(answer) => answer,
            Err(error) => {
                anstream::eprintln!("{}", error.located(&self.query));
                return Ok(Exit::Broken);
            }
        };
        if let Some(partial) = &answer.partial {
            anstream::eprintln!("not all rows: {partial}");
        }
        if self.json {
            anstream::println!("{}", as_json(&answer.tables));
        } else {
            anstream::println!("{}", as_text(&answer.tables));
        }
        Ok(Exit::Held)
    }
}

/// The first table, and below `others` those after it.
fn as_json(results: &[ResultTable]) -> serde_json::Value {
    let mut tables = results.iter().map(|result| {
        let table = Answer::from(result);
        let columns = table.columns.iter().map(|column| json!({"name": column.name, "type": column.kind}));
        let columns = columns.collect::<Vec<_>>();
        let mut json = json!({"columns": columns, "rows": table.rows, "render": table.chart});
        if let Some(name) = &result.name {
            json["name"] = json!(&**name);
        }
        json
    });
    let mut first = tables.next().unwrap_or_default();
    let others: Vec<_> = tables.collect();
    if !others.is_empty() {
        first["others"] = others.into();
    }
    first
}

/// Every table; when there are several, each below its name or its number.
fn as_text(results: &[ResultTable]) -> String {
    let show = |result| Answer::from(result).show(super::room(ROWS_MAX));
    if let [only] = results {
        return show(only);
    }
    let titled = results.iter().enumerate().map(|(at, result)| {
        let name = result.name.as_deref().map_or_else(|| format!("Table {}", at + 1), str::to_owned);
        format!("{name}\n\n{}", show(result))
    });
    titled.collect::<Vec<_>>().join("\n\n")
}

/// One JSON object per line; blank lines are skipped.
fn read_lines<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let text = read(path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let wrong = |error| super::Usage(format!("{} line {}: {error}", path.display(), at + 1)).into();
            serde_json::from_str(line).map_err(wrong)
        })
        .collect()
}

fn read(path: &Path) -> anyhow::Result<String> {
    input::read_text(path, FILE_BYTES_MAX)
        .map_err(|error| super::Usage(format!("could not read {}: {error}", path.display())).into())
}
