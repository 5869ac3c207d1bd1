//! Bodies as text: inflated within a bound.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

/// How a body came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
}

/// Why a body could not be inflated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InflateError {
    /// More than the bound came out.
    TooBig,
    /// Not a gzip stream, or a broken one.
    Gzip(String),
}

impl Coding {
    /// The coding that a `Content-Encoding` names; the name itself when it is not served.
    pub(super) fn named(header: Option<&str>) -> Result<Self, String> {
        match header.map(str::trim).unwrap_or_default().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            other => Err(other.chars().take(64).collect()),
        }
    }

    /// The body in the clear, at most `bytes_max` bytes of it.
    pub(super) fn inflate(self, body: Bytes, bytes_max: u64) -> Result<Bytes, InflateError> {
        if self == Self::Identity {
            return if body.len() as u64 > bytes_max { Err(InflateError::TooBig) } else { Ok(body) };
        }
        let mut text = Vec::with_capacity(hint(&body).min(usize::try_from(bytes_max).unwrap_or(usize::MAX)));
        let mut bounded = MultiGzDecoder::new(&*body).take(bytes_max.saturating_add(1));
        bounded.read_to_end(&mut text).map_err(|error| InflateError::Gzip(error.to_string()))?;
        if text.len() as u64 > bytes_max { Err(InflateError::TooBig) } else { Ok(text.into()) }
    }
}

/// How long the text is likely to be: a gzip stream ends with the length of what it holds.
fn hint(body: &[u8]) -> usize {
    body.last_chunk().map_or(0, |length| u32::from_le_bytes(*length) as usize).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn a_bomb_stops_at_the_bound() {
        let bomb = gzip(&vec![b' '; 10_000_000]);
        assert!(bomb.len() < 100_000);
        assert_eq!(Coding::Gzip.inflate(bomb.clone(), 1_000_000), Err(InflateError::TooBig));
        assert_eq!(Coding::Gzip.inflate(bomb, 10_000_000).unwrap().len(), 10_000_000);
    }

    #[test]
    fn what_is_not_gzip_is_named_as_such() {
        for body in [Bytes::from_static(b"[]"), gzip(b"[]").slice(..12)] {
            assert!(matches!(Coding::Gzip.inflate(body, 100), Err(InflateError::Gzip(_))));
        }
    }

    #[test]
    fn codings_are_told_apart() {
        assert_eq!(Coding::named(None), Ok(Coding::Identity));
        assert_eq!(Coding::named(Some("GZip")), Ok(Coding::Gzip));
        assert_eq!(Coding::named(Some("deflate")), Err("deflate".to_owned()));
    }
}
