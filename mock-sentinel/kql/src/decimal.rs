//! Exact decimal numbers: 34 significant digits, as `decimal` of Kusto has.

use std::{cmp::Ordering, fmt};

/// Significant digits kept by a result.
const DIGITS_MAX: u32 = 34;
/// The largest mantissa that keeps [`DIGITS_MAX`].
const MANTISSA_MAX: u128 = 10_u128.pow(DIGITS_MAX) - 1;

/// `mantissa / 10^scale`, always in lowest terms, so that equal numbers are equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    high: i64,
    low: u64,
    scale: u8,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { high: 0, low: 0, scale: 0 };

    /// `mantissa / 10^scale`, rounded to 34 digits; `None` when the whole part alone has more.
    pub fn new(mantissa: i128, scale: u32) -> Option<Self> {
        let (mut mantissa, mut scale) = (mantissa, scale);
        while mantissa.unsigned_abs() > MANTISSA_MAX || scale > DIGITS_MAX * 2 {
            if scale == 0 {
                return None;
            }
            mantissa = rounded_tenth(mantissa);
            scale -= 1;
        }
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Some(Self { high: (mantissa >> 64) as i64, low: mantissa as u64, scale: scale as u8 })
    }

    fn mantissa(self) -> i128 {
        (i128::from(self.high) << 64) | i128::from(self.low)
    }

    /// Reads `12.5`, `-3`, `1e-4`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, number) = match number.as_bytes().first()? {
            b'-' => (true, &number[1..]),
            b'+' => (false, &number[1..]),
            _ => (false, number),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() + fraction.len() == 0 || exponent.abs() > 64 {
            return None;
        }
        let mut mantissa: i128 = 0;
        let mut scale = -exponent;
        let digits = whole.bytes().map(|digit| (digit, 0)).chain(fraction.bytes().map(|digit| (digit, 1)));
        for (digit, step) in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            if mantissa.unsigned_abs() > MANTISSA_MAX {
                scale += step - 1;
                continue;
            }
            mantissa = mantissa * 10 + i128::from(digit - b'0');
            scale += step;
        }
        let mantissa = if negative { -mantissa } else { mantissa };
        match u32::try_from(scale) {
            Ok(scale) => Self::new(mantissa, scale),
            Err(_) => Self::new(mantissa.checked_mul(10_i128.checked_pow(scale.unsigned_abs())?)?, 0),
        }
    }

    /// The nearest decimal of a double, by its shortest exact text; `None` for NaN and infinities.
    pub fn from_real(real: f64) -> Option<Self> {
        if real.is_finite() { Self::parse(&format!("{real:e}")) } else { None }
    }

    /// The nearest double.
    pub fn to_real(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The whole part; `None` when it does not fit.
    pub fn to_long(self) -> Option<i64> {
        i64::try_from(self.mantissa() / 10_i128.checked_pow(u32::from(self.scale))?).ok()
    }

    /// The sum; `None` on overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        Self::new(left.checked_add(right)?, scale)
    }

    /// The difference; `None` on overflow.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(other.negated())
    }

    /// The product; `None` on overflow.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let (mut left, mut right) = (self.mantissa(), other.mantissa());
        let mut scale = u32::from(self.scale) + u32::from(other.scale);
        loop {
            if let Some(product) = left.checked_mul(right) {
                return Self::new(product, scale);
            }
            let longer = if left.unsigned_abs() > right.unsigned_abs() { &mut left } else { &mut right };
            *longer = rounded_tenth(*longer);
            scale = scale.checked_sub(1)?;
        }
    }

    /// The quotient to 34 digits; `None` for a zero divisor or on overflow.
    pub fn checked_div(self, other: Self) -> Option<Self> {
        let (mut dividend, divisor) = (self.mantissa(), other.mantissa());
        if divisor == 0 {
            return None;
        }
        let mut scale = i32::from(self.scale) - i32::from(other.scale);
        while dividend % divisor != 0 || scale < 0 {
            let Some(longer) = dividend.checked_mul(10) else { break };
            dividend = longer;
            scale += 1;
        }
        let mut quotient = dividend / divisor;
        while scale < 0 {
            quotient = quotient.checked_mul(10)?;
            scale += 1;
        }
        Self::new(quotient, scale.unsigned_abs())
    }

    /// The remainder with the sign of the dividend; `None` for a zero divisor or on overflow.
    pub fn checked_rem(self, other: Self) -> Option<Self> {
        let (left, right, scale) = self.aligned(other)?;
        if right == 0 { None } else { Self::new(left % right, scale) }
    }

    /// The largest whole number not above.
    #[must_use]
    pub fn floor(self) -> Self {
        let unit = 10_i128.pow(u32::from(self.scale).min(38));
        Self::new(self.mantissa().div_euclid(unit), 0).unwrap_or(self)
    }

    /// The number with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::new(-self.mantissa(), u32::from(self.scale)).unwrap_or(self)
    }

    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let left = self.mantissa().checked_mul(10_i128.checked_pow(u32::from(scale - self.scale))?)?;
        let right = other.mantissa().checked_mul(10_i128.checked_pow(u32::from(scale - other.scale))?)?;
        Some((left, right, u32::from(scale)))
    }
}

fn rounded_tenth(mantissa: i128) -> i128 {
    let half = if mantissa < 0 { -5 } else { 5 };
    mantissa.saturating_add(half) / 10
}

impl From<i64> for Decimal {
    fn from(whole: i64) -> Self {
        Self::new(i128::from(whole), 0).expect("19 digits are fewer than 34")
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.aligned(*other) {
            Some((left, right, _)) => left.cmp(&right),
            None => self.to_real().total_cmp(&other.to_real()),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa().unsigned_abs().to_string();
        let sign = if self.high < 0 { "-" } else { "" };
        let scale = usize::from(self.scale);
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let digits = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text} was refused"))
    }

    #[test]
    fn texts_survive() {
        for text in ["0", "5", "-3.25", "123.45678", "0.0001", "1000000020000000300000004"] {
            assert_eq!(decimal(text).to_string(), text);
        }
        assert_eq!(decimal("1.500").to_string(), "1.5");
        assert_eq!(decimal("1e-4").to_string(), "0.0001");
        assert_eq!(decimal("2e3").to_string(), "2000");
        assert_eq!(Decimal::parse("1.2.3"), None);
        assert_eq!(Decimal::parse(""), None);
    }

    #[test]
    fn arithmetic_is_exact() {
        assert_eq!(decimal("0.1").checked_add(decimal("0.2")), Some(decimal("0.3")));
        assert_eq!(decimal("1").checked_div(decimal("8")), Some(decimal("0.125")));
        assert_eq!(decimal("1").checked_div(Decimal::ZERO), None);
        assert_eq!(decimal("-1.5").floor(), decimal("-2"));
        assert_eq!(decimal("7.5").checked_rem(decimal("2")), Some(decimal("1.5")));
        assert!(decimal("1").checked_div(decimal("3")).unwrap().to_string().starts_with("0.3333333333333333"));
    }
}
