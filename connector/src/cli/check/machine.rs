//! What has to be right on this machine: the checkpoint file and the address of the telemetry.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::Problem;
use crate::cli::{Failure, parts};
use crate::config::Config;
use crate::problem::Code;
use crate::store::Store as _;
use crate::telemetry::bind;

/// About what a new checkpoint file takes.
const NEW_FILE_BYTES: usize = 2 * 1024 * 1024;

/// What was seen to work.
pub(super) enum Proven {
    /// The checkpoint file was opened and written to.
    File,
    /// A file of the size of a new one was written to this folder and removed.
    Folder(PathBuf),
}

/// An address that was bound and let go.
pub(super) struct Free(());

/// Opens and writes the checkpoint file; where there is none, none is made, but its folder is tried.
pub(super) async fn store(config: &Config, is_held: bool) -> Result<Proven, Problem> {
    let path = &config.store.path;
    if is_held || path.exists() {
        let store = parts::store(config).map_err(problem)?;
        store.prove_writable().await.map_err(|error| problem(error.into()))?;
        return Ok(Proven::File);
    }
    let folder = nearest_folder(path);
    match try_to_write(&folder) {
        Ok(()) => Ok(Proven::Folder(folder)),
        Err(error) => Err(unwritable(path, &folder, &error)),
    }
}

/// The folder of `path`, or the nearest one above it that is there: the service makes the rest.
fn nearest_folder(path: &Path) -> PathBuf {
    let above = path.ancestors().skip(1).find(|folder| folder.as_os_str().is_empty() || folder.exists());
    match above {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

fn try_to_write(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!(".miro-sentinel-check-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
    let written = file.write_all(&vec![0x5a; NEW_FILE_BYTES]).and_then(|()| file.sync_all());
    drop(file);
    fs::remove_file(&path).and(written)
}

fn unwritable(path: &Path, folder: &Path, error: &io::Error) -> Problem {
    let next_step = if error.kind() == io::ErrorKind::StorageFull {
        "make room on that disk, or choose another `store.path`"
    } else {
        "let the user that runs the service write there, or choose another `store.path`"
    };
    Problem {
        code: Code::StoreUnusable,
        subject: "store.path".to_owned(),
        cause: format!("{} cannot be made: could not write to {}: {error}", path.display(), folder.display()),
        next_step: next_step.to_owned(),
    }
}

/// Binds `address` and lets it go.
pub(super) async fn address_is_free(address: SocketAddr) -> Result<Free, Problem> {
    match bind(address).await {
        Ok(_listener) => Ok(Free(())),
        Err(error) => Err(problem(error.into())),
    }
}

fn problem(failure: Failure) -> Problem {
    match failure {
        Failure::Problem(problem) => problem,
        Failure::Findings(findings) => unexpected(findings.to_string(), "correct the configuration".to_owned()),
        Failure::Unexpected { cause, next_step } => unexpected(cause, next_step),
    }
}

fn unexpected(cause: String, next_step: String) -> Problem {
    Problem { code: Code::StoreUnusable, subject: "store.path".to_owned(), cause, next_step }
}
