//! The seeded event generator: a plausible company whose people act at plausible hours.
//!
//! Four event names are confirmed by a Miro source; the rest of the catalog is synthetic, modeled on the actions that
//! the help centre describes (<https://help.miro.com/hc/en-us/articles/360017571434-Audit-logs>, read 2026-11-22).

mod ai_interaction;
mod audit;
mod calendar;
mod catalogue;
mod company;
mod content;
mod incidents;
mod locale;
mod names;
mod roster;
mod schedule;
mod storm;

pub use incidents::Planted;
pub(crate) use incidents::plant;

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::event_log::EventLog;
use crate::log::Log;
use crate::world::{Organization, Traits};

use company::Company;

/// A batch of events to generate.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) count: usize,
    pub(crate) from: Timestamp,
    pub(crate) over: SignedDuration,
    pub(crate) seed: u64,
    pub(crate) traits: Traits,
}

/// Adds a batch to a log. The same batch on the same log gives the same events.
pub(crate) fn generate(into: &mut EventLog, log: Log, organization: &Organization, batch: &Batch) {
    let company = Company::of(organization);
    let mut random = ChaCha8Rng::seed_from_u64(batch.seed);
    random.set_stream(log as u64);
    let traits = batch.traits.of(log);
    let activities = schedule::activities(&company, batch.count, batch.from, batch.over, &traits, &mut random);
    let mut conversations = ai_interaction::Conversations::default();
    let mut event = Vec::with_capacity(1_024);
    for activity in activities {
        event.clear();
        let anomalies = Anomalies::draw(&traits, &mut random);
        let facts = match log {
            Log::Audit => audit::write(&mut event, &company, activity, into.next_seq(), anomalies, &mut random),
            Log::Content => content::write(&mut event, &company, activity, anomalies, &mut random),
            Log::AiInteraction => {
                let how = (traits.ai_shape, &mut conversations);
                ai_interaction::write(&mut event, &company, activity, how, &mut random)
            }
        };
        let visible_at = lateness(facts.time, traits, &mut random);
        into.push(&event, &facts, visible_at);
        if random.random::<f64>() < traits.duplicates {
            into.push(&event, &facts, visible_at);
        }
    }
    into.sort();
}

impl Traits {
    /// The traits that apply to that log: sign-ins are in the audit log only.
    fn of(self, log: Log) -> Self {
        match log {
            Log::Audit => self,
            Log::Content | Log::AiInteraction => Self { sign_in_storms: 0.0, ..self },
        }
    }
}

/// The anomalies of one event.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is drawn independently")]
struct Anomalies {
    /// The size of a long text.
    long_text: Option<usize>,
    unknown_type: bool,
    string_details: bool,
    lone_surrogate: bool,
    ai_assisted: bool,
    /// Whether members may be null.
    nulls: bool,
}

impl Anomalies {
    fn draw(traits: &Traits, random: &mut ChaCha8Rng) -> Self {
        let mut hit = |share: f64| random.random::<f64>() < share;
        let is_long = hit(traits.long_texts);
        let (unknown_type, string_details) = (hit(traits.unknown_types), hit(traits.string_details));
        let lone_surrogate = hit(traits.lone_surrogates);
        // Nothing is drawn unless the trait is set, so that a seed gives the same events as before the trait existed.
        let ai_assisted = traits.ai_assisted > 0.0 && hit(traits.ai_assisted);
        let long_text = is_long.then(|| long_text(random));
        Self { long_text, unknown_type, string_details, lone_surrogate, ai_assisted, nulls: traits.nulls }
    }

    /// Adds the texts to the object that ends here.
    fn append_texts(self, out: &mut Vec<u8>) {
        let closed = out.pop();
        debug_assert_eq!(closed, Some(b'}'), "only an object can take a member");
        if let Some(bytes) = self.long_text {
            let piece: String = names::TRAPS.concat();
            text_member(out, "text", &piece.repeat(bytes.div_ceil(piece.len())));
        }
        if self.lone_surrogate {
            member(out, "half", r#""\ud83d is half of a pair, and so is \udc00""#);
        }
        out.push(b'}');
    }

    fn has_text(self) -> bool {
        self.long_text.is_some() || self.lone_surrogate
    }
}

/// The size of a long text, 64 KB to 1 MB, shorter ones more often.
fn long_text(random: &mut ChaCha8Rng) -> usize {
    const SHORTEST: f64 = 64_000.0;
    const LONGEST: f64 = 1_000_000.0;
    (SHORTEST * (LONGEST / SHORTEST).powf(random.random())) as usize
}

fn lateness(time: i64, traits: Traits, random: &mut ChaCha8Rng) -> Option<Timestamp> {
    if random.random::<f64>() >= traits.late {
        return None;
    }
    let longest = i64::try_from(traits.late_by.as_millis()).unwrap_or(0).max(1);
    Timestamp::from_millisecond(time + random.random_range(1..=longest)).ok()
}

/// Opens an object with its id; returns the range of the id.
fn open_with_id(out: &mut Vec<u8>, id: &str) -> Range<usize> {
    out.extend_from_slice(b"{\"id\":\"");
    let start = out.len();
    out.extend_from_slice(id.as_bytes());
    let range = start..out.len();
    out.push(b'"');
    range
}

/// Appends `,"name":value`, the value being JSON already.
fn member(out: &mut Vec<u8>, name: &str, json: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    out.extend_from_slice(json.as_bytes());
}

/// Appends `,"name":"text"`, escaping the text.
fn text_member(out: &mut Vec<u8>, name: &str, text: &str) {
    member(out, name, &quoted(text));
}

/// A JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A UUID of version 4, from the seed.
fn uuid(random: &mut ChaCha8Rng) -> String {
    let drawn: u128 = random.random();
    let marked = drawn & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{marked:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// One of a list.
fn one_of<'a, T: ?Sized>(list: &[&'a T], random: &mut ChaCha8Rng) -> &'a T {
    list[random.random_range(0..list.len())]
}

/// True once in `times`, on average.
fn once_in(times: u32, random: &mut ChaCha8Rng) -> bool {
    random.random_range(0..times) == 0
}
