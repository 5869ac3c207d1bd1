//! Counts, sums and means.

use hashbrown::HashSet;

use super::{Accumulator, Aggregate, Call, Group, Groups, ResultName::Prefix};
use crate::{
    column::cells::{Cells, Reals, Texts, column_of_longs},
    column::{Column, Data},
    decimal::Decimal,
    error::Error,
    functions::{Param, conversion::convert},
    kernels::{
        arithmetic::arithmetic_values,
        key::{ValueKey, real_bits},
    },
    plan::ArithmeticOp,
    types::ColumnType,
    value::Value,
};

const COUNT: Aggregate =
    Aggregate::new(&["count"], &[Param::Any], Prefix("count"), |_| ColumnType::Long, count).required(0);
const SUM: Aggregate = Aggregate::new(&["sum"], &[Param::Summable], Prefix("sum"), sum_type, sum);
const AVG: Aggregate = Aggregate::new(&["avg"], &[Param::Summable], Prefix("avg"), avg_type, avg);
const DCOUNT: Aggregate =
    Aggregate::new(&["dcount"], &[Param::Any, Param::Any], Prefix("dcount"), |_| ColumnType::Long, distinct)
        .required(1);
const COUNT_DISTINCT: Aggregate =
    Aggregate::new(&["count_distinct"], &[Param::Any], Prefix("count_distinct"), |_| ColumnType::Long, distinct);

pub(super) const AGGREGATES: &[Aggregate] = &[
    COUNT,
    Aggregate::new(&["countif"], &[], Prefix("countif"), |_| ColumnType::Long, count)
        .only_if(&["countif"], Prefix("countif")),
    SUM,
    SUM.only_if(&["sumif"], Prefix("sumif")),
    AVG,
    AVG.only_if(&["avgif"], Prefix("avgif")),
    DCOUNT,
    Aggregate::new(&["dcountif"], &[Param::Any], Prefix("dcountif"), |_| ColumnType::Long, distinct)
        .only_if(&["dcountif"], Prefix("dcountif")),
    COUNT_DISTINCT,
    COUNT_DISTINCT.only_if(&["count_distinctif"], Prefix("count_distinctif")),
    Aggregate::new(&["binary_all_and"], &[Param::Is(ColumnType::Long)], super::ResultName::Argument, same, |call| {
        bits(call, -1, |a, b| a & b)
    }),
    Aggregate::new(&["binary_all_or"], &[Param::Is(ColumnType::Long)], super::ResultName::Argument, same, |call| {
        bits(call, 0, |a, b| a | b)
    }),
    Aggregate::new(&["binary_all_xor"], &[Param::Is(ColumnType::Long)], super::ResultName::Argument, same, |call| {
        bits(call, 0, |a, b| a ^ b)
    }),
];

pub(super) fn same(kinds: &[ColumnType]) -> ColumnType {
    kinds.first().copied().unwrap_or(ColumnType::Long)
}

fn sum_type(kinds: &[ColumnType]) -> ColumnType {
    match same(kinds) {
        ColumnType::Int | ColumnType::Bool => ColumnType::Long,
        ColumnType::Dynamic | ColumnType::String => ColumnType::Real,
        kind => kind,
    }
}

fn avg_type(kinds: &[ColumnType]) -> ColumnType {
    match same(kinds) {
        kind @ (ColumnType::Decimal | ColumnType::DateTime | ColumnType::Timespan) => kind,
        _ => ColumnType::Real,
    }
}

/// `count()`, and the rows left by `countif`.
#[derive(Default)]
struct Count(Vec<i64>);

fn count(_: &Call<'_>) -> Box<dyn Accumulator> {
    Box::new(Count::default())
}

impl Accumulator for Count {
    fn update(&mut self, groups: &[u32], count: usize, _: &[Cells]) -> Result<(), Error> {
        self.0.resize(count, 0);
        for group in groups {
            self.0[*group as usize] += 1;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, count: usize) -> Vec<Column> {
        self.0.resize(count, 0);
        vec![Column::full(Data::Long(self.0))]
    }
}

fn sum(call: &Call<'_>) -> Box<dyn Accumulator> {
    match call.result() {
        kind @ (ColumnType::Long | ColumnType::Timespan) => Box::new(SumLong { kind, sums: Vec::new() }),
        ColumnType::Real => Box::new(SumReal { sums: Vec::new(), counts: Vec::new(), mean: false }),
        kind => Groups::boxed(call, 1, move || SumOf { kind, sum: Value::Null, count: 0, mean: false }),
    }
}

fn avg(call: &Call<'_>) -> Box<dyn Accumulator> {
    match call.result() {
        ColumnType::Real => Box::new(SumReal { sums: Vec::new(), counts: Vec::new(), mean: true }),
        kind => Groups::boxed(call, 1, move || SumOf { kind, sum: Value::Null, count: 0, mean: true }),
    }
}

/// Sums of integers and of durations.
struct SumLong {
    kind: ColumnType,
    sums: Vec<i64>,
}

impl Accumulator for SumLong {
    fn update(&mut self, groups: &[u32], count: usize, args: &[Cells]) -> Result<(), Error> {
        self.sums.resize(count, 0);
        let bools = args[0].bools();
        let values = args[0].longs();
        for (row, group) in groups.iter().enumerate() {
            let value = match &values {
                Some(values) => values.get(row),
                None => bools.get(row).map(i64::from),
            };
            let sum = &mut self.sums[*group as usize];
            *sum = sum.wrapping_add(value.unwrap_or(0));
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, count: usize) -> Vec<Column> {
        self.sums.resize(count, 0);
        vec![column_of_longs(self.kind, self.sums, None)]
    }
}

/// Sums and means of doubles.
struct SumReal {
    sums: Vec<f64>,
    counts: Vec<u64>,
    mean: bool,
}

impl Accumulator for SumReal {
    fn update(&mut self, groups: &[u32], count: usize, args: &[Cells]) -> Result<(), Error> {
        self.sums.resize(count, 0.0);
        self.counts.resize(count, 0);
        let reals: Option<Reals<'_>> = args[0].reals();
        for (row, group) in groups.iter().enumerate() {
            let value = match &reals {
                Some(reals) => reals.get(row),
                None => convert(&args[0].value(row), ColumnType::Real).as_real(),
            };
            if let Some(value) = value {
                self.sums[*group as usize] += value;
                self.counts[*group as usize] += 1;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, count: usize) -> Vec<Column> {
        self.sums.resize(count, 0.0);
        self.counts.resize(count, 0);
        if self.mean {
            for (sum, count) in self.sums.iter_mut().zip(&self.counts) {
                *sum /= *count as f64;
            }
        }
        vec![Column::full(Data::Real(self.sums))]
    }
}

/// Sums and means of decimals, instants and durations.
struct SumOf {
    kind: ColumnType,
    sum: Value,
    count: i64,
    mean: bool,
}

impl Group for SumOf {
    fn add(&mut self, values: &[Value]) {
        if values[0].is_null() {
            return;
        }
        let value = match &values[0] {
            // The mean of instants is that of their distances from the first one.
            Value::DateTime(at) => Value::Decimal(Decimal::from(at.ticks())),
            Value::Timespan(span) if self.mean => Value::Decimal(Decimal::from(span.ticks())),
            other => other.clone(),
        };
        let kind = value.kind().unwrap_or(self.kind);
        self.sum = if self.count == 0 { value } else { arithmetic_values(ArithmeticOp::Add, &self.sum, &value, kind) };
        self.count += 1;
    }

    fn results(self) -> Vec<Value> {
        let result = match (self.sum, self.mean) {
            (Value::Null, false) => convert(&Value::Long(0), self.kind),
            (Value::Null, true) => Value::Null,
            (sum, false) => convert(&sum, self.kind),
            (Value::Decimal(sum), true) => {
                let mean = sum.checked_div(Decimal::from(self.count));
                match self.kind {
                    ColumnType::Decimal => mean.into(),
                    kind => convert(&mean.and_then(Decimal::to_long).into(), kind),
                }
            }
            (_, true) => Value::Null,
        };
        vec![result]
    }
}

/// Distinct values, exactly: Kusto's estimate is exact for small numbers, and nothing promises its error for large ones.
struct Distinct {
    seen: HashSet<(u32, u64)>,
    rest: HashSet<(u32, ValueKey)>,
    counts: Vec<i64>,
}

fn distinct(_: &Call<'_>) -> Box<dyn Accumulator> {
    Box::new(Distinct { seen: HashSet::new(), rest: HashSet::new(), counts: Vec::new() })
}

impl Accumulator for Distinct {
    fn update(&mut self, groups: &[u32], count: usize, args: &[Cells]) -> Result<(), Error> {
        self.counts.resize(count, 0);
        let (longs, reals) = (args[0].longs(), args[0].reals());
        let texts: Option<Texts<'_>> = args[0].strings();
        for (row, group) in groups.iter().enumerate() {
            let fresh = match (&longs, &reals, &texts) {
                (Some(longs), ..) => longs.get(row).is_some_and(|value| self.seen.insert((*group, value as u64))),
                (_, Some(reals), _) => reals.get(row).is_some_and(|value| self.seen.insert((*group, real_bits(value)))),
                (.., Some(texts)) => self.rest.insert((*group, ValueKey::new(Value::string(texts.get(row))))),
                _ => {
                    let value = args[0].value(row);
                    !value.is_null() && self.rest.insert((*group, ValueKey::new(value)))
                }
            };
            self.counts[*group as usize] += i64::from(fresh);
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, count: usize) -> Vec<Column> {
        self.counts.resize(count, 0);
        vec![Column::full(Data::Long(self.counts))]
    }

    fn bytes(&self) -> usize {
        self.seen.len() * 20 + self.rest.len() * 80
    }
}

/// Bitwise folds.
struct Bits {
    folded: i64,
    op: fn(i64, i64) -> i64,
    any: bool,
}

fn bits(call: &Call<'_>, start: i64, op: fn(i64, i64) -> i64) -> Box<dyn Accumulator> {
    Groups::boxed(call, 1, move || Bits { folded: start, op, any: false })
}

impl Group for Bits {
    fn add(&mut self, values: &[Value]) {
        if let Some(value) = values[0].as_long() {
            self.folded = (self.op)(self.folded, value);
            self.any = true;
        }
    }

    fn results(self) -> Vec<Value> {
        vec![self.any.then_some(self.folded).into()]
    }
}

/// The values of a column for tests.
#[cfg(test)]
fn values(column: &Column) -> Vec<Value> {
    (0..column.len()).map(|row| column.value(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ColumnBuilder;

    fn aggregate(name: &str, kind: ColumnType, cells: Vec<Value>) -> Value {
        let aggregate = super::super::find(name).unwrap();
        let returns = [(aggregate.returns)(&[kind])];
        let mut state = (aggregate.make)(&Call { kinds: &[kind], returns: &returns, constants: &[None] });
        let groups = vec![0; cells.len()];
        let column = Cells::Many(ColumnBuilder::collect(kind, cells));
        state.update(&groups, 1, &[column]).unwrap();
        values(&state.finish(1)[0])[0].clone()
    }

    #[test]
    fn nulls_are_skipped() {
        let cells = || vec![Value::Null, Value::Real(5.0), Value::Real(7.0)];
        assert_eq!(aggregate("sum", ColumnType::Real, cells()), Value::Real(12.0));
        assert_eq!(aggregate("avg", ColumnType::Real, cells()), Value::Real(6.0));
        assert_eq!(aggregate("min", ColumnType::Real, cells()), Value::Real(5.0));
        assert_eq!(aggregate("dcount", ColumnType::Real, cells()), Value::Long(2));
        assert_eq!(aggregate("count", ColumnType::Real, cells()), Value::Long(3));
    }

    #[test]
    fn without_rows_sums_are_zero_and_extremes_null() {
        assert_eq!(aggregate("sum", ColumnType::Int, vec![]), Value::Long(0));
        assert_eq!(aggregate("max", ColumnType::Long, vec![]), Value::Null);
        assert!(matches!(aggregate("avg", ColumnType::Long, vec![]), Value::Real(mean) if mean.is_nan()));
        assert_eq!(aggregate("sum", ColumnType::Timespan, vec![]).to_text(), "00:00:00");
    }
}
