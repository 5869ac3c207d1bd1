//! The bar on a terminal, and the reason on stderr when nothing arrives.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use connector::status::{Status, StreamStatus};
use indicatif::{ProgressBar, ProgressStyle};

use super::words::{counted, short};

const REDRAW_EVERY: Duration = Duration::from_millis(100);
/// When nothing arrived for so long, the reason is said.
const STALLED: Duration = Duration::from_secs(3);

/// A progress bar on stderr; invisible where that is not a terminal.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(events: u64) -> Self {
        // What follows the bar is cut at the end of the line, so that it never wraps.
        let style = ProgressStyle::with_template("delivering {bar:20} {wide_msg}");
        Self(ProgressBar::new(events).with_style(style.expect("the template is valid")))
    }

    /// Redraws until it is dropped. Cancel safe.
    pub(super) async fn follow(&self, status: impl Fn() -> Status) -> Infallible {
        let started = Instant::now();
        let mut stall = Stall::new(started);
        loop {
            let status = status();
            let now = Instant::now();
            self.0.set_message(line(&status, self.0.length().unwrap_or_default(), now.duration_since(started)));
            let arrived = arrived(&status);
            self.0.set_position(arrived);
            if let Some(reason) = stall.news(arrived, reason(&status), now) {
                self.0.suspend(|| anstream::eprintln!("{reason}"));
            }
            tokio::time::sleep(REDRAW_EVERY).await;
        }
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn sum(status: &Status, count: fn(&StreamStatus) -> u64) -> u64 {
    status.streams.values().map(count).sum()
}

fn arrived(status: &Status) -> u64 {
    sum(status, |stream| stream.delivered + stream.set_aside)
}

/// What stands beside the bar. Short enough for 80 columns whatever the numbers are.
fn line(status: &Status, of: u64, passed: Duration) -> String {
    let arrived = arrived(status);
    let rate = (arrived as f64 / passed.as_secs_f64().max(0.001)) as u64;
    let waits = counted(sum(status, |stream| stream.rate_limited), "wait", "waits");
    let retries = counted(sum(status, |stream| stream.retries), "retry", "retries");
    format!("{}/{}, {}/s, {waits}, {retries}", short(arrived), short(of), short(rate))
}

/// Why a stream gets no further: its problem, or why its attempts fail.
fn reason(status: &Status) -> Option<String> {
    status.streams.iter().find_map(|(name, stream)| match (&stream.problem, &stream.retrying) {
        (Some(problem), _) => Some(format!("{name}: {}\n  next: {}", problem.cause, problem.next_step)),
        (None, Some(cause)) => Some(format!("{name}: {cause}; trying again")),
        (None, None) => None,
    })
}

/// Says once why nothing arrives, and again when the reason is another.
#[derive(Debug)]
struct Stall {
    arrived: u64,
    since: Instant,
    told: Option<String>,
}

impl Stall {
    fn new(now: Instant) -> Self {
        Self { arrived: 0, since: now, told: None }
    }

    fn news(&mut self, arrived: u64, reason: Option<String>, now: Instant) -> Option<String> {
        if arrived != self.arrived {
            *self = Self { arrived, since: now, told: None };
        }
        if now.duration_since(self.since) < STALLED {
            return None;
        }
        let silence = || "neither end has responded yet; trying again".to_owned();
        let reason = format!("nothing arrives: {}", reason.unwrap_or_else(silence));
        if self.told.as_ref() == Some(&reason) {
            return None;
        }
        self.told = Some(reason.clone());
        Some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(stream: StreamStatus) -> Status {
        Status { ready: false, streams: [("audit".to_owned(), stream)].into(), ..Status::default() }
    }

    #[test]
    fn the_line_beside_the_bar_fits_into_80_columns() {
        let few = StreamStatus { delivered: 1, rate_limited: 1, retries: 1, ..StreamStatus::default() };
        assert_eq!(line(&status(few), 3_000, Duration::from_secs(1)), "1/3,000, 1/s, 1 wait, 1 retry");
        let many =
            StreamStatus { delivered: 123_456_789, rate_limited: 123_456, retries: 123_456, ..StreamStatus::default() };
        let text = line(&status(many), 123_456_789, Duration::from_millis(5_239));
        assert_eq!(text, "123M/123M, 23.5M/s, 123k waits, 123k retries");
        assert!("delivering ".len() + 20 + 1 + text.len() <= 80, "{text}");
    }

    #[test]
    fn within_seconds_it_is_said_once_why_nothing_arrives() {
        let began = Instant::now();
        let mut stall = Stall::new(began);
        let cut = StreamStatus { retrying: Some("could not connect to 127.0.0.1:1".into()), ..StreamStatus::default() };
        let mut told = Vec::new();
        for second in 0..60 {
            let now = began + Duration::from_secs(second);
            told.extend(stall.news(0, reason(&status(cut.clone())), now).map(|text| (second, text)));
        }
        let expected = "nothing arrives: audit: could not connect to 127.0.0.1:1; trying again".to_owned();
        assert_eq!(told, [(3, expected)]);
    }

    #[test]
    fn what_arrives_is_no_stall() {
        let began = Instant::now();
        let mut stall = Stall::new(began);
        for second in 0..60 {
            assert_eq!(stall.news(second, Some("429".into()), began + Duration::from_secs(second)), None);
        }
    }
}
