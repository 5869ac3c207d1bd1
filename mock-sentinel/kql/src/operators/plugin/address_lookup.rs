//! `ipv4_lookup`, `ipv6_lookup`: rows with the rows whose network holds their address.

use std::net::IpAddr;

use indexmap::IndexSet;

use super::Output;
use crate::{batch::Batch, error::Error, kernels::key::ValueKey, run::Run, types::ColumnDef};

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
pub(crate) fn address_lookup(
    run: &mut Run<'_>,
    left: &Batch,
    right: &Batch,
    lookup: &AddressLookup,
) -> Result<Batch, Error> {
    run.fits(right.len() * size_of::<Option<Network>>())?;
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
    let mut out = Output::new(run, columns, 0)?;
    for row in 0..left.len() {
        out.run.spend(right.len())?;
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
                out.push(&cells.collect::<Vec<_>>())?;
            }
        }
        if !any && lookup.unmatched {
            out.push(&left.row(row))?;
        }
    }
    Ok(out.finish())
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
