//! Callers who mean no good, on a real socket: whatever they send, health responds at once and nothing is stored.

use std::time::Duration;

use http::Request;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::fixture::{AUDIT, AUDIT_TABLE, Fixture, MONITOR, gzip};

/// What one caller writes before it waits or leaves.
async fn attacks(fixture: &Fixture) -> Vec<Vec<u8>> {
    let rule = fixture.mock.rule(AUDIT).unwrap();
    let bearer = fixture.bearer(MONITOR).await;
    let head = |more: &str| {
        format!(
            "POST /dataCollectionRules/{rule}/streams/{AUDIT}?api-version=2023-01-01 HTTP/1.1\r\nhost: x\r\nauthorization: {bearer}\r\n{more}\r\n"
        )
        .into_bytes()
    };
    let with_body =
        |more: &str, body: &[u8]| [head(&format!("content-length: {}\r\n{more}", body.len())), body.to_vec()].concat();
    let bomb = gzip(&vec![b'['; 60 * 1024 * 1024]);
    let deep = gzip(format!("[{{\"details\":{}1{}}}", "[".repeat(200_000), "]".repeat(200_000)).as_bytes());
    let mut attacks = vec![
        with_body("content-encoding: gzip\r\n", &bomb),
        with_body("content-encoding: gzip\r\n", &deep),
        with_body("content-encoding: gzip\r\n", &[0x1f, 0x8b, 8, 0, 0]),
        head("content-length: 99999999999999\r\n"),
        head("content-length: -1\r\n"),
        head("transfer-encoding: chunked\r\n").into_iter().chain(*b"fffffffffffffff\r\n").collect(),
        head(&format!("x: {}\r\n", "y".repeat(100_000))),
        head("content-length: 10\r\n"),
        [with_body("", b"not json"), with_body("", b"{}")].concat(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
    ];
    let mut runner = TestRunner::deterministic();
    let noise = proptest::collection::vec(any::<u8>(), 1..2_000);
    attacks.extend((0..30).map(|_| noise.new_tree(&mut runner).unwrap().current()));
    attacks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_responds_whatever_others_send() {
    let fixture = Fixture::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(fixture.mock.clone().serve(listener, None, stop.clone()));
    let mut open = Vec::new();
    for attack in attacks(&fixture).await {
        let mut connection = TcpStream::connect(address).await.unwrap();
        // The server may hang up in the middle of a request, which is its right.
        connection.write_all(&attack).await.unwrap_or_default();
        open.push(connection);
        let health = Request::get("/_control/health").body(()).unwrap();
        let request = format!("GET {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", health.uri());
        let responding = async {
            let mut connection = TcpStream::connect(address).await.unwrap();
            connection.write_all(request.as_bytes()).await.unwrap();
            let mut response = Vec::new();
            connection.read_to_end(&mut response).await.unwrap();
            response
        };
        // Far above the 100 ms of the budget, which a busy machine without optimization cannot keep.
        let response = tokio::time::timeout(Duration::from_secs(10), responding).await.expect("health responds");
        assert!(response.starts_with(b"HTTP/1.1 200 OK"));
    }
    assert_eq!(fixture.mock.table_count(AUDIT_TABLE).unwrap().count, 0);
    assert!(fixture.mock.journal().iter().all(|entry| !entry.reason.contains("mistake of its own")));
    drop(open);
    stop.cancel();
    serving.await.unwrap();
}

#[tokio::test]
async fn the_journal_keeps_no_more_of_a_call_than_it_needs() {
    let fixture = Fixture::new();
    let long = "x".repeat(20_000);
    for path in
        [format!("/dataCollectionRules/{long}/streams/{long}?api-version={long}"), format!("/{long}/oauth2/v2.0/token")]
    {
        let request = Request::post(path).header("x-ms-client-request-id", long.as_str()).body(long.clone().into());
        assert!(fixture.send(request.unwrap()).await.status.is_client_error());
    }
    for entry in fixture.mock.journal() {
        assert!(serde_json::to_string(&entry).unwrap().len() < 4_000, "{entry:?}");
    }
}
