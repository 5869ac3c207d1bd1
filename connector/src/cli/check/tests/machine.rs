//! The checkpoint file and the address of the telemetry.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;

use super::world::config;
use crate::Stop;
use crate::cli::args::Output;
use crate::cli::check::report::Report;
use crate::cli::check::{local, rights};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::status::{Status, StatusProblem, StreamStatus};
use crate::store::RedbStore;
use crate::telemetry::Surface;

async fn lines(config: &Config, folder: &std::path::Path) -> String {
    let report = Report::new(Output { json: true });
    local::check(config, jiff::Timestamp::UNIX_EPOCH, &report).await;
    report.lines().replace(&folder.display().to_string(), "…")
}

#[tokio::test]
async fn a_checkpoint_file_is_proven_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path());
    config.store.path = folder.path().join("to/be/made/state.redb");
    insta::assert_snapshot!(lines(&config, folder.path()).await, @r"
    ok    store.path: there is none yet; one can be made in …
    ");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    drop(RedbStore::open(&config.store.path, 1_000_000).unwrap());
    insta::assert_snapshot!(lines(&config, folder.path()).await, @r"
    ok    store.path: the checkpoint file …/to/be/made/state.redb can be read and written
    ");
    let held = RedbStore::open(&config.store.path, 1_000_000).unwrap();
    insta::assert_snapshot!(lines(&config, folder.path()).await, @r"
    FAIL  store.path: the checkpoint file `…/to/be/made/state.redb` is held by another process [store-unusable]
          next: stop it, or give this one its own `store.path`
    ");
    drop(held);
    fs::write(&config.store.path, b"the file of another program".repeat(1_000)).unwrap();
    insta::assert_snapshot!(lines(&config, folder.path()).await, @r"
    FAIL  store.path: the file `…/to/be/made/state.redb` is not a checkpoint file or is damaged [store-unusable]
          next: move it aside: the connector then starts again from `streams.*.start` and may send events twice
    ");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path());
    fs::write(folder.path().join("file"), b"").unwrap();
    config.store.path = folder.path().join("file/state.redb");
    let told = lines(&config, folder.path()).await;
    assert!(
        told.starts_with(
            "FAIL  store.path: …/file/state.redb cannot be made: could not write to …/file: Not a directory"
        ),
        "{told}"
    );
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
    config.store.path = locked.join("state.redb");
    let told = lines(&config, folder.path()).await;
    // Whoever runs as root may write everywhere.
    let is_root = fs::write(locked.join("x"), b"").is_ok();
    assert!(is_root || told.contains("Permission denied"), "{told}");
}

#[tokio::test]
async fn an_address_that_another_program_has_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path());
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    config.telemetry.listen = Some(address);
    let told = lines(&config, folder.path()).await.replace(&address.to_string(), "ADDRESS");
    insta::assert_snapshot!(told, @r#"
    ok    store.path: there is none yet; one can be made in …
    FAIL  telemetry.listen: "ADDRESS" cannot be listened on: Address already in use (os error 98) [configuration-invalid]
          next: name a free address, port 0 for any free port, or "off"
    "#);
    drop(taken);
    let told = lines(&config, folder.path()).await.replace(&address.to_string(), "ADDRESS");
    assert!(told.contains("ok    telemetry.listen: ADDRESS is free"), "{told}");
}

#[tokio::test]
async fn another_service_at_the_address_is_not_taken_for_ours() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path());
    let listener = crate::telemetry::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    config.telemetry.listen = Some(address);
    let elsewhere = Arc::new(Mutex::new(Some("/else/where.redb".to_owned())));
    let (told, done) = (Arc::clone(&elsewhere), Stop::new());
    let status = move || Status { ready: true, store: told.lock().unwrap().clone(), ..Status::default() };
    let store = RedbStore::open(&folder.path().join("theirs"), 1_000_000).unwrap();
    let surface = Surface::new(status, Arc::new(store), Arc::new(SystemClock), Stop::new());
    let asking = async {
        let ask = async || lines(&config, folder.path()).await.replace(&address.to_string(), "ADDRESS");
        insta::assert_snapshot!(ask().await, @r#"
        ok    store.path: there is none yet; one can be made in …
        FAIL  telemetry.listen: another miro-sentinel (store /else/where.redb) listens at ADDRESS [configuration-invalid]
              next: give each service an address of its own, port 0 for any free port, or "off"
        "#);
        *elsewhere.lock().unwrap() = Some(config.store.path.display().to_string());
        insta::assert_snapshot!(ask().await, @r"
        ok    store.path: held by the running service: …/state.redb
        ok    telemetry.listen: the running service responds at ADDRESS
        ok    the running service: ready: both Miro and Azure were reached lately, and no problem is open
        ");
        done.finish();
    };
    tokio::join!(surface.serve(listener, done.finishing()), asking);
}

#[tokio::test]
async fn a_service_that_is_not_ready_says_why() {
    let problem = |code: &str| StatusProblem {
        code: code.into(),
        subject: "store.dead_letters".into(),
        cause: "the dead-letter store is full".into(),
        next_step: "make room".into(),
    };
    let stream = |problem| StreamStatus { problem, ..StreamStatus::default() };
    let streams = [
        ("audit".to_owned(), stream(Some(problem("dead-letters-full")))),
        ("content".to_owned(), stream(Some(problem("of-tomorrow")))),
        ("other".to_owned(), stream(None)),
    ];
    let status = Status { streams: streams.into(), ..Status::default() };
    let report = Report::new(Output { json: true });
    local::readiness(&status, jiff::Timestamp::UNIX_EPOCH, &report);
    insta::assert_snapshot!(report.lines(), @r"
    FAIL  the running service: not ready: audit: store.dead_letters: the dead-letter store is full [dead-letters-full]
          next: make room
    note  the running service: not ready: content: store.dead_letters: the dead-letter store is full [of-tomorrow]
          next: make room
    note  the running service: not ready: other: no page from Miro yet
          next: see what else is told here, and the log of the service
    ");
}

fn rights_told(config: &Config, folder: &std::path::Path) -> String {
    let report = Report::new(Output { json: true });
    let secret = folder.join("token");
    let guarded = [
        ("configuration".to_owned(), folder.join("c.toml"), crate::rights::CONFIGURATION),
        ("streams.audit.access_token".to_owned(), secret, crate::rights::SECRET),
    ];
    rights::check(&config.store.path, &guarded, &report);
    report.lines().replace(&folder.display().to_string(), "…")
}

#[tokio::test]
async fn files_that_others_may_use_are_named_with_what_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path());
    config.store.path = folder.path().join("state/x.redb");
    drop(RedbStore::open(&config.store.path, 1_000_000).unwrap());
    let set = |name: &str, mode: u32| {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for name in ["c.toml", "token"] {
        fs::write(folder.path().join(name), "").unwrap();
        set(name, 0o600);
    }
    set("c.toml", 0o644);
    insta::assert_snapshot!(rights_told(&config, folder.path()), @r"
    ok    file rights: the checkpoint file, its folder and the files of secrets are for their owner alone
    ");
    for (name, mode) in [("state", 0o777), ("state/x.redb", 0o666), ("c.toml", 0o666), ("token", 0o666)] {
        set(name, mode);
    }
    insta::assert_snapshot!(rights_told(&config, folder.path()), @r"
    FAIL  store.path: …/state/x.redb has the rights 0666: every user of this machine may change it [store-rights-open]
          next: chmod 600 …/state/x.redb
    FAIL  store.path: …/state has the rights 0777: every user of this machine may put another file in the place of one in it [store-rights-open]
          next: chmod 700 …/state
    FAIL  configuration: …/c.toml has the rights 0666: every user of this machine may change it [secret-rights-open]
          next: chmod 644 …/c.toml
    FAIL  streams.audit.access_token: …/token has the rights 0666: every user of this machine may change it [secret-rights-open]
          next: chmod 600 …/token
    ");
    for (name, mode) in [("state", 0o755), ("state/x.redb", 0o640), ("c.toml", 0o664), ("token", 0o644)] {
        set(name, mode);
    }
    insta::assert_snapshot!(rights_told(&config, folder.path()), @r"
    FAIL  store.path: …/state/x.redb has the rights 0640: its group may read it [store-rights-open]
          next: chmod 600 …/state/x.redb
    note  store.path: …/state has the rights 0755: every user of this machine may list the names of its files
          next: chmod 700 …/state
    note  configuration: …/c.toml has the rights 0664: its group may change it
          next: chmod 644 …/c.toml
    note  streams.audit.access_token: …/token has the rights 0644: every user of this machine may read it
          next: chmod 600 …/token; or leave it, where an orchestrator mounts it into a container that holds this program alone
    ");
    set("state/x.redb", 0o600);
    for (mode, also) in
        [(0o770, ""), (0o775, ", and every user of this machine may list the names of its files"), (0o777, "")]
    {
        set("state", mode);
        let (told, who) = (
            rights_told(&config, folder.path()),
            if mode == 0o777 { "every user of this machine" } else { "its group" },
        );
        let expected = format!(
            "FAIL  store.path: …/state has the rights {mode:04o}: {who} may put another file in the place of one in it{also} \
             [store-rights-open]\n      next: chmod 700 …/state\n"
        );
        assert!(told.starts_with(&expected), "{told}");
    }
    set("state", 0o1777);
    assert!(
        !rights_told(&config, folder.path()).contains("in the place of"),
        "the sticky bit keeps others' files in their place"
    );
    config.store.path = folder.path().join("none/x.redb");
    assert!(!rights_told(&config, folder.path()).contains("store"), "nobody looked at a file that is not there");
}
