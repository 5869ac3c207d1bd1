//! The Log Analytics workspace: its tables, what is visible of them, and the rows Azure itself writes.

mod ids;
mod library;
mod migrate;
mod receipts;
mod searches;
mod snapshot;
mod standard;
mod stored_rows;
mod system;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use kql::{Batch, ColumnType, Table};
use serde::Serialize;

use crate::arm::{ArmError, TableResource};
use receipts::Receipts;

pub(crate) use library::Library;
pub(crate) use searches::{SEARCHES_MAX, Search, Searches};
pub(crate) use snapshot::Snapshot;
pub(crate) use stored_rows::StoredRows;
pub(crate) use system::{LogError, Operation, instant};

/// All tables, custom and the service's own.
#[derive(Debug)]
pub(crate) struct Tables {
    by_name: BTreeMap<String, StoredTable>,
    /// Errors written to DCRLogErrors in `muted_hour`, which are not repeated within it.
    muted: HashSet<String>,
    muted_hour: i64,
    /// Bytes taken in `cap_day`, counted in days of UTC, and whether that was too much already.
    cap_bytes: u64,
    cap_day: i64,
    cap_reached: bool,
}

/// How many rows a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TableCount {
    /// Rows stored, visible to queries or not yet.
    pub count: u64,
    /// Different values of the column `id` among them; 0 for tables without one.
    pub distinct_ids: u64,
}

/// A body that came when the day's cap was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OverCap {
    /// The first of the day.
    First,
    /// Another one.
    Again,
}

/// Rows that are not visible yet.
#[derive(Debug)]
struct Pending {
    visible_at: Timestamp,
    received: Timestamp,
    rows: Batch,
}

/// A table with its rows.
#[derive(Debug)]
pub(crate) struct StoredTable {
    /// The deployed resource; the service's own tables have none.
    pub(crate) resource: Option<TableResource>,
    /// When it was put; the tables that a world begins with are older.
    pub(crate) put_at: Option<Timestamp>,
    visible: Table,
    /// When each of the visible rows came in.
    receipts: Receipts,
    /// Rows stored but not visible before their time, in order.
    pending: VecDeque<Pending>,
    pending_rows: u64,
    id_column: Option<usize>,
    ids: HashSet<u128>,
    /// For each row, in the order of arrival, whether its id was new.
    brought_id: Vec<bool>,
}

impl Tables {
    /// These tables and the service's own, all empty.
    pub(crate) fn new(resources: &BTreeMap<String, TableResource>) -> Self {
        let mut by_name: BTreeMap<String, StoredTable> = system::schemas()
            .into_iter()
            .map(|(name, schema)| (name.to_owned(), StoredTable::new(None, schema)))
            .collect();
        for (name, resource) in resources {
            let table = StoredTable::new(Some(resource.clone()), resource.schema.clone());
            by_name.insert(name.clone(), table);
        }
        Self { by_name, muted: HashSet::new(), muted_hour: 0, cap_bytes: 0, cap_day: 0, cap_reached: false }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&StoredTable> {
        self.by_name.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &StoredTable)> {
        self.by_name.iter()
    }

    /// Whether the workspace has a data store: a table was deployed, or Azure wrote a row of its own.
    fn is_placed(&self) -> bool {
        self.by_name.values().any(|table| table.resource.is_some() || table.count().count > 0)
    }

    /// The deployed tables.
    pub(crate) fn resources(&self) -> BTreeMap<String, TableResource> {
        let deployed = self.by_name.iter().filter_map(|(name, table)| Some((name.clone(), table.resource.clone()?)));
        deployed.collect()
    }

    /// Creates a table, or changes the columns of an existing one, which keeps its rows. Returns whether it was created.
    pub(crate) fn deploy(&mut self, resource: TableResource, now: Timestamp) -> Result<bool, ArmError> {
        let name = resource.name.clone();
        let Some(known) = self.by_name.get_mut(&name) else {
            let schema = resource.schema.clone();
            let table = StoredTable { put_at: Some(now), ..StoredTable::new(Some(resource), schema) };
            self.by_name.insert(name, table);
            return Ok(true);
        };
        known.change(resource)?;
        Ok(false)
    }

    /// Deletes a deployed table with its rows.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let deployed = self.by_name.get(name).is_some_and(|table| table.resource.is_some());
        deployed && self.by_name.remove(name).is_some()
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut StoredTable> {
        self.by_name.get_mut(name)
    }

    /// Adds a row to a table of the service's own, which are always there.
    fn append_own(&mut self, table: &str, row: Batch, now: Timestamp) {
        if let Some(table) = self.by_name.get_mut(table) {
            table.append(row, now, now);
        }
    }

    /// Counts bytes against the day's cap; `Some` when they exceed it. The day starts at midnight UTC.
    pub(crate) fn take_from_day(&mut self, bytes: u64, cap: u64, now: Timestamp) -> Option<OverCap> {
        let day = now.as_second().div_euclid(86_400);
        if day != self.cap_day {
            (self.cap_bytes, self.cap_day, self.cap_reached) = (0, day, false);
        }
        self.cap_bytes = self.cap_bytes.saturating_add(bytes);
        if self.cap_bytes <= cap {
            return None;
        }
        Some(if std::mem::replace(&mut self.cap_reached, true) { OverCap::Again } else { OverCap::First })
    }

    /// The rows that a query sees now.
    fn visible_rows(&mut self, now: Timestamp) -> BTreeMap<String, StoredRows> {
        let tables = self.by_name.iter_mut().map(|(name, table)| {
            table.reveal(now);
            let is_billable = table.resource.is_some();
            let rows = StoredRows { table: table.visible.clone(), receipts: table.receipts.clone(), is_billable };
            (name.clone(), rows)
        });
        tables.collect()
    }

    /// What a query sees now.
    pub(crate) fn snapshot(
        &mut self,
        now: Timestamp,
        workspace_id: &str,
        searches: &Searches,
        library: &Arc<Library>,
    ) -> Snapshot {
        Snapshot {
            is_placed: self.is_placed(),
            tables: self.visible_rows(now),
            workspace_id: workspace_id.to_owned(),
            searches: searches.clone(),
            library: library.clone(),
        }
    }

    /// Writes a row of DCRLogErrors, unless the same was written in this hour.
    pub(crate) fn log_error(&mut self, error: &LogError<'_>, now: Timestamp) {
        let hour = now.as_second().div_euclid(3_600);
        if hour != self.muted_hour {
            self.muted_hour = hour;
            self.muted.clear();
        }
        if self.muted.insert(error.mute_key()) {
            self.append_own(system::LOG_ERRORS, error.row(now), now);
        }
    }

    /// Writes a row of `_LogOperation`.
    pub(crate) fn log_operation(&mut self, operation: &Operation, now: Timestamp) {
        self.append_own(system::LOG_OPERATION, operation.row(now), now);
    }
}

impl StoredTable {
    fn new(resource: Option<TableResource>, schema: kql::Schema) -> Self {
        Self {
            resource,
            put_at: None,
            id_column: id_column(&schema),
            visible: Table::new(schema),
            receipts: Receipts::default(),
            pending: VecDeque::new(),
            pending_rows: 0,
            ids: HashSet::new(),
            brought_id: Vec::new(),
        }
    }

    /// Adds rows, to be seen from `visible_at` on.
    pub(crate) fn append(&mut self, batch: Batch, visible_at: Timestamp, now: Timestamp) {
        // The table may have changed since the rows were made for it.
        let batch = if batch.schema() == self.schema() { batch } else { migrate::batch(&batch, self.schema()) };
        let column = self.id_column.map(|column| batch.column(column));
        for row in 0..batch.len() {
            let id = column.and_then(|column| column.str(row));
            self.brought_id.push(id.is_some_and(|id| self.ids.insert(fingerprint(id))));
        }
        if visible_at <= now && self.pending.is_empty() {
            self.show(batch, now);
        } else {
            self.pending_rows += batch.len() as u64;
            self.pending.push_back(Pending { visible_at, received: now, rows: batch });
        }
    }

    fn show(&mut self, rows: Batch, received: Timestamp) {
        self.receipts.add(rows.len() as u64, received);
        self.visible.append(rows);
    }

    /// Takes other columns. A column may come or go, but not change its type.
    fn change(&mut self, resource: TableResource) -> Result<(), ArmError> {
        let (old, new) = (self.schema().clone(), resource.schema.clone());
        for column in new.columns() {
            if let Some(index) = old.index_of(&column.name).filter(|index| old.kind(*index) != column.kind) {
                let message = format!(
                    "Table '{}' is not valid: the type of column '{}' cannot change from {} to {}.",
                    resource.name,
                    column.name,
                    old.kind(index),
                    column.kind
                );
                return Err(ArmError::new("InvalidParameter", message));
            }
        }
        if old != new {
            self.visible = migrate::table(&self.visible, &new);
            self.pending.iter_mut().for_each(|pending| pending.rows = migrate::batch(&pending.rows, &new));
            self.id_column = id_column(&new);
        }
        self.resource = Some(resource);
        Ok(())
    }

    /// Makes rows visible whose time has been reached.
    fn reveal(&mut self, now: Timestamp) {
        while self.pending.front().is_some_and(|pending| pending.visible_at <= now) {
            if let Some(Pending { received, rows, .. }) = self.pending.pop_front() {
                self.pending_rows -= rows.len() as u64;
                self.show(rows, received);
            }
        }
    }

    pub(crate) fn schema(&self) -> &kql::Schema {
        self.visible.schema()
    }

    pub(crate) fn count(&self) -> TableCount {
        TableCount { count: self.visible.len() as u64 + self.pending_rows, distinct_ids: self.ids.len() as u64 }
    }

    /// The column `id` of every row, visible or not, in the order of arrival.
    pub(crate) fn ids(&self) -> Vec<String> {
        let Some(index) = self.id_column else { return Vec::new() };
        self.visible
            .batches()
            .chain(self.pending.iter().map(|pending| &pending.rows))
            .flat_map(|batch| {
                let column = batch.column(index);
                (0..batch.len()).map(move |row| column.str(row).unwrap_or_default().to_owned())
            })
            .collect()
    }
}

/// The column that identifies rows.
fn id_column(schema: &kql::Schema) -> Option<usize> {
    schema.index_of("id").filter(|column| schema.kind(*column) == ColumnType::String)
}

/// 128 bits of a digest identify an id: among 10^9 ids, the probability of a collision is about 10^-20.
fn fingerprint(id: &str) -> u128 {
    let digest = ring::digest::digest(&ring::digest::SHA256, id.as_bytes());
    let (first, _) = digest.as_ref().split_at(16);
    u128::from_be_bytes(first.try_into().expect("16 bytes make a u128"))
}
