//! The scalar functions, in one table.
//!
//! Every family has a file of its own with a `FUNCTIONS` list; [`find`] looks names up in all of them. A name may
//! stand in several entries with different parameters: the first whose parameters take the arguments is used.
//!
//! What an [`Function::eval`] may rely on, because the binder sees to it before any row is evaluated:
//! - there are at least [`Function::required`] arguments, and no more than the parameters (or any number when variadic);
//! - an argument has exactly the type of its parameter, or is [`Value::Null`]. Numbers are widened and dynamic values
//!   are cast (to `""` or null when they do not fit), so a [`Param::Is`]`(String)` is always `Value::String`;
//! - arguments of [`Param::Any`] come as they are; [`Context::kind`] is their static type.
//!
//! The value returned must have the type that [`Returns`] promises, or be null; a null string becomes `""`.

use std::sync::Arc;

use regex::Regex;

use crate::{types::ColumnType, value::Value};

mod arguments;
mod arrays;
mod bags;
mod conditional;
pub(crate) mod conversion;
mod datetime;
mod distributions;
mod encoding;
mod extract_json;
mod hashing;
mod json_path;
pub(crate) mod math;
mod network;
mod parsing;
mod punycode;
pub(crate) mod regex_dialect;
pub(crate) mod regexes;
mod registered;
mod registry;
mod series;
mod sets;
mod strings;
#[cfg(test)]
mod tests;
pub(crate) mod transform_only;
mod units;
mod xml;

pub(crate) use self::arguments::{ITEMS_MAX, TEXT_MAX};
pub(crate) use self::registered::Callee;
pub use self::registered::ScalarFunction;
pub(crate) use self::registry::{find, names};

/// Evaluates one call for one row.
pub(crate) type Eval = fn(&mut Context<'_>, &[Value]) -> Value;

/// A scalar function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    /// The name used in queries, then its aliases.
    pub(crate) names: &'static [&'static str],
    /// What it takes.
    pub(crate) params: &'static [Param],
    /// How many of `params` must be given.
    pub(crate) required: usize,
    /// The last parameter may be repeated.
    pub(crate) variadic: bool,
    /// The type of the result.
    pub(crate) returns: Returns,
    /// Whether equal arguments always give an equal result; false for `rand()` and the like.
    pub(crate) pure: bool,
    /// What it does.
    pub(crate) eval: Eval,
}

/// What one parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Param {
    /// Exactly this type, after widening and casts from dynamic.
    Is(ColumnType),
    /// A constant of this type, such as a unit or a regular expression.
    Constant(ColumnType),
    /// Any number, as it is; a dynamic value is cast to `real`.
    Number,
    /// `int` or `long`, as it is; a dynamic value is cast to `long`.
    Integer,
    /// A number, datetime or timespan, as it is; a dynamic value is cast to `real`.
    Summable,
    /// Anything.
    Any,
    /// Anything but `dynamic`: dynamic values are cast to string.
    Scalar,
}

/// How the type of a result follows from the arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Returns {
    /// Always this.
    Is(ColumnType),
    /// The widest type among the arguments from this position on; they are converted to it before the call.
    Widest(usize),
    /// Whatever the function says, given the types of the arguments.
    By(fn(&[ColumnType]) -> ColumnType),
}

impl Function {
    /// A function of fixed parameters.
    pub(crate) const fn new(
        names: &'static [&'static str],
        params: &'static [Param],
        returns: Returns,
        eval: Eval,
    ) -> Self {
        let required = params.len();
        Self { names, params, required, variadic: false, returns, pure: true, eval }
    }

    /// Only the first `required` parameters must be given.
    #[must_use]
    pub(crate) const fn required(mut self, required: usize) -> Self {
        self.required = required;
        self
    }

    /// The last parameter may be repeated.
    #[must_use]
    pub(crate) const fn variadic(mut self) -> Self {
        self.variadic = true;
        self
    }

    /// Two calls with the same arguments may differ.
    #[must_use]
    pub(crate) const fn impure(mut self) -> Self {
        self.pure = false;
        self
    }

    /// The parameter that takes the argument at `index`.
    pub(crate) fn param(&self, index: usize) -> Option<Param> {
        match self.params.get(index) {
            Some(param) => Some(*param),
            None if self.variadic => self.params.last().copied(),
            None => None,
        }
    }

    /// Whether this number of arguments can be given.
    pub(crate) fn takes(&self, count: usize) -> bool {
        count >= self.required && (self.variadic || count <= self.params.len())
    }
}

/// What a call may know besides its arguments.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    kinds: &'a [ColumnType],
    regexes: &'a mut RegexCache,
    random: &'a mut u64,
}

impl<'a> Context<'a> {
    /// A context for a call with arguments of these types.
    pub(crate) fn new(kinds: &'a [ColumnType], regexes: &'a mut RegexCache, random: &'a mut u64) -> Self {
        Self { kinds, regexes, random }
    }

    /// The static type of an argument; `dynamic` beyond the last.
    pub(crate) fn kind(&self, index: usize) -> ColumnType {
        self.kinds.get(index).copied().unwrap_or(ColumnType::Dynamic)
    }

    /// The compiled form of a pattern; `None` when it does not compile. A pattern is compiled once per query.
    pub(crate) fn regex(&mut self, pattern: &str) -> Option<Arc<Regex>> {
        self.regexes.get(pattern)
    }

    /// The next number of the query's own seeded sequence, from 0 to below 1.
    pub(crate) fn random(&mut self) -> f64 {
        // SplitMix64: a full-period sequence from any seed.
        *self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Compiled patterns by their text.
#[derive(Debug, Default)]
pub(crate) struct RegexCache {
    known: hashbrown::HashMap<Arc<str>, Result<Arc<Regex>, Arc<str>>>,
}

/// More patterns than this in one query come from data; the cache starts over.
const REGEXES_MAX: usize = 64;
/// A compiled pattern may take this many bytes.
const REGEX_BYTES_MAX: usize = 4 << 20;

impl RegexCache {
    /// The compiled form of a pattern; `None` when it does not compile or is too large.
    pub(crate) fn get(&mut self, pattern: &str) -> Option<Arc<Regex>> {
        self.compiled(pattern).ok()
    }

    /// The compiled form of a pattern, or the reason why it does not compile.
    pub(crate) fn compiled(&mut self, pattern: &str) -> Result<Arc<Regex>, Arc<str>> {
        if let Some(known) = self.known.get(pattern) {
            return known.clone();
        }
        if self.known.len() >= REGEXES_MAX {
            self.known.clear();
        }
        let compiled =
            regex::RegexBuilder::new(&regex_dialect::translated(pattern)).size_limit(REGEX_BYTES_MAX).build();
        let compiled = compiled.map(Arc::new).map_err(|error| reason(&error).into());
        self.known.insert(Arc::from(pattern), compiled.clone());
        compiled
    }
}

/// Why a pattern does not compile, in one line: the parser's message without its drawing of the place.
pub(crate) fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).trim_end_matches('.').to_owned()
}
