//! Files of queries from elsewhere, named in `KUSTO_ORACLE_FILES` and separated by colons.
//!
//! A line is an object with `id` and `query`, as `miro-lab kql cases` and `miro-lab kql parse` read it. A query without
//! `tables` is compared over tables made up to suit it.

use indexmap::IndexMap;
use kql::cases::Rows;
use serde::Deserialize;

use crate::ask::{Column, Question, Theirs, Verdict, ask, is_refused_by_name, ours};

#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    query: String,
    tables: Option<IndexMap<String, Rows>>,
    /// What the real engine answered, where that was recorded.
    expected: Option<Rows>,
}

/// Why answers may differ, and whether that is why these do.
type Explanation = (&'static str, fn(&Compared<'_>) -> bool);

/// Differences that are meant to be, by what they have in common.
const EXPLAINED: [Explanation; 7] = [
    ("we refuse it by name", |case| case.ours.as_ref().is_err_and(is_refused_by_name)),
    ("the engine's recorded answer has our columns", |case| case.is_as_recorded()),
    ("the engine asks for a cast before text is compared with a number (SEM0064); the binder does not", |case| {
        case.ours.as_ref().is_err_and(|error| error.code == "SEM0064")
    }),
    (
        "the binder does not see through a table whose name is a parameter",
        |case| matches!(&case.theirs, Verdict::Columns(columns) if columns.iter().any(|column| column.ends_with(":unknown"))),
    ),
    ("the binder lets a second type go where a union has more than two tables; the engine splits the column", |case| {
        case.has_a_split_column()
    }),
    ("the binder counts unnamed columns through the whole query, the engine within an operator", |case| {
        case.differs_only(|ours, theirs| ours.starts_with("Column") && theirs.starts_with("Column"))
    }),
    ("jaccard_index is real, as its documentation says", |case| {
        case.line.query.contains("jaccard_index")
            && case.differs_only(|ours, theirs| ours.ends_with(":real") && theirs.ends_with(":dynamic"))
    }),
];

struct Compared<'a> {
    line: &'a Line,
    ours: Result<Vec<String>, kql::Error>,
    theirs: Verdict,
}

impl Compared<'_> {
    fn agrees(&self) -> bool {
        match (&self.ours, &self.theirs) {
            (Ok(ours), Verdict::Columns(theirs)) => ours == theirs,
            (Err(_), Verdict::Refused) => true,
            _ => false,
        }
    }

    fn is_as_recorded(&self) -> bool {
        let names = |columns: &[String]| -> Vec<String> {
            columns.iter().filter_map(|column| Some(column.rsplit_once(':')?.0.to_owned())).collect()
        };
        match (&self.ours, &self.line.expected) {
            (Ok(ours), Some(expected)) => names(ours).iter().eq(expected.columns.iter().map(|column| &column.name)),
            _ => false,
        }
    }

    /// Whether one of their columns is two of ours, named with their types, and all others are the same.
    fn has_a_split_column(&self) -> bool {
        let (Ok(ours), Verdict::Columns(theirs)) = (&self.ours, &self.theirs) else { return false };
        if ours.len() <= theirs.len() {
            return false;
        }
        let untyped = |column: &String| -> String {
            let (name, kind) = column.rsplit_once(':').unwrap_or((column, ""));
            name.strip_suffix(&format!("_{kind}")).unwrap_or(name).to_owned()
        };
        let mut ours: Vec<String> = ours.iter().map(untyped).collect();
        ours.dedup();
        ours == theirs.iter().map(untyped).collect::<Vec<_>>()
    }

    fn differs_only(&self, in_this: impl Fn(&str, &str) -> bool) -> bool {
        match (&self.ours, &self.theirs) {
            (Ok(ours), Verdict::Columns(theirs)) => {
                ours.len() == theirs.len()
                    && ours.iter().zip(theirs).all(|(ours, theirs)| ours == theirs || in_this(ours, theirs))
            }
            _ => false,
        }
    }
}

#[test]
fn every_explanation_stands_on_the_page() {
    for (why, _) in EXPLAINED {
        assert!(crate::differences::PAGE.contains(&format!("- {why}")), "DIFFERENCES.md does not say: {why}");
    }
}

#[test]
fn files_of_queries_are_judged_as_by_microsofts_binder() {
    let Some(files) = std::env::var_os("KUSTO_ORACLE_FILES") else {
        eprintln!("not compared: KUSTO_ORACLE_FILES names no files of queries");
        return;
    };
    let lines: Vec<Line> = std::env::split_paths(&files).flat_map(|path| read(&path)).collect();
    let questions: Vec<Question> = lines.iter().map(question).collect();
    let Some(answers) = ask(&questions) else { return };
    let compared: Vec<Compared<'_>> = lines.iter().zip(&answers).map(|(line, theirs)| compare(line, theirs)).collect();
    let (same, different): (Vec<_>, Vec<_>) = compared.iter().partition(|case| case.agrees());
    println!("{} of {} as the binder has them", same.len(), lines.len());
    let mut unexplained = Vec::new();
    for case in different {
        match EXPLAINED.iter().find(|(_, explains)| explains(case)) {
            Some((why, _)) => match &case.ours {
                Ok(_) => println!("{}: {why}", case.line.id),
                Err(error) => println!("{}: {why}: {}", case.line.id, error.message),
            },
            None => unexplained.push(case.shown()),
        }
    }
    assert!(unexplained.is_empty(), "{} without an explanation\n{}", unexplained.len(), unexplained.join("\n"));
}

fn read(path: &std::path::Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let line = |(at, line)| -> Line {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{}:{}: {error}", path.display(), at + 1))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
}

fn question(line: &Line) -> Question {
    let columns = |rows: &Rows| -> Vec<Column> {
        rows.columns.iter().map(|column| Column { name: column.name.clone(), kind: column.kind.clone() }).collect()
    };
    let tables = line.tables.as_ref();
    Question {
        query: line.query.clone(),
        tables: tables.map(|tables| tables.iter().map(|(name, rows)| (name.clone(), columns(rows))).collect()),
    }
}

fn compare<'a>(line: &'a Line, theirs: &Theirs) -> Compared<'a> {
    Compared { line, ours: ours(&line.query, &theirs.tables), theirs: theirs.verdict() }
}

impl Compared<'_> {
    fn shown(&self) -> String {
        format!("{}\n  ours:   {:?}\n  theirs: {:?}", self.line.id, self.ours, self.theirs)
    }
}
