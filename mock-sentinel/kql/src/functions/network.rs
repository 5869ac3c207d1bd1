//! IPv4 and IPv6 addresses and ranges.
//!
//! A text that is not an address gives null, or false where the question is whether a text holds an address.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::arguments::{Arguments, array};
use super::{Context, Function, Param, Returns};
use crate::{dynamic::Dynamic, types::ColumnType, value::Value};

const TEXT: Param = Param::Is(ColumnType::String);
const SCALAR: Param = Param::Scalar;
const ANY: Param = Param::Any;
const WHOLE: Param = Param::Integer;
const LONG: Returns = Returns::Is(ColumnType::Long);
const BOOL: Returns = Returns::Is(ColumnType::Bool);
const STRING: Returns = Returns::Is(ColumnType::String);
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["parse_ipv4"], &[TEXT], LONG, parse_ipv4),
    Function::new(&["parse_ipv4_mask"], &[TEXT, WHOLE], LONG, parse_ipv4_mask),
    Function::new(&["parse_ipv6"], &[TEXT], STRING, parse_ipv6),
    Function::new(&["parse_ipv6_mask"], &[TEXT, WHOLE], STRING, parse_ipv6_mask),
    Function::new(&["format_ipv4"], &[SCALAR, WHOLE], STRING, format_ipv4).required(1),
    Function::new(&["format_ipv4_mask"], &[SCALAR, WHOLE], STRING, format_ipv4_mask).required(1),
    Function::new(&["ipv4_netmask_suffix"], &[TEXT], LONG, ipv4_netmask_suffix),
    Function::new(&["ipv4_is_private"], &[TEXT], BOOL, ipv4_is_private),
    Function::new(&["ipv4_compare"], &[TEXT, TEXT, WHOLE], LONG, ipv4_compare).required(2),
    Function::new(&["ipv4_is_match"], &[TEXT, TEXT, WHOLE], BOOL, ipv4_is_match).required(2),
    Function::new(&["ipv4_is_in_range"], &[TEXT, TEXT], BOOL, ipv4_is_in_range),
    Function::new(&["ipv4_is_in_any_range"], &[SCALAR, ANY], BOOL, ipv4_is_in_any_range).variadic(),
    Function::new(&["ipv4_range_to_cidr_list"], &[TEXT, TEXT], DYNAMIC, ipv4_range_to_cidr_list),
    Function::new(&["ipv6_compare"], &[TEXT, TEXT, WHOLE], LONG, ipv6_compare).required(2),
    Function::new(&["ipv6_is_match"], &[TEXT, TEXT, WHOLE], BOOL, ipv6_is_match).required(2),
    Function::new(&["ipv6_is_in_range"], &[TEXT, TEXT], BOOL, ipv6_is_in_range),
    Function::new(&["ipv6_is_in_any_range"], &[SCALAR, ANY], BOOL, ipv6_is_in_any_range).variadic(),
    Function::new(&["has_ipv4"], &[SCALAR, TEXT], BOOL, has_ipv4),
    Function::new(&["has_any_ipv4"], &[SCALAR, ANY], BOOL, has_any_ipv4).variadic(),
    Function::new(&["has_ipv4_prefix"], &[SCALAR, TEXT], BOOL, has_ipv4_prefix),
    Function::new(&["has_any_ipv4_prefix"], &[SCALAR, ANY], BOOL, has_any_ipv4_prefix).variadic(),
];

/// An address and how many of its first bits count.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Network<Bits> {
    address: Bits,
    prefix: u32,
}

type V4 = Network<u32>;
/// IPv4 addresses are mapped into IPv6.
type V6 = Network<u128>;

impl V4 {
    /// `1.2.3.4`, `1.2.3.4/24`.
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = split_prefix(text, 32)?;
        Some(Self { address: v4_address(address)?, prefix })
    }

    fn limited(self, prefix: u32) -> Self {
        Self { prefix: self.prefix.min(prefix), ..self }
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0)
    }

    fn base(self) -> u32 {
        self.address & self.mask()
    }

    fn holds(self, address: u32) -> bool {
        address & self.mask() == self.base()
    }
}

impl V6 {
    /// `fe80::1`, `fe80::/10`; an IPv4 address alone or after `::` is mapped, its prefix counted from its own first bit, as
    /// in <https://learn.microsoft.com/kusto/query/parse-ipv6-mask-function> (read 2026-11-25).
    fn parse(text: &str) -> Option<Self> {
        let dotted = text.trim();
        if let Some(v4) = V4::parse(dotted.strip_prefix("::").unwrap_or(dotted)) {
            let address = Ipv4Addr::from_bits(v4.address).to_ipv6_mapped().to_bits();
            return Some(Self { address, prefix: v4.prefix + 96 });
        }
        let (address, prefix) = split_prefix(text, 128)?;
        Some(Self { address: address.parse::<Ipv6Addr>().ok()?.to_bits(), prefix })
    }

    fn limited(self, prefix: u32) -> Self {
        Self { prefix: self.prefix.min(prefix), ..self }
    }

    fn mask(self) -> u128 {
        u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0)
    }

    fn base(self) -> u128 {
        self.address & self.mask()
    }

    fn holds(self, address: u128) -> bool {
        address & self.mask() == self.base()
    }
}

fn split_prefix(text: &str, longest: u32) -> Option<(&str, u32)> {
    match text.trim().split_once('/') {
        None => Some((text.trim(), longest)),
        Some((address, prefix)) => Some((address, prefix.parse().ok().filter(|prefix| *prefix <= longest)?)),
    }
}

/// Four decimal numbers; unlike Rust's own reading, zeros may stand before them.
fn v4_address(text: &str) -> Option<u32> {
    let mut parts = text.split('.');
    let mut address = 0;
    for _ in 0..4 {
        let part = parts.next().filter(|part| (1..=3).contains(&part.len()))?;
        let number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u8>().ok())??;
        address = address << 8 | u32::from(number);
    }
    parts.next().is_none().then_some(address)
}

/// The prefix argument, or the longest prefix when there is none; `None` when it is out of range.
fn prefix_argument(args: &[Value], index: usize, longest: u32) -> Option<u32> {
    if !args.has(index) {
        return Some(longest);
    }
    args.long(index).and_then(|prefix| u32::try_from(prefix).ok()).filter(|prefix| *prefix <= longest)
}

fn parse_ipv4(_: &mut Context<'_>, args: &[Value]) -> Value {
    V4::parse(&args.text(0)).map(|network| i64::from(network.base())).into()
}

fn parse_ipv4_mask(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(prefix) = prefix_argument(args, 1, 32) else { return Value::Null };
    V4::parse(&args.text(0)).map(|network| i64::from(network.limited(prefix).base())).into()
}

fn parse_ipv6(_: &mut Context<'_>, args: &[Value]) -> Value {
    v6_text(V6::parse(&args.text(0)))
}

fn parse_ipv6_mask(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(prefix) = prefix_argument(args, 1, 128) else { return Value::from("") };
    v6_text(V6::parse(&args.text(0)).map(|network| network.limited(prefix)))
}

/// Eight groups of four digits; `""` for what is not an address.
fn v6_text(network: Option<V6>) -> Value {
    let Some(network) = network else { return Value::from("") };
    let groups = Ipv6Addr::from_bits(network.base()).segments().map(|group| format!("{group:04x}"));
    Value::from(groups.join(":"))
}

/// The address, from text or a number, with at most the given prefix.
fn formatted(args: &[Value]) -> Option<V4> {
    let network = match args.long(0) {
        Some(number) => V4 { address: u32::try_from(number).ok()?, prefix: 32 },
        None => V4::parse(&args.text(0))?,
    };
    Some(network.limited(prefix_argument(args, 1, 32)?))
}

fn format_ipv4(_: &mut Context<'_>, args: &[Value]) -> Value {
    let network = formatted(args);
    Value::from(network.map(|network| Ipv4Addr::from_bits(network.base()).to_string()).unwrap_or_default())
}

fn format_ipv4_mask(_: &mut Context<'_>, args: &[Value]) -> Value {
    let text = formatted(args).map(|network| format!("{}/{}", Ipv4Addr::from_bits(network.base()), network.prefix));
    Value::from(text.unwrap_or_default())
}

fn ipv4_netmask_suffix(_: &mut Context<'_>, args: &[Value]) -> Value {
    V4::parse(&args.text(0)).map(|network| i64::from(network.prefix)).into()
}

/// In one of the ranges of RFC 1918, <https://www.rfc-editor.org/rfc/rfc1918> (read 2026-11-23).
fn ipv4_is_private(_: &mut Context<'_>, args: &[Value]) -> Value {
    V4::parse(&args.text(0)).map(|network| Ipv4Addr::from_bits(network.base()).is_private()).into()
}

/// -1, 0 or 1 by the bits that both prefixes, and the argument, leave.
fn compared_v4(args: &[Value]) -> Option<i64> {
    let prefix = prefix_argument(args, 2, 32)?;
    let (left, right) = (V4::parse(&args.text(0))?, V4::parse(&args.text(1))?);
    let shortest = left.prefix.min(right.prefix).min(prefix);
    let (left, right) = (left.limited(shortest), right.limited(shortest));
    Some(left.base().cmp(&right.base()) as i64)
}

fn compared_v6(args: &[Value]) -> Option<i64> {
    let prefix = prefix_argument(args, 2, 128)?;
    let (left, right) = (V6::parse(&args.text(0))?, V6::parse(&args.text(1))?);
    let shortest = left.prefix.min(right.prefix).min(prefix);
    let (left, right) = (left.limited(shortest), right.limited(shortest));
    Some(left.base().cmp(&right.base()) as i64)
}

fn ipv4_compare(_: &mut Context<'_>, args: &[Value]) -> Value {
    compared_v4(args).into()
}

fn ipv4_is_match(_: &mut Context<'_>, args: &[Value]) -> Value {
    compared_v4(args).map(|order| order == 0).into()
}

fn ipv6_compare(_: &mut Context<'_>, args: &[Value]) -> Value {
    compared_v6(args).into()
}

fn ipv6_is_match(_: &mut Context<'_>, args: &[Value]) -> Value {
    compared_v6(args).map(|order| order == 0).into()
}

fn v4_in_range(address: &str, range: &str) -> Option<bool> {
    let (address, range) = (V4::parse(address)?, V4::parse(range)?);
    Some(range.holds(address.base()))
}

fn v6_in_range(address: &str, range: &str) -> Option<bool> {
    let (address, range) = (V6::parse(address)?, V6::parse(range)?);
    Some(range.holds(address.base()))
}

fn ipv4_is_in_range(_: &mut Context<'_>, args: &[Value]) -> Value {
    v4_in_range(&args.text(0), &args.text(1)).into()
}

fn ipv6_is_in_range(_: &mut Context<'_>, args: &[Value]) -> Value {
    v6_in_range(&args.text(0), &args.text(1)).into()
}

/// The texts from the second argument on, one by one or in arrays.
fn listed(args: &[Value]) -> Vec<String> {
    let mut texts = Vec::new();
    for value in args.get(1..).unwrap_or_default() {
        match value.as_dynamic().and_then(Dynamic::as_array) {
            Some(items) => texts.extend(items.iter().map(Dynamic::to_text)),
            None => texts.push(value.to_text().into_owned()),
        }
    }
    texts
}

/// Whether any range holds the address; null when the address or all ranges are none.
fn in_any(args: &[Value], test: fn(&str, &str) -> Option<bool>) -> Value {
    let address = args.text(0);
    let answers: Vec<bool> = listed(args).iter().filter_map(|range| test(&address, range)).collect();
    if answers.is_empty() { Value::Null } else { answers.contains(&true).into() }
}

fn ipv4_is_in_any_range(_: &mut Context<'_>, args: &[Value]) -> Value {
    in_any(args, v4_in_range)
}

fn ipv6_is_in_any_range(_: &mut Context<'_>, args: &[Value]) -> Value {
    in_any(args, v6_in_range)
}

/// The fewest networks that make up a range, both ends included.
fn ipv4_range_to_cidr_list(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (Some(start), Some(end)) = (v4_address(&args.text(0)), v4_address(&args.text(1))) else { return Value::Null };
    let (mut next, last) = (u64::from(start), u64::from(end));
    let mut networks = Vec::new();
    while next <= last {
        let aligned = if next == 0 { 32 } else { next.trailing_zeros().min(32) };
        let fitting = (last - next + 1).ilog2();
        let size = aligned.min(fitting);
        networks.push(Dynamic::string(format!("{}/{}", Ipv4Addr::from_bits(next as u32), 32 - size)));
        next += 1 << size;
    }
    array(networks)
}

/// Whether `needle` stands in the text with nothing alphanumeric before it, and where it ends.
fn word_ends<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(needle).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        (!before.is_some_and(|c| c.is_alphanumeric() || c == '.')).then_some(at + needle.len())
    })
}

fn holds_address(text: &str, address: &str) -> bool {
    v4_address(address).is_some()
        && word_ends(text, address).any(|end| {
            let mut after = text[end..].chars();
            let goes_on = match after.next() {
                Some('.') => after.next().is_some_and(char::is_alphanumeric),
                next => next.is_some_and(char::is_alphanumeric),
            };
            !goes_on
        })
}

/// Whether a full address that begins so stands in the text. A prefix ends with a dot, or is an address.
fn holds_prefix(text: &str, prefix: &str) -> bool {
    if !prefix.ends_with('.') {
        return holds_address(text, prefix);
    }
    word_ends(text, prefix).any(|end| {
        let start = end - prefix.len();
        let length = text[start..].find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len() - start);
        let candidate = &text[start..start + length];
        let goes_on = text[start + length..].chars().next().is_some_and(char::is_alphanumeric);
        !goes_on && v4_address(candidate.strip_suffix('.').unwrap_or(candidate)).is_some()
    })
}

fn has_ipv4(_: &mut Context<'_>, args: &[Value]) -> Value {
    holds_address(&args.text(0), &args.text(1)).into()
}

fn has_any_ipv4(_: &mut Context<'_>, args: &[Value]) -> Value {
    let text = args.text(0);
    listed(args).iter().any(|address| holds_address(&text, address)).into()
}

fn has_ipv4_prefix(_: &mut Context<'_>, args: &[Value]) -> Value {
    holds_prefix(&args.text(0), &args.text(1)).into()
}

fn has_any_ipv4_prefix(_: &mut Context<'_>, args: &[Value]) -> Value {
    let text = args.text(0);
    listed(args).iter().any(|prefix| holds_prefix(&text, prefix)).into()
}
