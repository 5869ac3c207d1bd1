//! Lengths of time as people write them: `90s`, `1h 30m`, `5m ago` for what is negative.

use jiff::SignedDuration;
use jiff::fmt::friendly::{Designator, SpanPrinter};
use serde::{Deserialize, Deserializer, Serializer, de};

const PRINTER: SpanPrinter = SpanPrinter::new().designator(Designator::Compact);

/// As files have it; read again it is the same to the nanosecond.
pub(crate) fn text(length: SignedDuration) -> String {
    PRINTER.duration_to_string(&length)
}

pub(crate) fn serialize<S: Serializer>(length: &SignedDuration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(*length))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SignedDuration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).map_err(de::Error::custom)
}

pub(crate) fn parse(text: &str) -> Result<SignedDuration, String> {
    text.parse().map_err(|_| format!("`{text}` is not a length of time such as `30s`, `10m` or `1h 30m`"))
}

pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Serializer, SignedDuration};

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(crate) fn serialize<S: Serializer>(length: &Option<SignedDuration>, serializer: S) -> Result<S::Ok, S::Error> {
        match length {
            Some(length) => super::serialize(length, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SignedDuration>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| super::parse(&text).map_err(serde::de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_and_read_to_the_nanosecond() {
        for nanos in [0, 1, -1, 90_000_000_000, -63_175_626_384, 3_700_644_299_239] {
            let length = SignedDuration::from_nanos(nanos);
            assert_eq!(parse(&text(length)), Ok(length), "{}", text(length));
        }
        assert_eq!(text(SignedDuration::from_mins(90)), "1h 30m");
        assert!(parse("soon").unwrap_err().contains("`soon` is not a length of time"));
    }
}
