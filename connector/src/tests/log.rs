//! What the service says by itself, in half an hour: little when all is well, and nothing twice.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use secrecy::SecretString;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use super::flows::{ONCE, serve};
use super::world::{TestClock, Trouble, World, both_logs, config};
use crate::Clock as _;
use crate::config::LogFormat;
use crate::store::Store;
use crate::telemetry::logs::{Verbosity, subscriber};

const MINUTE: u64 = 60;

/// The lines so far.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// The time by the clock of the world, to the second.
struct WorldTime(TestClock);

impl FormatTime for WorldTime {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        write!(w, "{}", self.0.now().strftime("%H:%M:%S"))
    }
}

/// Takes up the default log of this thread, until the guard is dropped.
fn listen(world: &World) -> (Lines, tracing::subscriber::DefaultGuard) {
    listen_to(world, Verbosity::Normal, LogFormat::Human)
}

fn listen_to(world: &World, verbosity: Verbosity, format: LogFormat) -> (Lines, tracing::subscriber::DefaultGuard) {
    // With a single subscriber, a line that another thread is the first to reach would be off for good: that thread has none.
    static ANOTHER: OnceLock<tracing::Dispatch> = OnceLock::new();
    ANOTHER.get_or_init(|| tracing::Dispatch::new(tracing_subscriber::registry()));
    let lines = Lines::default();
    let writer = lines.clone();
    let log = subscriber(format, verbosity, false, move || writer.clone(), WorldTime(world.clock.clone()));
    (lines, tracing::subscriber::set_default(log))
}

#[tokio::test(start_paused = true)]
async fn half_an_hour_with_a_refused_token_fits_on_a_screen() {
    let world = World::new(80);
    world.happen(80, 3_600, 0, 1_800, 5);
    let connector = world.connector(80, both_logs(Duration::from_mins(5)));
    let (lines, _guard) = listen(&world);
    let token = async {
        tokio::time::sleep(Duration::from_secs(15 * MINUTE)).await;
        *world.refused_token.lock().unwrap() = Some("audit");
        tokio::time::sleep(Duration::from_secs(10 * MINUTE)).await;
        *world.refused_token.lock().unwrap() = None;
    };
    tokio::join!(serve(&connector, 30 * MINUTE), token);
    let log = lines.text();
    assert!(log.lines().count() < 40, "{log}");
    // How a problem is worded is not this test's.
    let log: Vec<_> = log.lines().map(|line| line.split(" subject=").next().unwrap()).collect();
    insta::assert_snapshot!(log.join("\n"), @r#"
    00:00:00  INFO Checkpoint loaded. stream=audit covered_to=2026-02-28T23:55:00Z spans=0
    00:00:00  INFO Checkpoint loaded. stream=content covered_to=2026-02-28T23:55:00Z spans=0
    00:05:00  INFO Progress. stream=audit delivered=558 lag_seconds=15
    00:05:00  INFO Progress. stream=content delivered=558 lag_seconds=15
    00:10:00  INFO Progress. stream=audit delivered=622 lag_seconds=15
    00:10:00  INFO Progress. stream=content delivered=622 lag_seconds=15
    00:15:00  INFO Progress. stream=audit delivered=601 lag_seconds=15
    00:15:00  INFO Progress. stream=content delivered=601 lag_seconds=15
    00:15:00 ERROR Operator action required. stream=audit peer="Miro" code="miro-token-refused"
    00:20:00  INFO Progress. stream=audit delivered=0 lag_seconds=315 problem="miro-token-refused"
    00:20:00  INFO Progress. stream=content delivered=576 lag_seconds=15
    00:25:00  INFO Progress. stream=audit delivered=0 lag_seconds=615 problem="miro-token-refused"
    00:25:00  INFO Progress. stream=content delivered=609 lag_seconds=15
    00:25:15  INFO Recovered; resuming. stream=audit peer="Miro" outage_seconds=615
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_rotated_secret_that_mends_an_outage_says_so() {
    let world = World::new(81);
    world.happen(81, 600, -300, 1_800, 5);
    *world.refused_token.lock().unwrap() = Some("audit");
    let (lines, _guard) = listen(&world);
    let store: Arc<dyn Store> = Arc::new(world.store(1_000_000));
    let old = world.connector_on(Arc::clone(&store), 81, both_logs(Duration::from_mins(5)));
    serve(&old, 5 * MINUTE).await;
    let mut config = both_logs(Duration::from_mins(5));
    config.audit.as_mut().unwrap().access_token = SecretString::from("another");
    let new = world.succeed(&old, store, config);
    serve(&new, 5 * MINUTE).await;
    let log = lines.text();
    assert_eq!(log.matches("Operator action required.").count(), 1, "{log}");
    assert_eq!(log.matches("Recovered; resuming.").count(), 1, "{log}");
    assert!(!log.contains("Ended."), "the process goes on: {log}");
    let status = new.status();
    let counts = &status.streams["content"];
    assert_eq!(counts.fetched, counts.delivered + counts.duplicate + counts.set_aside + counts.in_flight);
    assert!(status.ready, "{status:?}");
}

#[tokio::test(start_paused = true)]
async fn failures_that_pass_are_not_told_by_default() {
    let world = World::new(82);
    world.happen(82, 1_800, 0, 1_800, 5);
    let trouble = Trouble { cut_before: 50, cut_after: 20, throttled: 50, failing: 50, hang: 0 };
    world.miro.lock().unwrap().trouble = trouble;
    world.azure.lock().unwrap().trouble = trouble;
    let connector = world.connector(82, both_logs(Duration::from_mins(5)));
    let (lines, _guard) = listen(&world);
    serve(&connector, 30 * MINUTE).await;
    let log = lines.text();
    assert!(connector.status().streams["audit"].retries > 20);
    let told = log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).count();
    assert_eq!(told, 0, "{log}");
    assert!(log.lines().count() < 20, "{log}");
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_comes_and_goes_all_day_does_not_fill_the_log() {
    let world = World::new(83);
    let connector = world.connector(83, both_logs(Duration::from_mins(5)));
    let (lines, _guard) = listen(&world);
    let token = async {
        for _ in 0..24 {
            tokio::time::sleep(Duration::from_mins(2)).await;
            *world.refused_token.lock().unwrap() = Some("audit");
            tokio::time::sleep(Duration::from_secs(30)).await;
            *world.refused_token.lock().unwrap() = None;
        }
    };
    tokio::join!(serve(&connector, 60 * MINUTE), token);
    let log = lines.text();
    let told = log.matches("Operator action required.").count();
    assert!((2..=6).contains(&told), "{log}");
    assert_eq!(log.matches("Recovered; resuming.").count(), told, "{log}");
    assert_eq!(log.matches("keeps recurring").count(), 1, "{log}");
}

#[tokio::test(start_paused = true)]
async fn many_events_set_aside_are_one_line_and_a_count() {
    let world = World::new(84);
    world.happen(84, 200, 0, 240, 0);
    *world.azure_says.lock().unwrap() =
        Some(|ids| ids.iter().any(|id| id.as_bytes()[id.len() - 1] % 2 == 0).then_some((400, "Odd")));
    let connector = world.connector(84, both_logs(Duration::from_mins(5)));
    let (lines, _guard) = listen(&world);
    serve(&connector, 10 * MINUTE).await;
    let log = lines.text();
    assert!(connector.status().streams["audit"].set_aside > 50);
    assert!(log.matches("Event dead-lettered.").count() <= 3, "{log}");
    assert!(log.contains("dead_lettered="), "{log}");
}

/// The seconds since midnight at which the first line with `text` was written, of those after `from`.
fn second_of(log: &str, text: &str, from: u32) -> u32 {
    let second = |line: &str| {
        let parts: Vec<u32> = line[..8].split(':').map(|part| part.parse().unwrap()).collect();
        parts[0] * 3600 + parts[1] * 60 + parts[2]
    };
    log.lines().filter(|line| line.contains(text)).map(second).find(|at| *at >= from).expect(text)
}

#[tokio::test(start_paused = true)]
async fn after_a_rate_limit_the_wait_that_is_kept_is_told() {
    let world = World::new(85);
    let connector = world.connector(85, config(Duration::from_mins(5)));
    let (lines, _guard) = listen_to(&world, Verbosity::Verbose, LogFormat::Human);
    let spent = async {
        tokio::time::sleep(Duration::from_secs(2 * MINUTE)).await;
        world.budget_spent.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    tokio::join!(serve(&connector, 5 * MINUTE), spent);
    let log = lines.text();
    let retrying = log.lines().find(|line| line.contains("Retrying.")).expect("a retry");
    let told = retrying.split("delay_ms=").nth(1).unwrap().split(' ').next().unwrap().parse::<u32>().unwrap();
    let at = second_of(&log, "Retrying.", 0);
    let waited = second_of(&log, "Read a page.", at) - at;
    assert!(told.div_ceil(1000).abs_diff(waited) <= 1, "{told} ms were told, {waited} s passed: {log}");
    assert!(waited >= 55, "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_says_within_seconds_what_it_waits_for() {
    let world = World::new(86);
    world.miro.lock().unwrap().trouble = Trouble { failing: 1_000, ..Trouble::default() };
    let connector = world.connector(86, config(Duration::from_mins(5)));
    let (lines, _guard) = listen(&world);
    connector.run(ONCE, &crate::Stop::new()).await;
    let log = lines.text();
    let first = log.lines().find(|line| line.contains("Progress.")).expect("a line");
    assert!(first.starts_with("00:00:05") && first.contains("retrying=\"Miro is failing: HTTP 503"), "{log}");
    assert!(log.lines().count() < 12, "{log}");
}

#[tokio::test(start_paused = true)]
async fn one_batch_can_be_followed_through_an_outage() {
    let world = World::new(87);
    world.happen(87, 900, 0, 600, 5);
    let connector = world.connector(87, both_logs(Duration::from_mins(5)));
    let (lines, _guard) = listen_to(&world, Verbosity::Verbose, LogFormat::Json);
    let outage = async {
        tokio::time::sleep(Duration::from_mins(2)).await;
        *world.azure_says.lock().unwrap() = Some(|_| Some((503, "ServerBusy")));
        tokio::time::sleep(Duration::from_mins(3)).await;
        *world.azure_says.lock().unwrap() = None;
    };
    tokio::join!(serve(&connector, 10 * MINUTE), outage);
    let log = lines.text();
    let retries = || log.lines().filter(|line| line.contains("Retrying.") && line.contains(r#""peer":"Azure""#));
    let read = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON");
    assert!(retries().all(|line| read(line)["window"].is_string() && read(line)["batch"].is_string()), "{log}");
    let batch = read(retries().next().expect("a retry"))["batch"].as_str().expect("an id").to_owned();
    let way: Vec<_> = log.lines().filter(|line| line.contains(&batch)).collect();
    let messages: Vec<_> =
        way.iter().map(|line| read(line)["message"].as_str().unwrap_or_default().to_owned()).collect();
    assert!(messages.iter().filter(|message| *message == "Retrying.").count() > 5, "{way:#?}");
    let uploaded = messages.iter().position(|message| message == "Uploaded a batch.").expect("the outage ends");
    let last = read(way[uploaded]);
    let names: Vec<_> = last["spans"].as_array().expect("spans").iter().map(|span| span["name"].clone()).collect();
    assert_eq!(names, ["run", "stream", "window", "batch", "attempt"], "{last}");
}
