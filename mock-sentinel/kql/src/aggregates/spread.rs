//! Variance, deviation, covariance and percentiles.

use super::{
    Accumulator, Aggregate, Call, Group, Groups,
    ResultName::{Percentiles, Prefix},
};
use crate::{
    dynamic::Dynamic,
    functions::{Param, conversion::convert},
    types::ColumnType,
    value::Value,
};

const NUMBER: &[Param] = &[Param::Is(ColumnType::Real)];
const PAIR: &[Param] = &[Param::Is(ColumnType::Real), Param::Is(ColumnType::Real)];

const VARIANCE: Aggregate =
    Aggregate::new(&["variance"], NUMBER, Prefix("variance"), real, |call| moments(call, 1, false));
const VARIANCE_P: Aggregate =
    Aggregate::new(&["variancep"], NUMBER, Prefix("variancep"), real, |call| moments(call, 0, false));
const STDEV: Aggregate = Aggregate::new(&["stdev"], NUMBER, Prefix("stdev"), real, |call| moments(call, 1, true));
const STDEV_P: Aggregate = Aggregate::new(&["stdevp"], NUMBER, Prefix("stdevp"), real, |call| moments(call, 0, true));
const COVARIANCE: Aggregate =
    Aggregate::new(&["covariance"], PAIR, Prefix("covariance"), real, |call| covariance(call, 1));
const COVARIANCE_P: Aggregate =
    Aggregate::new(&["covariancep"], PAIR, Prefix("covariancep"), real, |call| covariance(call, 0));

pub(super) const AGGREGATES: &[Aggregate] = &[
    VARIANCE,
    VARIANCE.only_if(&["varianceif"], Prefix("varianceif")),
    VARIANCE_P,
    VARIANCE_P.only_if(&["variancepif"], Prefix("variancepif")),
    STDEV,
    STDEV.only_if(&["stdevif"], Prefix("stdevif")),
    STDEV_P,
    STDEV_P.only_if(&["stdevpif"], Prefix("stdevpif")),
    COVARIANCE,
    COVARIANCE.only_if(&["covarianceif"], Prefix("covarianceif")),
    COVARIANCE_P,
    COVARIANCE_P.only_if(&["covariancepif"], Prefix("covariancepif")),
    Aggregate::new(
        &["percentile", "percentiles"],
        &[Param::Any, Param::Any],
        Percentiles,
        percentile_type,
        percentiles,
    )
    .variadic(),
    Aggregate::new(
        &["percentilew", "percentilesw"],
        &[Param::Any, Param::Any, Param::Any],
        Percentiles,
        percentile_type,
        weighted,
    )
    .variadic(),
    Aggregate::new(&["percentiles_array"], &[Param::Any, Param::Any], Prefix("percentiles"), tree, percentiles_array)
        .variadic(),
    Aggregate::new(
        &["percentilesw_array"],
        &[Param::Any, Param::Any, Param::Any],
        Prefix("percentiles"),
        tree,
        weighted_array,
    )
    .variadic(),
];

fn real(_: &[ColumnType]) -> ColumnType {
    ColumnType::Real
}

fn tree(_: &[ColumnType]) -> ColumnType {
    ColumnType::Dynamic
}

fn percentile_type(kinds: &[ColumnType]) -> ColumnType {
    match kinds.first() {
        Some(ColumnType::Int) => ColumnType::Long,
        Some(ColumnType::Dynamic | ColumnType::String | ColumnType::Bool) | None => ColumnType::Real,
        Some(kind) => *kind,
    }
}

/// Welford's running mean and squares, which stay exact where the plain sums would cancel.
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
    /// 1 for a sample, 0 for a population.
    lost_degrees: f64,
    root: bool,
}

fn moments(call: &Call<'_>, lost_degrees: u8, root: bool) -> Box<dyn Accumulator> {
    let lost_degrees = f64::from(lost_degrees);
    Groups::boxed(call, 1, move || Moments { count: 0.0, mean: 0.0, squares: 0.0, lost_degrees, root })
}

impl Group for Moments {
    fn add(&mut self, values: &[Value]) {
        if let Some(value) = values[0].as_real() {
            self.count += 1.0;
            let distance = value - self.mean;
            self.mean += distance / self.count;
            self.squares += distance * (value - self.mean);
        }
    }

    fn results(self) -> Vec<Value> {
        let degrees = self.count - self.lost_degrees;
        let variance = if degrees > 0.0 { self.squares / degrees } else { 0.0 };
        vec![Value::Real(if self.root { variance.sqrt() } else { variance })]
    }
}

/// The same for two numbers at once.
struct Covariance {
    count: f64,
    means: (f64, f64),
    products: f64,
    lost_degrees: f64,
}

fn covariance(call: &Call<'_>, lost_degrees: u8) -> Box<dyn Accumulator> {
    let lost_degrees = f64::from(lost_degrees);
    Groups::boxed(call, 2, move || Covariance { count: 0.0, means: (0.0, 0.0), products: 0.0, lost_degrees })
}

impl Group for Covariance {
    fn add(&mut self, values: &[Value]) {
        if let (Some(x), Some(y)) = (values[0].as_real(), values[1].as_real()) {
            self.count += 1.0;
            let distance = x - self.means.0;
            self.means.0 += distance / self.count;
            self.means.1 += (y - self.means.1) / self.count;
            self.products += distance * (y - self.means.1);
        }
    }

    fn results(self) -> Vec<Value> {
        let degrees = self.count - self.lost_degrees;
        vec![Value::Real(if degrees > 0.0 { self.products / degrees } else { 0.0 })]
    }
}

/// Every value with its weight; the percentile is the nearest rank.
struct Ranks {
    values: Vec<(Value, i64)>,
    wanted: Vec<f64>,
    kind: ColumnType,
    weighted: bool,
    as_array: bool,
}

fn percentiles(call: &Call<'_>) -> Box<dyn Accumulator> {
    ranks(call, false, false)
}

fn weighted(call: &Call<'_>) -> Box<dyn Accumulator> {
    ranks(call, true, false)
}

fn percentiles_array(call: &Call<'_>) -> Box<dyn Accumulator> {
    ranks(call, false, true)
}

fn weighted_array(call: &Call<'_>) -> Box<dyn Accumulator> {
    ranks(call, true, true)
}

fn ranks(call: &Call<'_>, weighted: bool, as_array: bool) -> Box<dyn Accumulator> {
    let first = if weighted { 2 } else { 1 };
    let constants = call.constants.iter().skip(first).flatten();
    let wanted: Vec<f64> = constants.flat_map(numbers).collect();
    let kind = percentile_type(call.kinds);
    Groups::boxed(call, first, move || Ranks { values: Vec::new(), wanted: wanted.clone(), kind, weighted, as_array })
}

/// A number, or the numbers of an array.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    match value.as_dynamic().and_then(Dynamic::as_array) {
        Some(items) => items.iter().filter_map(Dynamic::as_real).collect(),
        None => convert(value, ColumnType::Real).as_real().into_iter().collect(),
    }
}

impl Group for Ranks {
    fn add(&mut self, values: &[Value]) {
        let value = convert(&values[0], self.kind);
        let weight = if self.weighted { values[1].as_long().unwrap_or(0) } else { 1 };
        if !value.is_null() && weight > 0 {
            self.values.push((value, weight));
        }
    }

    fn results(mut self) -> Vec<Value> {
        self.values.sort_by(|(left, _), (right, _)| left.total_order(right));
        let total: i128 = self.values.iter().map(|(_, weight)| i128::from(*weight)).sum();
        let at = |percent: f64| {
            let rank = ((percent.clamp(0.0, 100.0) / 100.0 * total as f64).ceil() as i128).max(1);
            let mut passed = 0;
            let found = self.values.iter().find(|(_, weight)| {
                passed += i128::from(*weight);
                passed >= rank
            });
            found.map_or(Value::Null, |(value, _)| value.clone())
        };
        let found: Vec<Value> = self.wanted.iter().map(|percent| at(*percent)).collect();
        if self.as_array {
            return vec![Dynamic::array(found.iter().map(Value::to_dynamic)).into()];
        }
        found
    }

    fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<(Value, i64)>()
    }
}
