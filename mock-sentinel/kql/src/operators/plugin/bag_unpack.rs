//! `bag_unpack`: the properties of bags as columns.

use super::{Output, within_columns};
use crate::{
    batch::Batch,
    dynamic::Dynamic,
    error::Error,
    functions::conversion::{convert, unwrapped},
    run::Run,
    syntax::Span,
    types::{ColumnDef, ColumnType},
    value::Value,
};

/// `bag_unpack` with its options.
#[derive(Debug)]
pub(crate) struct BagUnpack {
    pub(crate) column: usize,
    pub(crate) prefix: String,
    pub(crate) conflict: BagConflict,
    pub(crate) ignored: Vec<String>,
}

/// What to do when a property is named like a column that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BagConflict {
    Error,
    KeepSource,
    ReplaceSource,
}

/// A property that becomes a column.
struct Unpacked {
    property: String,
    column: String,
    kind: ColumnType,
}

/// A column for each property of a column's bags, in alphabetical order; a clash of names is an error.
pub(crate) fn bag_unpack(run: &mut Run<'_>, rows: &Batch, unpack: &BagUnpack, span: Span) -> Result<Batch, Error> {
    let properties = properties(run, rows, unpack)?;
    let source = |name: &str| rows.schema().index_of(name).filter(|at| *at != unpack.column);
    let mut columns: Vec<(ColumnDef, Origin<'_>)> = Vec::new();
    for (at, column) in rows.schema().columns().iter().enumerate() {
        if at != unpack.column {
            columns.push((column.clone(), Origin::Source(at)));
        }
    }
    for property in &properties {
        let def = ColumnDef::new(property.column.as_str(), property.kind);
        let clash = source(&property.column)
            .and_then(|_| columns.iter().position(|(known, _)| *known.name == *property.column));
        match (clash, unpack.conflict) {
            (None, _) => columns.push((def, Origin::Property(&property.property))),
            (Some(_), BagConflict::KeepSource) => {}
            (Some(at), BagConflict::ReplaceSource) => columns[at] = (def, Origin::Property(&property.property)),
            (Some(_), BagConflict::Error) => {
                let message = format!(
                    "The property '{}' clashes with a column; say what wins with columnsConflict.",
                    property.column
                );
                return Err(Error::semantic("SEM0059", message, span));
            }
        }
    }
    let defs = columns.iter().map(|(def, _)| def.clone()).collect();
    let mut out = Output::new(run, defs, rows.len())?;
    for row in 0..rows.len() {
        let bag = rows.value(row, unpack.column);
        let cells = columns.iter().map(|(def, origin)| match origin {
            Origin::Source(at) => rows.value(row, *at),
            Origin::Property(name) => {
                let found = bag.as_dynamic().map_or(Dynamic::Null, |bag| bag.property(name));
                convert(&Value::dynamic(found), def.kind)
            }
        });
        out.push(&cells.collect::<Vec<_>>())?;
    }
    Ok(out.finish())
}

/// Where a column of `bag_unpack` comes from.
enum Origin<'a> {
    Source(usize),
    Property(&'a str),
}

/// The properties of all bags with the type of their values: `dynamic` when they differ, be it as numbers.
/// <https://learn.microsoft.com/kusto/query/bag-unpack-plugin> (read 2026-11-26)
fn properties(run: &mut Run<'_>, rows: &Batch, unpack: &BagUnpack) -> Result<Vec<Unpacked>, Error> {
    let mut found: std::collections::BTreeMap<String, Option<ColumnType>> = std::collections::BTreeMap::new();
    for row in 0..rows.len() {
        let value = rows.value(row, unpack.column);
        let Some(bag) = value.as_dynamic().and_then(Dynamic::as_bag) else { continue };
        run.spend(1 + bag.len())?;
        within_columns(found.len())?;
        for (name, value) in bag {
            if unpack.ignored.iter().any(|ignored| **ignored == **name) {
                continue;
            }
            let known = found.entry(name.to_string()).or_default();
            *known = match (*known, unwrapped(value).kind()) {
                (known, None) => known,
                (None, kind) => kind,
                (Some(known), Some(kind)) if known == kind => Some(known),
                _ => Some(ColumnType::Dynamic),
            };
        }
    }
    let unpacked = found.into_iter().map(|(property, kind)| Unpacked {
        column: format!("{}{property}", unpack.prefix),
        property,
        kind: kind.unwrap_or(ColumnType::Dynamic),
    });
    Ok(unpacked.collect())
}
