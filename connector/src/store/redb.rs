//! The checkpoint as one redb file: every commit is one transaction, synced before it returns.
//!
//! redb blocks, so the file runs on tokio's blocking pool. A store over a foreign backend is for the simulation
//! and runs inline: its "disk" is memory, and a run stays the same run every time.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use redb::{Builder, Database, DatabaseError, StorageBackend};
use tables::Holds;

use super::{ByMinute, Change, DeadLetter, DeadLetterTotals, Minute, Store, StoreError, Version};
use crate::Stream;

mod file;
mod first;
mod tables;
#[cfg(test)]
mod tests;
mod wipe;

/// Pages cached by redb. The working set is a few recent minutes, and the connector's whole memory budget is 48 MiB.
const CACHE_BYTES: usize = 4 * 1024 * 1024;

/// The checkpoint of one connector in a redb database. One process at a time can hold it open.
#[derive(Clone, Debug)]
pub struct RedbStore {
    shared: Arc<Shared>,
    place: Place,
}

/// Where the blocking calls run.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// On tokio's blocking pool.
    Pool,
    /// In the caller's task.
    Inline,
}

struct Shared {
    /// None after a failure of the disk: redb takes no more writes then, and has to be opened again.
    database: RwLock<Option<Database>>,
    open: Box<Open>,
    dead_letters_bytes_max: u64,
    /// Where the file lies, and which one it is.
    file: Option<(PathBuf, Mutex<file::Ours>)>,
    /// Kept in memory on purpose: the file is locked for one process, so a lease from an earlier process is void.
    lease: Mutex<Option<Lease>>,
}

type Open = dyn Fn() -> Result<Database, StoreError> + Send + Sync;

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    /// Works on the database, opened again if need be. Whatever the disk does not do closes it.
    fn with<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
        action: &'static str,
    ) -> Result<T, StoreError> {
        self.reopen(action)?;
        let worked = {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            let Some(database) = database.as_ref() else {
                return Err(StoreError::Io { action, reason: "the disk failed again".to_owned() });
            };
            work(database)
        };
        worked.map_err(|error| self.failed(action, &error))
    }

    /// Opens the database again if a failure of the disk closed it.
    fn reopen(&self, action: &'static str) -> Result<(), StoreError> {
        if self.database.read().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Ok(());
        }
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if database.is_none() {
            self.still_there()?;
            // Opened once already: what is wrong now is the disk, and passes.
            let opened = (self.open)().map_err(|error| StoreError::Io { action, reason: error.to_string() });
            *database = Some(opened?);
        }
        Ok(())
    }

    /// Whether the file is still the one that was opened: otherwise nobody will find what is written to it.
    fn still_there(&self) -> Result<(), StoreError> {
        match &self.file {
            Some((path, ours)) => {
                let ours = *lock(ours);
                if file::identity(path).is_some_and(|found| ours.holds(found)) { Ok(()) } else { Err(file::gone(path)) }
            }
            None => Ok(()),
        }
    }

    /// Nobody else reads or writes meanwhile.
    fn wipe(&self) -> Result<(), StoreError> {
        let Some((path, ours)) = &self.file else { return Ok(()) };
        self.reopen("rewrite")?;
        self.still_there()?;
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        let Some(old) = database.take() else {
            return Err(StoreError::Io { action: "rewrite", reason: "the disk failed meanwhile".to_owned() });
        };
        let (kept, done) = wipe::rewrite(path, old, |fresh| lock(ours).replacement = Some(fresh));
        *database = Some(kept);
        lock(ours).settle(file::identity(path));
        done
    }

    fn failed(&self, action: &'static str, error: &redb::Error) -> StoreError {
        if matches!(error, redb::Error::Io(_) | redb::Error::PreviousIo) {
            *self.database.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        failed(action, error)
    }
}

fn lock(ours: &Mutex<file::Ours>) -> MutexGuard<'_, file::Ours> {
    // Plain values: whole at any time.
    ours.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, Copy, Debug)]
struct Lease {
    owner: u128,
    until: Timestamp,
}

impl RedbStore {
    /// Opens the file at `path`, or makes it (mode 0600, missing folders 0700).
    ///
    /// `dead_letters_bytes_max` bounds what is set aside. A file that is damaged, of another version, held by
    /// another process or not ours is reported and never written over; what a first start left that was cut off is made
    /// anew. Blocks while the file is read through once.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unusable`], with what to do about the file.
    pub fn open(path: &Path, dead_letters_bytes_max: u64) -> Result<Self, StoreError> {
        let (path, at) = (path.to_owned(), path.to_owned());
        let open = move || {
            let backend = file::open(&path)?;
            let mut builder = builder();
            builder.set_check_integrity_on_open(true);
            let database = builder.create_with_backend(backend).map_err(|error| file::unusable(&path, &error))?;
            checked(database, &path)
        };
        Self::over(open, dead_letters_bytes_max, Place::Pool, Some(&at))
    }

    /// Whether another process holds the file at `path`.
    pub fn is_held(path: &Path) -> bool {
        file::is_held(path)
    }

    /// A store over the backends that `plug_in` gives, run in the caller's task: for simulations, whose backend may tear
    /// writes or lose them. It is called again after a failure of the disk, and finds what the last one kept.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the backend holds something else than a store of this version, or fails.
    pub fn with_backend<B: StorageBackend>(
        plug_in: impl Fn() -> B + Send + Sync + 'static,
        dead_letters_bytes_max: u64,
    ) -> Result<Self, StoreError> {
        let path = Path::new("(a backend handed in)");
        let open = move || {
            let backend = plug_in();
            first::discard_unfinished(&backend)
                .map_err(|error| file::unusable(path, &DatabaseError::Storage(error.into())))?;
            let database = builder().create_with_backend(backend).map_err(|error| file::unusable(path, &error))?;
            checked(database, path)
        };
        Self::over(open, dead_letters_bytes_max, Place::Inline, None)
    }

    /// A door for `crate::fuzzing`: opens `backend` as [`open`](Self::open) opens a file.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn read_through(backend: impl StorageBackend + Clone) -> Result<Self, StoreError> {
        let path = Path::new("(a backend handed in)");
        let open = move || {
            let mut builder = builder();
            builder.set_check_integrity_on_open(true);
            let database =
                builder.create_with_backend(backend.clone()).map_err(|error| file::unusable(path, &error))?;
            checked(database, path)
        };
        Self::over(open, u64::MAX, Place::Inline, None)
    }

    fn over(
        open: impl Fn() -> Result<Database, StoreError> + Send + Sync + 'static,
        dead_letters_bytes_max: u64,
        place: Place,
        path: Option<&Path>,
    ) -> Result<Self, StoreError> {
        let database = RwLock::new(Some(open()?));
        let file = path.and_then(|path| Some((path.to_owned(), Mutex::new(file::identity(path)?.into()))));
        let shared = Shared { database, open: Box::new(open), dead_letters_bytes_max, file, lease: Mutex::new(None) };
        Ok(Self { shared: Arc::new(shared), place })
    }

    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        let shared = Arc::clone(&self.shared);
        match self.place {
            Place::Inline => Box::pin(async move { work(&shared) }),
            Place::Pool => Box::pin(async move {
                let done = tokio::task::spawn_blocking(move || work(&shared)).await;
                done.unwrap_or_else(|error| {
                    Err(StoreError::Io { action: "use", reason: format!("the database thread ended: {error}") })
                })
            }),
        }
    }

    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        self.run(move |shared| shared.with(work, "read"))
    }
}

impl Store for RedbStore {
    fn load(&self, stream: Stream) -> BoxFuture<'_, Result<Option<(Version, Bytes)>, StoreError>> {
        self.read(move |database| tables::load(database, stream))
    }

    fn commit(&self, stream: Stream, from: Version, change: Change) -> BoxFuture<'_, Result<Version, StoreError>> {
        self.run(move |shared| {
            let most = shared.dead_letters_bytes_max;
            shared.with(|database| tables::commit(database, stream, from, &change, most), "write")?
        })
    }

    fn prove_writable(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.run(|shared| shared.with(tables::prove_writable, "write"))
    }

    fn remembered(&self, stream: Stream, range: Range<Minute>) -> BoxFuture<'_, Result<ByMinute, StoreError>> {
        self.read(move |database| tables::remembered(database, stream, &range))
    }

    fn dead_letters(&self, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<(u64, DeadLetter)>, StoreError>> {
        self.read(move |database| tables::dead_letters(database, after, limit))
    }

    fn dead_letter_totals(&self) -> BoxFuture<'_, Result<DeadLetterTotals, StoreError>> {
        self.read(tables::dead_letter_totals)
    }

    fn drop_dead_letters(&self, numbers: Vec<u64>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.run(move |shared| shared.with(|database| tables::drop_dead_letters(database, &numbers), "write"))
    }

    fn wipe(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.run(Shared::wipe)
    }

    fn lease(&self, owner: u128, now: Timestamp, until: Timestamp) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            self.shared.still_there()?;
            let mut lease = self.shared.lease.lock().unwrap_or_else(PoisonError::into_inner);
            let free = lease.is_none_or(|held| held.owner == owner || held.until <= now);
            if free {
                *lease = Some(Lease { owner, until });
            }
            Ok(free)
        })
    }

    fn release(&self, owner: u128) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let mut lease = self.shared.lease.lock().unwrap_or_else(PoisonError::into_inner);
            if lease.is_some_and(|held| held.owner == owner) {
                *lease = None;
            }
            Ok(())
        })
    }
}

/// `database`, if its tables are ours in this version.
fn checked(database: Database, path: &Path) -> Result<Database, StoreError> {
    match tables::prepare(&database).map_err(|error| failed("read", &error))? {
        Holds::Ours => Ok(database),
        Holds::Version(found) => Err(file::wrong_version(path, found, tables::SCHEMA)),
        Holds::Foreign => Err(file::foreign(path)),
    }
}

fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn failed(action: &'static str, error: &redb::Error) -> StoreError {
    StoreError::Io { action, reason: error.to_string() }
}
