//! Semantic errors, with the name that was perhaps meant.

use std::rc::Rc;

use crate::{
    error::Error,
    syntax::{
        Span,
        ast::{Name, Param},
    },
    types::{ColumnType, Schema},
};

/// Names less alike than this are not suggested.
const LIKENESS_MIN: f64 = 0.75;

/// The known name most like the one that is unknown.
pub(super) fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lower = name.to_lowercase();
    let likeness = |other: &str| strsim::jaro_winkler(&lower, &other.to_lowercase());
    let mut best: Option<(f64, &str)> = None;
    for other in known {
        let score = likeness(other);
        let better = best.is_none_or(|(top, kept)| score > top || score == top && other < kept);
        if score >= LIKENESS_MIN && other != name && better {
            best = Some((score, other));
        }
    }
    best.map(|(_, other)| other.to_owned())
}

pub(super) fn unknown_column(name: &Name, schema: Option<&Schema>) -> Error {
    let known = schema.iter().flat_map(|schema| schema.columns()).map(|column| &*column.name);
    let known = known.filter(|name| !super::hidden::is_state_column(name) && !super::hidden::is_hidden(name));
    let near = near(&name.text, known.collect::<Vec<_>>());
    let message = format!("Failed to resolve column or scalar expression named '{}'.", name.text);
    Error::semantic("SEM0100", message, name.span).with_token(&name.text).with_near(near)
}

pub(super) fn unknown_table(name: &Name, known: &[String]) -> Error {
    let near = near(&name.text, known.iter().map(String::as_str));
    let message = format!("Failed to resolve table or column expression named '{}'.", name.text);
    Error::semantic("SEM0100", message, name.span).with_token(&name.text).with_near(near)
}

pub(super) fn unknown_watchlist(alias: &str, known: &[String], span: Span) -> Error {
    let alias: String = alias.chars().take(64).collect();
    if known.is_empty() {
        let message = "'_GetWatchlist' needs watchlists, and none were given to this engine.";
        return Error::refused("_GetWatchlist", message.to_owned(), span);
    }
    let message = format!("There is no watchlist with the alias '{alias}'; there are: {}.", known.join(", "));
    Error::semantic("SEM0100", message, span).with_token("_GetWatchlist")
}

/// A saved function that calls itself, by way of the others.
pub(super) fn circle(calls: &[Rc<str>], name: &str, span: Span) -> Error {
    let from = calls.iter().position(|call| **call == *name).unwrap_or(0);
    let way: Vec<&str> = calls[from..].iter().map(|call| &**call).chain([name]).collect();
    let message = format!("The saved function '{name}' calls itself: {}.", way.join(" -> "));
    Error::semantic("SEM0100", message, span).with_token(name)
}

pub(super) fn unknown_function(name: &Name, near: Option<String>) -> Error {
    let message = format!("Unknown function: '{}'.", name.text);
    Error::semantic("SEM0260", message, name.span).with_token(&name.text).with_near(near)
}

pub(super) fn not_comparable(left: ColumnType, right: ColumnType, span: Span) -> Error {
    let message = format!("Cannot compare values of types {left} and {right}. Try adding explicit casts.");
    Error::semantic("SEM0064", message, span)
}

pub(super) fn not_applicable(operator: &str, left: ColumnType, right: ColumnType, span: Span) -> Error {
    let message = format!("The operator '{operator}' cannot be applied to {left} and {right}.");
    Error::semantic("SEM0023", message, span).with_token(operator)
}

pub(super) fn wrong_type(what: &str, expected: &str, found: ColumnType, span: Span) -> Error {
    Error::semantic("SEM0025", format!("{what} must be {expected}, not {found}."), span)
}

pub(super) fn too_many_names(names: usize, values: usize, span: Span) -> Error {
    let message = format!("{names} names are given, but there are only {values} values to name.");
    Error::semantic("SEM0096", message, span)
}

pub(super) fn duplicate_column(name: &str, span: Span) -> Error {
    let message = format!("A column named '{name}' is there already.");
    Error::semantic("SEM0034", message, span).with_token(name)
}

pub(super) fn wrong_argument_count(name: &Name, found: usize) -> Error {
    let message = format!("'{}' does not take {found} argument(s).", name.text);
    Error::semantic("SEM0219", message, name.span).with_token(&name.text)
}

/// How many parameters a message names.
const PARAMS_SHOWN: usize = 20;

/// An argument of a name that no parameter has.
pub(super) fn unknown_argument(function: &Name, argument: &Name, params: &[Param]) -> Error {
    let names: Vec<&str> = params.iter().map(|param| param.name.text.as_str()).collect();
    let known = match names.as_slice() {
        [] => "it has none".to_owned(),
        all if all.len() <= PARAMS_SHOWN => format!("it has {}", all.join(", ")),
        all => format!("it has {}, …", all[..PARAMS_SHOWN].join(", ")),
    };
    let message = format!("'{}' has no parameter '{}': {known}.", function.text, argument.text);
    let near = near(&argument.text, names);
    Error::semantic("SEM0219", message, argument.span).with_token(&argument.text).with_near(near)
}

/// A parameter without a default that got no value.
pub(super) fn missing_argument(function: &Name, param: &str) -> Error {
    let message = format!("'{}' needs a value for its parameter '{param}'.", function.text);
    Error::semantic("SEM0219", message, function.span).with_token(&function.text)
}

/// A pattern that does not compile, and why.
pub(super) fn no_pattern(pattern: &str, why: &str, span: Span) -> Error {
    let message = format!("'{pattern}' is not a regular expression: {why}.");
    Error::semantic("SEM0420", message, span).with_token(pattern)
}

/// The catalog has no source of locations.
pub(super) fn no_geo_data(span: Span) -> Error {
    let name = "geo_info_from_ip_address";
    Error::refused(name, format!("'{name}' needs data on addresses, and none were given to this engine."), span)
}

/// Something the language has and this engine does not.
pub(super) fn refused(name: &str, span: Span) -> Error {
    Error::refused(name, format!("'{name}' is not supported by this engine."), span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let known = ["TimeGenerated", "event", "category"];
        assert_eq!(near("TimeGenerate", known).as_deref(), Some("TimeGenerated"));
        assert_eq!(near("timegenerated", known).as_deref(), Some("TimeGenerated"));
        assert_eq!(near("zzz", known), None);
    }
}
