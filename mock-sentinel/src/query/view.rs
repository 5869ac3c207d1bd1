//! The workspace as one query sees it: the rows within its timespan.

use std::cell::RefCell;
use std::collections::BTreeMap;

use kql::{Catalog, Settings, Table};

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
    read: RefCell<BTreeMap<String, Table>>,
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

    fn rows(&self, name: &str, Timespan { from, to }: Timespan) -> Option<Table> {
        if let Some(read) = self.read.borrow().get(name) {
            return Some(read.clone());
        }
        let filter = format!("['{name}'] | where TimeGenerated between (datetime({from}) .. datetime({to}))");
        let settings = Settings { rows_max: usize::MAX, ..self.settings.clone() };
        match kql::run(&filter, self.snapshot, &settings) {
            Ok(answer) => {
                let rows = answer.primary().clone();
                self.read.borrow_mut().insert(name.to_owned(), rows.clone());
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
        let table = self.snapshot.table(name)?;
        match self.within {
            Within::Everything => Some(table),
            Within::Nothing => Some(Table::new(table.schema().clone())),
            Within::Timespan(timespan) => self.rows(name, timespan),
        }
    }

    fn table_names(&self) -> Vec<String> {
        self.snapshot.table_names()
    }
}
