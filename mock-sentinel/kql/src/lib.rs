//! A Kusto query language engine that needs nothing but its input: text and tables in, a typed table out.
//!
//! ```
//! use kql::{BatchBuilder, ColumnType, DateTime, Schema, Settings, Table, Tables};
//!
//! let mut rows = BatchBuilder::new(Schema::new([("user", ColumnType::String), ("bytes", ColumnType::Long)]));
//! rows.push_row(&["ana".into(), 3_i64.into()]);
//! rows.push_row(&["ben".into(), 4_i64.into()]);
//! rows.push_row(&["ana".into(), 5_i64.into()]);
//! let tables = Tables::default().with("Uploads", Table::of(rows.finish()));
//!
//! let now = DateTime::parse("2026-11-23T08:00:00Z").expect("a date");
//! let answer = kql::run("Uploads | summarize sum(bytes) by user | top 1 by sum_bytes", &tables, &Settings::at(now))?;
//! let row = answer.primary().rows().next().expect("one row");
//! assert_eq!((row[0].as_str(), row[1].as_long()), (Some("ana"), Some(8)));
//! # Ok::<(), kql::Error>(())
//! ```
//!
//! The way of a query is `syntax` (text to tree), binder (names and types), plan, evaluator. Nulls, strings, dynamic
//! values, times and names follow Kusto's rules, not SQL's. A [`Transform`] is the same engine under the list of what
//! an ingestion-time transformation may use.
//!
//! Invariants: the clock is handed in and stands still for a query; nothing reads the system's time, files or
//! network; no input makes the engine panic, overflow its stack or run on after a bound of [`Settings`] is reached;
//! rows keep their order where Kusto promises one and otherwise stay in the order they came.

mod aggregates;
mod answer;
mod batch;
mod bind;
pub mod cases;
mod catalog;
mod column;
mod decimal;
mod dynamic;
mod error;
mod functions;
pub mod json;
mod kernels;
mod operators;
mod plan;
mod query;
mod run;
mod settings;
pub mod syntax;
mod table;
mod terms;
mod text;
mod time;
mod transform;
mod types;
mod value;

pub use self::{
    answer::{Answer, Render, ResultTable},
    batch::{Batch, BatchBuilder},
    catalog::{Catalog, EmptyCatalog, ExternalData, GeoInfo, SavedFunction, Scan, ScannedTable, Tables},
    column::{Column, ColumnBuilder},
    decimal::Decimal,
    dynamic::{Array, Bag, Dynamic, Properties},
    error::{Error, ErrorKind, Limit},
    functions::ScalarFunction,
    query::run,
    settings::{Cancel, Meter, Settings},
    table::Table,
    time::{
        Civil, DateTime, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE,
        TICKS_PER_SECOND, TimeRange, Timespan,
    },
    transform::Transform,
    types::{ColumnDef, ColumnType, Schema},
    value::Value,
};
