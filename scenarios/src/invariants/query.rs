//! What a query in the workspace gives, against what it has to give.

use mock_sentinel::MockSentinel;
use serde_json::Value;

use crate::scenario::Query;

/// Rows of a difference that are shown.
const SHOWN_MAX: usize = 3;

/// How the rows differ from what is expected, if they do.
pub(crate) fn difference(sentinel: &MockSentinel, query: &Query) -> Option<String> {
    let answer = match sentinel.query(&query.kql) {
        Ok(answer) => answer,
        Err(error) => return Some(format!("the query `{}` fails: {error}", query.kql)),
    };
    let rows: Vec<Vec<Value>> = answer.table.rows().map(|row| row.iter().map(kql::json::cell).collect()).collect();
    if rows == query.rows {
        return None;
    }
    Some(format!("the query `{}` gives {} instead of {}", query.kql, shown(&rows), shown(&query.rows)))
}

pub(crate) fn shown(rows: &[Vec<Value>]) -> String {
    let first: Vec<String> = rows.iter().take(SHOWN_MAX).map(|row| Value::from(row.clone()).to_string()).collect();
    let more = rows.len().saturating_sub(SHOWN_MAX);
    let more = if more > 0 { format!(" and {more} more rows") } else { String::new() };
    if first.is_empty() { "no rows".to_owned() } else { format!("{}{more}", first.join(", ")) }
}
