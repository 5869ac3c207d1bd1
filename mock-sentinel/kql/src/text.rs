//! Scalars as the engine writes them.

use std::fmt::Write as _;

/// A double the way .NET and so Kusto writes it: the shortest exact digits, `.0` on whole numbers, an exponent
/// from 1E+15 on and from 1E-05 down.
pub(crate) fn real(real: f64) -> String {
    if real.is_nan() {
        return "NaN".to_owned();
    }
    if real.is_infinite() {
        return if real > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{real:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if real == 0.0 || (-4..15).contains(&exponent) {
        return format!("{real:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}E{sign}{:02}", exponent.abs())
}

/// What stands in JSON for a double that JSON has no number for.
pub(crate) fn unbounded(real: f64) -> &'static str {
    match real {
        _ if real.is_nan() => "NaN",
        _ if real > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

/// Appends `text` as a JSON string, with the escapes JSON demands and no others.
pub(crate) fn json_string(text: &str, out: &mut String) {
    out.push('"');
    let mut kept = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[kept..at]);
        kept = at + 1;
        if escape.is_empty() {
            write!(out, "\\u{byte:04x}").expect("a string takes all text");
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(&text[kept..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_read_as_in_kusto() {
        for (number, text) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e14, "100000000000000.0"),
            (1e15, "1E+15"),
            (1.5e20, "1.5E+20"),
            (1e-4, "0.0001"),
            (1e-5, "1E-05"),
            (1e-7, "1E-07"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(real(number), text);
        }
    }

    #[test]
    fn json_strings_are_escaped_where_they_must() {
        let mut out = String::new();
        json_string("a\"b\\\n\u{1}é", &mut out);
        assert_eq!(out, "\"a\\\"b\\\\\\n\\u0001é\"");
    }
}
