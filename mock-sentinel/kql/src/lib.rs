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
//! # Where to start
//!
//! - [`run`] runs a query over a [`Catalog`]; [`Tables`] is one that needs no code. [`Answer::tables`] are its results.
//! - [`Settings`] hold the clock, the bounds and the time range of a query.
//! - [`ScalarFunction`] adds a function to the language.
//! - [`Transform`] is the same engine under the list of what an ingestion-time transformation may use.
//! - [`syntax::parse`] is the parser alone; [`cases`] runs files of queries with their expected rows.
//!
//! # How it works
//!
//! A query goes from text to a tree (`syntax`), to a plan with names and types resolved (`bind`, `plan`), and is run:
//! relational `operators` hand batches of typed `column`s on, and scalar `kernels` evaluate expressions over a batch.
//! Nulls, strings, dynamic values, times and names follow Kusto's rules, not SQL's.
//!
//! # Invariants
//!
//! - The clock is handed in and stands still for a query; nothing reads the system's time, files or network.
//! - No input makes the engine panic, overflow its stack or run on after a bound of [`Settings`] is reached.
//! - Rows keep their order where Kusto promises one, and otherwise stay in the order they came.
//! - Public enums and structs may grow, but for [`ColumnType`], [`Value`], [`Dynamic`] and [`cases::Verdict`]: a `match`
//!   on a type of Kusto's, or on a verdict that a runner counts, should stop compiling when one is added.

#![warn(clippy::missing_errors_doc)]

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

/// The examples of the README compile and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
