//! The five sample queries that Miro's guide to the integration gives its users
//! (<https://help.miro.com/hc/en-us/articles/31325941684882>, read 2026-11-22).

use mock_sentinel::MockSentinel;

use super::DemoError;
use crate::render::Answer;

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
            Ok(answer) => Ok((title, Answer::from(&answer))),
            Err(error) => Err(DemoError::Query { query, reason: error.to_string() }),
        })
        .collect()
}
