//! Packing: events, byte for byte as they came, into gzip JSON arrays that Azure takes.

use std::fmt;
use std::io::{BufWriter, IntoInnerError, Write};
use std::num::NonZeroUsize;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::Stream;
use crate::event::Event;

/// Names a batch in logs, by its events: sent again it keeps its id, and each half of it has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchId(u128);

impl BatchId {
    /// The id of the batch of these events of `stream`, in this order.
    pub(crate) fn of(stream: Stream, events: &[Event]) -> Self {
        let start = match stream {
            Stream::Audit => 1,
            Stream::Content => 2,
        };
        let mix = |id: u128, event: &Event| (id.rotate_left(1) ^ event.id).wrapping_mul(MIX);
        Self(events.iter().fold(start, mix))
    }
}

/// Odd, so that multiplying loses nothing.
const MIX: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", (self.0 >> 64) as u64)
    }
}

/// The largest body. Azure names 1,048,576 bytes in its 413; its limits page says 1 MB
/// (<https://learn.microsoft.com/en-us/azure/azure-monitor/service-limits>, read 2026-11-22).
pub(crate) const BODY_BYTES_MAX: usize = 1_000_000;
/// What the compressor may still hold back: a window not yet looked at, and a full buffer of symbols.
const HELD_BACK_MAX: usize = 128 * 1024 + GATHERED_BYTES;
const GATHERED_BYTES: usize = 16 * 1024;
const NEVER_FAILS: &str = "a vector takes every byte";
/// Azure cuts longer fields and keeps the row (same page).
const FIELD_BYTES_MAX: usize = 64 * 1024;
/// A body is seldom larger; a larger one grows.
const BODY_BYTES_USUAL: usize = 192 * 1024;

/// One upload's body, never empty and never over the limit.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    /// How many events it holds, from the first one on.
    pub(crate) records: NonZeroUsize,
    /// The gzip JSON array.
    pub(crate) body: Bytes,
}

/// Packs as many of `events` as fit, in order. `None` when there are none, or when not even the first fits.
pub(crate) fn pack(events: &[Event], level: u32) -> Option<Packed> {
    let mut gzip = gzip(BODY_BYTES_USUAL, level);
    let mut taken = 0;
    for event in events {
        // Compressed or not, an event adds at most its own length and a little.
        let most = gzip.get_ref().get_ref().len() + HELD_BACK_MAX + event.json.len() + event.json.len() / 1000;
        if taken > 0 && most > BODY_BYTES_MAX {
            break;
        }
        let separator: &[u8] = if taken == 0 { b"[" } else { b"," };
        write(&mut gzip, separator);
        write(&mut gzip, &event.json);
        taken += 1;
    }
    write(&mut gzip, b"]");
    let body = finish(gzip);
    let records = NonZeroUsize::new(taken)?;
    (body.len() <= BODY_BYTES_MAX).then(|| Packed { records, body: Bytes::from(body) })
}

/// An empty array, compressed: the smallest thing that a rule takes.
pub(crate) fn nothing(level: u32) -> Bytes {
    let mut gzip = gzip(0, level);
    write(&mut gzip, b"[]");
    Bytes::from(finish(gzip))
}

/// Events are small: gathered before they are compressed, they cost fewer calls of the compressor.
type Gzip = BufWriter<GzEncoder<Vec<u8>>>;

fn gzip(body_bytes: usize, level: u32) -> Gzip {
    let compressor = GzEncoder::new(Vec::with_capacity(body_bytes), Compression::new(level));
    BufWriter::with_capacity(GATHERED_BYTES, compressor)
}

fn write(gzip: &mut Gzip, bytes: &[u8]) {
    gzip.write_all(bytes).expect(NEVER_FAILS);
}

fn finish(gzip: Gzip) -> Vec<u8> {
    gzip.into_inner().map_err(IntoInnerError::into_error).expect(NEVER_FAILS).finish().expect(NEVER_FAILS)
}

/// Gathers events until the plain limit of a batch is reached.
#[derive(Debug)]
pub(crate) struct BatchBuilder {
    events: Vec<Event>,
    plain_bytes: usize,
    plain_bytes_max: usize,
}

impl BatchBuilder {
    pub(crate) const fn new(plain_bytes_max: usize) -> Self {
        Self { events: Vec::new(), plain_bytes: 2, plain_bytes_max }
    }

    /// True when `event` does not fit beside what is gathered.
    pub(crate) fn is_full_for(&self, event: &Event) -> bool {
        !self.events.is_empty() && self.plain_bytes + event.json.len() + 1 > self.plain_bytes_max
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(crate) fn add(&mut self, event: Event) {
        self.plain_bytes += event.json.len() + usize::from(!self.events.is_empty());
        self.events.push(event);
    }

    /// What was gathered, in order; what comes next is a new batch.
    pub(crate) fn take(&mut self) -> Vec<Event> {
        self.plain_bytes = 2;
        std::mem::take(&mut self.events)
    }
}

/// True when `event` alone is over the plain limit. A limit below Azure's is about batches: it is no reason to give up an event
/// that Azure takes.
pub(crate) fn is_too_large(event: &Event, plain_bytes_max: usize) -> bool {
    event.json.len() + 2 > plain_bytes_max.max(BODY_BYTES_MAX)
}

/// True when some field of the event is longer than Azure keeps. Cheap: short events are not looked at.
pub(crate) fn has_long_field(event: &Event) -> bool {
    event.json.len() > FIELD_BYTES_MAX
        && serde_json::from_slice::<Longest>(&event.json).is_ok_and(|longest| longest.0 > FIELD_BYTES_MAX)
}

/// The length of the longest value of an object.
struct Longest(usize);

impl<'de> Deserialize<'de> for Longest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;
        impl<'de> Visitor<'de> for Values {
            type Value = Longest;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Longest, A::Error> {
                let mut longest = 0;
                while let Some((IgnoredAny, value)) = map.next_entry::<_, &RawValue>()? {
                    longest = longest.max(value.get().len());
                }
                Ok(Longest(longest))
            }
        }
        deserializer.deserialize_map(Values)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::store::Minute;

    fn event(json: String) -> Event {
        Event { json: Bytes::from(json), minute: Minute(0), id: 0, defect: None }
    }

    fn unpack(packed: &Packed) -> String {
        let mut text = String::new();
        GzDecoder::new(&packed.body[..]).read_to_string(&mut text).unwrap();
        text
    }

    /// An event that does not compress.
    fn noise(random: &mut ChaCha8Rng, length: usize) -> Event {
        let text: String = (0..length).map(|_| char::from(random.random_range(b'#'..b'['))).collect();
        event(format!("\"{text}\""))
    }

    #[test]
    fn events_are_packed_as_they_came() {
        let events = [event(r#"{"a": 1.0}"#.into()), event(r#"{"b":"é"}"#.into())];
        let packed = pack(&events, 4).unwrap();
        assert_eq!(packed.records.get(), 2);
        assert_eq!(unpack(&packed), r#"[{"a": 1.0},{"b":"é"}]"#);
        assert!(pack(&[], 4).is_none());
    }

    #[test]
    fn what_does_not_compress_is_cut_at_the_limit_of_the_body() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let events: Vec<Event> = (0..40).map(|_| noise(&mut random, 100_000)).collect();
        let packed = pack(&events, 1).unwrap();
        assert!(packed.body.len() <= BODY_BYTES_MAX);
        assert!((8..40).contains(&packed.records.get()), "{}", packed.records);
        assert!(pack(&[noise(&mut random, 2_000_000)], 1).is_none());
    }

    #[test]
    fn a_batch_that_does_not_compress_is_filled_and_never_over_the_limit() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        for length in [1_000, 130_000, 480_000] {
            let bytes = |length| {
                let mut json = vec![0; length];
                random.fill(&mut json[..]);
                Event { json: Bytes::from(json), minute: Minute(0), id: 0, defect: None }
            };
            let events: Vec<Event> = std::iter::repeat_n(length, 2_000_000 / length).map(bytes).collect();
            let packed = pack(&events, 1).expect("cut in time");
            assert!(packed.body.len() <= BODY_BYTES_MAX);
            assert!(packed.body.len() + 2 * length + HELD_BACK_MAX > BODY_BYTES_MAX, "{length}: {}", packed.body.len());
        }
    }

    #[test]
    fn an_event_alone_is_counted_with_the_brackets_around_it() {
        let of = |bytes: usize| event("x".repeat(bytes));
        let most = BODY_BYTES_MAX + 10;
        assert!(!is_too_large(&of(most - 2), most) && is_too_large(&of(most - 1), most));
        assert!(!is_too_large(&of(BODY_BYTES_MAX - 2), 10_000), "a smaller batch is no reason to give it up");
    }

    #[test]
    fn only_long_fields_of_long_events_are_told() {
        let long = "x".repeat(70_000);
        assert!(has_long_field(&event(format!(r#"{{"state":"{long}"}}"#))));
        assert!(!has_long_field(&event(format!(r#"{{"a":"{0}","b":"{0}"}}"#, "x".repeat(40_000)))));
        assert!(!has_long_field(&event("{}".into())));
    }

    proptest! {
        #[test]
        fn gathering_keeps_the_order_and_the_limit(lengths in prop::collection::vec(0_usize..60, 0..80)) {
            let limit = 64;
            let events: Vec<Event> = lengths.iter().map(|length| event(format!("\"{}\"", "y".repeat(*length)))).collect();
            let mut builder = BatchBuilder::new(limit);
            let mut batches = Vec::new();
            for one in &events {
                if builder.is_full_for(one) {
                    batches.push(builder.take());
                }
                builder.add(one.clone());
            }
            batches.push(builder.take());
            for batch in batches.iter().filter(|batch| !batch.is_empty()) {
                let packed = pack(batch, 1).unwrap();
                prop_assert_eq!(packed.records.get(), batch.len());
                prop_assert!(unpack(&packed).len() <= limit);
            }
            let sent: Vec<&Bytes> = batches.iter().flatten().map(|event| &event.json).collect();
            prop_assert_eq!(sent, events.iter().map(|event| &event.json).collect::<Vec<_>>());
        }
    }
}
