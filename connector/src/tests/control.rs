//! The control socket: who reaches it, what it takes, and what becomes of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::world::{World, config};
use crate::control::{Address, Client, DEAD_LETTERS, Listener, NUMBERS_MAX, Server};
use crate::store::{Change, DeadLetter, RedbStore, Store as _, Version};
use crate::{Stop, Stream, Transport as _};

const EVENT: &str = "{\"id\":\"a\",\n\"text\":\"the event itself\"}";

fn letter(number: u64) -> DeadLetter {
    DeadLetter {
        stream: Stream::Audit,
        id: format!("id-{number}\u{1b}[2J\u{202e}"),
        at: Timestamp::from_second(1_700_000_000).expect("in range"),
        reason: "InvalidRecord".into(),
        event: Bytes::from_static(EVENT.as_bytes()),
    }
}

/// Runs `ask` against a socket in a folder of its own, in front of a connector that holds three events.
async fn against<T>(ask: impl AsyncFnOnce(&Address) -> T) -> (T, RedbStore) {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::new(90);
    let store = world.store(1_000_000);
    let change = Change { set_aside: (1..=3).map(letter).collect(), ..Change::default() };
    store.commit(Stream::Audit, Version(0), change).await.expect("committed");
    let connector = Arc::new(world.connector_on(Arc::new(store.clone()), 90, config(Duration::from_mins(5))));
    let address = Address::beside(&folder.path().join("s")).expect("short");
    let listener = Listener::bind(&address).expect("bound");
    let done = Stop::new();
    let server = Server::new(move || Arc::clone(&connector), Stop::new());
    let asking = async {
        let asked = ask(&address).await;
        done.finish();
        asked
    };
    let ((), asked) = tokio::join!(server.serve(listener, done.finishing()), asking);
    assert!(!address.path().exists(), "it goes with the process");
    (asked, store)
}

async fn send(address: &Address, method: Method, path: &str, body: &str) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(format!("http://localhost{path}"));
    let request = request.header("content-type", "application/json").body(Bytes::from(body.to_owned())).expect("valid");
    Client::new(address).send(request, 1 << 20).await.expect("a response")
}

fn text(response: &Response<Bytes>) -> String {
    String::from_utf8_lossy(response.body()).into_owned()
}

#[tokio::test]
async fn it_lists_shows_removes_and_sends_again() {
    let ((), store) = against(async |address| {
        let listed = text(&send(address, Method::GET, &format!("{DEAD_LETTERS}?after=1&limit=1"), "").await);
        assert_eq!(
            listed,
            format!(
                r#"[{{"number":2,"stream":"audit","at":"2023-11-14T22:13:20Z","reason":"InvalidRecord","bytes":{},"id":"id-2"}}]"#,
                EVENT.len()
            )
        );
        let event = send(address, Method::GET, &format!("{DEAD_LETTERS}/2"), "").await;
        assert_eq!(text(&event), EVENT, "as Miro sent it");
        for gone in ["0", "4", "18446744073709551615"] {
            assert_eq!(send(address, Method::GET, &format!("{DEAD_LETTERS}/{gone}"), "").await.status(), 404, "{gone}");
        }
        let dropped = send(address, Method::POST, &format!("{DEAD_LETTERS}/drop"), r#"{"numbers":[1,1,9]}"#).await;
        assert_eq!(text(&dropped), r#"{"dropped":1,"numbers":[1]}"#);
        let sent = send(address, Method::POST, &format!("{DEAD_LETTERS}/resend"), r#"{"numbers":[1,2]}"#).await;
        assert_eq!(text(&sent), r#"{"accepted":1,"refused":0}"#);
        let wiped = send(address, Method::POST, &format!("{DEAD_LETTERS}/wipe"), "null").await;
        assert_eq!((wiped.status().as_u16(), text(&wiped)), (200, "{}".to_owned()));
    })
    .await;
    let left = store.dead_letters(0, 9).await.expect("read");
    assert_eq!(left.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn what_is_no_command_is_refused_and_nothing_changes() {
    let many = (1..=NUMBERS_MAX + 1).map(|number| number.to_string()).collect::<Vec<_>>().join(",");
    let huge = " ".repeat(1 << 17);
    let ((), store) = against(async |address| {
        for (method, path, body, status) in [
            (Method::POST, "/v1/dead-letters/drop", String::new(), 400),
            (Method::POST, "/v1/dead-letters/drop", "{}".into(), 422),
            (Method::POST, "/v1/dead-letters/drop", r#"{"numbers":["1"]}"#.into(), 422),
            (Method::POST, "/v1/dead-letters/drop", r#"{"numbers":[-1]}"#.into(), 422),
            (Method::POST, "/v1/dead-letters/drop", format!(r#"{{"numbers":[{many}]}}"#), 400),
            (Method::POST, "/v1/dead-letters/drop", huge.clone(), 413),
            (Method::POST, "/v1/dead-letters/resend", "[1]".into(), 422),
            (Method::GET, "/v1/dead-letters/drop", String::new(), 405),
            (Method::GET, "/v1/dead-letters/x", String::new(), 400),
            (Method::GET, "/v1/dead-letters/1/2", String::new(), 404),
            (Method::GET, "/dead-letters", String::new(), 404),
            (Method::GET, "/v1/dead-letters?after=x", String::new(), 400),
        ] {
            let response = send(address, method.clone(), path, &body).await;
            assert_eq!(
                response.status().as_u16(),
                status,
                "{method} {path} {}",
                body.chars().take(40).collect::<String>()
            );
            assert!(!text(&response).contains("itself"), "no event is in a refusal");
        }
    })
    .await;
    assert_eq!(store.dead_letter_totals().await.expect("read").audit, 3);
}

#[tokio::test]
async fn a_hundred_who_say_nothing_leave_room_for_one_who_asks() {
    let (listed, _) = against(async |address| {
        let mut held = Vec::new();
        for _ in 0..100 {
            let mut stream = UnixStream::connect(address.path()).await.expect("connected");
            // The oldest are closed while the others come.
            drop(stream.write_all(b"GET /v1/dead").await);
            held.push(stream);
        }
        let listed = send(address, Method::GET, DEAD_LETTERS, "").await;
        let mut nothing = Vec::new();
        drop(held[0].read_to_end(&mut nothing).await);
        text(&listed)
    })
    .await;
    assert_eq!(listed.matches("\"number\"").count(), 3);
}

#[tokio::test]
async fn it_is_for_its_owner_and_replaces_what_an_ended_process_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = Address::beside(&folder.path().join("s")).expect("short");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let names =
        || fs::read_dir(folder.path()).expect("ours").map(|entry| entry.expect("ours").file_name()).collect::<Vec<_>>();

    // A killed process leaves its socket, and at worst the one that was being made.
    let left = [address.path().to_owned(), folder.path().join("s.sock~")];
    for path in &left {
        drop(std::os::unix::net::UnixListener::bind(path).expect("bound"));
    }
    let first = Listener::bind(&address).expect("a dead socket is replaced");
    assert_eq!((mode(address.path()), names()), (0o600, vec!["s.sock".into()]));
    UnixStream::connect(address.path()).await.expect("it listens");

    // Whoever comes later has the name; the first one leaves it alone.
    let second = Listener::bind(&address).expect("replaced");
    drop(first);
    UnixStream::connect(address.path()).await.expect("the second listens");
    drop(second);
    assert!(names().is_empty());
}

#[tokio::test]
async fn what_is_not_a_socket_and_what_cannot_be_made_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["s.sock", "s.sock~"] {
        let (address, path) = (Address::beside(&folder.path().join("s")).expect("short"), folder.path().join(name));
        fs::write(&path, "somebody's").expect("written");
        let error = Listener::bind(&address).expect_err("not ours");
        assert_eq!(error.to_string(), format!("`{}` is there already and is not a socket", path.display()));
        assert!(error.next_step().starts_with("move it aside"));
        assert_eq!(fs::read(&path).expect("still there"), b"somebody's");
        fs::remove_file(&path).expect("ours");
    }
    fs::write(folder.path().join("file"), "").expect("written");
    let address = Address::beside(&folder.path().join("file/s")).expect("short");
    let error = Listener::bind(&address).expect_err("no folder");
    assert!(error.to_string().contains("could not be made: Not a directory"), "{error}");
}
