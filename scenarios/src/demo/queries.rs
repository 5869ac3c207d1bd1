//! The five sample queries that Miro's guide to the integration gives its users
//! (<https://help.miro.com/hc/en-us/articles/31325941684882>, read 2026-11-22).

use mock_sentinel::MockSentinel;

use super::DemoError;
use crate::render::Answer;

/// What is shown for an e-mail address that nobody has: the event was no user's doing.
const NO_USER: &str = "(no user)";

/// What each query shows, and its text.
const SAMPLES: [(&str, &str); 5] = [
    (
        "Recent audit events",
        "MiroAuditLogs_CL | sort by TimeGenerated desc \
         | project TimeGenerated, event, category, createdBy_email, context_ip | take 20",
    ),
    (
        "Activity by user and event",
        "MiroAuditLogs_CL | summarize EventCount = count() by createdBy_email, event, category \
         | order by EventCount desc",
    ),
    (
        "Content changes by user",
        "MiroContentLogs_CL | where TimeGenerated > ago(7d) \
         | summarize Changes = count() by actor_email, actionType | order by Changes desc",
    ),
    ("Event trend", "MiroAuditLogs_CL | summarize count() by event, bin(TimeGenerated, 1h) | render timechart"),
    (
        "Most active users by content changes",
        "MiroContentLogs_CL | where TimeGenerated > ago(30d) \
         | summarize TotalActions = count() by actor_email | top 10 by TotalActions desc",
    ),
];

/// All of them, in order.
pub(super) fn answer_all(sentinel: &MockSentinel) -> Result<Vec<(&'static str, Answer)>, DemoError> {
    SAMPLES
        .into_iter()
        .map(|(title, query)| match sentinel.query(query) {
            Ok(answer) => Ok((title, with_no_user(Answer::from(&answer.tables[0])))),
            Err(error) => Err(DemoError::Query { query, reason: error.to_string() }),
        })
        .collect()
}

/// Names what would be a blank cell in a column of e-mail addresses.
fn with_no_user(mut answer: Answer) -> Answer {
    for (at, _) in answer.columns.iter().enumerate().filter(|(_, column)| column.name.ends_with("_email")) {
        for cell in answer.rows.iter_mut().filter_map(|row| row.get_mut(at)) {
            if cell.is_null() || cell.as_str() == Some("") {
                *cell = NO_USER.into();
            }
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::Column;

    #[test]
    fn no_address_is_blank() {
        let column = |name: &str| Column { name: name.into(), kind: "string".into() };
        let rows = vec![vec![json!(""), json!("")], vec![json!(null), json!("x")], vec![json!("a@b.c"), json!("y")]];
        let shown = with_no_user(Answer { columns: vec![column("actor_email"), column("event")], rows, chart: None });
        let addresses: Vec<_> = shown.rows.iter().map(|row| row[0].clone()).collect();
        assert_eq!(addresses, ["(no user)", "(no user)", "a@b.c"]);
        assert_eq!(shown.rows[0][1], "");
    }
}
