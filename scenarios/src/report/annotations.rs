//! Annotations for GitHub Actions.

use super::Report;

/// One line for each case that is not as expected.
pub fn annotations(report: &Report) -> String {
    let _ = report;
    String::new()
}
