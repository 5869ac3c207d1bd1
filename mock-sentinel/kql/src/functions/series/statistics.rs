//! What a series is like as a whole: statistics, fits and similarities.

use std::sync::Arc;

use super::super::arguments::{Arguments, array};
use super::super::arrays::total;
use super::super::{Context, Function, Param, Returns};
use super::numbers;
use crate::{dynamic::Dynamic, types::ColumnType, value::Value};

const SERIES: Param = Param::Is(ColumnType::Dynamic);
const FLAG: Param = Param::Is(ColumnType::Bool);
const REAL: Returns = Returns::Is(ColumnType::Real);
const DYNAMIC: Returns = Returns::Is(ColumnType::Dynamic);

pub(in super::super) const FUNCTIONS: &[Function] = &[
    Function::new(&["series_stats"], &[SERIES, FLAG], DYNAMIC, stats).required(1),
    Function::new(&["series_stats_dynamic"], &[SERIES, FLAG], DYNAMIC, stats_dynamic).required(1),
    Function::new(&["series_fit_line"], &[SERIES], DYNAMIC, fit_line),
    Function::new(&["series_fit_line_dynamic"], &[SERIES], DYNAMIC, fit_line_dynamic),
    Function::new(&["series_product"], &[SERIES], REAL, product),
    Function::new(&["series_magnitude"], &[SERIES], REAL, |_, args| self_product(args).map(f64::sqrt).into()),
    Function::new(&["series_dot_product"], &[Param::Any, Param::Any], REAL, dot_product),
    Function::new(&["series_cosine_similarity"], &[SERIES, SERIES, Param::Number, Param::Number], REAL, cosine)
        .required(2),
    Function::new(&["series_pearson_correlation"], &[SERIES, SERIES], REAL, pearson),
];

struct Stats {
    min: f64,
    min_index: usize,
    max: f64,
    max_index: usize,
    mean: f64,
    variance: f64,
    sum: f64,
    count: usize,
}

impl Stats {
    /// Nulls are passed over, and with `ignore_nonfinite` what is not finite.
    fn of(args: &[Value]) -> Option<Self> {
        let finite_only = args.get(1).and_then(Value::as_bool).unwrap_or(false);
        let points: Vec<(usize, f64)> = args
            .array(0)?
            .iter()
            .enumerate()
            .filter_map(|(index, item)| Some((index, item.as_real()?)))
            .filter(|(_, number)| !finite_only || number.is_finite())
            .collect();
        let by_value = |left: &&(usize, f64), right: &&(usize, f64)| left.1.total_cmp(&right.1);
        let (min_index, min) = *points.iter().min_by(by_value)?;
        let (max_index, max) = *points.iter().rev().max_by(by_value)?;
        let sum: f64 = points.iter().map(|(_, number)| number).sum();
        let mean = sum / points.len() as f64;
        let squares: f64 = points.iter().map(|(_, number)| (number - mean).powi(2)).sum();
        let variance = if points.len() > 1 { squares / (points.len() - 1) as f64 } else { 0.0 };
        Some(Self { min, min_index, max, max_index, mean, variance, sum, count: points.len() })
    }
}

/// Minimum and maximum with their places, mean, standard deviation and variance: one column each.
fn stats(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(stats) = Stats::of(args) else { return Value::Null };
    array([
        Dynamic::Real(stats.min),
        Dynamic::Long(stats.min_index as i64),
        Dynamic::Real(stats.max),
        Dynamic::Long(stats.max_index as i64),
        Dynamic::Real(stats.mean),
        Dynamic::Real(stats.variance.sqrt()),
        Dynamic::Real(stats.variance),
    ])
}

fn stats_dynamic(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(stats) = Stats::of(args) else { return Value::Null };
    named([
        ("min", Dynamic::Real(stats.min)),
        ("min_idx", Dynamic::Long(stats.min_index as i64)),
        ("max", Dynamic::Real(stats.max)),
        ("max_idx", Dynamic::Long(stats.max_index as i64)),
        ("avg", Dynamic::Real(stats.mean)),
        ("stdev", Dynamic::Real(stats.variance.sqrt())),
        ("variance", Dynamic::Real(stats.variance)),
        ("sum", Dynamic::Real(stats.sum)),
        ("len", Dynamic::Long(stats.count as i64)),
    ])
}

fn named<const N: usize>(properties: [(&str, Dynamic); N]) -> Value {
    Value::dynamic(Dynamic::bag(properties.map(|(name, value)| (Arc::from(name), value))))
}

/// The straight line nearest to a series, by least squares.
struct Line {
    r_square: f64,
    slope: f64,
    variance: f64,
    residual_variance: f64,
    interception: f64,
    fit: Vec<f64>,
}

impl Line {
    fn through(args: &[Value]) -> Option<Self> {
        let ys = args.array(0).and_then(numbers).filter(|ys| ys.len() > 1)?;
        let count = ys.len() as f64;
        let mean_x = (count - 1.0) / 2.0;
        let mean_y = ys.iter().sum::<f64>() / count;
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (index, y) in ys.iter().enumerate() {
            let (dx, dy) = (index as f64 - mean_x, y - mean_y);
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
        }
        let slope = xy / xx;
        let interception = mean_y - slope * mean_x;
        let fit: Vec<f64> = (0..ys.len()).map(|index| interception + slope * index as f64).collect();
        let residuals: f64 = ys.iter().zip(&fit).map(|(y, fit)| (y - fit).powi(2)).sum();
        let r_square = if yy == 0.0 { 1.0 } else { 1.0 - residuals / yy };
        let variance = yy / (count - 1.0);
        Some(Self { r_square, slope, variance, residual_variance: residuals / (count - 1.0), interception, fit })
    }

    fn fit(&self) -> Dynamic {
        Dynamic::array(self.fit.iter().copied().map(Dynamic::Real))
    }
}

/// One column each.
fn fit_line(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(line) = Line::through(args) else { return Value::Null };
    array([
        Dynamic::Real(line.r_square),
        Dynamic::Real(line.slope),
        Dynamic::Real(line.variance),
        Dynamic::Real(line.residual_variance),
        Dynamic::Real(line.interception),
        line.fit(),
    ])
}

fn fit_line_dynamic(_: &mut Context<'_>, args: &[Value]) -> Value {
    let Some(line) = Line::through(args) else { return Value::Null };
    named([
        ("rsquare", Dynamic::Real(line.r_square)),
        ("slope", Dynamic::Real(line.slope)),
        ("variance", Dynamic::Real(line.variance)),
        ("rvariance", Dynamic::Real(line.residual_variance)),
        ("interception", Dynamic::Real(line.interception)),
        ("line_fit", line.fit()),
    ])
}

fn product(_: &mut Context<'_>, args: &[Value]) -> Value {
    args.array(0).and_then(numbers).map(|numbers| numbers.into_iter().product::<f64>()).into()
}

fn self_product(args: &[Value]) -> Option<f64> {
    let numbers = args.array(0).and_then(numbers)?;
    Some(total(numbers.iter().map(|number| number * number)))
}

/// One side may be a number, which then stands for every element.
fn dot_product(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (left, right) = (args.array(0).and_then(numbers), args.array(1).and_then(numbers));
    let (left, right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (Some(left), None) => {
            let Some(number) = args.real(1) else { return Value::Null };
            let right = vec![number; left.len()];
            (left, right)
        }
        (None, Some(right)) => {
            let Some(number) = args.real(0) else { return Value::Null };
            (vec![number; right.len()], right)
        }
        (None, None) => return Value::Null,
    };
    dot(&left, &right).into()
}

fn dot(left: &[f64], right: &[f64]) -> Option<f64> {
    (left.len() == right.len()).then(|| total(left.iter().zip(right).map(|(left, right)| left * right)))
}

/// The magnitudes may be given, so that they are not worked out again.
fn cosine(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (Some(left), Some(right)) = (args.array(0).and_then(numbers), args.array(1).and_then(numbers)) else {
        return Value::Null;
    };
    let magnitude = |index: usize, numbers: &[f64]| {
        args.real(index).or_else(|| dot(numbers, numbers).map(f64::sqrt)).filter(|magnitude| *magnitude != 0.0)
    };
    match (dot(&left, &right), magnitude(2, &left), magnitude(3, &right)) {
        (Some(dot), Some(left), Some(right)) => (dot / (left * right)).into(),
        _ => Value::Null,
    }
}

fn pearson(_: &mut Context<'_>, args: &[Value]) -> Value {
    let (Some(left), Some(right)) = (args.array(0).and_then(numbers), args.array(1).and_then(numbers)) else {
        return Value::Null;
    };
    let centred = |numbers: &[f64]| {
        let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
        numbers.iter().map(|number| number - mean).collect::<Vec<_>>()
    };
    let (left, right) = (centred(&left), centred(&right));
    match (dot(&left, &right), dot(&left, &left), dot(&right, &right)) {
        (Some(both), Some(left), Some(right)) => (both / (left * right).sqrt()).into(),
        _ => Value::Null,
    }
}
