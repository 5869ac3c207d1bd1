//! Sizes in a world: bytes, or a number with a unit.

use serde::de::{Deserialize, Deserializer, Error};

/// The units, and how many bytes each has.
const UNITS: [(&str, u64); 8] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("b", 1),
];

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Written {
    Bytes(u64),
    Text(String),
}

/// A number of bytes, or a whole number with a unit: `64MiB`, `64 MiB`, `500KB`; the case of the unit does not matter.
pub(super) fn bytes<'de, D: Deserializer<'de>, T: TryFrom<u64>>(input: D) -> Result<T, D::Error> {
    let form =
        "a size is a number of bytes, or a whole number with B, KB, MB, GB, KiB, MiB, GiB or TiB, such as `64MiB`";
    let bytes = match Written::deserialize(input).map_err(|_| D::Error::custom(form))? {
        Written::Bytes(bytes) => Some(bytes),
        Written::Text(text) => read(&text),
    };
    bytes.and_then(|bytes| T::try_from(bytes).ok()).ok_or_else(|| D::Error::custom(form))
}

/// The same for a size that may be left open.
pub(super) fn some_bytes<'de, D: Deserializer<'de>>(input: D) -> Result<Option<u64>, D::Error> {
    #[derive(serde::Deserialize)]
    struct Size(#[serde(deserialize_with = "bytes")] u64);
    Option::<Size>::deserialize(input).map(|size| size.map(|size| size.0))
}

fn read(text: &str) -> Option<u64> {
    let lower = text.trim().to_ascii_lowercase();
    let (number, factor) =
        UNITS.iter().find_map(|(unit, factor)| Some((lower.strip_suffix(unit)?, *factor))).unwrap_or((&lower, 1));
    number.trim_end().parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use crate::World;

    #[test]
    fn sizes_are_bytes_or_have_a_unit() {
        for (written, bytes) in
            [("64MiB", 64 << 20), ("'64 MiB'", 64 << 20), ("2gib", 2 << 30), ("500KB", 500_000), ("77", 77), ("1B", 1)]
        {
            let yaml = format!(
                "query: {{memory_max: {written}, bytes_max: {written}}}\ningestion: {{wire_bytes_max: {written}, daily_cap_bytes: {written}}}"
            );
            let world = World::from_yaml(&yaml, "w.yaml").unwrap();
            assert_eq!((world.query.memory_max, world.query.bytes_max), (bytes, bytes), "{written}");
            assert_eq!(world.ingestion.wire_bytes_max, bytes as u64);
            assert_eq!(world.ingestion.daily_cap_bytes, Some(bytes as u64));
        }
        assert_eq!(
            World::from_yaml("ingestion: {daily_cap_bytes: null}", "w").unwrap().ingestion.daily_cap_bytes,
            None
        );
    }

    #[test]
    fn what_is_no_size_is_refused_with_its_place_and_the_form() {
        for written in ["many", "1.5MiB", "-1", "99999999999TiB", "[1]", "MiB"] {
            let error =
                World::from_yaml(&format!("query:\n  memory_max: {written}\n"), "w.yaml").unwrap_err().to_string();
            assert!(error.starts_with("w.yaml:2:") && error.contains("such as `64MiB`"), "{written}: {error}");
        }
    }
}
