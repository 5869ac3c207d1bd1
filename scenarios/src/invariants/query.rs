//! What a query in the workspace gives, against what it has to give.

use mock_sentinel::MockSentinel;
use serde_json::Value;

use crate::scenario::Query;

/// Rows of a difference that are shown.
const SHOWN_MAX: usize = 3;

/// What a query gives instead of what it has to give, if that differs: rows, or why it fails.
pub(crate) fn given_instead(sentinel: &MockSentinel, query: &Query) -> Option<String> {
    let answer = match sentinel.query(&query.kql) {
        Ok(answer) => answer,
        Err(error) => return Some(format!("it fails: {error}")),
    };
    let rows: Vec<Vec<Value>> = answer.primary().rows().map(|row| row.iter().map(kql::json::cell).collect()).collect();
    (rows != query.rows).then(|| shown(&rows))
}

/// The same as a sentence.
pub(crate) fn difference(sentinel: &MockSentinel, query: &Query) -> Option<String> {
    let given = given_instead(sentinel, query)?;
    Some(format!("the query `{}` returns {given} instead of {}", query.kql, shown(&query.rows)))
}

pub(crate) fn shown(rows: &[Vec<Value>]) -> String {
    let first: Vec<String> = rows.iter().take(SHOWN_MAX).map(|row| Value::from(row.clone()).to_string()).collect();
    let more = rows.len().saturating_sub(SHOWN_MAX);
    let more = if more > 0 { format!(" and {more} more rows") } else { String::new() };
    if first.is_empty() { "no rows".to_owned() } else { format!("{}{more}", first.join(", ")) }
}
