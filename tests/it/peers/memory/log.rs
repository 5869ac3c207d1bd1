//! A log of any length whose events are made while they are read.

use std::convert::Infallible;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::peers::classes::Call;

/// The log is spread over so much time, up to its newest event: inside what a first run reads.
const WIDTH: SignedDuration = SignedDuration::from_hours(23);
/// The bytes of a page are made about so many at a time.
const CHUNK: usize = 64 * 1024;
const NOISE: usize = 4 << 20;
const SIX_BITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// One of Miro's two logs: `count` events of `size` bytes, evenly spread.
#[derive(Debug)]
pub(super) struct Log {
    call: Call,
    count: usize,
    size: usize,
    begin: Timestamp,
    noise: Vec<u8>,
}

impl Log {
    pub(super) fn new(call: Call, size: usize, count: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let noise = (0..NOISE).map(|_| SIX_BITS[random.random_range(0..SIX_BITS.len())]).collect();
        Self { call, count, size, begin: Timestamp::now() - WIDTH, noise }
    }

    pub(super) const fn count(&self) -> usize {
        self.count
    }

    pub(super) const fn bytes(&self) -> usize {
        self.count * self.size
    }

    /// When event `number` happened: to the millisecond in the audit log, to the second in the content log.
    fn at(&self, number: usize) -> Timestamp {
        let after = WIDTH.as_millis() * number as i128 / self.count as i128;
        let at = self.begin.as_millisecond() + after as i64;
        let step = if self.call == Call::Content { 1_000 } else { 1 };
        Timestamp::from_millisecond(at - at.rem_euclid(step)).expect("in range")
    }

    /// The event `number`, incompressible but for a quarter, so that uploads are as large as they get.
    pub(super) fn append(&self, number: usize, to: &mut Vec<u8>) {
        let utc = self.at(number).to_zoned(TimeZone::UTC);
        let begin = to.len();
        let head = if self.call == Call::Content {
            let time = utc.strftime("%Y-%m-%dT%H:%M:%SZ");
            format!(
                r#"{{"id":"0f0e0d0c-1111-4222-8333-{number:012}","contentId":"uXjVexample0=","actionType":"update","actionTime":"{time}","actor":{{"id":"4000000000000000001","email":"ada@example.com"}},"itemType":"widget","relationships":[],"state":{{"note":""#
            )
        } else {
            let (second, time) = (utc.strftime("%Y-%m-%dT%H:%M:%S"), utc.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000"));
            format!(
                r#"{{"id":"{second}Z#{number:012}-DDB","type":"event","event":"board_opened","category":"authentication","createdAt":"{time}","createdBy":{{"type":"user","id":"4000000000000000001"}},"context":{{"ip":"203.0.113.7"}},"details":{{"note":""#
            )
        };
        to.extend_from_slice(head.as_bytes());
        let filling = self.size - head.len() - 3;
        // Far from where its neighbors take theirs.
        let noise = number * 1_000_003 % (NOISE - filling);
        to.extend_from_slice(&self.noise[noise..noise + filling]);
        to.extend_from_slice(b"\"}}");
        assert_eq!(to.len() - begin, self.size, "as large as said");
    }

    /// The number of the event with this id.
    pub(super) fn number_of(&self, id: &str) -> Option<usize> {
        let id = id.trim_end_matches("-DDB");
        let number = id.get(id.len().checked_sub(12)?..)?.parse().ok()?;
        (number < self.count).then_some(number)
    }

    /// The page that `query` asks for: from one time to another, both included, after the cursor.
    pub(super) fn page(self: &Arc<Self>, query: &str) -> Option<Page> {
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let (since, until) =
            if self.call == Call::Content { ("from", "to") } else { ("createdAfter", "createdBefore") };
        let (from, to) = (value(since)?.parse().ok()?, value(until)?.parse().ok()?);
        let limit: usize = value("limit")?.parse().ok()?;
        let mut numbers = self.first(|at| at >= from)..self.first(|at| at > to);
        if let Some(cursor) = value("cursor") {
            numbers.start = numbers.start.max(cursor.strip_suffix("#+/=")?.parse::<usize>().ok()? + 1);
        }
        let end = numbers.end.min(numbers.start + limit);
        let cursor = match (end < numbers.end, self.call) {
            (true, _) => format!(r#","cursor":"{}#+/=""#, end - 1),
            (false, Call::Content) => r#","cursor":"""#.to_owned(),
            (false, _) => String::new(),
        };
        let numbers = numbers.start..end;
        let head = format!(r#"{{"type":"cursor-list","limit":{limit},"size":{}{cursor},"data":["#, numbers.len());
        Some(Page { log: Arc::clone(self), made: head.into_bytes(), numbers, is_first: true, is_over: false })
    }

    /// The number of the first event whose time is as `wanted`, which holds for all after it too.
    fn first(&self, wanted: impl Fn(Timestamp) -> bool) -> usize {
        let mut sought = 0..self.count;
        while !sought.is_empty() {
            let middle = sought.start.midpoint(sought.end);
            if wanted(self.at(middle)) { sought.end = middle } else { sought.start = middle + 1 }
        }
        sought.start
    }
}

/// A page, made piece by piece as the connection takes it. Its length is not told: the reader cannot make room for it.
#[derive(Debug)]
pub(super) struct Page {
    log: Arc<Log>,
    made: Vec<u8>,
    numbers: Range<usize>,
    is_first: bool,
    is_over: bool,
}

impl Body for Page {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let mut made = std::mem::take(&mut self.made);
        while made.len() < CHUNK
            && let Some(number) = self.numbers.next()
        {
            if !std::mem::take(&mut self.is_first) {
                made.push(b',');
            }
            self.log.append(number, &mut made);
        }
        if self.numbers.is_empty() {
            made.extend_from_slice(b"]}");
            self.is_over = true;
        }
        Poll::Ready(Some(Ok(Frame::data(made.into()))))
    }
}
