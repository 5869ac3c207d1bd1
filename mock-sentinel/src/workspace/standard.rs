//! The columns that the service adds to every table, and the time of receipt that `ingestion_time()` reads. They are made
//! when a query names them, so that a stored row costs nothing more.
//!
//! Source, in its edition of 2024-05-26, read 2026-11-29:
//! <https://github.com/MicrosoftDocs/azure-monitor-docs/blob/main/articles/azure-monitor/logs/log-standard-columns.md>.
//! Its queries compare `_IsBillable` with `true`, so it is a bool here, although the table reference calls it a string
//! (<https://docs.azure.cn/en-us/azure-monitor/reference/tables/oteltraces>), as it calls `_BilledSize` a real. That `_ItemId` is a
//! GUID is a guess.

use kql::{Batch, Column, ColumnBuilder, ColumnDef, ColumnType, Table};
use ring::digest::{SHA256, digest};
use uuid::Builder;

use super::instant;
use super::stored_rows::StoredRows;

/// Their names, in the order in which they stand.
pub(super) const NAMES: [&str; 9] = [
    "TenantId",
    "Type",
    "_ResourceId",
    "_SubscriptionId",
    "_ItemId",
    "_TimeReceived",
    "_BilledSize",
    "_IsBillable",
    "$IngestionTime",
];

/// What is the same for all rows of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) table: &'a str,
    pub(super) workspace_id: &'a str,
    /// Azure's own tables on its service are free.
    pub(super) is_billable: bool,
}

fn kind(name: &str) -> ColumnType {
    match name {
        "_TimeReceived" | "$IngestionTime" => ColumnType::DateTime,
        "_BilledSize" => ColumnType::Real,
        "_IsBillable" => ColumnType::Bool,
        _ => ColumnType::String,
    }
}

/// The rows with some of these columns behind their own, and how many are their own.
pub(super) fn beside(rows: &StoredRows, names: &[&str], origin: Origin<'_>) -> (Table, usize) {
    let own = rows.table.schema();
    let added: Vec<&str> = names.iter().copied().filter(|name| own.index_of(name).is_none()).collect();
    if added.is_empty() {
        return (rows.table.clone(), own.len());
    }
    let defs: Vec<ColumnDef> = added.iter().map(|name| ColumnDef::new(*name, kind(name))).collect();
    let mut table = Table::new(own.columns().iter().chain(&defs).cloned().collect());
    let mut first = 0;
    for batch in rows.table.batches() {
        let columns = added.iter().map(|name| filled(name, batch, first, rows, origin));
        table.append(batch.beside(defs.iter().cloned().zip(columns)));
        first += batch.len();
    }
    (table, own.len())
}

/// One column for rows of which the first has this number in its table.
fn filled(name: &str, batch: &Batch, first: usize, rows: &StoredRows, origin: Origin<'_>) -> Column {
    let mut column = ColumnBuilder::with_capacity(kind(name), batch.len());
    match name {
        "_TimeReceived" | "$IngestionTime" => {
            rows.receipts.times().skip(first).take(batch.len()).for_each(|at| column.push_datetime(instant(at)));
        }
        #[expect(clippy::cast_precision_loss, reason = "the size of a row")]
        "_BilledSize" => (0..batch.len()).for_each(|row| column.push_f64(size(batch, row) as f64)),
        "_IsBillable" => (0..batch.len()).for_each(|_| column.push_bool(origin.is_billable)),
        "_ItemId" => (first..first + batch.len()).for_each(|row| column.push_str(&item_id(origin, row))),
        _ => {
            let text = match name {
                "TenantId" => origin.workspace_id,
                "Type" => origin.table,
                // What was uploaded through a rule belongs to no resource.
                _ => "",
            };
            (0..batch.len()).for_each(|_| column.push_str(text));
        }
    }
    column.finish()
}

/// The bytes of a row's cells as text.
fn size(batch: &Batch, row: usize) -> usize {
    let cell = |index| {
        let column = batch.column(index);
        column.str(row).map_or_else(|| column.value(row).to_text().len(), str::len)
    };
    (0..batch.schema().len()).map(cell).sum()
}

/// A stable id for a row.
fn item_id(origin: Origin<'_>, row: usize) -> String {
    let seed = format!("{}/{}/{row}", origin.workspace_id, origin.table);
    let digest = digest(&SHA256, seed.as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}
