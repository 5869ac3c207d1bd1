//! Takes what was dropped out of the file. redb frees the pages of removed rows and leaves in them what they held, so the rows
//! that are left go into a new file, and the old one is written over.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use redb::Database;

use super::file::Identity;
use super::{builder, checked, failed, file, tables};
use crate::store::StoreError;

/// Replaces the file at `path`, open as `database`, by one that holds its rows and nothing else. Returns the database to go on
/// with: it is locked from before it takes the name, so that no other process comes in between. `replaces` is told which file
/// it is before it does.
///
/// Until the new file takes the name, a crash or an error leaves everything as it was, but for a file `PATH.new` that the
/// next call removes. Needs as much room on the disk as the rows take.
pub(super) fn rewrite(
    path: &Path,
    database: Database,
    replaces: impl FnOnce(Identity),
) -> (Database, Result<(), StoreError>) {
    // A link stays a link.
    let path = match fs::canonicalize(path) {
        Ok(path) => path,
        Err(error) => return (database, Err(undone(&error))),
    };
    let fresh = fresh_path(&path);
    match copy(&path, &fresh, &database).and_then(|made| Ok((made, take_name(&path, &fresh, replaces)?))) {
        Ok((made, old)) => {
            drop(database);
            (made, blank(old).and_then(|()| sync_folder(&path)).map_err(|error| undone(&error)))
        }
        Err(error) => {
            drop(fs::remove_file(&fresh));
            (database, Err(error))
        }
    }
}

/// Returns the file that had the name.
fn take_name(path: &Path, fresh: &Path, replaces: impl FnOnce(Identity)) -> Result<File, StoreError> {
    let old = OpenOptions::new().write(true).open(path).map_err(|error| undone(&error))?;
    if let Some(identity) = file::identity(fresh) {
        replaces(identity);
    }
    fs::rename(fresh, path).map_err(|error| undone(&error))?;
    Ok(old)
}

fn fresh_path(path: &Path) -> PathBuf {
    let mut fresh = OsString::from(path);
    fresh.push(".new");
    PathBuf::from(fresh)
}

/// Writes all rows to a new file at `fresh`, of the same owner.
fn copy(path: &Path, fresh: &Path, database: &Database) -> Result<Database, StoreError> {
    match fs::remove_file(fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(undone(&error)),
        Ok(()) | Err(_) => {}
    }
    let backend = file::open(fresh)?;
    let made = builder().create_with_backend(backend).map_err(|error| file::unusable(fresh, &error))?;
    let made = checked(made, fresh)?;
    tables::copy(database, &made).map_err(|error| failed("write", &error))?;
    give_to_owner(path, fresh).and_then(|()| File::open(fresh)?.sync_all()).map_err(|error| undone(&error))?;
    Ok(made)
}

/// The one who runs this command may be another than the one who runs the service.
#[cfg(unix)]
fn give_to_owner(path: &Path, fresh: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let (old, new) = (fs::metadata(path)?, fs::metadata(fresh)?);
    if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
        std::os::unix::fs::chown(fresh, Some(old.uid()), Some(old.gid()))?;
    }
    fs::set_permissions(fresh, old.permissions())
}

#[cfg(not(unix))]
fn give_to_owner(_path: &Path, _fresh: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes zeros over all of `file`, which has no name any more.
fn blank(mut file: File) -> io::Result<()> {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    let mut left = file.metadata()?.len();
    while left > 0 {
        let part = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
        file.write_all(&ZEROS[..part])?;
        left -= part as u64;
    }
    file.sync_all()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn undone(error: &io::Error) -> StoreError {
    StoreError::Io { action: "rewrite", reason: error.to_string() }
}
