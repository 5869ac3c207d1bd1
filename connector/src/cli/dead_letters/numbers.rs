//! Numbers as they are named to a person.

use std::fmt::Write as _;

/// Ascending `numbers` with those that follow one another as a range: `number 7`, `numbers 1-3, 7`.
pub(super) fn named(numbers: &[u64]) -> String {
    let mut text = String::from(if numbers.len() == 1 { "number " } else { "numbers " });
    let mut separator = "";
    for range in numbers.chunk_by(|one, next| one.checked_add(1) == Some(*next)) {
        match range {
            [first, .., last] => write!(text, "{separator}{first}-{last}"),
            [only] => write!(text, "{separator}{only}"),
            [] => Ok(()),
        }
        .expect("a string takes everything");
        separator = ", ";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_one_another_is_a_range() {
        for (numbers, text) in [
            (&[7][..], "number 7"),
            (&[1, 2, 3, 7], "numbers 1-3, 7"),
            (&[1, 3, 4, u64::MAX], "numbers 1, 3-4, 18446744073709551615"),
        ] {
            assert_eq!(named(numbers), text);
        }
    }
}
