//! The folder of a run: every form of its report, written by one run at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use faults::input;
use jiff::Timestamp;

use super::{Report, annotations, html, junit, markdown};

/// Says who holds the folder; gone when nobody does.
const HOLDER: &str = ".held-by";
/// What is shown of it, in bytes.
const HOLDER_BYTES_MAX: u64 = 200;

/// A folder that no other run writes into until this is dropped, or its process has ended.
#[derive(Debug)]
pub struct ReportFolder {
    path: PathBuf,
    /// The folder itself, locked: the system unlocks it however a process ends.
    _lock: File,
}

/// Why a folder cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another run has it.
    #[error("`{}` is held by another run ({holder}); name another folder, or wait until that one has ended", path.display())]
    Held {
        /// The folder.
        path: PathBuf,
        /// Which.
        holder: String,
    },
    /// It cannot be made or opened.
    #[error("could not make the folder `{}`: {error}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl ReportFolder {
    /// Makes the folder where there is none, and keeps others out.
    ///
    /// # Errors
    ///
    /// The folder is held, with the process that holds it; or it cannot be.
    pub fn hold(path: &Path) -> Result<Self, FolderError> {
        let could_not = |error| FolderError::Io { path: path.to_owned(), error };
        std::fs::create_dir_all(path).map_err(could_not)?;
        let lock = File::open(path).map_err(could_not)?;
        let holder = path.join(HOLDER);
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = input::read_text(&holder, HOLDER_BYTES_MAX).unwrap_or_default();
                let holder = if holder.trim().is_empty() { "it did not say which" } else { holder.trim() };
                return Err(FolderError::Held { path: path.to_owned(), holder: super::text::shown(holder) });
            }
            // Some file systems lock nothing; there it is as it would be without.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(could_not(error)),
        }
        let own = format!("process {}, since {:.0}\n", std::process::id(), Timestamp::now());
        std::fs::write(&holder, own).map_err(could_not)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes every form of the report, and returns their names.
    ///
    /// # Errors
    ///
    /// A file that cannot be written, by its name.
    pub fn write(&self, report: &Report) -> anyhow::Result<String> {
        let files = [
            ("report.html", html::html(report)),
            ("report.json", format!("{}\n", serde_json::to_string(report)?)),
            ("report.md", markdown::markdown(report)),
            ("junit.xml", junit::junit(report)),
            ("annotations.txt", annotations::annotations(report)),
        ];
        for (name, text) in &files {
            let path = self.path.join(name);
            std::fs::write(&path, text)
                .map_err(|error| anyhow::anyhow!("could not write {}: {error}", path.display()))?;
        }
        Ok(files.map(|(name, _)| name).join(", "))
    }
}

impl Drop for ReportFolder {
    fn drop(&mut self) {
        // Before the lock goes: whoever comes next writes its own.
        drop(std::fs::remove_file(self.path.join(HOLDER)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_folder_has_one_run_at_a_time_and_names_it() {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("a/b");
        let first = ReportFolder::hold(&path).expect("nobody has it");
        let told = ReportFolder::hold(&path).expect_err("it is held").to_string();
        assert!(told.contains(&format!("process {}, since ", std::process::id())), "{told}");
        assert!(told.contains("name another folder"), "{told}");
        let names = first.write(&sample::report()).expect("it can be written");
        drop(first);
        let mut written: Vec<_> = std::fs::read_dir(&path)
            .expect("the folder is there")
            .map(|entry| entry.expect("it can be listed").file_name().into_string().expect("text"))
            .collect();
        written.sort();
        let mut names: Vec<_> = names.split(", ").collect();
        names.sort_unstable();
        assert_eq!(written, names, "nothing else is left behind");
        drop(ReportFolder::hold(&path).expect("the first has ended"));
    }

    #[test]
    fn what_is_no_folder_is_told() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::write(root.path().join("file"), "").expect("the folder is ours");
        let told = ReportFolder::hold(&root.path().join("file")).expect_err("it is a file").to_string();
        assert!(told.contains("could not make the folder"), "{told}");
    }
}
