//! Operators that start a pipe, name its rows or end it.

use crate::syntax::ast::{Call, Expr, Name, Parameter, Schema};

/// `as name`, `as hint.materialized=true name`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AsOperator {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// The name the rows so far go by.
    pub name: Name,
}

/// `consume decodeblocks=true`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConsumeOperator {
    /// Parameters.
    pub parameters: Vec<Parameter>,
}

/// `evaluate plugin(…) : (schema)`; also a pipe's start.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluate {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// The plugin and its arguments.
    pub call: Call,
    /// The schema promised.
    pub schema: Option<Schema>,
}

/// `range x from a to b step c`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Range {
    /// The column made.
    pub name: Name,
    /// The first value.
    pub from: Expr,
    /// The last value, included.
    pub to: Expr,
    /// The distance.
    pub step: Expr,
}

/// `render timechart with (title="…")`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Render {
    /// The kind of chart.
    pub chart: Name,
    /// Its properties, in both forms.
    pub properties: Vec<Parameter>,
}

/// `datatable (a: int) [1, 2]`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DataTable {
    /// The columns.
    pub schema: Schema,
    /// The values, row by row; constant expressions.
    pub values: Vec<Expr>,
}

/// `externaldata (a: int) ["https://…"] with (format="csv")`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExternalData {
    /// The columns.
    pub schema: Schema,
    /// Where from.
    pub uris: Vec<Expr>,
    /// `with (…)`.
    pub options: Vec<Parameter>,
}
