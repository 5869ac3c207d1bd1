//! What is read from the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use redb::StorageBackend;

use super::{MARKER, is_fit_to_be_shown};
use crate::Stream;
use crate::config::{Sources, explain, load};
use crate::ledger::{Cadence, Ledger, Waiting};
use crate::store::{Change, DeadLetter, Minute, RedbStore, Store, Version};

/// A configuration file: a configuration, or findings that show no secret; its explanation shows none either.
pub fn configuration(text: &str) {
    // The paths in it are opened: not those that wait for somebody.
    if text.contains("/dev") || text.contains("/proc") {
        return;
    }
    let secret = |name: &str| (name.to_owned(), format!("{MARKER}{name}"));
    let variables: BTreeMap<String, String> =
        ["MIRO_AUDIT_TOKEN", "MIRO_CONTENT_TOKEN", "AZURE_CLIENT_SECRET"].map(secret).into();
    let sources = Sources { file: Some((PathBuf::from("fuzzed.toml"), text.to_owned())), variables };
    match load(&sources) {
        Ok((config, warnings)) => {
            assert!(config.streams().count() > 0);
            assert!(!format!("{config:?}").contains(MARKER));
            for warning in warnings {
                is_fit_to_be_shown(&warning.to_string());
            }
        }
        Err(findings) => {
            assert!(findings.errors() > 0);
            for finding in findings.0 {
                is_fit_to_be_shown(&finding.to_string());
            }
        }
    }
    match explain(&sources) {
        Ok(explained) => {
            for value in explained.iter().filter_map(|one| one.value.as_deref()) {
                assert!(!value.contains(MARKER), "{value}");
            }
        }
        Err(findings) => assert!(!findings.to_string().contains(MARKER)),
    }
}

/// A ledger as it stands in the checkpoint, or, where the first byte is not `{`, what befell a whole checkpoint file: for each
/// five bytes a place in it and another byte there. It can be used, or what is wrong with it is said.
pub fn checkpoint(bytes: &[u8]) {
    if bytes.first() == Some(&b'{') {
        return ledger(bytes);
    }
    let mut file = WHOLE.clone();
    for befell in bytes.as_chunks::<5>().0 {
        let [place @ .., byte] = *befell;
        let place = u32::from_le_bytes(place) as usize % file.len();
        file[place] = byte;
    }
    let store = match RedbStore::read_through(Disk(Arc::new(Mutex::new(file)))) {
        Ok(store) => store,
        Err(error) => return is_fit_to_be_shown(&error.to_string()),
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return };
    runtime.block_on(async {
        for stream in [Stream::Audit, Stream::Content] {
            if let Ok(Some((_, ledger))) = store.load(stream).await {
                self::ledger(&ledger);
            }
        }
        match store.dead_letters(0, 100).await {
            Ok(letters) => assert!(letters.len() <= 100),
            Err(error) => is_fit_to_be_shown(&error.to_string()),
        }
    });
}

fn ledger(bytes: &[u8]) {
    let cadence = Cadence::new(Duration::from_secs(15), &[Duration::from_mins(2), Duration::from_mins(10)]);
    match Ledger::read(bytes, &cadence) {
        Ok(ledger) => {
            let written = ledger.write();
            let again = Ledger::read(&written, &cadence).map(|again| again.write());
            assert_eq!(again.ok(), Some(written));
            assert!(ledger.settled_to() <= ledger.covered_to());
            assert!(ledger.unread() >= SignedDuration::ZERO && ledger.forgettable().len() < 1_000_000);
            let waiting = ledger.waiting(&BTreeSet::new(), Waiting::Any);
            assert!(waiting.is_none_or(|span| ledger.window(span).is_some()));
        }
        Err(error) => is_fit_to_be_shown(&error.to_string()),
    }
}

/// A checkpoint file with a row in each table.
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let disk = Disk::default();
    let written = RedbStore::read_through(disk.clone()).and_then(|store| {
        let letter = DeadLetter {
            stream: Stream::Audit,
            id: "id".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            reason: "too large".to_owned(),
            event: Bytes::from_static(b"{}"),
        };
        let change = Change {
            ledger: Bytes::from(Ledger::new(Timestamp::UNIX_EPOCH).write()),
            remember: vec![(Minute(1), vec![[7; 16]])],
            forget: Vec::new(),
            set_aside: vec![letter],
        };
        store.commit(Stream::Audit, Version(0), change).now_or_never().unwrap_or(Ok(Version(0)))
    });
    assert!(written.is_ok(), "memory takes everything");
    disk.lock().clone()
});

/// A disk in memory that holds what it is given.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<Vec<u8>>>);

/// A file that claims to be larger is not made so.
const DISK_MAX: u64 = 64 << 20;

impl Disk {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let held = self.lock();
        let end = offset.checked_add(out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(held.get(offset..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if len > DISK_MAX {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.lock().resize(usize::try_from(len).map_err(io::Error::other)?, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(io::Error::other)?;
        let mut held = self.lock();
        let end = offset.checked_add(data.len()).ok_or(io::ErrorKind::StorageFull)?;
        held.get_mut(offset..end).ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(data);
        Ok(())
    }
}
