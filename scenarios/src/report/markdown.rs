//! Markdown for a job's summary.

use super::Report;

/// The whole summary.
pub fn markdown(report: &Report) -> String {
    let _ = report;
    String::new()
}
