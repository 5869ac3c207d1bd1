//! Opening the checkpoint file: who may read it, and what is said when it cannot be used.

use std::fs::{DirBuilder, File, OpenOptions};
use std::path::Path;

use redb::{DatabaseError, StorageError};

use crate::store::StoreError;

/// What a person can do about a file that we will not touch.
const WAY_ON: &str = "move it aside: the connector then starts again from `streams.*.start` and may send events twice";

/// Opens `path` for reading and writing, made if missing. Only its owner may read it: it holds set-aside events.
pub(super) fn open(path: &Path) -> Result<File, StoreError> {
    let failed = |error: std::io::Error| {
        StoreError::Unusable(format!(
            "could not open the checkpoint file `{}`: {error}; choose another `store.path` or mend its permissions",
            path.display()
        ))
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(failed)
}

/// Why redb did not open the file at `path`, and the way on.
pub(super) fn unusable(path: &Path, error: &DatabaseError) -> StoreError {
    let file = path.display();
    StoreError::Unusable(match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => format!(
            "the checkpoint file `{file}` is held by another process; stop it, or give this one its own `store.path`"
        ),
        DatabaseError::UpgradeRequired(version) => {
            format!("the checkpoint file `{file}` has the old database format {version}; {WAY_ON}")
        }
        DatabaseError::Storage(StorageError::Io(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
            format!("the file `{file}` is not a checkpoint file or is damaged; {WAY_ON}")
        }
        DatabaseError::Storage(StorageError::Io(error)) => {
            format!("could not read the checkpoint file `{file}`: {error}; mend the disk or its permissions")
        }
        other => format!("the checkpoint file `{file}` is damaged ({other}); {WAY_ON}"),
    })
}

/// What is said of a file whose tables are not those of this version.
pub(super) fn wrong_version(path: &Path, found: u64, expected: u64) -> StoreError {
    StoreError::Unusable(format!(
        "the checkpoint file `{}` has version {found}, this connector reads version {expected}; \
         run the version that wrote it, or {WAY_ON}",
        path.display()
    ))
}

/// What is said of a redb file that another program wrote.
pub(super) fn foreign(path: &Path) -> StoreError {
    StoreError::Unusable(format!(
        "the file `{}` belongs to another program; choose another `store.path`",
        path.display()
    ))
}
