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
    is_folder: bool,
    /// The rights found, and those that are enough.
    pub(crate) mode: u32,
    pub(crate) allowed: u32,
}

/// What somebody may do with a file or a folder, the most of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum May {
    Nothing,
    /// Execute a file, or open those in a folder whose names are known.
    Reach,
    Read,
    /// In a folder with the sticky bit nobody takes the place of another's file.
    Add,
    Change,
}

/// The folder of a checkpoint file, as far as it is ours to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Folder {
    /// For its owner alone.
    Closed,
    Open(Wide),
    /// Of another owner, such as the root of a volume, or not to be looked at.
    Unjudged,
}

impl Wide {
    /// What is at `path`, if its rights reach beyond `allowed`.
    pub(crate) fn at(path: &Path, allowed: u32) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        let is_folder = found.is_dir();
        wider(mode(&found), allowed).map(|mode| Self { path: path.to_owned(), is_folder, mode, allowed })
    }

    /// What of the checkpoint at `path` and of its folder others may use.
    pub(crate) fn of_checkpoint(path: &Path) -> impl Iterator<Item = Self> {
        let folder = match Folder::of(path) {
            Folder::Open(wide) => Some(wide),
            Folder::Closed | Folder::Unjudged => None,
        };
        Self::at(path, STATE).into_iter().chain(folder)
    }

    /// Whether every user of this machine may change it, or take its place.
    pub(crate) fn is_writable(&self) -> bool {
        self.others() == May::Change
    }

    /// Whether anybody but its owner may change it, or put another file in the place of one in it.
    pub(crate) fn is_replaceable(&self) -> bool {
        self.group().max(self.others()) == May::Change
    }

    fn group(&self) -> May {
        self.may(self.mode >> 3, self.allowed >> 3)
    }

    fn others(&self) -> May {
        self.may(self.mode, self.allowed)
    }

    /// What the three bits at the end of `mode` let somebody do that `allowed` does not.
    const fn may(&self, mode: u32, allowed: u32) -> May {
        let bits = mode & !allowed & 0o7;
        // Without the right to reach into a folder nothing in it can be made or replaced.
        let is_useless = self.is_folder && mode & 0o1 == 0;
        match bits {
            _ if bits & 0o2 != 0 && self.is_folder && self.mode & 0o1000 != 0 && !is_useless => May::Add,
            _ if bits & 0o2 != 0 && !is_useless => May::Change,
            _ if bits & 0o4 != 0 => May::Read,
            _ if bits & 0o1 != 0 => May::Reach,
            _ => May::Nothing,
        }
    }

    /// What was found, in words.
    pub(crate) fn cause(&self) -> String {
        let (group, others) = (self.group(), self.others());
        let mut who = Vec::new();
        if group > others {
            who.push(format!("its group may {}", self.doing(group)));
        }
        if others > May::Nothing {
            who.push(format!("every user of this machine may {}", self.doing(others)));
        }
        if who.is_empty() {
            who.push("others than its owner have rights that mean nothing".to_owned());
        }
        format!("{} has the rights {:04o}: {}", self.path.display(), self.mode, who.join(", and "))
    }

    const fn doing(&self, may: May) -> &'static str {
        match (may, self.is_folder) {
            (May::Change, true) => "put another file in the place of one in it",
            (May::Change, false) => "change it",
            (May::Add, _) => "add files to it",
            (May::Read, true) => "list the names of its files",
            (May::Read, false) => "read it",
            (May::Reach, true) => "reach its files by name",
            (May::Reach, false) => "execute it",
            (May::Nothing, _) => "do nothing with it",
        }
    }

    /// What mends it.
    pub(crate) fn next_step(&self) -> String {
        format!("chmod {:o} {}", self.allowed, self.path.display())
    }
}

impl Folder {
    /// The folder in which the file at `path` lies; of a path without one, that is the working directory.
    pub(crate) fn of(path: &Path) -> Self {
        let Some(folder) = folder(path) else { return Self::Unjudged };
        let (Ok(file), Ok(found)) = (std::fs::metadata(path), std::fs::metadata(&folder)) else {
            return Self::Unjudged;
        };
        if !have_one_owner(&file, &found) {
            return Self::Unjudged;
        }
        Wide::at(&folder, FOLDER).map_or(Self::Closed, Self::Open)
    }
}

fn folder(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    // Named in full: `chmod 700 .` is easily carried out in another place.
    if folder.as_os_str().is_empty() { std::env::current_dir().ok() } else { Some(folder.to_owned()) }
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
    fn who_may_do_what_is_said_of_a_file_and_of_a_folder() {
        let every = "every user of this machine may";
        for (is_folder, mode, allowed, is_writable, is_replaceable, may) in [
            (false, 0o666, 0o600, true, true, format!("{every} change it")),
            (false, 0o1666, 0o600, true, true, format!("{every} change it")),
            (false, 0o644, 0o600, false, false, format!("{every} read it")),
            (false, 0o660, 0o600, false, true, "its group may change it".into()),
            (false, 0o640, 0o600, false, false, "its group may read it".into()),
            (false, 0o664, 0o600, false, true, format!("its group may change it, and {every} read it")),
            (false, 0o664, 0o644, false, true, "its group may change it".into()),
            (true, 0o777, 0o700, true, true, format!("{every} put another file in the place of one in it")),
            (true, 0o770, 0o700, false, true, "its group may put another file in the place of one in it".into()),
            (
                true,
                0o775,
                0o700,
                false,
                true,
                format!(
                    "its group may put another file in the place of one in it, and {every} list the names of its files"
                ),
            ),
            (true, 0o1777, 0o700, false, false, format!("{every} add files to it")),
            (true, 0o755, 0o700, false, false, format!("{every} list the names of its files")),
            (true, 0o711, 0o700, false, false, format!("{every} reach its files by name")),
            (true, 0o720, 0o700, false, false, "others than its owner have rights that mean nothing".into()),
        ] {
            let wide = Wide { path: "f".into(), is_folder, mode, allowed };
            assert_eq!((wide.is_writable(), wide.is_replaceable()), (is_writable, is_replaceable), "{mode:o}");
            assert_eq!(wide.cause(), format!("f has the rights {mode:04o}: {may}"));
            assert_eq!(wide.next_step(), format!("chmod {allowed:o} f"));
        }
    }

    #[test]
    fn a_path_without_a_folder_lies_in_the_working_directory() {
        let here = std::env::current_dir().expect("there is one");
        assert_eq!(folder(Path::new("state.redb")), Some(here));
        assert_eq!(folder(Path::new("a/state.redb")), Some("a".into()));
        assert_eq!(folder(Path::new("/")), None);
    }
}
