//! Faults that answer in Miro's place, and faults of the connection: in memory and on sockets.

use axum::Router;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{Bench, audit_path};
use crate::{ClockChange, Fault, Outcome, Rule};

fn fault(json: Value) -> Fault {
    let fault: Fault = serde_json::from_value(json).unwrap();
    fault.check(&crate::CALLS).unwrap();
    fault
}

fn request(bench: &Bench) -> String {
    let token = bench.mock.tokens().audit;
    let path = audit_path("");
    let head = "host: api.miro.com\r\nconnection: close\r\nauthorization";
    format!("GET {path} HTTP/1.1\r\n{head}: Bearer {token}\r\n\r\n")
}

/// Sends one request and reads all that comes until the other side closes.
async fn converse(mut io: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> std::io::Result<String> {
    io.write_all(request.as_bytes()).await?;
    let mut read = Vec::new();
    io.read_to_end(&mut read).await?;
    Ok(String::from_utf8_lossy(&read).into_owned())
}

/// One conversation over an in-memory pipe, with hyper as in production.
async fn in_memory(bench: &Bench, router: Router) -> String {
    let (client, server) = duplex(64 * 1024);
    let service = TowerToHyperService::new(router);
    let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(server), service);
    let request = request(bench);
    let (_, read) = tokio::join!(serving, converse(client, &request));
    read.unwrap()
}

/// One conversation over a socket.
async fn over_tcp(bench: &Bench) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let request = request(bench);
    let conversation = async {
        let read = converse(TcpStream::connect(address).await.unwrap(), &request).await;
        stop.cancel();
        read
    };
    tokio::join!(bench.mock.clone().serve(listener, stop.clone()), conversation).1
}

/// The `Date` headers of a response.
fn dates(response: &str) -> Vec<&str> {
    let head = response.split("\r\n\r\n").next().unwrap_or_default();
    let header = |line: &'_ str| line.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("date: "));
    head.lines().filter(|line| header(line)).map(|line| &line[6..]).collect()
}

#[tokio::test]
async fn every_response_is_dated_once_and_by_the_clock_of_the_mock() {
    let bench = Bench::new();
    bench
        .mock
        .change_clock(ClockChange { advance: Some(SignedDuration::from_hours(24)), ..ClockChange::default() })
        .unwrap();
    let tomorrow = ["Mon, 02 Mar 2026 12:00:00 GMT"];
    assert_eq!(dates(&in_memory(&bench, bench.mock.router()).await), tomorrow);
    assert_eq!(dates(&over_tcp(&bench).await.unwrap()), tomorrow);
    for path in ["/_control/world", "/nowhere", "/v1/oauth-token"] {
        assert_eq!(bench.get_as("none", path).await.header("date"), Some(tomorrow[0]), "{path}");
    }
    let date = "Thu, 01 Jan 1970 00:00:00 GMT";
    bench.mock.inject(fault(json!({"answer": {"status": 200, "headers": {"date": date}}})));
    assert_eq!(dates(&over_tcp(&bench).await.unwrap()), [date]);
}

#[tokio::test]
async fn what_the_server_refuses_by_itself_is_not_dated_by_the_clock_of_the_machine() {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let conversation = async {
        let read = converse(TcpStream::connect(address).await.unwrap(), "no such thing as HTTP\r\n\r\n").await;
        stop.cancel();
        read.unwrap()
    };
    let response = tokio::join!(bench.mock.clone().serve(listener, stop.clone()), conversation).1;
    assert!(response.starts_with("HTTP/1.1 400"), "{response}");
    assert!(dates(&response).is_empty(), "{response}");
}

fn body_of(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap()
}

#[tokio::test]
async fn a_fault_answers_in_place_of_miro_for_its_calls_only() {
    let bench = Bench::new();
    bench.mock.inject(fault(json!({
        "when": {"call": "miro.audit_logs", "nth": 2},
        "answer": {"status": 503, "body": "upstream is away", "headers": {"server": "gateway"}},
        "times": 2,
    })));
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(bench.audit("").await.status.as_u16());
        assert_eq!(bench.content("").await.status, 200);
    }
    assert_eq!(seen, [200, 503, 503, 200]);
    let struck: Vec<_> = bench.mock.journal().iter().filter_map(|entry| entry.fault.map(|_| entry.status)).collect();
    assert_eq!(struck, [503, 503]);
}

#[tokio::test]
async fn a_planned_429_is_minded() {
    let bench = Bench::new();
    bench.mock.inject(fault(json!({"when": {"call": "audit_logs"}, "answer": {"status": 429, "retry_after": 30}})));
    let refused = bench.audit("").await;
    assert_eq!(refused.error(), (429, "tooManyRequests".to_owned()));
    assert_eq!((refused.header("retry-after"), refused.header("x-ratelimit-remaining")), (Some("30"), Some("0")));
    bench.pass(jiff::SignedDuration::from_secs(29));
    bench.audit("").await;
    assert_eq!(bench.mock.violations()[0].rule, Rule::CallBeforeRetryAfter);
}

#[tokio::test]
async fn a_pause_that_no_client_heard_of_is_not_minded() {
    let bench = Bench::new();
    let wait = json!({"status": 429, "retry_after": 30});
    bench.mock.inject(fault(json!({"answer": wait, "fault": {"lost_answer": true}})));
    assert_eq!(in_memory(&bench, bench.mock.router()).await, "");
    bench.pass(jiff::SignedDuration::from_secs(1));
    bench.audit("").await;
    assert!(bench.mock.violations().is_empty());
}

#[tokio::test]
async fn a_lost_answer_has_taken_effect() {
    let bench = Bench::new();
    bench.mock.inject(fault(json!({"fault": {"lost_answer": true}, "times": 2})));
    assert_eq!(in_memory(&bench, bench.mock.router()).await, "");
    assert_eq!(over_tcp(&bench).await.unwrap(), "");
    let journal = bench.mock.journal();
    assert_eq!(
        journal.iter().map(|e| (e.status, e.credits_remaining)).collect::<Vec<_>>(),
        [(0, Some(99_900)), (0, Some(99_800))]
    );
}

#[tokio::test]
async fn a_cut_answer_promises_more_than_comes() {
    let bench = Bench::new();
    bench.audit_events(&[("a", 3), ("b", 2), ("c", 1)]);
    bench.mock.inject(fault(json!({"fault": {"cut_after_bytes": 40}, "times": 2})));
    for answer in [in_memory(&bench, bench.mock.router()).await, over_tcp(&bench).await.unwrap()] {
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(!answer.contains("content-length: 40\r"), "{answer}");
        assert_eq!(body_of(&answer).len(), 40);
    }
}

#[tokio::test]
async fn a_reset_is_a_real_one_on_a_socket_and_has_no_effect() {
    let bench = Bench::new();
    bench.mock.inject(fault(json!({"fault": {"reset": true}, "times": 2})));
    assert_eq!(in_memory(&bench, bench.mock.router()).await, "");
    assert_eq!(over_tcp(&bench).await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert!(bench.mock.journal().iter().all(|entry| entry.credits_remaining.is_none()));
}

#[tokio::test(start_paused = true)]
async fn delays_and_dribbles_take_their_time_and_arrive_whole() {
    let bench = Bench::new();
    bench.audit_events(&[("a", 3)]);
    bench.mock.inject(fault(json!({"fault": {"delay": "90s", "dribble": {"bytes": 10, "every": "1s"}}})));
    let begun = tokio::time::Instant::now();
    let answered = bench.audit("").await;
    assert_eq!(answered.ids(), ["a"]);
    let pieces = answered.text.len().div_ceil(10) as u64;
    assert_eq!(begun.elapsed().as_secs(), 90 + pieces);
}

#[tokio::test(start_paused = true)]
async fn answers_take_as_long_as_the_world_says() {
    let mut world = crate::World::default();
    let quarter = crate::Latency { median: jiff::SignedDuration::from_millis(250), p99: None };
    world.latency.insert("audit_logs".to_owned(), quarter);
    let bench = Bench::of(world);
    bench.mock.inject(fault(json!({"fault": {"latency": {"median": "1s", "p99": "5s"}}, "times": 100})));
    let begun = tokio::time::Instant::now();
    for _ in 0..100 {
        bench.audit("").await;
    }
    let taken = begun.elapsed().as_secs();
    assert!((120..240).contains(&taken), "{taken} s");
    let delays: Vec<_> = bench.mock.journal().iter().filter_map(|entry| entry.delayed_ms).collect();
    assert!(delays.len() == 100 && delays.iter().all(|&millis| millis > 250) && delays[0] != delays[1]);
    assert!(begun.elapsed().as_millis().abs_diff(u128::from(delays.iter().sum::<u64>())) < 200);
    bench.content("").await;
    assert_eq!(bench.mock.journal().last().unwrap().delayed_ms, None);
}

#[tokio::test]
async fn garbage_is_no_json() {
    let bench = Bench::new();
    bench.mock.inject(fault(json!({"fault": {"garbage": true}})));
    let answer = in_memory_once(&bench).await;
    assert!(serde_json::from_slice::<Value>(&answer).is_err());
}

async fn in_memory_once(bench: &Bench) -> Vec<u8> {
    use tower::ServiceExt;
    let request = http::Request::get(audit_path("")).body(axum::body::Body::empty()).unwrap();
    bench.mock.router().oneshot(request).await.unwrap().into_body().collect().await.unwrap().to_bytes().to_vec()
}

#[tokio::test]
async fn serving_ends_after_the_answers_under_way() {
    let bench = Bench::new();
    bench.mock.inject(fault(json!({"fault": {"delay": "200ms"}})));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(bench.mock.clone().serve(listener, stop.clone()));
    let (mut send, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(TcpStream::connect(address).await.unwrap())).await.unwrap();
    let connection = tokio::spawn(connection);
    let path = audit_path("");
    let request = http::Request::get(path).header("host", "api.miro.com").body(Empty::<bytes::Bytes>::new()).unwrap();
    let asked = send.send_request(request);
    tokio::pin!(asked);
    let arrived = async {
        while bench.mock.journal().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = arrived => {}
        early = &mut asked => panic!("answered before its time: {early:?}"),
    }
    stop.cancel();
    assert_eq!(asked.await.unwrap().status(), 401);
    serving.await.unwrap();
    connection.await.unwrap().unwrap();
}

/// The outcome, the ids and their true count of every entry.
fn outcomes(bench: &Bench) -> Vec<(Outcome, Vec<String>, u64)> {
    let ids = |entry: &crate::JournalEntry| entry.ids.iter().map(str::to_owned).collect();
    bench.mock.journal().iter().map(|entry| (entry.outcome, ids(entry), entry.ids_count)).collect()
}

#[tokio::test]
async fn the_journal_says_what_the_client_got_and_of_which_events() {
    let bench = Bench::new();
    bench.audit_events(&[("a", 2), ("b#", 1)]);
    for trouble in [
        json!({"lost_answer": true}),
        json!({"reset": true}),
        json!({"cut_after_bytes": 9}),
        json!({"garbage": true}),
        json!({"delay": "0s", "dribble": {"bytes": 50, "every": "0s"}}),
    ] {
        bench.mock.inject(fault(json!({"fault": trouble})));
    }
    bench.mock.inject(fault(json!({"answer": {"status": 500}})));
    for _ in 0..7 {
        in_memory(&bench, bench.mock.router()).await;
    }
    assert!(bench.mock.journal().iter().all(|entry| !entry.pending));
    let page = || vec!["a".to_owned(), "b#".to_owned()];
    assert_eq!(
        outcomes(&bench),
        [
            (Outcome::ResponseLost, page(), 2),
            (Outcome::Reset, vec![], 0),
            (Outcome::Cut, page(), 2),
            (Outcome::Delivered, vec![], 0),
            (Outcome::Delivered, page(), 2),
            (Outcome::Delivered, vec![], 0),
            (Outcome::Delivered, page(), 2),
        ]
    );
}

#[tokio::test]
async fn a_client_that_does_not_wait_has_not_got_the_response() {
    let bench = Bench::new();
    bench.mock.inject(fault(json!({"fault": {"delay": "1h"}})));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(bench.mock.clone().serve(listener, stop.clone()));
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(request(&bench).as_bytes()).await.unwrap();
    let until = async |reached: &dyn Fn(&Bench) -> bool| {
        while !reached(&bench) {
            tokio::task::yield_now().await;
        }
    };
    until(&|bench| !bench.mock.journal().is_empty()).await;
    assert!(bench.mock.journal()[0].pending);
    drop(client);
    until(&|bench| !bench.mock.journal()[0].pending).await;
    assert_eq!(bench.mock.journal()[0].outcome, Outcome::ResponseLost);
    stop.cancel();
    serving.await.unwrap();
}

#[tokio::test]
async fn a_head_is_answered_without_a_body_and_nothing_is_lost() {
    let bench = Bench::new();
    let request = http::Request::head("/v2/audit/logs").body(axum::body::Body::empty()).unwrap();
    assert_eq!(bench.call(request).await.text, "");
    assert_eq!(outcomes(&bench), [(Outcome::Delivered, vec![], 0)]);
}

#[tokio::test]
async fn a_fault_is_removed_by_its_number() {
    let bench = Bench::new();
    let number = bench.mock.inject(fault(json!({"answer": {"status": 500}, "times": 9})));
    assert_eq!(bench.audit("").await.status, 500);
    assert!(bench.mock.remove_fault(number) && !bench.mock.remove_fault(number));
    assert_eq!(bench.audit("").await.status, 200);
}
