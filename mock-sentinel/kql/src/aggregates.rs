//! The aggregates, in one table.
//!
//! An accumulator holds the state of every group of one `summarize`; it is fed whole batches, with the group of each
//! row. Conditional forms (`countif`, `sumif`, …) are the same accumulators: the operator drops the rows beforehand.

mod collect;
mod extremes;
mod pick;
mod spread;
mod totals;

use std::sync::LazyLock;

use hashbrown::HashMap;

use crate::{
    column::{Column, cells::Cells},
    error::Error,
    functions::Param,
    types::ColumnType,
    value::Value,
};

/// An aggregate.
#[derive(Debug)]
pub(crate) struct Aggregate {
    /// The name used in queries, then its aliases.
    pub(crate) names: &'static [&'static str],
    /// What it takes, without the condition of the `…if` forms.
    pub(crate) params: &'static [Param],
    pub(crate) required: usize,
    pub(crate) variadic: bool,
    /// The last argument is a condition.
    pub(crate) conditional: bool,
    /// How the column is named.
    pub(crate) naming: ResultName,
    /// The types it answers, given those of its arguments.
    pub(crate) returns: fn(&[ColumnType]) -> ColumnType,
    pub(crate) make: fn(&Call<'_>) -> Box<dyn Accumulator>,
}

/// How the result of an aggregate is named when the query does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResultName {
    /// `sum_x`
    Prefix(&'static str),
    /// `x`
    Argument,
    /// Named after each argument: `arg_max`, `take_any`.
    EachArgument,
    /// `percentile_x_50`
    Percentiles,
}

/// What an accumulator is made for.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The types of the arguments.
    pub(crate) kinds: &'a [ColumnType],
    /// The types of the results.
    pub(crate) returns: &'a [ColumnType],
    /// The arguments that are constants.
    pub(crate) constants: &'a [Option<Value>],
}

impl Call<'_> {
    /// The constant argument at a position.
    pub(crate) fn constant(&self, at: usize) -> Option<&Value> {
        self.constants.get(at).and_then(Option::as_ref)
    }

    /// The type of the first result.
    pub(crate) fn result(&self) -> ColumnType {
        self.returns.first().copied().unwrap_or(ColumnType::Long)
    }
}

/// The state of every group.
pub(crate) trait Accumulator {
    /// Takes in the rows of a batch. `groups` holds the group of each row, below `count`.
    fn update(&mut self, groups: &[u32], count: usize, args: &[Cells]) -> Result<(), Error>;

    /// The results of `count` groups, a column for each type in [`Call::returns`].
    fn finish(self: Box<Self>, count: usize) -> Vec<Column>;

    /// The bytes held, roughly.
    fn bytes(&self) -> usize {
        0
    }
}

impl Aggregate {
    const fn new(
        names: &'static [&'static str],
        params: &'static [Param],
        naming: ResultName,
        returns: fn(&[ColumnType]) -> ColumnType,
        make: fn(&Call<'_>) -> Box<dyn Accumulator>,
    ) -> Self {
        Self { names, params, required: params.len(), variadic: false, conditional: false, naming, returns, make }
    }

    const fn required(mut self, required: usize) -> Self {
        self.required = required;
        self
    }

    const fn variadic(mut self) -> Self {
        self.variadic = true;
        self
    }

    /// The same aggregate under another name, over the rows where one more argument holds.
    const fn only_if(mut self, names: &'static [&'static str], naming: ResultName) -> Self {
        self.names = names;
        self.naming = naming;
        self.conditional = true;
        self
    }
}

const FAMILIES: &[&[Aggregate]] =
    &[totals::AGGREGATES, extremes::AGGREGATES, spread::AGGREGATES, collect::AGGREGATES, pick::AGGREGATES];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Aggregate>> = LazyLock::new(|| {
    let all = FAMILIES.iter().copied().flatten();
    all.flat_map(|aggregate| aggregate.names.iter().map(move |name| (*name, aggregate))).collect()
});

/// The aggregate of a name.
pub(crate) fn find(name: &str) -> Option<&'static Aggregate> {
    BY_NAME.get(name).copied()
}

/// Every name there is, in no particular order.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}

/// The state of one group, for aggregates that look at values one by one.
trait Group {
    fn add(&mut self, values: &[Value]);

    fn results(self) -> Vec<Value>;

    fn bytes(&self) -> usize {
        0
    }
}

/// An accumulator made of one state a group.
struct Groups<G, F> {
    states: Vec<G>,
    fresh: F,
    returns: Vec<ColumnType>,
    /// How many arguments the state wants to see.
    args: usize,
    bytes: usize,
}

impl<G: Group + 'static, F: Fn() -> G + 'static> Groups<G, F> {
    fn boxed(call: &Call<'_>, args: usize, fresh: F) -> Box<dyn Accumulator> {
        Box::new(Self { states: Vec::new(), fresh, returns: call.returns.to_vec(), args, bytes: 0 })
    }
}

impl<G: Group, F: Fn() -> G> Accumulator for Groups<G, F> {
    fn update(&mut self, groups: &[u32], count: usize, args: &[Cells]) -> Result<(), Error> {
        self.states.resize_with(count, &self.fresh);
        let mut values = vec![Value::Null; self.args.min(args.len())];
        for (row, group) in groups.iter().enumerate() {
            for (value, arg) in values.iter_mut().zip(args) {
                *value = arg.value(row);
            }
            let state = &mut self.states[*group as usize];
            let before = state.bytes();
            state.add(&values);
            self.bytes += state.bytes().saturating_sub(before);
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, count: usize) -> Vec<Column> {
        self.states.resize_with(count, &self.fresh);
        let mut columns: Vec<_> =
            self.returns.iter().map(|kind| crate::ColumnBuilder::with_capacity(*kind, count)).collect();
        for state in self.states {
            for (column, value) in columns.iter_mut().zip(state.results()) {
                column.push(&value);
            }
        }
        columns.into_iter().map(crate::ColumnBuilder::finish).collect()
    }

    fn bytes(&self) -> usize {
        self.bytes + self.states.len() * size_of::<G>()
    }
}
