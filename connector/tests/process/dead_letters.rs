//! The program as processes: `dead-letters` while the service holds the file, and the same while nobody does.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use bytes::Bytes;
use connector::Stream;
use connector::store::{Change, DeadLetter, RedbStore, Store as _, Version};
use tokio::time::Instant;

use crate::DEADLINE;
use crate::configuration::{FROM_ENVIRONMENT, configuration};

const EVENTS: [&str; 3] = ["{\"id\":\"1\",\r\n\"text\":\"one-s3cr3t-event\"}", "{broken \u{1b}[2J", "{\"id\":\"3\"}"];

fn configured(store: &str, listen: &str) -> String {
    configuration(FROM_ENVIRONMENT, store, &format!("listen = \"{listen}\"\ngrace = \"1s\""))
}

/// A folder with a configuration and a checkpoint file that holds three events.
struct Place(tempfile::TempDir);

impl Place {
    fn new(store: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("miro-sentinel.toml"), configured(store, "127.0.0.1:0")).expect("written");
        let place = Self(folder);
        let letter = |(number, event): (usize, &&'static str)| DeadLetter {
            stream: Stream::Audit,
            id: format!("id-{number}"),
            at: "2026-03-01T00:00:00Z".parse().expect("a time"),
            reason: "InvalidRecord".into(),
            event: Bytes::from_static(event.as_bytes()),
        };
        let change = Change { set_aside: EVENTS.iter().enumerate().map(letter).collect(), ..Change::default() };
        // As a change of the other log, whose ledger nobody reads here.
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let opened = RedbStore::open(&place.0.path().join(store), 1_000_000).expect("made");
            opened.commit(Stream::Content, Version(0), change).await.expect("committed");
        });
        place
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_miro-sentinel"));
        command.args(arguments).current_dir(self.0.path()).env("TOKEN", "s3cr3t-marker");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// What a command printed; it has to succeed.
    fn shown(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The service, once it says `what` in its log.
    fn serve(&self, what: &str) -> Service {
        let log = self.0.path().join("log");
        let stderr = fs::File::create(&log).expect("the folder is ours");
        let child = self.command(&["--verbose", "run"]).stdout(Stdio::null()).stderr(stderr).spawn();
        let service = Service(child.expect("the program starts"));
        until(|| self.log().contains(what), || self.log());
        service
    }

    fn log(&self) -> String {
        fs::read_to_string(self.0.path().join("log")).expect("the log is ours")
    }
}

/// A running service; killed when dropped.
struct Service(Child);

impl Service {
    fn end(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().expect("kill is there");
        assert!(asked.success());
        let mut ended = None;
        until(
            || {
                ended = self.0.try_wait().expect("ours");
                ended.is_some()
            },
            String::new,
        );
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn until(mut holds: impl FnMut() -> bool, otherwise: impl Fn() -> String) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < DEADLINE, "{}", otherwise());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
}

const LISTENING: &str = "Listening for commands.";

#[test]
fn list_and_export_print_the_same_whoever_holds_the_file() {
    let place = Place::new("state/x.redb");
    let socket = place.0.path().join("state/x.redb.sock");
    let commands: [&[&str]; 5] = [
        &["dead-letters", "list"],
        &["dead-letters", "list", "--json"],
        &["dead-letters", "export", "--all"],
        &["dead-letters", "export", "2", "3", "99"],
        &["dead-letters", "export", "99"],
    ];
    let shown = || {
        commands.map(|command| {
            let Output { status, stdout, stderr } = place.run(command);
            (
                status.code(),
                String::from_utf8_lossy(&stdout).into_owned(),
                String::from_utf8_lossy(&stderr).into_owned(),
            )
        })
    };
    let alone = shown();
    assert_eq!(alone[2].1.lines().count(), 3);
    assert!(alone[2].1.contains("one-s3cr3t-event") && !alone[2].1.contains('\u{1b}'));
    assert_eq!(alone.each_ref().map(|(code, ..)| *code), [Some(0), Some(0), Some(0), Some(1), Some(1)]);
    assert_eq!((alone[3].1.lines().count(), alone[4].1.as_str()), (2, ""));
    assert!(alone[4].2.starts_with("error: nothing is set aside under number 99\n  next: "), "{}", alone[4].2);

    // A killed service leaves its socket, which the next one replaces and a command does not fall over.
    drop(place.serve(LISTENING));
    assert!(is_socket(&socket));
    assert_eq!(shown(), alone);

    let service = place.serve(LISTENING);
    assert_eq!(fs::metadata(&socket).expect("it is there").permissions().mode() & 0o777, 0o600);
    assert_eq!(shown(), alone);
    assert!(!place.log().contains("s3cr3t"), "nothing of an event is in the log");
    service.end();
    assert!(!socket.exists());
    assert_eq!(shown(), alone);
}

#[test]
fn what_is_dropped_while_the_service_runs_is_nowhere_on_the_disk() {
    let place = Place::new("state/x.redb");
    let holds = |text: &str| {
        let bytes = fs::read(place.0.path().join("state/x.redb")).expect("the file is ours");
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    };
    assert!(holds("one-s3cr3t-event"));
    let service = place.serve(LISTENING);
    let dropped = place.run(&["dead-letters", "drop", "1", "99"]);
    let told = String::from_utf8_lossy(&dropped.stderr).into_owned();
    assert_eq!(dropped.status.code(), Some(1), "{told}");
    assert!(told.starts_with("dropped: 1 (number 1)\nerror: nothing is set aside under number 99\n  next: "), "{told}");
    assert!(!holds("one-s3cr3t-event"));
    assert_eq!(place.shown(&["dead-letters", "list"]).lines().count(), 2);
    service.end();
    assert_eq!(place.shown(&["dead-letters", "list"]).lines().count(), 2);
}

#[test]
fn a_service_that_listens_nowhere_is_asked_at_its_control_socket() {
    let place = Place::new("state/x.redb");
    let path = place.0.path().join("miro-sentinel.toml");
    fs::write(&path, configured("state/x.redb", "off")).expect("written");
    let service = place.serve(LISTENING);
    let status = place.shown(&["status"]);
    assert!(status.starts_with("running, not ready\n"), "{status}");
    let checked = place.run(&["check"]);
    let told = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(told.contains("ok    store.path: held by the running service: state/x.redb\n"), "{told}");
    assert!(told.contains("  the running service: not ready: audit: "), "{told}");
    service.end();
    assert!(place.shown(&["status"]).starts_with("not running; "));
}

#[test]
fn a_command_that_is_given_twice_reaches_nothing_new() {
    let place = Place::new("state/x.redb");
    let drop_some = |arguments: &[&str]| {
        let output = place.run(&[&["dead-letters", "drop"], arguments].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned())
    };
    assert_eq!(drop_some(&["1", "2"]), (Some(0), "dropped: 2 (numbers 1-2)".into()));
    assert_eq!(drop_some(&["1", "2"]), (Some(1), "dropped: 0".into()));
    assert_eq!(drop_some(&["--all"]), (Some(0), "dropped: 1 (number 3)".into()));
    assert_eq!(drop_some(&["--all"]), (Some(0), "dropped: 0".into()));
    for again in [&["drop", "1"][..], &["resend", "1", "7"]] {
        let output = place.run(&[&["dead-letters"], again].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && told.contains("nothing is set aside under number"), "{told}");
    }
    let nowhere = Place::new("state/x.redb");
    fs::remove_dir_all(nowhere.0.path().join("state")).expect("removed");
    assert_eq!(nowhere.run(&["dead-letters", "drop", "1"]).status.code(), Some(1));
    assert_eq!(nowhere.run(&["dead-letters", "drop", "--all"]).status.code(), Some(0));
}

#[test]
fn a_path_that_no_socket_can_have_is_told_and_the_service_goes_on() {
    let store = format!("{}/x.redb", "deep".repeat(30));
    let place = Place::new(&store);
    let service = place.serve("Continuing without a control socket.");
    let log = place.log();
    assert!(log.contains("bytes long, and would be") && log.contains("choose a shorter `store.path`"), "{log}");
    let refused = place.run(&["dead-letters", "export", "--all"]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(
        told.contains("is held by another process, and the control socket") && told.contains("\n  next: "),
        "{told}"
    );
    service.end();
    assert_eq!(place.shown(&["dead-letters", "export", "--all"]).lines().count(), 3);
}
