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

#[test]
fn verdicts_names_and_types_are_those_of_microsofts_binder() {
    let cases = queries();
    let questions: Vec<Question> =
        cases.iter().map(|query| Question { query: (*query).to_owned(), tables: Some(tables()) }).collect();
    let Some(answers) = ask(&questions) else { return };
    let mut failures = Vec::new();
    for (query, theirs) in cases.iter().zip(&answers) {
        let ours = ours(query, &theirs.tables).map_or(Verdict::Refused, Verdict::Columns);
        let theirs = theirs.verdict();
        if ours != theirs {
            failures.push(format!("{query}\n  ours:   {ours:?}\n  theirs: {theirs:?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {} differ\n\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn queries() -> Vec<&'static str> {
    include_str!("queries.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// The tables with their columns.
pub(crate) fn tables() -> IndexMap<String, Vec<Column>> {
    let column = |pair: &str| {
        let (name, kind) = pair.split_once(':').expect("name:type");
        Column { name: name.to_owned(), kind: kind.to_owned() }
    };
    TABLES.iter().map(|(name, list)| ((*name).to_owned(), list.split_whitespace().map(column).collect())).collect()
}
