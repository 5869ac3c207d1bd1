//! What `evaluate` offers: functions from whole tables to whole tables.

use std::net::IpAddr;

use indexmap::IndexSet;

use super::{cells::Cells, group::Grouper, key::ValueKey};
use crate::{
    batch::{Batch, BatchBuilder, concat},
    dynamic::Dynamic,
    functions::conversion::{convert, unwrapped},
    types::{ColumnDef, ColumnType, Schema},
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

/// A column for each property of a column's bags, in alphabetical order; `Err` names a clash.
pub(crate) fn bag_unpack(rows: &Batch, unpack: &BagUnpack) -> Result<Batch, String> {
    let properties = properties(rows, unpack);
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
                return Err(format!(
                    "The property '{}' clashes with a column; say what wins with columnsConflict.",
                    property.column
                ));
            }
        }
    }
    let mut out = BatchBuilder::with_capacity(columns.iter().map(|(def, _)| def.clone()).collect(), rows.len());
    for row in 0..rows.len() {
        let bag = rows.value(row, unpack.column);
        let cells = columns.iter().map(|(def, origin)| match origin {
            Origin::Source(at) => rows.value(row, *at),
            Origin::Property(name) => {
                let found = bag.as_dynamic().map_or(Dynamic::Null, |bag| bag.property(name));
                convert(&Value::dynamic(found), def.kind)
            }
        });
        out.push_row(&cells.collect::<Vec<_>>());
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
fn properties(rows: &Batch, unpack: &BagUnpack) -> Vec<Unpacked> {
    let mut found: std::collections::BTreeMap<String, Option<ColumnType>> = std::collections::BTreeMap::new();
    for row in 0..rows.len() {
        let value = rows.value(row, unpack.column);
        let Some(bag) = value.as_dynamic().and_then(Dynamic::as_bag) else { continue };
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
    unpacked.collect()
}

/// A row for each cell: which row, which column, its text.
pub(crate) fn narrow(rows: &Batch) -> Batch {
    let schema =
        Schema::new([("Row", ColumnType::Long), ("Column", ColumnType::String), ("Value", ColumnType::String)]);
    let mut out = BatchBuilder::with_capacity(schema, rows.len() * rows.schema().len());
    for row in 0..rows.len() {
        for (at, column) in rows.schema().columns().iter().enumerate() {
            let value = rows.value(row, at);
            out.push_row(&[Value::Long(row as i64), Value::string(&*column.name), Value::string(value.to_text())]);
        }
    }
    out.finish()
}

/// Groups whose last two columns are a name and a value, spread out: a column for each name. Numbers that are missing
/// are zero.
pub(crate) fn pivot(rows: &Batch) -> Batch {
    let kept = rows.schema().len().saturating_sub(2);
    let value_kind = rows.schema().kind(kept + 1);
    let mut names: Vec<String> = (0..rows.len()).map(|row| rows.value(row, kept).to_text().into_owned()).collect();
    names.sort_unstable();
    names.dedup();
    let keys: Vec<Cells> = (0..kept).map(|at| Cells::Many(rows.shared(at).clone())).collect();
    let mut grouper = Grouper::new(rows.schema().columns()[..kept].iter().map(|column| column.kind));
    let groups = grouper.number(&keys, rows.len());
    let missing =
        if value_kind.is_numeric() { convert(&Value::Long(0), value_kind) } else { Value::missing(value_kind) };
    let count = if rows.is_empty() { 0 } else { grouper.len() };
    let mut cells = vec![vec![missing; names.len()]; count];
    for (row, group) in groups.iter().enumerate() {
        let name = rows.value(row, kept).to_text().into_owned();
        if let Ok(at) = names.binary_search(&name) {
            cells[*group as usize][at] = rows.value(row, kept + 1);
        }
    }
    let columns = rows.schema().columns()[..kept].iter().cloned();
    let spread = names.iter().map(|name| ColumnDef::new(name.as_str(), value_kind));
    let mut out = BatchBuilder::with_capacity(columns.chain(spread).collect(), count);
    let key_columns = grouper.keys();
    for (group, values) in cells.iter().enumerate() {
        let row: Vec<Value> =
            key_columns.iter().map(|column| column.value(group)).chain(values.iter().cloned()).collect();
        out.push_row(&row);
    }
    out.finish()
}

/// `ipv4_lookup` and `ipv6_lookup` with their columns.
#[derive(Debug)]
pub(crate) struct AddressLookup {
    pub(crate) address: usize,
    pub(crate) network: usize,
    /// Columns that must be equal, left and right.
    pub(crate) keys: Vec<(usize, usize)>,
    /// Whether rows without a network are kept.
    pub(crate) unmatched: bool,
}

/// A network: its first address and how many leading bits count.
struct Network {
    base: u128,
    bits: u32,
}

/// An address of either family; IPv4 is mapped into IPv6.
fn address(text: &str) -> Option<u128> {
    let address = match text.trim().parse().ok()? {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    Some(u128::from(address))
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (base, bits) = match text.trim().split_once('/') {
            Some((base, bits)) => (base, Some(bits.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let longest = if base.contains(':') { 128 } else { 32 };
        let bits = bits.unwrap_or(longest).min(longest) + (128 - longest);
        Some(Self { base: address(base)?, bits })
    }

    fn holds(&self, address: u128) -> bool {
        let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
        address & mask == self.base & mask
    }
}

/// Each left row with the right rows whose network holds its address.
pub(crate) fn address_lookup(left: &Batch, right: &Batch, lookup: &AddressLookup) -> Batch {
    let networks: Vec<Option<Network>> =
        (0..right.len()).map(|row| Network::parse(&right.value(row, lookup.network).to_text())).collect();
    let mut columns: Vec<ColumnDef> = left.schema().columns().to_vec();
    let mut taken: IndexSet<String> = columns.iter().map(|column| column.name.to_string()).collect();
    let mut right_columns = Vec::new();
    for (at, column) in right.schema().columns().iter().enumerate() {
        if lookup.keys.iter().any(|(_, key)| *key == at) {
            continue;
        }
        let mut name = column.name.to_string();
        let mut number = 0;
        while !taken.insert(name.clone()) {
            number += 1;
            name = format!("{}{number}", column.name);
        }
        columns.push(ColumnDef::new(name, column.kind));
        right_columns.push(at);
    }
    let mut out = BatchBuilder::new(columns.iter().cloned().collect());
    for row in 0..left.len() {
        let wanted = address(&left.value(row, lookup.address).to_text());
        let key_matches = |other: usize| {
            lookup.keys.iter().all(|(a, b)| ValueKey::new(left.value(row, *a)) == ValueKey::new(right.value(other, *b)))
        };
        let mut any = false;
        for (other, network) in networks.iter().enumerate() {
            let holds = matches!((wanted, network), (Some(wanted), Some(network)) if network.holds(wanted));
            if holds && key_matches(other) {
                any = true;
                let cells = left.row(row).into_iter().chain(right_columns.iter().map(|at| right.value(other, *at)));
                out.push_row(&cells.collect::<Vec<_>>());
            }
        }
        if !any && lookup.unmatched {
            out.push_row(&left.row(row));
        }
    }
    let schema: Schema = columns.into_iter().collect();
    concat(&schema, &[out.finish()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses_in_both_families() {
        let network = Network::parse("192.168.1.0/24").unwrap();
        assert!(network.holds(address("192.168.1.77").unwrap()) && !network.holds(address("192.168.2.1").unwrap()));
        assert!(Network::parse("::/0").unwrap().holds(address("10.0.0.1").unwrap()));
        assert!(Network::parse("fe80::/10").unwrap().holds(address("fe80::1").unwrap()));
        assert!(Network::parse("nothing").is_none());
    }
}
