//! Secrets that change while the service runs: files are looked at again and again, so that a rotated token or secret is
//! taken up without a restart. Variables cannot change under a running process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ring::digest::{Digest, SHA256, digest};

use crate::bounded_file;
use crate::config::SECRET_BYTES_MAX;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The files that hold secrets, and fingerprints of what they held when last looked at.
pub(super) struct SecretFiles {
    files: Vec<(PathBuf, Option<Fingerprint>)>,
}

/// Tells contents apart without keeping them.
#[derive(Clone, Copy)]
struct Fingerprint(Digest);

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref() == other.0.as_ref()
    }
}

impl SecretFiles {
    /// Takes the fingerprints as they are now.
    pub(super) async fn new(paths: Vec<PathBuf>) -> Self {
        let mut files = Vec::new();
        for path in paths {
            let found = fingerprint(&path).await;
            files.push((path, found));
        }
        Self { files }
    }

    /// Waits until a file holds something else; never ends without files. Cancel safe. A file that is gone for a moment, as
    /// while it is being replaced, has not changed.
    pub(super) async fn changed(&mut self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let mut has_changed = false;
            for (path, known) in &mut self.files {
                let found = fingerprint(path).await;
                if found.is_some() && found != *known {
                    *known = found;
                    has_changed = true;
                }
            }
            if has_changed {
                return;
            }
        }
    }
}

async fn fingerprint(path: &Path) -> Option<Fingerprint> {
    let path = path.to_owned();
    // A pipe is empty once it was read: that is no new secret.
    let read = move || {
        if bounded_file::irregular(&path).is_some() { None } else { bounded_file::read(&path, SECRET_BYTES_MAX).ok() }
    };
    let bytes = tokio::task::spawn_blocking(read).await.ok()??;
    Some(Fingerprint(digest(&SHA256, &bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_changes_when_it_holds_something_else() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("token");
        std::fs::write(&path, "old").expect("written");
        let mut files = SecretFiles::new(vec![path.clone(), directory.path().join("missing")]).await;
        tokio::time::pause();
        let patience = Duration::from_secs(12);
        assert!(tokio::time::timeout(patience, files.changed()).await.is_err(), "nothing changed");
        std::fs::remove_file(&path).expect("removed");
        assert!(tokio::time::timeout(patience, files.changed()).await.is_err(), "gone is not changed");
        std::fs::write(&path, "new").expect("written");
        assert!(tokio::time::timeout(patience, files.changed()).await.is_ok());
        assert!(tokio::time::timeout(patience, files.changed()).await.is_err(), "told once");
    }
}
