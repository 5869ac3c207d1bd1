//! What is visible of a table at one instant.

use kql::Table;

use super::receipts::Receipts;

/// The visible rows of a table with their times of receipt.
#[derive(Debug, Clone)]
pub(crate) struct StoredRows {
    pub(super) table: Table,
    pub(super) receipts: Receipts,
    pub(super) is_billable: bool,
}
