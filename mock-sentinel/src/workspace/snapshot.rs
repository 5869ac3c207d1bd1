//! The workspace at one instant, as a query sees it.

use std::collections::BTreeMap;
use std::sync::Arc;

use kql::{Catalog, GeoInfo, SavedFunction, Scan, ScannedTable, Table};

use super::standard::{self, Origin};
use super::stored_rows::StoredRows;
use super::{Library, Searches};

/// Tables, saved functions and what the world was given besides, at one instant.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(super) tables: BTreeMap<String, StoredRows>,
    pub(super) workspace_id: String,
    /// Whether the workspace has a data store: a table was deployed, or Azure wrote a row of its own.
    pub(crate) is_placed: bool,
    pub(super) searches: Searches,
    pub(super) library: Arc<Library>,
}

impl Catalog for Snapshot {
    fn has_table(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }

    fn service_columns(&self) -> &'static [&'static str] {
        &standard::NAMES
    }

    fn table(&self, name: &str, scan: &Scan<'_>) -> Option<ScannedTable> {
        let rows = self.tables.get(name)?;
        let origin = Origin { table: name, workspace_id: &self.workspace_id, is_billable: rows.is_billable };
        let (table, own) = standard::beside(rows, scan.service_columns, origin);
        Some(ScannedTable::with_service_columns(table, own))
    }

    fn table_names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    fn function(&self, name: &str) -> Option<SavedFunction> {
        self.searches.function(name)
    }

    fn function_names(&self) -> Vec<String> {
        self.searches.function_names()
    }

    fn watchlist(&self, alias: &str) -> Option<Table> {
        self.library.watchlists.get(&alias.to_lowercase()).map(|list| list.rows.clone())
    }

    fn watchlist_names(&self) -> Vec<String> {
        self.library.watchlists.values().map(|list| list.alias.clone()).collect()
    }

    fn geo_info(&self) -> Option<Arc<dyn GeoInfo>> {
        self.library.geo_info()
    }
}
