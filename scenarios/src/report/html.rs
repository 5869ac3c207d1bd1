//! One HTML file that needs nothing else.

use super::Report;

/// The whole page.
pub fn html(report: &Report) -> String {
    let _ = report;
    String::new()
}
