//! Numbers in few characters, and with the right noun.

use crate::render::grouped;

/// `number` in at most five characters, three of them digits, up to a million million.
pub(super) fn short(number: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    if number < 10_000 {
        return grouped(number);
    }
    let Some((unit, sign)) = UNITS.into_iter().find(|(unit, _)| number >= *unit) else { return grouped(number) };
    let (whole, tenth) = (number / unit, number % unit * 10 / unit);
    if whole < 100 && tenth > 0 { format!("{whole}.{tenth}{sign}") } else { format!("{whole}{sign}") }
}

/// `number` and what it counts.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", short(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown = [0, 999, 9_999, 10_000, 23_563, 150_000, 999_999, 1_250_000, 123_456_789_012].map(short);
        assert_eq!(shown, ["0", "999", "9,999", "10k", "23.5k", "150k", "999k", "1.2M", "123G"]);
    }

    #[test]
    fn one_is_singular() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "retry", "retries")), ["0 retries", "1 retry", "2 retries"]);
    }
}
