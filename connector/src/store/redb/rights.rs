//! Who besides its owner may use the checkpoint file: nobody should, since it holds events set aside.

use std::fs::Metadata;
use std::path::Path;

use tracing::warn;

/// What the file may allow, and the folder it lies in.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Logs a warning for the file and for its folder when others may use them. They are used all the same: a volume's rights
/// are not always ours to choose. A folder of another owner is not ours to judge.
pub(super) fn warn_when_wide(path: &Path, folder: Option<&Path>) {
    let Ok(file) = std::fs::metadata(path) else { return };
    tell(path, &file, FILE_MODE);
    if let Some(folder) = folder
        && let Ok(found) = std::fs::metadata(folder)
        && have_one_owner(&file, &found)
    {
        tell(folder, &found, FOLDER_MODE);
    }
}

fn tell(path: &Path, found: &Metadata, allowed: u32) {
    if let Some(mode) = wider(mode(found), allowed) {
        warn!(
            path = %path.display(),
            mode = format!("{mode:04o}"),
            next_step = format!("chmod {allowed:o} {}", path.display()),
            "Others than its owner may use the checkpoint."
        );
    }
}

/// The rights found, if others than the owner have any that `allowed` leaves out.
fn wider(mode: u32, allowed: u32) -> Option<u32> {
    let mode = mode & 0o777;
    (mode & !allowed & 0o077 != 0).then_some(mode)
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
            (0o100_600, FILE_MODE, None),
            (0o100_400, FILE_MODE, None),
            (0o100_640, FILE_MODE, Some(0o640)),
            (0o100_644, FILE_MODE, Some(0o644)),
            (0o100_666, FILE_MODE, Some(0o666)),
            (0o40_700, FOLDER_MODE, None),
            (0o40_711, FOLDER_MODE, Some(0o711)),
            (0o40_755, FOLDER_MODE, Some(0o755)),
            (0o41_777, FOLDER_MODE, Some(0o777)),
        ] {
            assert_eq!(wider(mode, allowed), said, "{mode:o}");
        }
    }
}
