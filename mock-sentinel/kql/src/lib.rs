//! A Kusto query language engine that needs nothing but its input: text in, typed table out.
//!
//! The way of a query is `syntax` (text to tree), binder (names and types), plan, evaluator.

mod aggregates;
mod answer;
mod batch;
mod bind;
pub mod cases;
mod catalog;
mod column;
mod decimal;
mod dynamic;
pub mod error;
mod eval;
pub mod functions;
pub mod json;
mod plan;
mod query;
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
    answer::{Answer, Render},
    batch::{Batch, BatchBuilder},
    catalog::{Catalog, EmptyCatalog, ExternalData, SavedFunction, Tables},
    column::{Column, ColumnBuilder},
    decimal::Decimal,
    dynamic::{Array, Bag, Dynamic, Properties},
    error::{Error, ErrorKind},
    query::run,
    settings::{Cancel, Settings},
    table::Table,
    time::{
        Civil, DateTime, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE,
        TICKS_PER_SECOND, Timespan,
    },
    transform::Transform,
    types::{ColumnDef, ColumnType, Schema},
    value::Value,
};
