//! The least and the greatest value.

use super::{Accumulator, Aggregate, Call, Group, Groups, ResultName::Prefix, totals::same};
use crate::{
    column::{
        Bitmap, Column,
        cells::{Cells, Side, column_of_longs},
    },
    error::Error,
    functions::Param,
    types::ColumnType,
    value::Value,
};

const MIN: Aggregate = Aggregate::new(&["min"], &[Param::Any], Prefix("min"), same, min);
const MAX: Aggregate = Aggregate::new(&["max"], &[Param::Any], Prefix("max"), same, max);

pub(super) const AGGREGATES: &[Aggregate] =
    &[MIN, MIN.only_if(&["minif"], Prefix("minif")), MAX, MAX.only_if(&["maxif"], Prefix("maxif"))];

fn min(call: &Call<'_>) -> Box<dyn Accumulator> {
    extreme(call, false)
}

fn max(call: &Call<'_>) -> Box<dyn Accumulator> {
    extreme(call, true)
}

fn extreme(call: &Call<'_>, largest: bool) -> Box<dyn Accumulator> {
    match call.result() {
        kind @ (ColumnType::Int | ColumnType::Long | ColumnType::DateTime | ColumnType::Timespan) => {
            Box::new(ExtremeLong { kind, largest, found: Vec::new() })
        }
        _ => Groups::boxed(call, 1, move || Extreme { largest, found: Value::Null }),
    }
}

/// Extremes of whole numbers and times.
struct ExtremeLong {
    kind: ColumnType,
    largest: bool,
    found: Vec<Option<i64>>,
}

impl Accumulator for ExtremeLong {
    fn update(&mut self, groups: &[u32], count: usize, args: &[Cells]) -> Result<(), Error> {
        self.found.resize(count, None);
        let values = args[0].longs().unwrap_or(Side::One(None));
        for (row, group) in groups.iter().enumerate() {
            if let Some(value) = values.get(row) {
                let found = &mut self.found[*group as usize];
                let better = found.is_none_or(|found| if self.largest { value > found } else { value < found });
                if better {
                    *found = Some(value);
                }
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, count: usize) -> Vec<Column> {
        self.found.resize(count, None);
        let valid: Bitmap = self.found.iter().map(Option::is_some).collect();
        let cells = self.found.iter().map(|found| found.unwrap_or_default()).collect();
        vec![column_of_longs(self.kind, cells, Some(valid))]
    }
}

/// Extremes of anything else. NaN counts only when there is nothing else.
struct Extreme {
    largest: bool,
    found: Value,
}

impl Group for Extreme {
    fn add(&mut self, values: &[Value]) {
        let value = &values[0];
        let is_nan = |value: &Value| value.as_real().is_some_and(f64::is_nan);
        if value.is_null() || is_nan(value) && !self.found.is_null() {
            return;
        }
        let order = value.total_order(&self.found);
        let better = if self.largest { order.is_gt() } else { order.is_lt() };
        if self.found.is_null() || is_nan(&self.found) || better {
            self.found = value.clone();
        }
    }

    fn results(self) -> Vec<Value> {
        vec![self.found]
    }
}
