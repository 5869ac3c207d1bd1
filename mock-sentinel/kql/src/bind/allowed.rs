//! What an ingestion-time transform may use.
//!
//! The list is Microsoft's (<https://learn.microsoft.com/azure/azure-monitor/data-collection/data-collection-transformations-kql>,
//! version of 2026-05-15, read 2026-11-29), plus what its own published rules use. It is a list of names, as Azure's is:
//! `pack` is taken and `bag_pack`, the same function, is not.

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

/// The names a transform may call. A second name of the same function is not taken unless it is listed.
const FUNCTIONS: &[&str] = &[
    // Bits.
    "binary_and",
    "binary_or",
    "binary_not",
    "binary_shift_left",
    "binary_shift_right",
    "binary_xor",
    // Conversions.
    "tobool",
    "todatetime",
    "todouble",
    "toreal",
    "toguid",
    "toint",
    "tolong",
    "tostring",
    "totimespan",
    // Dates and times.
    "ago",
    "datetime_add",
    "datetime_diff",
    "datetime_part",
    "dayofmonth",
    "dayofweek",
    "dayofyear",
    "endofday",
    "endofmonth",
    "endofweek",
    "endofyear",
    "getmonth",
    "monthofyear",
    "getyear",
    "hourofday",
    "make_datetime",
    "make_timespan",
    "now",
    "startofday",
    "startofmonth",
    "startofweek",
    "startofyear",
    "weekofyear",
    // Trees.
    "array_concat",
    "array_length",
    "pack",
    "pack_array",
    "parse_json",
    "parse_xml",
    "zip",
    // Numbers.
    "abs",
    "bin",
    "floor",
    "ceiling",
    "exp",
    "exp10",
    "exp2",
    "isfinite",
    "isinf",
    "isnan",
    "log",
    "log10",
    "log2",
    "pow",
    "round",
    "sign",
    // Choices.
    "case",
    "iif",
    "max_of",
    "min_of",
    // Text.
    "base64_encodestring",
    "base64_decodestring",
    "countof",
    "extract",
    "extract_all",
    "indexof",
    "isempty",
    "isnotempty",
    "replace",
    "split",
    "strcat",
    "strcat_delim",
    "strlen",
    "substring",
    "tolower",
    "toupper",
    "hash_sha256",
    // Types.
    "gettype",
    "isnotnull",
    "isnull",
    // Columns.
    "columnifexists",
    // Not on the page, and taken: published rules use them.
    "iff",
    "not",
    "todynamic",
    // Only for transformations.
    "parse_cef_dictionary",
    "geo_location",
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

/// Functions that only transforms have.
const ONLY_HERE: &[&str] = &["parse_cef_dictionary", "geo_location"];

pub(super) fn only_in_transforms(name: &str) -> bool {
    ONLY_HERE.contains(&name)
}

/// Says that a query may not call this, which a transform may.
pub(super) fn only_in_transforms_error(name: &str, span: Span) -> Error {
    let message = format!("Unknown function: '{name}'. It can be called in transformations only, not in queries.");
    Error::semantic("SEM0260", message, span).with_token(name)
}

/// Says that a transform may not call this function.
pub(super) fn function_refusal(name: &str, span: Span) -> Error {
    let mut error = refusal(name, span);
    error.code = Error::FUNCTION_NOT_IN_TRANSFORMS;
    error
}

/// Says that a transform may not use this.
pub(super) fn refusal(name: &str, span: Span) -> Error {
    Error::refused(name, format!("'{name}' is not supported in a transformation."), span)
}
