//! Whether others may change what the connector believes.

use std::path::Path;

use super::finding::{Finding, Origin};

/// A warning when anybody on this machine may write to the file at `path`. Reading is not judged: orchestrators mount secrets
/// readable for all, into containers that hold one program.
pub(crate) fn warning(key: &str, path: &Path, origin: Origin) -> Option<Finding> {
    let mode = mode(path)?;
    let warning =
        Finding::error(key, format!("`{}` may be changed by every user of this machine", path.display()), origin);
    is_open(mode).then(|| warning.warning().with_help(format!("chmod o-w {}", path.display())))
}

const fn is_open(mode: u32) -> bool {
    mode & 0o002 != 0
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|found| found.mode())
}

#[cfg(not(unix))]
fn mode(_path: &Path) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_file_that_anybody_may_write_is_said() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().expect("a file");
        for (mode, is_said) in [(0o600, false), (0o644, false), (0o664, false), (0o666, true), (0o602, true)] {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).expect("it is ours");
            assert_eq!(warning("key", file.path(), Origin::Default).is_some(), is_said, "{mode:o}");
        }
        assert_eq!(warning("key", Path::new("/nowhere"), Origin::Default), None);
    }
}
