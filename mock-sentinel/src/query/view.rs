//! The workspace as one query sees it: the rows within its timespan.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use kql::{Catalog, GeoInfo, SavedFunction, Settings, Table, Tables};

use super::timespan::Timespan;
use crate::workspace::Snapshot;

/// Which rows a query sees, by their `TimeGenerated`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Everything,
    Timespan(Timespan),
    Nothing,
}

/// The workspace within a timespan. A table is read once, however often the query names it.
pub(super) struct View<'a> {
    snapshot: &'a Snapshot,
    within: Within,
    settings: &'a Settings,
    read: RefCell<BTreeMap<(String, usize), Table>>,
    failed: RefCell<Option<kql::Error>>,
}

impl<'a> View<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, within: Within, settings: &'a Settings) -> Self {
        Self { snapshot, within, settings, read: RefCell::default(), failed: RefCell::default() }
    }

    /// Why a table could not be read: the query was ended meanwhile, or ran into a bound.
    pub(super) fn failed(&self) -> Option<kql::Error> {
        self.failed.take()
    }

    /// The rows of a table within the timespan. A query asks for a table with all the service's columns that it names, or with none.
    fn rows(&self, key: (&str, usize), table: Table, Timespan { from, to }: Timespan) -> Option<Table> {
        let key = (key.0.to_owned(), key.1);
        if let Some(read) = self.read.borrow().get(&key) {
            return Some(read.clone());
        }
        let filter = format!("T | where TimeGenerated between (datetime({from}) .. datetime({to}))");
        let settings = self.settings.clone().with_rows_max(usize::MAX);
        match kql::run(&filter, &Tables::default().with("T", table), &settings) {
            Ok(answer) => {
                let rows = answer.primary().clone();
                self.read.borrow_mut().insert(key, rows.clone());
                Some(rows)
            }
            Err(error) => {
                // A table without the column is none that a timespan lets through.
                if error.as_limit().is_some() {
                    self.failed.borrow_mut().get_or_insert(error);
                }
                None
            }
        }
    }
}

impl Catalog for View<'_> {
    fn table(&self, name: &str) -> Option<Table> {
        self.table_with(name, &[]).map(|(table, _)| table)
    }

    fn table_with(&self, name: &str, columns: &[&str]) -> Option<(Table, usize)> {
        let (table, own) = self.snapshot.table_with(name, columns)?;
        let seen = match self.within {
            Within::Everything => table,
            Within::Nothing => Table::new(table.schema().clone()),
            Within::Timespan(timespan) => self.rows((name, columns.len()), table, timespan)?,
        };
        Some((seen, own))
    }

    fn has_table(&self, name: &str) -> bool {
        self.snapshot.has_table(name)
    }

    fn table_names(&self) -> Vec<String> {
        self.snapshot.table_names()
    }

    fn service_columns(&self) -> &'static [&'static str] {
        self.snapshot.service_columns()
    }

    fn function(&self, name: &str) -> Option<SavedFunction> {
        self.snapshot.function(name)
    }

    fn function_names(&self) -> Vec<String> {
        self.snapshot.function_names()
    }

    fn watchlist(&self, alias: &str) -> Option<Table> {
        self.snapshot.watchlist(alias)
    }

    fn watchlist_names(&self) -> Vec<String> {
        self.snapshot.watchlist_names()
    }

    fn geo_info(&self) -> Option<Arc<dyn GeoInfo>> {
        self.snapshot.geo_info()
    }
}
