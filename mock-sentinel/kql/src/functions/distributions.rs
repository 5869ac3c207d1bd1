//! Gamma, beta and error functions, and the distributions made of them.

use super::{Context, Function, Param, Returns};
use crate::{types::ColumnType, value::Value};

const NUMBER: Param = Param::Is(ColumnType::Real);
const REAL: Returns = Returns::Is(ColumnType::Real);

/// From here on the complement of the error function is a continued fraction.
const TAIL: f64 = 2.5;

/// The largest parameter of a beta distribution, <https://learn.microsoft.com/kusto/query/beta-cdf-function> (read
/// 2026-11-26).
const BETA_PARAMETER_MAX: f64 = 10_000.0;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["gamma"], &[NUMBER], REAL, |_, args| args[0].as_real().map(gamma).into()),
    Function::new(&["loggamma"], &[NUMBER], REAL, |_, args| args[0].as_real().map(log_gamma).into()),
    Function::new(&["erf"], &[NUMBER], REAL, |_, args| args[0].as_real().map(error_function).into()),
    Function::new(&["erfc"], &[NUMBER], REAL, |_, args| args[0].as_real().map(complement).into()),
    Function::new(&["beta_cdf"], &[NUMBER; 3], REAL, |_, args| of_three(args, beta_cdf)),
    Function::new(&["beta_pdf"], &[NUMBER; 3], REAL, |_, args| of_three(args, beta_pdf)),
    Function::new(&["beta_inv"], &[NUMBER; 3], REAL, |_, args| of_three(args, beta_inverse)),
    Function::new(&["welch_test"], &[NUMBER; 6], REAL, welch_test),
];

fn of_three<T: Into<Value>>(args: &[Value], of: impl Fn(f64, f64, f64) -> T) -> Value {
    match (args[0].as_real(), args[1].as_real(), args[2].as_real()) {
        (Some(first), Some(second), Some(third)) => of(first, second, third).into(),
        _ => Value::Null,
    }
}

fn error_function(x: f64) -> f64 {
    if x.abs() >= TAIL || x.is_nan() {
        return 1.0 - complement(x);
    }
    let (mut term, mut sum) = (x, x);
    for step in 1..100 {
        term *= 2.0 * x * x / f64::from(2 * step + 1);
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// One less the error function, precise where that is nearly one.
fn complement(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x < 0.0 {
        return 2.0 - complement(-x);
    }
    if x < TAIL {
        return 1.0 - error_function(x);
    }
    let fraction = (1..200).rev().fold(x, |below, step| x + f64::from(step) / 2.0 / below);
    (-x * x).exp() / (fraction * std::f64::consts::PI.sqrt())
}

fn is_beta_parameter(parameter: f64) -> bool {
    parameter > 0.0 && parameter <= BETA_PARAMETER_MAX
}

fn beta_cdf(x: f64, alpha: f64, beta: f64) -> f64 {
    let is_known = (0.0..=1.0).contains(&x) && is_beta_parameter(alpha) && is_beta_parameter(beta);
    if is_known { incomplete_beta(alpha, beta, x) } else { f64::NAN }
}

fn beta_pdf(x: f64, alpha: f64, beta: f64) -> f64 {
    if !(x > 0.0 && x < 1.0 && alpha > 0.0 && beta > 0.0) {
        return f64::NAN;
    }
    let scale = log_gamma(alpha + beta) - log_gamma(alpha) - log_gamma(beta);
    (scale + (alpha - 1.0) * x.ln() + (beta - 1.0) * (1.0 - x).ln()).exp()
}

/// The `x` of which `beta_cdf` is this probability: null for what is not a probability, as in the example at
/// <https://learn.microsoft.com/kusto/query/beta-inv-function> (read 2026-11-26).
fn beta_inverse(probability: f64, alpha: f64, beta: f64) -> Option<f64> {
    if !(probability > 0.0 && probability <= 1.0) {
        return None;
    }
    if !is_beta_parameter(alpha) || !is_beta_parameter(beta) {
        return Some(f64::NAN);
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if incomplete_beta(alpha, beta, middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(high)
}

/// Lanczos' approximation with nine terms, good to about 15 digits.
fn log_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin().abs()).ln() - log_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let base = x + 7.5;
    let sum = (1..9).fold(COEFFICIENTS[0], |sum, at| sum + COEFFICIENTS[at] / (x + at as f64));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

fn gamma(x: f64) -> f64 {
    if x < 0.5 {
        return std::f64::consts::PI / ((std::f64::consts::PI * x).sin() * gamma(1.0 - x));
    }
    log_gamma(x).exp()
}

/// The p-value of Welch's test of two samples given by mean, variance and count.
fn welch_test(_: &mut Context<'_>, args: &[Value]) -> Value {
    let numbers: Option<Vec<f64>> = args.iter().map(Value::as_real).collect();
    let Some(&[mean1, variance1, count1, mean2, variance2, count2]) = numbers.as_deref() else { return Value::Null };
    let (error1, error2) = (variance1 / count1, variance2 / count2);
    let spread = error1 + error2;
    let degrees = spread * spread / (error1 * error1 / (count1 - 1.0) + error2 * error2 / (count2 - 1.0));
    let t = (mean1 - mean2) / spread.sqrt();
    Value::Real(incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t)))
}

/// The regularized incomplete beta function, by its continued fraction.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut upper = 1.0;
    let mut lower = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = lower;
    for step in 1..300 {
        let at = f64::from(step);
        let even = at * (b - at) * x / ((a + 2.0 * at - 1.0) * (a + 2.0 * at));
        lower = 1.0 / away(1.0 + even * lower);
        upper = away(1.0 + even / upper);
        fraction *= lower * upper;
        let odd = -(a + at) * (a + b + at) * x / ((a + 2.0 * at) * (a + 2.0 * at + 1.0));
        lower = 1.0 / away(1.0 + odd * lower);
        upper = away(1.0 + odd / upper);
        fraction *= lower * upper;
        if (lower * upper - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= expected.abs() * 1e-12
    }

    #[test]
    fn gamma_is_the_factorial() {
        assert!((gamma(5.0) - 24.0).abs() < 1e-9 && (log_gamma(0.5) - 0.572_364_942_924_7).abs() < 1e-9);
    }

    #[test]
    fn errors_are_those_of_the_tables() {
        assert!(
            near(error_function(1.0), 0.842_700_792_949_714_9) && near(error_function(-3.0), -0.999_977_909_503_001_4)
        );
        assert!(near(complement(3.0), 2.209_049_699_858_544e-5) && near(complement(-1.0), 1.842_700_792_949_715));
        assert!(near(error_function(f64::INFINITY), 1.0) && complement(f64::NAN).is_nan());
        assert!(near(complement(0.5), 0.479_500_122_186_953_5));
    }

    #[test]
    fn the_inverse_of_beta_leads_back() {
        assert!(beta_inverse(0.1, 10.0, 20.0).is_some_and(|x| near(x, 0.226_415_022_388_749)));
        assert!(near(beta_pdf(0.5, 10.0, 20.0), 0.746_176_019_310_951));
        assert_eq!(beta_inverse(1.5, 10.0, 20.0), None);
    }
}
