//! Digital filters.

use super::super::arguments::{Arguments, array};
use super::super::{Context, Function, Param, Returns};
use super::numbers;
use crate::{dynamic::Dynamic, types::ColumnType, value::Value};

const SERIES: Param = Param::Is(ColumnType::Dynamic);
const FLAG: Param = Param::Is(ColumnType::Bool);
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);

/// A filter with more coefficients is not applied: the work is the product of both lengths.
const COEFFICIENTS_MAX: usize = 1024;

pub(in super::super) const FUNCTIONS: &[Function] = &[
    Function::new(&["series_fir"], &[SERIES, SERIES, FLAG, FLAG], DYNAMIC, fir).required(2),
    Function::new(&["series_iir"], &[SERIES, SERIES, SERIES], DYNAMIC, iir),
];

fn coefficients(args: &[Value], index: usize) -> Option<Vec<f64>> {
    args.array(index).filter(|items| (1..=COEFFICIENTS_MAX).contains(&items.len())).and_then(numbers)
}

/// A weighted sum of each element and those before it, or around it when centred. Normalized, by default when no
/// coefficient is negative, the weights sum to one.
fn fir(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (Some(items), Some(filter)) = (args.array(0), coefficients(args, 1)) else { return Value::Null };
    let flag = |index: usize| args.get(index).and_then(Value::as_bool);
    let normalize = flag(2).unwrap_or_else(|| filter.iter().all(|weight| *weight >= 0.0));
    let sum: f64 = filter.iter().sum();
    let scale = if normalize && sum != 0.0 { sum } else { 1.0 };
    let shift = if flag(3).unwrap_or(false) { filter.len() / 2 } else { 0 };
    array((0..items.len()).map(|index| {
        let weighted = filter.iter().enumerate().map(|(offset, weight)| {
            let at = (index + shift).checked_sub(offset);
            weight * at.and_then(|at| items.get(at)).and_then(Dynamic::as_real).unwrap_or(0.0)
        });
        Dynamic::Real(weighted.sum::<f64>() / scale)
    }))
}

/// Feeds its own output back, weighted by the denominators, the first of which scales all.
fn iir(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (Some(items), Some(numerators), Some(denominators)) =
        (args.array(0), coefficients(args, 1), coefficients(args, 2))
    else {
        return Value::Null;
    };
    if denominators[0] == 0.0 {
        return Value::Null;
    }
    let mut output: Vec<f64> = Vec::with_capacity(items.len());
    for index in 0..items.len() {
        let input = |offset: usize| index.checked_sub(offset).and_then(|at| items[at].as_real()).unwrap_or(0.0);
        let forward: f64 = numerators.iter().enumerate().map(|(offset, weight)| weight * input(offset)).sum();
        let back = denominators.iter().enumerate().skip(1);
        let fed: f64 = back.filter_map(|(offset, weight)| Some(weight * output[index.checked_sub(offset)?])).sum();
        output.push((forward - fed) / denominators[0]);
    }
    array(output.into_iter().map(Dynamic::Real))
}
