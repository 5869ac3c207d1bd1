//! A sink alone, against an Azure that does what a test says, in virtual time.

use std::io;
use std::sync::Mutex;

use flate2::read::GzDecoder;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::*;
use crate::clock::SteadyClock;
use crate::identity::{TokenError, TokenProvider};
use crate::ledger::{Cursor, Mark, WindowId};
use crate::peer::Peer;
use crate::problem::Code;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::store::Minute;
use crate::{Clock, Problem, Random, Transport};

/// What Azure answers, how long after it was asked, with a page of so many bytes where that is not an answer of its own.
#[derive(Clone, Copy, Debug)]
struct Answer {
    status: u16,
    takes: Duration,
    page_bytes: usize,
}

const ACCEPTED: Answer = Answer { status: 204, takes: Duration::ZERO, page_bytes: 0 };
const REFUSED: Answer = Answer { status: 400, ..ACCEPTED };
const TOO_LARGE: Answer = Answer { status: 413, ..ACCEPTED };
const FAILING: Answer = Answer { status: 500, ..ACCEPTED };

impl Answer {
    const fn after_seconds(self, seconds: u64) -> Self {
        Self { takes: Duration::from_secs(seconds), ..self }
    }
}

/// Answers an upload by the ids of its events and the time since the beginning.
#[derive(Debug)]
struct Azure {
    says: fn(&[u128], Duration) -> Answer,
    began: Instant,
    uploads: Mutex<Vec<Vec<u128>>>,
}

impl Azure {
    fn singles(&self) -> Vec<u128> {
        let uploads = self.uploads.lock().unwrap();
        uploads.iter().filter(|ids| ids.len() == 1).flatten().copied().collect()
    }
}

impl Transport for Azure {
    fn send(&self, request: Request<Bytes>, body_max: usize) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        async move {
            let ids = ids(request.body());
            let Answer { status, takes, page_bytes } = (self.says)(&ids, self.began.elapsed());
            self.uploads.lock().unwrap().push(ids);
            tokio::time::sleep(takes).await;
            if page_bytes > body_max {
                return Err(TransportError::TooLarge { host: "azure".into(), limit: body_max });
            }
            Ok(Response::builder().status(status).body(Bytes::from(vec![b'<'; page_bytes])).unwrap())
        }
        .boxed()
    }
}

fn ids(body: &[u8]) -> Vec<u128> {
    #[derive(Deserialize)]
    struct Id {
        id: u64,
    }
    let events: Vec<Id> = serde_json::from_str(&io::read_to_string(GzDecoder::new(body)).unwrap()).unwrap();
    events.iter().map(|event| event.id.into()).collect()
}

#[derive(Debug)]
struct FixedToken;

impl TokenProvider for FixedToken {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, TokenError>> {
        async { Ok(SecretString::from("token")) }.boxed()
    }

    fn refused(&self) {}
}

#[derive(Debug)]
struct PausedClock(SteadyClock);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// A sink, its Azure and what else an upload needs.
struct Bench {
    azure: Arc<Azure>,
    sink: Sink,
    random: Random,
    stop: Stop,
}

impl Bench {
    fn new(says: fn(&[u128], Duration) -> Answer) -> Self {
        let azure = Arc::new(Azure { says, began: Instant::now(), uploads: Mutex::default() });
        let random = Random::seeded(1);
        let sink = Sink::new(SinkConfig {
            stream: Stream::Audit,
            rule: "dcr-1".into(),
            endpoint: "https://x.ingest.example.com:8443".parse().unwrap(),
            transport: Arc::clone(&azure) as _,
            tokens: Arc::new(FixedToken),
            clock: Arc::new(PausedClock(SteadyClock::starting_at(Timestamp::UNIX_EPOCH))),
            random: random.clone(),
            timeout: Duration::from_secs(30),
            plain_bytes_max: pack::BODY_BYTES_MAX,
            level: 1,
            progress: Arc::new(Progress::new(Stream::Audit)),
            permits: Arc::new(Semaphore::new(2)),
            pause: Arc::default(),
        });
        Self { azure, sink, random, stop: Stop::new() }
    }

    fn retrier(&self, run_mode: RunMode) -> Retrier<'_> {
        Retrier::new(&self.sink.config.progress, &self.random, &self.stop, run_mode, Peer::Destination)
    }

    /// Delivers the first part of `outbox`.
    async fn deliver(&self, outbox: &mut Outbox, run_mode: RunMode) -> Result<Delivered, DeliverError> {
        let delivered = self.sink.deliver(outbox, &mut self.retrier(run_mode)).await?;
        Ok(delivered.expect("there was something to deliver"))
    }

    /// What ends a single run that delivers `outbox`.
    async fn stopped(&self, outbox: &mut Outbox) -> Problem {
        match self.deliver(outbox, RunMode::Once).await {
            Err(DeliverError::Aborted(Abort::Blocked(problem))) => problem,
            other => panic!("{other:?}"),
        }
    }

    fn possible_duplicates(&self) -> u64 {
        self.sink.config.progress.snapshot().possible_duplicates
    }

    fn seconds(&self) -> u64 {
        self.azure.began.elapsed().as_secs()
    }
}

fn outbox_of(ids: impl IntoIterator<Item = u128>, json: impl Fn(u128) -> String) -> Outbox {
    let event = |id| Event { json: Bytes::from(json(id)), minute: Minute(0), id, defect: None };
    Outbox::new(WindowId::NONE, ids.into_iter().map(event).collect(), Mark::At(Cursor("c".into())))
}

fn outbox(ids: impl IntoIterator<Item = u128>) -> Outbox {
    outbox_of(ids, |id| format!(r#"{{"id":{id}}}"#))
}

/// Ten and two events of so many bytes each.
fn twelve_of(bytes: usize) -> Outbox {
    outbox_of(10..22, |id| {
        let (head, tail) = (format!(r#"{{"id":{id},"x":""#), r#""}"#);
        format!("{head}{}{tail}", "x".repeat(bytes - head.len() - tail.len()))
    })
}

fn accepted(delivered: &Delivered) -> Vec<u128> {
    delivered.accepted().iter().map(|event| event.id).collect()
}

fn set_aside(delivered: &Delivered) -> Vec<u128> {
    delivered.set_aside().iter().map(|(event, _)| event.id).collect()
}

#[tokio::test(start_paused = true)]
async fn after_ten_refusals_in_order_the_newest_event_is_tried_and_then_the_rule_is_suspected() {
    let bench = Bench::new(|_, _| REFUSED);
    let problem = bench.stopped(&mut outbox(0..30)).await;
    assert_eq!(problem.code, Code::AzureRefusesEverything);
    assert_eq!(bench.azure.singles(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 29]);
    assert_eq!(bench.seconds(), PROBE_MAX.as_secs(), "another upload could have shown that the rule is sound");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_waits_for_another_upload_to_show_that_the_rule_is_sound() {
    let bench = Bench::new(|ids, _| if ids == [99] { ACCEPTED.after_seconds(14) } else { REFUSED });
    let (mut bad, mut good) = (outbox(0..10), outbox([99]));
    let (bad, good) = tokio::join!(
        bench.deliver(&mut bad, RunMode::Once),
        bench.deliver(&mut good, RunMode::Once).inspect(|_| assert_eq!(bench.seconds(), 14)),
    );
    assert_eq!(accepted(&good.unwrap()), [99]);
    let bad = bad.unwrap();
    assert_eq!((accepted(&bad), set_aside(&bad)), (vec![], (0..10).collect()), "refused again by a sound rule");
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_before_another_upload_was_accepted_is_sent_once_more() {
    let bench = Bench::new(|ids, since| match ids {
        [3] => ACCEPTED.after_seconds(1),
        [2] if since.is_zero() => REFUSED.after_seconds(2),
        _ if since.is_zero() => REFUSED,
        _ => ACCEPTED,
    });
    let (mut early, mut other) = (outbox([1, 2]), outbox([3]));
    let (early, other) =
        tokio::join!(bench.deliver(&mut early, RunMode::Service), bench.deliver(&mut other, RunMode::Service));
    assert_eq!(accepted(&other.unwrap()), [3]);
    let early = early.unwrap();
    assert_eq!((accepted(&early), set_aside(&early)), (vec![1, 2], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_size_blames_an_event_of_a_quarter_megabyte_and_suspects_the_rule_with_smaller_ones() {
    let bench = Bench::new(|_, _| TOO_LARGE);
    let delivered = bench.deliver(&mut twelve_of(LARGE_BYTES), RunMode::Once).await.unwrap();
    assert_eq!(set_aside(&delivered), (10..22).collect::<Vec<_>>());
    let problem = bench.stopped(&mut twelve_of(LARGE_BYTES - 1)).await;
    assert_eq!(problem.code, Code::AzureRefusesEverything);
    assert_eq!(LARGE_BYTES, 250_000);
}

#[tokio::test(start_paused = true)]
async fn a_long_page_of_a_proxy_is_read_and_what_it_calls_too_large_is_halved() {
    let bench = Bench::new(|ids, _| match ids {
        [_] => ACCEPTED,
        _ => Answer { page_bytes: 200_000, ..TOO_LARGE },
    });
    let delivered = bench.deliver(&mut outbox([1, 2]), RunMode::Once).await.unwrap();
    assert_eq!(accepted(&delivered), [1]);
    assert_eq!(*bench.azure.uploads.lock().unwrap(), [vec![1, 2], vec![1]]);
}

#[tokio::test(start_paused = true)]
async fn only_events_of_unknown_outcome_are_possible_duplicates() {
    // The first answer has the status that is the id of the first event.
    let says = |ids: &[u128], since: Duration| match u16::try_from(ids[0]) {
        Ok(status) if since.is_zero() => Answer { status, ..ACCEPTED }.after_seconds(1),
        _ => ACCEPTED,
    };
    for (status, expected) in [(401, 0), (429, 0), (500, 2), (503, 2)] {
        let bench = Bench::new(says);
        let delivered = bench.deliver(&mut outbox([status, 2]), RunMode::Once).await.unwrap();
        assert_eq!(accepted(&delivered), [status, 2]);
        assert_eq!(bench.possible_duplicates(), expected, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_upload_puts_nothing_into_the_table_however_often_its_outcome_is_unknown() {
    let bench = Bench::new(|_, _| FAILING);
    let mut retrier = bench.retrier(RunMode::Service);
    let taken = tokio::time::timeout(Duration::from_secs(20), bench.sink.takes_nothing(&mut retrier)).await;
    assert!(taken.is_err(), "Azure never answers anything else");
    assert!(bench.azure.uploads.lock().unwrap().len() > UNKNOWN_REPORTED);
    assert_eq!((bench.possible_duplicates(), bench.sink.config.progress.snapshot().problem), (0, None));
}

/// Delivers one event while Azure asks to wait for `seconds`: when it is sent and after how many failures, or what ends the run.
async fn delivered_in_a_pause(run_mode: RunMode, seconds: u64) -> Result<(u64, u64), String> {
    let bench = Bench::new(|_, _| ACCEPTED);
    bench.sink.config.pause.named(Duration::from_secs(seconds));
    match bench.deliver(&mut outbox([1]), run_mode).await {
        Ok(_) => Ok((bench.seconds(), bench.sink.config.progress.snapshot().retries)),
        Err(DeliverError::Aborted(Abort::Blocked(problem))) => Err(format!("{} s: {}", bench.seconds(), problem.cause)),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_waited_out_quietly_and_a_run_that_ends_does_not_wait_longer_than_five_minutes() {
    for (run_mode, seconds) in [(RunMode::Once, 7), (RunMode::Once, 300), (RunMode::Service, 301)] {
        let sent = delivered_in_a_pause(run_mode, seconds).await;
        assert_eq!(sent, Ok((seconds, 0)), "{run_mode:?}");
    }
    let ended = delivered_in_a_pause(RunMode::Once, 301).await;
    assert_eq!(ended, Err("0 s: Azure asks to be called no earlier than in 301s".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_told_with_the_host_and_the_port() {
    let bench = Bench::new(|_, _| ACCEPTED.after_seconds(3_600));
    let problem = bench.stopped(&mut outbox([1])).await;
    assert!(problem.cause.starts_with("no response from x.ingest.example.com:8443 within "), "{}", problem.cause);
    assert_eq!(problem.code, Code::AzureFailing);
}
