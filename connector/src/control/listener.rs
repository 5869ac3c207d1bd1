//! The listening end: a socket that only its owner reaches, and that goes when the process does.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::Address;
use crate::telemetry::connections::Accept;

/// A bound control socket. Dropping it takes it away, unless another took its place.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: UnixListener,
    path: PathBuf,
    identity: (u64, u64),
    owner: u32,
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unbound {
    #[error("`{}` is there already and is not a socket", path.display())]
    Occupied { path: PathBuf },
    #[error("the control socket `{}` could not be made: {reason}", path.display())]
    Refused { path: PathBuf, reason: io::Error },
}

impl Unbound {
    /// What a person can do about it.
    pub(crate) const fn next_step(&self) -> &'static str {
        match self {
            Self::Occupied { .. } => {
                "move it aside and start again; until then `dead-letters` works only while the service is stopped"
            }
            Self::Refused { .. } => {
                "put `store.path` into a folder of a local file system that allows sockets; until then `dead-letters` works only \
                 while the service is stopped"
            }
        }
    }
}

impl Listener {
    /// Listens at `address`, for the user of this process alone. To be called only while the checkpoint file beside it is held:
    /// then a socket that is there belongs to a process that has ended, and is replaced.
    pub(crate) fn bind(address: &Address) -> Result<Self, Unbound> {
        let (path, fresh) = (address.path(), address.fresh());
        remove_socket(fresh)?;
        is_replaceable(path)?;
        let refused = |reason| Unbound::Refused { path: path.to_owned(), reason };
        let socket = UnixListener::bind(fresh).map_err(refused)?;
        // It takes its name once nobody else can use it, and in one step, so that nobody finds half of it.
        let made = fs::set_permissions(fresh, Permissions::from_mode(0o600))
            .and_then(|()| fs::symlink_metadata(fresh))
            .and_then(|found| fs::rename(fresh, path).map(|()| found));
        match made {
            Ok(found) => {
                Ok(Self { socket, path: path.to_owned(), identity: (found.dev(), found.ino()), owner: found.uid() })
            }
            Err(reason) => {
                drop(fs::remove_file(fresh));
                Err(refused(reason))
            }
        }
    }
}

/// Whether the one who connected is the owner, or may do everything.
fn is_allowed(stream: &UnixStream, owner: u32) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == owner || peer.uid() == 0)
}

impl Accept for Listener {
    type Stream = UnixStream;

    async fn next(&self) -> io::Result<UnixStream> {
        loop {
            let (stream, _) = self.socket.accept().await?;
            // Who connected before the rights were set came by the other name.
            if is_allowed(&stream, self.owner) {
                return Ok(stream);
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path).map(|found| (found.dev(), found.ino()));
        if found.is_ok_and(|found| found == self.identity) {
            drop(fs::remove_file(&self.path));
        }
    }
}

/// An error when something else than a socket has the name.
fn is_replaceable(path: &Path) -> Result<(), Unbound> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => Err(Unbound::Occupied { path: path.to_owned() }),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn remove_socket(path: &Path) -> Result<(), Unbound> {
    is_replaceable(path)?;
    match fs::remove_file(path) {
        Err(reason) if reason.kind() != io::ErrorKind::NotFound && reason.kind() != io::ErrorKind::NotADirectory => {
            Err(Unbound::Refused { path: path.to_owned(), reason })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
