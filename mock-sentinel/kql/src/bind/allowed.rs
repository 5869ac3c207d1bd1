//! What an ingestion-time transform may use, besides the functions that say so themselves.
//!
//! The list is Microsoft's (<https://learn.microsoft.com/azure/azure-monitor/data-collection/data-collection-transformations-kql>,
//! read 2026-11-22), plus what its own published rules use: `iff` and `todynamic`.

use crate::{error::Error, syntax::Span};

const TABULAR: &[&str] =
    &["extend", "project", "print", "where", "parse", "project-away", "project-rename", "datatable"];

const OPERATORS: &[&str] = &[
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "=~",
    "!~",
    "contains",
    "!contains",
    "contains_cs",
    "!contains_cs",
    "has",
    "!has",
    "has_cs",
    "!has_cs",
    "startswith",
    "!startswith",
    "startswith_cs",
    "!startswith_cs",
    "endswith",
    "!endswith",
    "endswith_cs",
    "!endswith_cs",
    "matches regex",
    "in",
    "!in",
];

const FUNCTIONS: &[&str] = &[
    "ago",
    "bin",
    "case",
    "columnifexists",
    "floor",
    "iff",
    "iif",
    "isempty",
    "isnotempty",
    "isnotnull",
    "isnull",
    "max_of",
    "min_of",
    "not",
    "now",
    "parse_json",
    "tobool",
    "todatetime",
    "todouble",
    "todynamic",
    "toguid",
    "toint",
    "tolong",
    "toreal",
    "tostring",
    "totimespan",
];

/// The most columns one `parse` of a transform may make.
pub(super) const PARSE_COLUMNS_MAX: usize = 10;

pub(super) fn tabular(name: &str) -> bool {
    TABULAR.contains(&name)
}

pub(super) fn operator(name: &str) -> bool {
    OPERATORS.contains(&name)
}

pub(super) fn function(name: &str) -> bool {
    FUNCTIONS.contains(&name)
}

/// Says that a transform may not use this.
pub(super) fn refusal(name: &str, span: Span) -> Error {
    Error::refused(name, format!("'{name}' is not supported in a transformation."), span)
}
