//! A timeline played to served mocks: what concerns calls becomes faults of theirs, everything else is done when its time comes.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{Live, LiveError, Service};
use crate::bodies::{self, HTML, HUGE_BYTES};
use crate::invariants::query;
use crate::scenario::{
    Action, Call, ClockOwner, EventSpec, Interception, MiroEvent, NamedWait, OTHER_JSON, Peer, Point, Refuser, Step,
    Trigger,
};

impl Live {
    /// Puts the faults of the timeline in place, and does what happens at its very beginning, which is now.
    ///
    /// # Errors
    ///
    /// If a step cannot be applied to the mocks.
    pub fn prepare(&self) -> Result<(), LiveError> {
        let begun = Timestamp::now();
        self.progress().begun = Some(begun);
        for (number, step) in self.scenario.timeline.iter().enumerate() {
            let wrong = |reason: String| LiveError::Step { step: number + 1, reason };
            if step.action.concerns_calls() {
                self.inject(number, step, begun).map_err(wrong)?;
            } else if self.scenario.begins_at(number).is_some_and(|at| at.is_zero()) {
                self.begin(number, step).map_err(wrong)?;
            }
        }
        Ok(())
    }

    /// Plays the rest of the timeline, step by step as time passes; what acts on the connector itself is left to others.
    ///
    /// # Errors
    ///
    /// If a step cannot be applied to the mocks.
    pub async fn play(&self) -> Result<(), LiveError> {
        let steps = self.scenario.timeline.iter().enumerate().filter(|(_, step)| !step.action.concerns_calls());
        let mut playing: FuturesUnordered<_> = steps.map(|(number, step)| self.play_step(number, step)).collect();
        while let Some(played) = playing.next().await {
            played?;
        }
        Ok(())
    }

    /// Waits until so long after the beginning.
    pub async fn until(&self, since: SignedDuration) {
        let at = self.begun().saturating_add(since).unwrap_or(Timestamp::MAX);
        let left = Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
        tokio::time::sleep(left).await;
    }

    /// How long ago the timeline began.
    pub fn elapsed(&self) -> SignedDuration {
        Timestamp::now().duration_since(self.begun())
    }

    async fn play_step(&self, number: usize, step: &Step) -> Result<(), LiveError> {
        let wrong = |reason: String| LiveError::Step { step: number + 1, reason };
        let Some(at) = self.scenario.begins_at(number) else { return Ok(()) };
        if !at.is_zero() {
            self.until(at).await;
            self.begin(number, step).map_err(wrong)?;
        }
        if let Some(lasts) = step.lasts.filter(|_| step.action.lasts()) {
            self.until(at.saturating_add(lasts)).await;
            self.end(step).map_err(wrong)?;
        }
        Ok(())
    }

    /// A step begins now.
    pub(crate) fn step_begins(&self, number: usize) {
        let elapsed = self.elapsed();
        if let Some(step) = self.progress().steps.get_mut(number) {
            step.began.get_or_insert(elapsed);
        }
    }

    fn begin(&self, number: usize, step: &Step) -> Result<(), String> {
        if !step.action.is_of_the_connector() {
            self.step_begins(number);
        }
        match &step.action {
            Action::Credential { which, state } => self.mocks.set_credential(*which, Some(*state)),
            // Miro's was behind before anybody called.
            Action::Clock { whose: ClockOwner::Miro, .. } => Ok(()),
            Action::Clock { whose, by, .. } => self.clock(*whose, *by),
            Action::Miro(change) => self.mocks.change_miro(change),
            Action::Azure(change) => {
                self.mocks.change_azure(change);
                Ok(())
            }
            Action::Event(event) => {
                self.event(number, event);
                Ok(())
            }
            Action::Events(events) => {
                self.mocks.generate(events);
                Ok(())
            }
            Action::Query(query) => {
                let differs = query::given_instead(&self.mocks.sentinel, query);
                if let Some(step) = self.progress().steps.get_mut(number) {
                    step.query_differs = differs;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(&self, step: &Step) -> Result<(), String> {
        match &step.action {
            Action::Credential { which, .. } => self.mocks.set_credential(*which, None),
            Action::Clock { whose, by, .. } => self.clock(*whose, -*by),
            _ => Ok(()),
        }
    }

    fn event(&self, number: usize, spec: &EventSpec) {
        let begun = self.begun();
        let since = |offset: SignedDuration| begun.saturating_add(offset).unwrap_or(begun);
        let event = MiroEvent {
            id: spec.id_at(number),
            time: spec.time.map_or_else(|| self.mocks.miro.now(), since),
            bytes: spec.bytes,
            content: spec.content,
            fields: spec.fields.clone(),
        };
        self.mocks.add_event(spec.stream, &event);
    }

    /// What meets calls, as a fault of the mock that is called.
    fn inject(&self, number: usize, step: &Step, begun: Timestamp) -> Result<(), String> {
        let call = match &step.trigger {
            Trigger::When(nth) => step.calls.on.unwrap_or(nth.call),
            Trigger::At(_) | Trigger::After { .. } => match step.action {
                Action::LimitUploads { .. } => Call::Ingest,
                _ => step.calls.on.ok_or("it does not say which calls it affects")?,
            },
        };
        let stream = step.calls.stream.or(match &step.trigger {
            Trigger::When(nth) => nth.stream,
            _ => None,
        });
        let peer = call.peer();
        for name in names(call) {
            let mut when = Map::from_iter([("call".to_owned(), json!(name))]);
            if let (Some(stream), "sentinel.ingest") = (stream, *name) {
                when.insert("stream".to_owned(), stream.rule_stream().into());
            }
            match &step.trigger {
                Trigger::When(nth) => {
                    when.insert("nth".to_owned(), nth.nth.into());
                }
                Trigger::At(_) | Trigger::After { .. } => {
                    let at = self.scenario.begins_at(number).ok_or("it follows a step that begins with a call")?;
                    let from = begun.saturating_add(at).map_err(|error| error.to_string())?;
                    when.insert("from".to_owned(), json!(from));
                    if let Some(lasts) = step.lasts {
                        when.insert("until".to_owned(), json!(from.saturating_add(lasts).unwrap_or(Timestamp::MAX)));
                    }
                }
            }
            if let Some(share) = step.calls.share {
                when.insert("share".to_owned(), json!(share));
                when.insert("seed".to_owned(), json!(step.calls.seed.unwrap_or(self.scenario.seed)));
            }
            let mut fault = effect(&step.action, peer)?;
            fault.insert("when".to_owned(), when.into());
            if step.times() != u64::MAX {
                fault.insert("times".to_owned(), step.times().into());
            }
            let fault_number = match Service::from(peer) {
                Service::Miro => self.mocks.miro.inject(read(fault.into())?),
                Service::Azure => self.mocks.sentinel.inject(read(fault.into())?),
            };
            self.progress().faults.insert((peer.into(), fault_number), number);
        }
        Ok(())
    }
}

/// The mocks' own names.
const fn names(call: Call) -> &'static [&'static str] {
    match call {
        Call::Miro => &["miro.audit_logs", "miro.content_logs", "miro.organization", "miro.token_info"],
        Call::AuditLogs => &["miro.audit_logs"],
        Call::ContentLogs => &["miro.content_logs"],
        Call::Organization => &["miro.organization"],
        Call::TokenInfo => &["miro.token_info"],
        Call::Entra => &["sentinel.token", "sentinel.discovery"],
        Call::Token => &["sentinel.token"],
        Call::Discovery => &["sentinel.discovery"],
        Call::Ingestion | Call::Ingest => &["sentinel.ingest"],
    }
}

/// `answer` or `fault` in the mocks' form. What neither can do is an error.
fn effect(action: &Action, peer: Peer) -> Result<Map<String, Value>, String> {
    let answer = |answer: Value| Ok(Map::from_iter([("answer".to_owned(), answer)]));
    // Of somebody in between, and word for word: nothing of the peer's own beside it.
    let bare = |mut given: Value| {
        given["bare"] = true.into();
        answer(given)
    };
    let fault = |fault: Value| Ok(Map::from_iter([("fault".to_owned(), fault)]));
    let html =
        |status: u16| json!({"status": status, "headers": {"content-type": "text/html; charset=utf-8"}, "body": HTML});
    match action {
        Action::Intercept { peer_acts: true, .. } | Action::Answer { peer_acts: true, .. } => {
            Err("a served peer cannot act and have its response replaced".to_owned())
        }
        Action::Intercept { response, .. } => bare(match response {
            Interception::Html { status } => html(*status),
            Interception::Redirect => {
                json!({"status": 302, "headers": {"location": "https://login.example/"}, "body": HTML})
            }
            Interception::OtherJson { form } => {
                let body = OTHER_JSON[usize::from(*form) % OTHER_JSON.len()];
                json!({"status": 200, "headers": {"content-type": "application/json"}, "body": body})
            }
            Interception::ErrorIn200 => {
                json!({"status": 200, "body": bodies::error(peer, 500, bodies::internal_error(peer))})
            }
            Interception::Empty { status } => json!({"status": status, "body": ""}),
            Interception::Garbage => json!({"status": 200, "body": "\u{16}\u{3}\u{1} no HTTP body of this service"}),
            Interception::Huge => json!({"status": 200, "body": "x".repeat(HUGE_BYTES)}),
        }),
        Action::Refuse { status, code, wait } => {
            let refusal = refusal(*status, code.as_deref(), wait.as_ref(), peer);
            // What Miro says of its rate limit would be a second wait beside the one that is given.
            if peer == Peer::Miro { bare(refusal) } else { answer(refusal) }
        }
        Action::Answer { status, headers, body, .. } => {
            bare(json!({"status": status, "headers": headers, "body": body}))
        }
        Action::Break { points } => fault(match points.first() {
            Some(Point::ResponseLost) => json!({"lost_answer": true}),
            Some(Point::CutInResponse) => json!({"cut_after_bytes": 200}),
            Some(Point::Silence) => json!({"delay": "1h"}),
            Some(Point::ConnectionRefused | Point::CutInRequest) | None => json!({"reset": true}),
        }),
        Action::Slow { up_to } => fault(json!({ "delay": up_to })),
        Action::Trickle { bytes_per_second } => fault(json!({"dribble": {"bytes": bytes_per_second, "every": "1s"}})),
        Action::LimitUploads { by: Refuser::Proxy, .. } => bare(html(413)),
        Action::LimitUploads { by: Refuser::Azure, .. } => answer(json!({"status": 413})),
        other => Err(format!("`{}` affects no calls", other.name())),
    }
}

fn refusal(status: u16, code: Option<&str>, wait: Option<&NamedWait>, peer: Peer) -> Value {
    let mut answer = json!({ "status": status });
    if let Some(code) = code {
        answer["body"] = bodies::error(peer, status, code);
    }
    match wait {
        None => {}
        Some(NamedWait::Seconds(seconds)) => answer["retry_after"] = (*seconds).into(),
        Some(NamedWait::Date(wait)) => {
            answer["retry_after"] = json!(Timestamp::now().saturating_add(*wait).unwrap_or(Timestamp::MAX));
        }
        Some(NamedWait::Fraction(millis)) => {
            answer["headers"] = json!({"retry-after": format!("{}.{:03}", millis / 1_000, millis % 1_000)});
        }
        Some(NamedWait::Text(text)) => answer["headers"] = json!({ "retry-after": text }),
        Some(NamedWait::Reset(wait)) => {
            let at = Timestamp::now().saturating_add(*wait).unwrap_or(Timestamp::MAX).as_second();
            answer["headers"] = json!({"x-ratelimit-limit": "100000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": at.to_string()});
        }
    }
    answer
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}
