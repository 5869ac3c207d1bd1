//! `status`: what the running service says, else what the checkpoint file says.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::args::{Global, Output};
use super::service::{self, Found, Listening};
use super::{Failure, parts, print, print_json, say};
use crate::checkpoint::unreadable;
use crate::clock::SystemClock;
use crate::config::{Config, human};
use crate::ledger::{Cadence, Ledger};
use crate::status::{Status, StreamStatus};
use crate::store::Store;
use crate::{Clock, Exit, Stream};

/// What is printed with `--json`.
#[derive(Serialize)]
struct Shown {
    /// Whether a running service said so; else the checkpoint file did.
    running: bool,
    #[serde(flatten)]
    status: Status,
}

pub(super) fn status(global: &Global, output: Output) -> Result<Exit, Failure> {
    let config = global.load()?;
    let shown = parts::runtime()?.block_on(async {
        let Found { ours, listening } = service::find(&config).await;
        if let Listening::Other(other) = listening {
            say(&format!("warning: telemetry.listen: {other}; this is not its status"));
        }
        match ours {
            Some(status) => Ok::<_, Failure>(Shown { running: true, status }),
            None => Ok(Shown { running: false, status: stored(&config).await? }),
        }
    })?;
    if output.json {
        print_json(&shown)?;
    } else {
        print(&page(&shown, SystemClock.now()))?;
    }
    Ok(Exit::Done)
}

/// Reads where each stream stands from the checkpoint file, which is not made if it is not there.
async fn stored(config: &Config) -> Result<Status, Failure> {
    let mut status = Status::default();
    let store = if config.store.path.exists() { Some(parts::store(config)?) } else { None };
    for (stream, settings) in config.streams() {
        let mut stands = StreamStatus::default();
        if let Some(store) = &store
            && let Some((_, bytes)) = store.load(stream).await?
        {
            let cadence = Cadence::new(settings.poll_every, &settings.late_sweeps);
            let ledger = Ledger::read(&bytes, &cadence).map_err(|error| unreadable(stream, &error))?;
            stands.covered_to = Some(ledger.covered_to());
            stands.settled_to = Some(ledger.settled_to());
            stands.open_spans = ledger.open_spans() as u64;
            stands.to_do_seconds = u64::try_from(ledger.unread().as_secs()).unwrap_or(0);
        }
        status.streams.insert(stream.name().into(), stands);
    }
    if let Some(store) = &store {
        let totals = store.dead_letter_totals().await?;
        for (stream, held) in [(Stream::Audit, totals.audit), (Stream::Content, totals.content)] {
            if let Some(stands) = status.streams.get_mut(stream.name()) {
                stands.dead_letters = held;
            }
        }
    }
    Ok(status)
}

/// One line of counts for each stream.
pub(super) fn counts(status: &Status) -> String {
    let mut page = String::new();
    for (name, stream) in &status.streams {
        write_counts(&mut page, name, stream);
    }
    page
}

fn write_counts(page: &mut String, name: &str, stream: &StreamStatus) {
    let StreamStatus { fetched, delivered, duplicate, set_aside, in_flight, .. } = stream;
    let line = format!(
        "{name:8} fetched {fetched}, delivered {delivered}, duplicate {duplicate}, set aside {set_aside}, in flight {in_flight}\n"
    );
    page.push_str(&line);
}

fn page(shown: &Shown, now: Timestamp) -> String {
    let mut page = match (shown.running, shown.status.ready) {
        (true, true) => String::from("running, ready\n"),
        (true, false) => String::from("running, not ready\n"),
        (false, _) => String::from("not running; this is what the checkpoint file says\n"),
    };
    for (name, stream) in &shown.status.streams {
        if shown.running {
            write_counts(&mut page, name, stream);
        } else {
            writeln!(page, "{name}").expect("a string takes everything");
        }
        write_place(&mut page, stream, now);
    }
    page
}

fn write_place(page: &mut String, stream: &StreamStatus, now: Timestamp) {
    let mut line = |text: String| {
        page.push_str("         ");
        page.push_str(&text);
        page.push('\n');
    };
    match stream.covered_to {
        Some(time) => line(format!("covered to {}", with_age(time, now))),
        None => line("nothing read yet".into()),
    }
    if let Some(time) = stream.settled_to {
        line(format!("read for the last time to {}", with_age(time, now)));
    }
    if stream.open_spans > 0 {
        let to_do = human(Duration::from_secs(stream.to_do_seconds));
        line(format!("{} open spans, {to_do} of history to do", stream.open_spans));
    }
    if let Some(time) = stream.last_delivery {
        line(format!("last delivery {}", with_age(time, now)));
    }
    if let (Some(remaining), Some(limit)) = (stream.budget_remaining, stream.budget_limit) {
        line(format!("rate budget {remaining} of {limit} credits left"));
    }
    if stream.dead_letters > 0 {
        line(format!("set aside: {}; see `miro-sentinel dead-letters list`", stream.dead_letters));
    }
    if let Some(problem) = &stream.problem {
        line(format!("{}: {}", problem.subject, problem.cause));
        line(format!("next: {}", problem.next_step));
    }
}

fn with_age(time: Timestamp, now: Timestamp) -> String {
    let age = u64::try_from(now.duration_since(time).as_secs()).unwrap_or(0);
    let time = time.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!("{time} ({} ago)", human(Duration::from_secs(age)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_a_stream_stands() {
        let now: Timestamp = "2026-11-23T07:00:00Z".parse().expect("a time");
        let stream = StreamStatus {
            fetched: 1200,
            delivered: 1000,
            duplicate: 199,
            set_aside: 1,
            covered_to: "2026-11-23T06:59:48Z".parse().ok(),
            settled_to: "2026-11-23T06:29:00Z".parse().ok(),
            open_spans: 2,
            to_do_seconds: 7200,
            dead_letters: 1,
            budget_remaining: Some(88_000),
            budget_limit: Some(100_000),
            ..StreamStatus::default()
        };
        let status = Status { ready: true, streams: [("audit".to_owned(), stream)].into(), ..Status::default() };
        insta::assert_snapshot!(page(&Shown { running: true, status }, now), @r"
        running, ready
        audit    fetched 1200, delivered 1000, duplicate 199, set aside 1, in flight 0
                 covered to 2026-11-23T06:59:48Z (12s ago)
                 read for the last time to 2026-11-23T06:29:00Z (31m ago)
                 2 open spans, 2h of history to do
                 rate budget 88000 of 100000 credits left
                 set aside: 1; see `miro-sentinel dead-letters list`
        ");
    }
}
