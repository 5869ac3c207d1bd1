//! The table of `DIFFERENCES.md`: what we and the binder each say about a query, and why ours stands.

use crate::ask::{Question, Verdict, ask, ours};

/// The page, as a reader sees it.
pub(crate) const PAGE: &str = include_str!("../../DIFFERENCES.md");

/// One row of the table.
#[derive(Debug)]
struct Row {
    query: String,
    ours: String,
    theirs: String,
    why: String,
}

impl Row {
    /// Reads a line of the table; `None` for its head and for any other line.
    fn parse(line: &str) -> Option<Self> {
        let line = line.strip_prefix("| `")?.strip_suffix(" |")?.replace("\\|", "\u{0}");
        let cells: Vec<String> = line.split(" | ").map(|cell| cell.replace('\u{0}', "|")).collect();
        let [query, ours, theirs, why] = &cells[..] else { panic!("not four cells: {line}") };
        let query = query.trim_end_matches('`').to_owned();
        Some(Self { query, ours: ours.clone(), theirs: theirs.clone(), why: why.clone() })
    }

    fn written(&self) -> String {
        let cells = [&format!("`{}`", self.query), &self.ours, &self.theirs, &self.why];
        format!("| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
    }
}

fn rows() -> Vec<Row> {
    let rows: Vec<Row> = PAGE.lines().filter_map(Row::parse).collect();
    assert!(rows.len() > 30, "the table is not found");
    rows
}

fn shown(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Refused => "refused".to_owned(),
        Verdict::Columns(columns) if columns.is_empty() => "no columns".to_owned(),
        Verdict::Columns(columns) => {
            columns.iter().map(|column| column.replace(':', " ")).collect::<Vec<_>>().join(", ")
        }
    }
}

fn our_verdict(query: &str) -> Verdict {
    ours(query, &crate::queries::tables()).map_or(Verdict::Refused, Verdict::Columns)
}

#[test]
fn the_page_says_what_we_say() {
    let wrong: Vec<String> = rows()
        .into_iter()
        .filter_map(|row| {
            let ours = shown(&our_verdict(&row.query));
            (ours != row.ours).then(|| Row { ours, ..row }.written())
        })
        .collect();
    assert!(wrong.is_empty(), "rows that should read\n{}", wrong.join("\n"));
}

#[test]
fn the_page_says_what_the_binder_says() {
    let rows = rows();
    let question = |row: &Row| Question { query: row.query.clone(), tables: Some(crate::queries::tables()) };
    let Some(answers) = ask(&rows.iter().map(question).collect::<Vec<_>>()) else { return };
    let mut wrong = Vec::new();
    for (row, theirs) in rows.into_iter().zip(&answers) {
        let theirs = shown(&theirs.verdict());
        if theirs == row.ours {
            wrong.push(format!("no longer differs: {}", row.query));
        } else if theirs != row.theirs {
            wrong.push(Row { theirs, ..row }.written());
        }
    }
    assert!(wrong.is_empty(), "rows that should read\n{}", wrong.join("\n"));
}
