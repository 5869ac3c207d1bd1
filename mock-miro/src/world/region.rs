//! Data residency.

use serde::{Deserialize, Serialize};

/// Where data lives (<https://help.miro.com/hc/en-us/articles/23084283851026>, read 2026-11-22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// The European Union, where everything lives unless a company chose otherwise.
    #[default]
    Eu,
    /// The United States.
    Us,
    /// Australia.
    Au,
}
