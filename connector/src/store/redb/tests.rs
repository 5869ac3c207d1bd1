use std::fs;
use std::os::unix::fs::PermissionsExt;

use redb::backends::InMemoryBackend;

use super::*;

const FAR: u64 = 1_000_000;

fn in_memory(dead_letters_bytes_max: u64) -> RedbStore {
    RedbStore::with_backend(InMemoryBackend::new, dead_letters_bytes_max).unwrap()
}

fn change(ledger: &'static str) -> Change {
    Change { ledger: Bytes::from_static(ledger.as_bytes()), ..Change::default() }
}

fn letter(stream: Stream, id: &str, event: &'static str) -> DeadLetter {
    DeadLetter {
        stream,
        id: id.to_owned(),
        at: Timestamp::from_second(1_700_000_000).unwrap(),
        reason: "too large".to_owned(),
        event: Bytes::from_static(event.as_bytes()),
    }
}

#[tokio::test]
async fn a_commit_is_read_back_and_streams_are_apart() {
    let store = in_memory(FAR);
    assert!(store.load(Stream::Audit).await.unwrap().is_none());
    let first = store.commit(Stream::Audit, Version(0), change("one")).await.unwrap();
    store.commit(Stream::Audit, first, change("two")).await.unwrap();
    assert_eq!(store.load(Stream::Audit).await.unwrap(), Some((Version(2), Bytes::from_static(b"two"))));
    assert!(store.load(Stream::Content).await.unwrap().is_none());
}

#[tokio::test]
async fn a_file_that_is_taken_away_while_in_use_is_noticed() {
    for is_replaced in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.redb");
        let store = RedbStore::open(&path, FAR).unwrap();
        let (now, until) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        assert!(store.lease(1, now, until).await.unwrap());
        fs::rename(&path, folder.path().join("elsewhere")).unwrap();
        if is_replaced {
            RedbStore::open(&path, FAR).unwrap();
        }
        let error = store.lease(1, now, until).await.unwrap_err().to_string();
        assert!(error.contains("was moved, deleted or replaced"), "{error}");
        fs::rename(folder.path().join("elsewhere"), &path).unwrap();
        assert!(store.lease(1, now, until).await.unwrap(), "it is back");
    }
}

#[tokio::test]
async fn a_commit_from_an_old_version_changes_nothing() {
    let store = in_memory(FAR);
    store.commit(Stream::Audit, Version(0), change("one")).await.unwrap();
    let late = Change { remember: vec![(Minute(1), vec![[7; 16]])], ..change("other") };
    let error = store.commit(Stream::Audit, Version(0), late).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { expected: 0, found: 1, .. }));
    assert_eq!(store.load(Stream::Audit).await.unwrap().unwrap().1, "one");
    assert!(store.remembered(Stream::Audit, Minute(0)..Minute(9)).await.unwrap().is_empty());
}

#[tokio::test]
async fn ids_are_gathered_by_minute_and_forgotten_by_range() {
    let store = in_memory(FAR);
    let remember = |pairs: &[(i64, u8)]| Change {
        remember: pairs.iter().map(|(minute, id)| (Minute(*minute), vec![[*id; 16]])).collect(),
        ..change("x")
    };
    store.commit(Stream::Audit, Version(0), remember(&[(-1, 1), (5, 2)])).await.unwrap();
    store.commit(Stream::Audit, Version(1), remember(&[(5, 3), (6, 4)])).await.unwrap();
    store.commit(Stream::Content, Version(0), remember(&[(5, 9)])).await.unwrap();
    let found = store.remembered(Stream::Audit, Minute(-5)..Minute(6)).await.unwrap();
    assert_eq!(found, [(Minute(-1), vec![[1; 16]]), (Minute(5), vec![[2; 16], [3; 16]])]);

    let forget = Change { forget: vec![Minute(i64::MIN)..Minute(6)], ..change("x") };
    store.commit(Stream::Audit, Version(2), forget).await.unwrap();
    let left = store.remembered(Stream::Audit, Minute(-5)..Minute(9)).await.unwrap();
    assert_eq!(left, [(Minute(6), vec![[4; 16]])]);
    assert_eq!(store.remembered(Stream::Content, Minute(5)..Minute(6)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn set_aside_events_are_listed_counted_and_dropped() {
    let store = in_memory(FAR);
    let both = vec![letter(Stream::Audit, "a", "{1}"), letter(Stream::Content, "b", "{22}")];
    store.commit(Stream::Audit, Version(0), Change { set_aside: both.clone(), ..change("x") }).await.unwrap();
    let totals = store.dead_letter_totals().await.unwrap();
    assert_eq!(totals, DeadLetterTotals { audit: 1, content: 1, bytes: 7 });
    assert_eq!(store.dead_letters(0, 10).await.unwrap(), [(1, both[0].clone()), (2, both[1].clone())]);
    assert_eq!(store.dead_letters(1, 10).await.unwrap().len(), 1);

    store.drop_dead_letters(vec![1, 77]).await.unwrap();
    let totals = store.dead_letter_totals().await.unwrap();
    assert_eq!(totals, DeadLetterTotals { audit: 0, content: 1, bytes: 4 });
}

#[tokio::test]
async fn a_number_is_given_once_whatever_is_dropped_and_whoever_opens_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.redb");
    let set_aside = async |store: &RedbStore, from: u64, ids: &[&str]| {
        let set_aside = ids.iter().map(|id| letter(Stream::Audit, id, "{}")).collect();
        store.commit(Stream::Audit, Version(from), Change { set_aside, ..change("x") }).await.unwrap();
        let listed = store.dead_letters(0, 99).await.unwrap();
        listed.into_iter().map(|(number, _)| number).collect::<Vec<_>>()
    };
    let store = RedbStore::open(&path, FAR).unwrap();
    assert_eq!(set_aside(&store, 0, &["a", "b", "c"]).await, [1, 2, 3]);
    store.drop_dead_letters(vec![1, 2, 3]).await.unwrap();
    store.wipe().await.unwrap();
    assert_eq!(set_aside(&store, 1, &["d"]).await, [4]);
    store.drop_dead_letters(vec![4]).await.unwrap();
    drop(store);
    let store = RedbStore::open(&path, FAR).unwrap();
    assert_eq!(set_aside(&store, 2, &["e", "f"]).await, [5, 6]);
    drop(store);

    // A file of a version that kept no count goes on after its highest number, also when that one is dropped first.
    for is_dropped_first in [false, true] {
        let path = folder.path().join(format!("old-{is_dropped_first}.redb"));
        let store = RedbStore::open(&path, FAR).unwrap();
        assert_eq!(set_aside(&store, 0, &["a", "b"]).await, [1, 2]);
        drop(store);
        let database = redb::Database::open(&path).unwrap();
        let writing = database.begin_write().unwrap();
        writing
            .open_table(redb::TableDefinition::<&str, u64>::new("miro-sentinel"))
            .unwrap()
            .retain(|key, _| key == "schema")
            .unwrap();
        writing.commit().unwrap();
        drop(database);
        let store = RedbStore::open(&path, FAR).unwrap();
        let dropped = if is_dropped_first { vec![1, 2] } else { vec![1] };
        store.drop_dead_letters(dropped.clone()).await.unwrap();
        let expected: Vec<u64> = [2, 3].into_iter().filter(|number| !dropped.contains(number)).collect();
        assert_eq!(set_aside(&store, 1, &["c"]).await, expected);
    }
}

#[tokio::test]
async fn a_full_dead_letter_store_refuses_the_whole_commit() {
    let store = in_memory(5);
    let both = vec![letter(Stream::Audit, "a", "{1}"), letter(Stream::Audit, "b", "{22}")];
    let error = store.commit(Stream::Audit, Version(0), Change { set_aside: both, ..change("x") }).await.unwrap_err();
    assert!(matches!(error, StoreError::DeadLettersFull { held: 0, needed: 7, limit: 5 }));
    assert!(store.load(Stream::Audit).await.unwrap().is_none());
    let problem = crate::Problem::from(&error);
    assert_eq!(
        problem.cause,
        "the dead-letter store takes at most 5 bytes: what is to be set aside at once needs 7 by itself, beside the 0 that it holds"
    );
    assert!(
        problem.next_step.starts_with("raise `store.dead_letters_bytes_max` to 7 or more"),
        "{}",
        problem.next_step
    );

    let one = |id: &str| Change { set_aside: vec![letter(Stream::Audit, id, "{1}")], ..change("x") };
    store.commit(Stream::Audit, Version(0), one("a")).await.unwrap();
    let problem = crate::Problem::from(&store.commit(Stream::Audit, Version(1), one("b")).await.unwrap_err());
    assert_eq!(
        problem.cause,
        "the dead-letter store is full: it holds 3 of at most 5 bytes, and what is to be set aside needs 3"
    );
    assert!(problem.next_step.contains("… drop`"), "{}", problem.next_step);
}

#[tokio::test]
async fn the_lease_is_held_by_one_until_it_ends() {
    let store = in_memory(FAR);
    let at = |second| Timestamp::from_second(second).unwrap();
    assert!(store.lease(1, at(0), at(60)).await.unwrap());
    assert!(!store.lease(2, at(59), at(100)).await.unwrap());
    assert!(store.lease(1, at(59), at(90)).await.unwrap());
    assert!(store.lease(2, at(90), at(100)).await.unwrap());
    store.release(1).await.unwrap();
    assert!(!store.lease(1, at(91), at(100)).await.unwrap());
    store.release(2).await.unwrap();
    assert!(store.lease(1, at(91), at(100)).await.unwrap());
}

#[tokio::test]
async fn a_file_survives_reopening_and_is_private() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/deep/miro.redb");
    let store = RedbStore::open(&path, FAR).unwrap();
    store.commit(Stream::Audit, Version(0), change("one")).await.unwrap();
    drop(store);
    let store = RedbStore::open(&path, FAR).unwrap();
    assert_eq!(store.load(Stream::Audit).await.unwrap(), Some((Version(1), Bytes::from_static(b"one"))));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
}

#[track_caller]
fn refuses(path: &Path, told: &str) {
    let before = fs::read(path).unwrap();
    let error = RedbStore::open(path, FAR).unwrap_err().to_string();
    assert!(error.contains(told), "{error}");
    assert!(error.contains(&path.display().to_string()), "{error}");
    assert!(before == fs::read(path).unwrap(), "the file was changed");
}

#[tokio::test]
async fn what_was_dropped_is_nowhere_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.redb");
    let store = RedbStore::open(&path, FAR).unwrap();
    // Another name for the old file shows what becomes of it.
    let old = folder.path().join("old");
    fs::hard_link(&path, &old).unwrap();
    let both = vec![letter(Stream::Audit, "dropped-id", "{dropped-event}"), letter(Stream::Audit, "b", "{kept-event}")];
    let remember = vec![(Minute(3), vec![[7; 16]])];
    store.commit(Stream::Audit, Version(0), Change { set_aside: both, remember, ..change("one") }).await.unwrap();
    store.drop_dead_letters(vec![1]).await.unwrap();
    let holds = |path: &Path, text: &str| {
        let bytes = fs::read(path).unwrap();
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    };
    assert!(holds(&path, "dropped-event"), "redb leaves it in a freed page: nothing to test otherwise");
    fs::write(folder.path().join("m.redb.new"), "left by a crash").unwrap();
    store.wipe().await.unwrap();
    for path in [&path, &old] {
        assert!(!holds(path, "dropped"), "{}", path.display());
    }
    assert!(holds(&path, "kept-event") && !holds(&old, "kept-event"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!folder.path().join("m.redb.new").exists());

    // Whoever holds the store goes on with it, and nobody else came in between.
    let now = Timestamp::UNIX_EPOCH;
    assert!(store.lease(1, now, now).await.unwrap());
    assert!(RedbStore::is_held(&path), "locked all the time");
    store.wipe().await.unwrap();
    store.prove_writable().await.unwrap();
    drop(store);
    let store = RedbStore::open(&path, FAR).unwrap();
    assert_eq!(store.load(Stream::Audit).await.unwrap(), Some((Version(1), Bytes::from_static(b"one"))));
    assert_eq!(store.remembered(Stream::Audit, Minute(0)..Minute(9)).await.unwrap(), [(Minute(3), vec![[7; 16]])]);
    let letters = store.dead_letters(0, 9).await.unwrap();
    assert_eq!(
        letters.iter().map(|(number, letter)| (*number, &letter.event[..])).collect::<Vec<_>>(),
        [(2, &b"{kept-event}"[..])]
    );
    let totals = DeadLetterTotals { audit: 1, content: 0, bytes: 12 };
    assert_eq!(store.dead_letter_totals().await.unwrap(), totals);
}

#[test]
fn a_file_that_is_not_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database, but somebody's notes\n".repeat(400)).unwrap();
    refuses(&text, "move it aside");

    let foreign = folder.path().join("foreign.redb");
    let database = Database::create(&foreign).unwrap();
    let writing = database.begin_write().unwrap();
    writing.open_table(redb::TableDefinition::<u64, u64>::new("theirs")).unwrap();
    writing.commit().unwrap();
    drop(database);
    let error = RedbStore::open(&foreign, FAR).unwrap_err().to_string();
    assert!(error.contains("belongs to another program"), "{error}");
}

#[test]
fn what_is_no_regular_file_is_named_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, told) in
        [(pipe.as_path(), "is a named pipe"), (folder.path(), "is a folder"), (Path::new("/dev/null"), "is a device")]
    {
        assert!(!RedbStore::is_held(path), "{}", path.display());
        let error = RedbStore::open(path, FAR).unwrap_err().to_string();
        assert!(error.contains(told) && error.contains(&path.display().to_string()), "{error}");
    }
}

#[test]
fn a_file_of_another_version_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("later.redb");
    let database = Database::create(&path).unwrap();
    let writing = database.begin_write().unwrap();
    writing.open_table(redb::TableDefinition::<&str, u64>::new("miro-sentinel")).unwrap().insert("schema", 9).unwrap();
    writing.commit().unwrap();
    drop(database);
    let error = RedbStore::open(&path, FAR).unwrap_err().to_string();
    assert!(error.contains("has version 9, this connector reads version 1"), "{error}");
}

#[test]
fn a_file_in_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("miro.redb");
    let _held = RedbStore::open(&path, FAR).unwrap();
    let error = RedbStore::open(&path, FAR).unwrap_err().to_string();
    assert!(error.contains("held by another process"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_reported_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("miro.redb");
    let store = RedbStore::open(&path, FAR).unwrap();
    for version in 0..20 {
        let remember = vec![(Minute(version), vec![[3; 16]; 4000])];
        let version = Version(version.cast_unsigned());
        store.commit(Stream::Audit, version, Change { remember, ..change("x") }).await.unwrap();
    }
    drop(store);
    let sound = fs::read(&path).unwrap();

    let mut cut = sound.clone();
    cut.truncate(sound.len() / 3);
    fs::write(&path, &cut).unwrap();
    refuses(&path, "move it aside");

    let mut scratched = sound.clone();
    for byte in &mut scratched[5000..] {
        *byte = 0x55;
    }
    fs::write(&path, &scratched).unwrap();
    refuses(&path, "move it aside");
}

/// What a new checkpoint file is made of: every change of its length, every write, every sync.
#[derive(Clone, Debug, Default)]
struct Journal {
    memory: Arc<InMemoryBackend>,
    steps: Arc<Mutex<Vec<Step>>>,
}

#[derive(Clone, Debug)]
enum Step {
    Length(u64),
    Write(usize, Vec<u8>),
    Sync,
}

impl Journal {
    fn keep(&self, step: Step) {
        self.steps.lock().unwrap().push(step);
    }
}

impl StorageBackend for Journal {
    fn len(&self) -> std::io::Result<u64> {
        self.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.keep(Step::Length(len));
        self.memory.set_len(len)
    }

    fn sync_data(&self) -> std::io::Result<()> {
        self.keep(Step::Sync);
        self.memory.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.keep(Step::Write(usize::try_from(offset).unwrap(), data.to_vec()));
        self.memory.write(offset, data)
    }
}

/// The steps of a first start, up to the commit of our tables.
fn first_start() -> Vec<Step> {
    let journal = Journal::default();
    drop(
        RedbStore::with_backend(
            {
                let journal = journal.clone();
                move || journal.clone()
            },
            FAR,
        )
        .unwrap(),
    );
    let steps = journal.steps.lock().unwrap();
    steps.clone()
}

fn apply(file: &mut Vec<u8>, step: &Step) {
    match step {
        Step::Length(length) => file.resize(usize::try_from(*length).unwrap(), 0),
        Step::Write(at, data) => file[*at..*at + data.len()].copy_from_slice(data),
        Step::Sync => {}
    }
}

/// Everything that a first start can leave: killed between or within two writes, and the power gone with any one of the
/// unsynced writes lost.
fn remains() -> Vec<Vec<u8>> {
    let mut remains = Vec::new();
    let (mut file, mut synced, mut unsynced) = (Vec::new(), Vec::new(), Vec::new());
    for step in first_start() {
        if let Step::Write(at, data) = &step {
            for cut in [1, 8, data.len() / 2, data.len() - 1] {
                let mut torn = file.clone();
                apply(&mut torn, &Step::Write(*at, data[..cut.min(data.len())].to_vec()));
                remains.push(torn);
            }
        }
        apply(&mut file, &step);
        remains.push(file.clone());
        if matches!(step, Step::Sync) {
            (synced, unsynced) = (file.clone(), Vec::new());
            continue;
        }
        unsynced.push(step);
        for lost in 0..unsynced.len() {
            let mut left: Vec<u8> = synced.clone();
            left.resize(file.len(), 0);
            let kept = unsynced.iter().enumerate().filter(|(place, _)| *place != lost);
            kept.for_each(|(_, step)| apply(&mut left, step));
            remains.push(left);
        }
    }
    remains
}

#[test]
fn whatever_a_cut_off_first_start_leaves_the_next_one_works() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("miro.redb");
    let remains = remains();
    assert!(remains.len() > 100, "{} ends of a first start", remains.len());
    for (number, left) in remains.iter().enumerate() {
        fs::write(&path, left).unwrap();
        let opened = RedbStore::open(&path, FAR);
        assert!(opened.is_ok(), "end {number} of a first start, {} bytes: {opened:?}", left.len());
    }
    for length in (0..remains.last().unwrap().len()).step_by(9_001) {
        fs::write(&path, vec![0; length]).unwrap();
        RedbStore::open(&path, FAR).unwrap_or_else(|error| panic!("{length} zeros: {error}"));
    }
}

#[tokio::test]
async fn a_file_that_held_a_commit_is_never_taken_for_an_unfinished_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("miro.redb");
    let store = RedbStore::open(&path, FAR).unwrap();
    store.commit(Stream::Audit, Version(0), change("the ledger of a day")).await.unwrap();
    drop(store);
    let mut without_magic = fs::read(&path).unwrap();
    without_magic[..9].fill(0);
    let foreign = {
        let mut image = vec![0; 4096];
        image[510..512].copy_from_slice(&[0x55, 0xaa]);
        image
    };
    for left in [without_magic, foreign, b"\0\0\0notes".to_vec(), vec![0; 50_000_000]] {
        fs::write(&path, left).unwrap();
        refuses(&path, "move it aside");
    }
}

#[test]
fn two_first_starts_at_once_leave_one_store() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let path = folder.path().join(format!("{round}.redb"));
        fs::write(&path, if round % 2 == 0 { vec![0; 4096] } else { Vec::new() }).unwrap();
        let both = std::thread::scope(|scope| {
            let open = || scope.spawn(|| RedbStore::open(&path, FAR));
            [open(), open()].map(|opening| opening.join().unwrap())
        });
        for opened in &both {
            let error = opened.as_ref().err().map(ToString::to_string).unwrap_or_default();
            assert!(opened.is_ok() || error.contains("held by another process"), "{error}");
        }
        drop(both);
        RedbStore::open(&path, FAR).unwrap();
    }
}
