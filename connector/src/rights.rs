//! Who besides its owner may use a file. Nobody should use those of ours: they hold events set aside and secrets.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// What the checkpoint file may allow, and the folder it lies in, and a file that holds a secret.
pub(crate) const STATE: u32 = 0o600;
pub(crate) const FOLDER: u32 = 0o700;
pub(crate) const SECRET: u32 = 0o600;
/// What the configuration may allow, which names secrets and holds none.
pub(crate) const CONFIGURATION: u32 = 0o644;

/// Something that others than its owner may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wide {
    path: PathBuf,
    /// The rights found, and those that are enough.
    pub(crate) mode: u32,
    pub(crate) allowed: u32,
}

impl Wide {
    /// What is at `path`, if its rights reach beyond `allowed`.
    pub(crate) fn at(path: &Path, allowed: u32) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        wider(mode(&found), allowed).map(|mode| Self { path: path.to_owned(), mode, allowed })
    }

    /// The folder of the file at `path`, if others may use it. One of another owner is not ours to judge, such as the root of a volume.
    pub(crate) fn folder_of(path: &Path) -> Option<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
        let is_ours = have_one_owner(&std::fs::metadata(path).ok()?, &std::fs::metadata(folder).ok()?);
        if is_ours { Self::at(folder, FOLDER) } else { None }
    }

    /// Whether every user of this machine may change it, or take its place. In a folder with the sticky bit nobody takes the place
    /// of another's file.
    pub(crate) const fn is_writable(&self) -> bool {
        self.mode & 0o002 != 0 && self.mode & 0o1000 == 0
    }

    /// What was found, in words.
    pub(crate) fn cause(&self) -> String {
        let (path, mode) = (self.path.display(), self.mode);
        let may = match (self.is_writable(), mode & 0o007 != 0) {
            (true, _) => "every user of this machine may change it",
            (false, true) => "every user of this machine may read it",
            (false, false) => "its group may use it",
        };
        format!("{path} has the rights {mode:04o}: {may}")
    }

    /// What mends it.
    pub(crate) fn next_step(&self) -> String {
        format!("chmod {:o} {}", self.allowed, self.path.display())
    }
}

/// The rights found, if others than the owner have any that `allowed` leaves out.
fn wider(mode: u32, allowed: u32) -> Option<u32> {
    (mode & !allowed & 0o077 != 0).then_some(mode & 0o1777)
}

#[cfg(unix)]
fn mode(found: &Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(found)
}

#[cfg(not(unix))]
fn mode(_found: &Metadata) -> u32 {
    0
}

#[cfg(unix)]
fn have_one_owner(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    one.uid() == other.uid()
}

#[cfg(not(unix))]
fn have_one_owner(_one: &Metadata, _other: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_right_of_others_is_said() {
        for (mode, allowed, said) in [
            (0o100_600, STATE, None),
            (0o100_400, STATE, None),
            (0o100_640, STATE, Some(0o640)),
            (0o100_644, STATE, Some(0o644)),
            (0o100_666, STATE, Some(0o666)),
            (0o40_700, FOLDER, None),
            (0o40_711, FOLDER, Some(0o711)),
            (0o40_755, FOLDER, Some(0o755)),
            (0o41_777, FOLDER, Some(0o1777)),
        ] {
            assert_eq!(wider(mode, allowed), said, "{mode:o}");
        }
    }

    #[test]
    fn only_what_everybody_may_change_is_a_danger_by_itself() {
        let wide = |mode| Wide { path: "f".into(), mode, allowed: 0o600 };
        for (mode, is_writable, may) in [
            (0o666, true, "every user of this machine may change it"),
            (0o777, true, "every user of this machine may change it"),
            (0o602, true, "every user of this machine may change it"),
            (0o1777, false, "every user of this machine may read it"),
            (0o644, false, "every user of this machine may read it"),
            (0o660, false, "its group may use it"),
        ] {
            assert_eq!(wide(mode).is_writable(), is_writable, "{mode:o}");
            assert_eq!(wide(mode).cause(), format!("f has the rights {mode:04o}: {may}"));
        }
        assert_eq!(wide(0o666).next_step(), "chmod 600 f");
    }
}
