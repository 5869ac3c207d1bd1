//! Where the control socket of a checkpoint file lies.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The most bytes of a socket's path, the ending zero not counted (unix(7): `sun_path` takes 108 on Linux;
/// <https://man7.org/linux/man-pages/man7/unix.7.html>, read 2026-11-29; 104 on the BSDs and macOS).
#[cfg(target_os = "linux")]
const PATH_BYTES_MAX: usize = 107;
#[cfg(not(target_os = "linux"))]
const PATH_BYTES_MAX: usize = 103;

/// The path of a control socket, short enough for the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    path: PathBuf,
    fresh: PathBuf,
}

/// A path that no socket can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the control socket `{}` cannot be made: its path may be {PATH_BYTES_MAX} bytes long, and would be {bytes}", path.display())]
pub(crate) struct TooLong {
    path: PathBuf,
    bytes: usize,
}

impl Address {
    /// The socket beside the checkpoint file at `store`.
    pub(crate) fn beside(store: &Path) -> Result<Self, TooLong> {
        let (path, fresh) = (ending(store, ".sock"), ending(store, ".sock~"));
        // The longer one is bound, and then takes the shorter name.
        let bytes = fresh.as_os_str().len();
        if bytes > PATH_BYTES_MAX { Err(TooLong { path, bytes }) } else { Ok(Self { path, fresh }) }
    }

    /// Where it is found.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is made.
    pub(super) fn fresh(&self) -> &Path {
        &self.fresh
    }
}

fn ending(store: &Path, end: &str) -> PathBuf {
    let mut path = OsString::from(store);
    path.push(end);
    PathBuf::from(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_socket_can_have_is_told_with_both_lengths() {
        let address = Address::beside(Path::new("/var/lib/x/state.redb")).expect("short");
        assert_eq!(address.path(), Path::new("/var/lib/x/state.redb.sock"));
        let longest = format!("/{}", "x".repeat(PATH_BYTES_MAX - 1 - ".sock~".len()));
        assert!(Address::beside(Path::new(&longest)).is_ok());
        let error = Address::beside(Path::new(&format!("{longest}y"))).expect_err("too long").to_string();
        assert!(error.contains(&format!("may be {PATH_BYTES_MAX} bytes long, and would be {}", PATH_BYTES_MAX + 1)));
    }
}
