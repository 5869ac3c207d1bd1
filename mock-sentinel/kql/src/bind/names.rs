//! How columns are named when the query does not say.

use hashbrown::HashSet;

use super::errors;
use crate::{
    error::Error,
    syntax::ast::{self, ExprKind, Literal, Naming},
    types::ColumnType,
};

/// Functions whose result is named after their first argument: as measured on Kusto's emulator by the tests of
/// duckdb-kql 1.1.2 (<https://pypi.org/project/duckdb-kql/>, read 2026-11-29), and for functions not measured as
/// Microsoft's binder has it (<https://github.com/microsoft/Kusto-Query-Language>, read 2026-11-23).
const NAMED_AFTER_ARGUMENT: &[&str] = &[
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "bin",
    "bin_at",
    "bin_auto",
    "binary_and",
    "binary_not",
    "binary_or",
    "binary_shift_left",
    "binary_shift_right",
    "binary_xor",
    "bitset_count_ones",
    "ceiling",
    "cos",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "floor",
    "format_bytes",
    "format_datetime",
    "format_timespan",
    "gamma",
    "log",
    "log10",
    "log2",
    "loggamma",
    "parse_csv",
    "parse_json",
    "parse_xml",
    "parsejson",
    "rand",
    "round",
    "series_fill_backward",
    "series_fill_const",
    "series_fill_forward",
    "series_fill_linear",
    "series_fir",
    "series_iir",
    "series_outliers",
    "sin",
    "split",
    "sqrt",
    "startofday",
    "tan",
    "tobool",
    "toboolean",
    "todatetime",
    "todecimal",
    "todouble",
    "todynamic",
    "toguid",
    "tohex",
    "toint",
    "tolong",
    "toobject",
    "toreal",
    "tostring",
    "totime",
    "totimespan",
];

/// Functions whose result is named `prefix_argument`, with their prefix.
const NAMED_WITH_PREFIX: &[(&str, &str)] = &[
    ("gettype", "type"),
    ("repeat", "repeat"),
    ("string_size", "string_size"),
    ("strlen", "strlen"),
    ("treepath", "tree"),
];

/// Functions that give several columns, with the names and types of these.
const IN_PARTS: &[(&str, &[(&str, ColumnType)])] = &[
    (
        "series_stats",
        &[
            ("min", ColumnType::Real),
            ("min_idx", ColumnType::Long),
            ("max", ColumnType::Real),
            ("max_idx", ColumnType::Long),
            ("avg", ColumnType::Real),
            ("stdev", ColumnType::Real),
            ("variance", ColumnType::Real),
        ],
    ),
    (
        "series_fit_line",
        &[
            ("rsquare", ColumnType::Real),
            ("slope", ColumnType::Real),
            ("variance", ColumnType::Real),
            ("rvariance", ColumnType::Real),
            ("interception", ColumnType::Real),
            ("line_fit", ColumnType::Dynamic),
        ],
    ),
];

/// The columns of a function that gives several.
pub(super) fn parts_of(function: &str) -> Option<&'static [(&'static str, ColumnType)]> {
    IN_PARTS.iter().find(|(name, _)| *name == function).map(|(_, parts)| *parts)
}

/// The name an expression suggests for its column.
pub(super) fn of_expr(expr: &ast::Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Paren(inner) => of_expr(inner),
        ExprKind::Name(name) => Some(name.text.clone()),
        ExprKind::Member { target, name } => Some(joined(of_expr(target), &name.text)),
        ExprKind::Index { target, index } => match &index.kind {
            ExprKind::Literal(Literal::String(key)) => Some(joined(of_expr(target), key)),
            // From the end, the sign becomes one more underscore.
            ExprKind::Literal(Literal::Long(key)) => Some(joined(of_expr(target), &key.to_string().replace('-', "_"))),
            _ => of_expr(target).map(|target| format!("{target}_")),
        },
        ExprKind::Call(call) => of_call(call),
        _ => None,
    }
}

fn joined(left: Option<String>, right: &str) -> String {
    match left {
        Some(left) if !left.starts_with('$') => format!("{left}_{right}"),
        _ => right.to_owned(),
    }
}

fn of_call(call: &ast::Call) -> Option<String> {
    let name = call.name.text.as_str();
    let first = call.args.first().map(|argument| &argument.value);
    if NAMED_AFTER_ARGUMENT.contains(&name) {
        return first.and_then(of_expr);
    }
    if let Some((_, prefix)) = NAMED_WITH_PREFIX.iter().find(|(function, _)| *function == name) {
        return Some(format!("{prefix}_{}", first.and_then(of_expr).unwrap_or_default()));
    }
    match (name, first.map(|first| &first.kind)) {
        ("column_ifexists" | "columnifexists", Some(ExprKind::Literal(Literal::String(column)))) => {
            Some(column.clone())
        }
        ("make_datetime" | "make_timespan", Some(_)) if call.args.len() == 1 => first.and_then(of_expr),
        ("ingestion_time", _) => Some("$IngestionTime".to_owned()),
        _ => crate::aggregates::find(name).and_then(|aggregate| of_aggregate(aggregate, call)),
    }
}

/// The name of the only or first column of an aggregate.
fn of_aggregate(aggregate: &crate::aggregates::Aggregate, call: &ast::Call) -> Option<String> {
    let first = call.args.first().and_then(|argument| of_expr(&argument.value));
    match aggregate.naming {
        crate::aggregates::ResultName::Prefix(prefix) if prefix.starts_with("covariance") => {
            let second = call.args.get(1).and_then(|argument| of_expr(&argument.value));
            Some(format!("{prefix}_{}_{}", first.unwrap_or_default(), second.unwrap_or_default()))
        }
        crate::aggregates::ResultName::Prefix(prefix) => Some(format!("{prefix}_{}", first.unwrap_or_default())),
        crate::aggregates::ResultName::Argument => first,
        _ => None,
    }
}

/// Whether `distinct` leaves a column unnamed that other operators name: the emulator does where `gettype` would name
/// it, also below functions named after their argument.
pub(super) fn is_named_by_gettype(expr: &ast::Expr) -> bool {
    let mut expr = expr.unparenthesized();
    while let ExprKind::Call(call) = &expr.kind {
        let name = call.name.text.as_str();
        match call.args.first() {
            _ if name == "gettype" => return true,
            Some(first) if NAMED_AFTER_ARGUMENT.contains(&name) => expr = first.value.unparenthesized(),
            _ => return false,
        }
    }
    false
}

/// The names that a list spells out, before `=` or as a plain column; one that is spelled out twice is an error.
pub(super) fn declared<'a>(entries: impl IntoIterator<Item = &'a ast::NamedExpr>) -> Result<HashSet<String>, Error> {
    let mut declared = HashSet::new();
    for entry in entries {
        let given = given_names(&entry.naming);
        let plain = match &entry.value.kind {
            ExprKind::Name(name) if given.is_empty() => Some(name.text.as_str()),
            _ => None,
        };
        for name in given.into_iter().chain(plain) {
            if !declared.insert(name.to_owned()) {
                return Err(errors::duplicate_column(name, entry.span));
            }
        }
    }
    Ok(declared)
}

/// The names written before `=`.
pub(super) fn given_names(naming: &Naming) -> Vec<&str> {
    match naming {
        Naming::Auto => Vec::new(),
        Naming::One(name) => vec![&name.text],
        Naming::Tuple(names) => names.iter().map(|name| name.text.as_str()).collect(),
    }
}
