//! Punycode, as in RFC 3492, <https://www.rfc-editor.org/rfc/rfc3492> (read 2026-11-23).

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

/// Longer labels are not converted; the algorithm takes time by the square.
const CHARACTERS_MAX: usize = 4096;

/// What may stand between labels besides the dot, <https://www.rfc-editor.org/rfc/rfc3490#section-3.1> (read 2026-11-26).
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// What stands before a label that is encoded.
const PREFIX: &str = "xn--";

/// The text in ASCII.
pub(super) fn encode(text: &str) -> Option<String> {
    let characters: Vec<u32> = text.chars().map(u32::from).collect();
    if characters.len() > CHARACTERS_MAX {
        return None;
    }
    let mut out: String = text.chars().filter(char::is_ascii).collect();
    let basic = out.len() as u32;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (INITIAL_N, 0_u32, INITIAL_BIAS, basic);
    while (handled as usize) < characters.len() {
        let next = characters.iter().copied().filter(|c| *c >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for character in &characters {
            if *character < n {
                delta = delta.checked_add(1)?;
            } else if *character == n {
                push_number(&mut out, delta, bias);
                bias = adapted(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n += 1;
    }
    Some(out)
}

/// The text that `encode` was given.
pub(super) fn decode(ascii: &str) -> Option<String> {
    if !ascii.is_ascii() || ascii.len() > CHARACTERS_MAX {
        return None;
    }
    let (basic, encoded) = ascii.rsplit_once('-').unwrap_or(("", ascii));
    let mut characters: Vec<char> = basic.chars().collect();
    let (mut n, mut i, mut bias) = (INITIAL_N, 0_u32, INITIAL_BIAS);
    let mut digits = encoded.bytes().peekable();
    while digits.peek().is_some() {
        let before = i;
        let mut weight = 1_u32;
        for k in (BASE..).step_by(BASE as usize) {
            let digit = digit_value(digits.next()?)?;
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let threshold = threshold(k, bias);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
        }
        let count = characters.len() as u32 + 1;
        bias = adapted(i - before, count, before == 0);
        n = n.checked_add(i / count)?;
        i %= count;
        characters.insert(i as usize, char::from_u32(n)?);
        i += 1;
    }
    Some(characters.into_iter().collect())
}

/// Every label that is not ASCII, encoded.
pub(super) fn domain_to_ascii(domain: &str) -> Option<String> {
    let label = |label: &str| {
        if label.is_ascii() { Some(label.to_owned()) } else { Some(format!("{PREFIX}{}", encode(label)?)) }
    };
    Some(domain.split(DOTS).map(label).collect::<Option<Vec<_>>>()?.join("."))
}

/// Every label that is encoded, decoded.
pub(super) fn domain_to_unicode(domain: &str) -> Option<String> {
    let label = |label: &str| match label.strip_prefix(PREFIX) {
        Some(encoded) => decode(encoded),
        None => Some(label.to_owned()),
    };
    Some(domain.split(DOTS).map(label).collect::<Option<Vec<_>>>()?.join("."))
}

fn push_number(out: &mut String, number: u32, bias: u32) {
    let mut rest = number;
    for k in (BASE..).step_by(BASE as usize) {
        let threshold = threshold(k, bias);
        if rest < threshold {
            break;
        }
        out.push(digit(threshold + (rest - threshold) % (BASE - threshold)));
        rest = (rest - threshold) / (BASE - threshold);
    }
    out.push(digit(rest));
}

fn threshold(k: u32, bias: u32) -> u32 {
    k.saturating_sub(bias).clamp(T_MIN, T_MAX)
}

fn adapted(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

fn digit(value: u32) -> char {
    char::from_digit(if value < 26 { value + 10 } else { value - 26 }, BASE).unwrap_or('0')
}

fn digit_value(byte: u8) -> Option<u32> {
    match byte {
        b'a'..=b'z' => Some(u32::from(byte - b'a')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_there_and_back() {
        for (text, ascii) in
            [("münchen", "mnchen-3ya"), ("bücher", "bcher-kva"), ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye")]
        {
            assert_eq!(encode(text).as_deref(), Some(ascii));
            assert_eq!(decode(ascii).as_deref(), Some(text));
        }
        assert_eq!(domain_to_ascii("www.münchen.de").as_deref(), Some("www.xn--mnchen-3ya.de"));
        assert_eq!(domain_to_ascii("a。bücher｡de").as_deref(), Some("a.xn--bcher-kva.de"));
        assert_eq!(domain_to_unicode("www.xn--mnchen-3ya.de").as_deref(), Some("www.münchen.de"));
        assert_eq!(decode("é"), None);
        assert_eq!(decode("99999999"), None);
    }
}
