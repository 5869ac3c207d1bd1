//! The queries of `queries.txt`: one a line, over two tables.

use indexmap::IndexMap;

use crate::ask::{Column, Question, Verdict, ask, ours};

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
    let cases = cases();
    let questions: Vec<Question> =
        cases.iter().map(|case| Question { query: case.query.to_owned(), tables: Some(tables()) }).collect();
    let Some(answers) = ask(&questions) else { return };
    let mut failures = Vec::new();
    for (case, theirs) in cases.iter().zip(&answers) {
        let ours = ours(case.query, &theirs.tables).map_or(Verdict::Refused, Verdict::Columns);
        let theirs = theirs.verdict();
        match (ours == theirs, case.differs) {
            (true, None) | (false, Some(_)) => {}
            (false, None) => failures.push(format!("{}\n  ours:   {ours:?}\n  theirs: {theirs:?}", case.query)),
            (true, Some(reason)) => failures.push(format!("{}\n  no longer differs: {reason}", case.query)),
        }
    }
    assert!(failures.is_empty(), "{} of {} differ\n\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn cases() -> Vec<Case> {
    let lines = include_str!("queries.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| match line.split_once('\t') {
            Some((query, reason)) => Case { query, differs: Some(reason) },
            None => Case { query: line, differs: None },
        })
        .collect()
}

fn tables() -> IndexMap<String, Vec<Column>> {
    let column = |pair: &str| {
        let (name, kind) = pair.split_once(':').expect("name:type");
        Column { name: name.to_owned(), kind: kind.to_owned() }
    };
    TABLES.iter().map(|(name, list)| ((*name).to_owned(), list.split_whitespace().map(column).collect())).collect()
}
