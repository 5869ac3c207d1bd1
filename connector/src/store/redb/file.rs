//! Opening the checkpoint file: who may read it, and what is said when it cannot be used.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{DatabaseError, StorageError};
use tracing::warn;

use super::first;
use crate::bounded_file;
use crate::rights::Wide;
use crate::store::StoreError;

/// What a person can do about a file that we will not touch.
const WAY_ON: &str = "move it aside: the connector then starts again from `streams.*.start` and may send events twice";

/// Opens `path` for reading and writing, made if missing. Only its owner may read it: it holds set-aside events.
///
/// What a first start left that was cut off is emptied, under the file's lock, so that it is made anew.
pub(super) fn open(path: &Path) -> Result<FileBackend, StoreError> {
    let failed = |error: io::Error| StoreError::Unusable {
        cause: format!("could not open the checkpoint file `{}`: {error}", path.display()),
        next_step: "choose another `store.path`, or correct its permissions".to_owned(),
    };
    regular(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(failed)?;
    }
    let is_new = !path.exists();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(failed)?;
    #[cfg(unix)]
    if is_new {
        // A file is found after a power cut only once its folder is on disk too.
        File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()).map_err(failed)?;
    }
    for wide in Wide::of_checkpoint(path) {
        warn!(problem = wide.cause(), next_step = wide.next_step(), "The checkpoint is accessible to other users.");
    }
    let lock = file.try_clone().map_err(failed)?;
    let backend = FileBackend::new(file).map_err(|error| unusable(path, &error))?;
    mend(path, &lock, &backend).map_err(|error| unusable(path, &error))?;
    Ok(backend)
}

/// Nothing but a regular file can be the checkpoint; the rest would hang, or take what is written and keep nothing.
fn regular(path: &Path) -> Result<(), StoreError> {
    let Some(found) = bounded_file::irregular(path) else { return Ok(()) };
    Err(StoreError::Unusable {
        cause: format!("`{}` is {found}, and the checkpoint can only be in a regular file", path.display()),
        next_step: "choose another `store.path`".to_owned(),
    })
}

/// Empties what a first start left that was cut off, unless another process holds the file.
fn mend(path: &Path, lock: &File, backend: &FileBackend) -> Result<(), DatabaseError> {
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(DatabaseError::DatabaseAlreadyOpen),
        // Where files cannot be locked, redb goes on without as well.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    let discarded = first::discard_unfinished(backend);
    lock.unlock()?;
    if discarded? {
        warn!(path = %path.display(), "The first start was interrupted; recreating its checkpoint file.");
    }
    Ok(())
}

/// Which file lies at `path`, whatever becomes of the name: nothing where there is none or the system does not tell.
pub(super) fn identity(path: &Path) -> Option<Identity> {
    #[cfg(unix)]
    return std::fs::metadata(path).ok().map(|file| {
        use std::os::unix::fs::MetadataExt;
        Identity(file.dev(), file.ino())
    });
    #[cfg(not(unix))]
    return path.exists().then_some(Identity(0, 0));
}

/// A file's device and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

/// Which file a store uses, and the one that is about to take its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ours {
    pub(super) opened: Identity,
    pub(super) replacement: Option<Identity>,
}

impl Ours {
    pub(super) fn holds(self, found: Identity) -> bool {
        self.opened == found || self.replacement == Some(found)
    }

    /// From now on it is the one `found`, if that is either of the two.
    pub(super) fn settle(&mut self, found: Option<Identity>) {
        *self = found.filter(|found| self.holds(*found)).unwrap_or(self.opened).into();
    }
}

impl From<Identity> for Ours {
    fn from(opened: Identity) -> Self {
        Self { opened, replacement: None }
    }
}

/// What is said of a file that is no longer where it was.
pub(super) fn gone(path: &Path) -> StoreError {
    StoreError::Unusable {
        cause: format!("the checkpoint file `{}` was moved, deleted or replaced while it was in use", path.display()),
        next_step: "put it back if you can; a new one starts again from `streams.*.start` and may send events twice"
            .to_owned(),
    }
}

/// Whether another process holds the file at `path`, as far as locks on this system say. Does not make the file.
pub(super) fn is_held(path: &Path) -> bool {
    let lock = bounded_file::open(path).map(|file| file.try_lock());
    matches!(lock, Ok(Err(TryLockError::WouldBlock)))
}

/// Why redb did not open the file at `path`, and the way on.
pub(super) fn unusable(path: &Path, error: &DatabaseError) -> StoreError {
    let file = path.display();
    let (cause, next_step) = match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => (
            format!("the checkpoint file `{file}` is held by another process"),
            "stop it, or give this one its own `store.path`",
        ),
        DatabaseError::UpgradeRequired(version) => {
            (format!("the checkpoint file `{file}` has the old database format {version}"), WAY_ON)
        }
        DatabaseError::Storage(StorageError::Io(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
            (format!("the file `{file}` is not a checkpoint file or is damaged"), WAY_ON)
        }
        DatabaseError::Storage(StorageError::Io(error)) => (
            format!("could not read the checkpoint file `{file}`: {error}"),
            "repair the disk, or correct its permissions",
        ),
        other => (format!("the checkpoint file `{file}` is damaged ({other})"), WAY_ON),
    };
    StoreError::Unusable { cause, next_step: next_step.to_owned() }
}

/// What is said of a file whose tables are not those of this version.
pub(super) fn wrong_version(path: &Path, found: u64, expected: u64) -> StoreError {
    StoreError::Unusable {
        cause: format!(
            "the checkpoint file `{}` has version {found}, this connector reads version {expected}",
            path.display()
        ),
        next_step: format!("run the version that wrote it, or {WAY_ON}"),
    }
}

/// What is said of a redb file that another program wrote.
pub(super) fn foreign(path: &Path) -> StoreError {
    StoreError::Unusable {
        cause: format!("the file `{}` belongs to another program", path.display()),
        next_step: "choose another `store.path`".to_owned(),
    }
}
