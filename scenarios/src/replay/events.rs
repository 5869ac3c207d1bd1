//! Pages for windows that were not asked for when it was recorded. How a subject cuts time into windows depends on how fast its peers
//! are; the events between two times are the same. What was recorded of them is given, in pages as large as asked for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::question::Question;
use crate::har::Entry;
use crate::scenario::Call;
use crate::times;

/// What cursors of such pages begin with.
const CURSOR: &str = "replayed-";
/// Events of a page where no limit is asked for.
const LIMIT: usize = 100;
/// Pages that are still to come, over all windows; older ones are forgotten.
const OPEN_MAX: usize = 1_000;

/// The events of the recorded pages.
#[derive(Debug, Default)]
pub(super) struct Events {
    logs: BTreeMap<Call, Log>,
    /// What is left of windows whose pages are not all given, by cursor.
    open: VecDeque<(String, VecDeque<Box<RawValue>>)>,
    given: u64,
}

#[derive(Debug, Default)]
struct Log {
    events: Vec<(Timestamp, Box<RawValue>)>,
    ids: BTreeSet<String>,
    /// The entry whose page is the pattern of others, and the fields of it that are not the events.
    pattern: Option<(usize, Map<String, Value>)>,
    /// The first and the last instant that any page was asked for.
    reach: Option<(Timestamp, Timestamp)>,
}

/// A page that was put together.
#[derive(Debug)]
pub(super) struct Page {
    /// The entry whose status and headers it has.
    pub(super) like: usize,
    pub(super) body: String,
}

impl Events {
    /// Takes up the page at place `at` among the entries.
    pub(super) fn add(&mut self, at: usize, question: &Question, entry: &Entry) {
        let Some(text) = entry.response.content.text.as_deref().filter(|_| question.is_page()) else { return };
        let Ok(fields) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(text) else { return };
        let data = fields.get("data").and_then(|data| serde_json::from_str::<Vec<Box<RawValue>>>(data.get()).ok());
        let Some(data) = data else { return };
        let log = self.logs.entry(question.call).or_default();
        for event in data {
            let Ok(Value::Object(read)) = serde_json::from_str(event.get()) else { continue };
            let Some(time) = time_of(&read) else { continue };
            // Without an id there is no telling whether it came before.
            if read.get("id").and_then(Value::as_str).is_none_or(|id| log.ids.insert(id.to_owned())) {
                log.events.push((time, event));
            }
        }
        let window = question.window();
        let (first, last) = log.reach.unwrap_or(window);
        log.reach = Some((first.min(window.0), last.max(window.1)));
        let others = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "data" | "size" | "cursor" | "limit"));
        let others = others.filter_map(|(name, value)| Some((name.clone(), serde_json::from_str(value.get()).ok()?)));
        log.pattern = Some((at, others.collect()));
    }

    /// The page for a request that no entry is for; none where it asks for what was never asked for before.
    pub(super) fn page(&mut self, asked: &Question) -> Option<Page> {
        if let Some(cursor) = asked.cursor() {
            let at = self.open.iter().position(|(known, _)| known == cursor)?;
            let events = self.open.get(at)?.1.clone();
            return self.given(asked, events);
        }
        let log = self.logs.get(&asked.call)?;
        let (from, to) = asked.window();
        if from < log.reach?.0 && to <= log.reach?.0 {
            return None;
        }
        let mut within: Vec<&(Timestamp, Box<RawValue>)> =
            log.events.iter().filter(|(time, _)| (from..=to).contains(time)).collect();
        within.sort_by_key(|(time, _)| *time);
        let events = within.into_iter().map(|(_, event)| event.clone()).collect();
        self.given(asked, events)
    }

    fn given(&mut self, asked: &Question, mut events: VecDeque<Box<RawValue>>) -> Option<Page> {
        let (like, mut fields) = self.logs.get(&asked.call)?.pattern.clone()?;
        let limit = asked.limit().unwrap_or(LIMIT).max(1);
        let page: Vec<Box<RawValue>> = events.drain(..limit.min(events.len())).collect();
        fields.insert("limit".to_owned(), limit.into());
        fields.insert("size".to_owned(), page.len().into());
        if !events.is_empty() {
            self.given += 1;
            let cursor = format!("{CURSOR}{}", self.given);
            fields.insert("cursor".to_owned(), cursor.clone().into());
            if self.open.len() >= OPEN_MAX {
                self.open.pop_front();
            }
            self.open.push_back((cursor, events));
        }
        let head = Value::Object(fields).to_string();
        let page: Vec<&str> = page.iter().map(|event| event.get()).collect();
        let head = head.strip_suffix('}').unwrap_or_default();
        Some(Page { like, body: format!("{head},\"data\":[{}]}}", page.join(",")) })
    }
}

/// When an event happened.
fn time_of(event: &Map<String, Value>) -> Option<Timestamp> {
    let text = event.get("createdAt").or_else(|| event.get("actionTime"))?.as_str()?;
    times::find(text).first().map(|found| found.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Peer;

    fn page(from: u8, to: u8, rest: &str) -> Question {
        let target = format!(
            "/v2/audit/logs?createdAfter=2026-11-29T{from:02}:00:00Z&createdBefore=2026-11-29T{to:02}:00:00Z{rest}"
        );
        Question::new(Peer::Miro, "GET", &target)
    }

    fn events() -> Events {
        let mut events = Events::default();
        for (at, (from, to, ids)) in [(10, 12, [10, 11]), (12, 14, [12, 13])].into_iter().enumerate() {
            let data = ids
                .map(|hour| format!(r#"{{"id":"e{hour}","createdAt":"2026-11-29T{hour}:30:00.000+0000"}}"#))
                .join(",");
            let body =
                crate::json_text::quoted(&format!(r#"{{"type":"cursor-list","limit":2,"size":2,"data":[{data}]}}"#));
            let entry = format!(
                r#"{{"startedDateTime":"2026-11-29T15:00:00Z","request":{{"method":"GET","url":"https://api.miro.com/v2/audit/logs"}},"response":{{"status":200,"content":{{"text":{body}}}}}}}"#
            );
            events.add(at, &page(from, to, ""), &serde_json::from_str(&entry).unwrap());
        }
        events
    }

    fn ids(page: &Page) -> (Vec<String>, Option<String>) {
        let body: Value = serde_json::from_str(&page.body).unwrap();
        assert_eq!(body["type"], "cursor-list");
        let data = body["data"].as_array().unwrap();
        assert_eq!(body["size"], data.len());
        let ids = data.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
        (ids, body["cursor"].as_str().map(str::to_owned))
    }

    #[test]
    fn another_window_gets_the_events_in_it() {
        let mut events = events();
        assert_eq!(ids(&events.page(&page(11, 13, "")).unwrap()), (vec!["e11".to_owned(), "e12".to_owned()], None));
        let (first, cursor) = ids(&events.page(&page(10, 14, "&limit=3")).unwrap());
        assert_eq!(first, ["e10", "e11", "e12"]);
        let rest = events.page(&page(10, 14, &format!("&limit=3&cursor={}", cursor.unwrap()))).unwrap();
        assert_eq!(ids(&rest), (vec!["e13".to_owned()], None));
    }

    #[test]
    fn what_is_later_is_empty_and_what_is_earlier_is_not_known() {
        let mut events = events();
        assert_eq!(ids(&events.page(&page(15, 16, "")).unwrap()), (vec![], None));
        assert!(events.page(&page(1, 2, "")).is_none());
        assert!(events.page(&page(10, 14, "&cursor=other")).is_none());
    }
}
