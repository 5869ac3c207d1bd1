//! Writing a file: all of it or nothing, and for its owner alone.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::Har;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[error("could not write {path}: {reason}")]
pub struct WriteError {
    path: PathBuf,
    reason: String,
}

/// Writes `har` beside `path`, readable for its owner alone, and then gives it that name.
///
/// # Errors
///
/// If the file cannot be written or replaced.
pub fn write(path: &Path, har: &Har) -> Result<(), WriteError> {
    let could_not = |reason: String| WriteError { path: path.to_owned(), reason };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| could_not(error.to_string()))?;
    let mut out = BufWriter::new(file.as_file_mut());
    serde_json::to_writer(&mut out, har).map_err(|error| could_not(error.to_string()))?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(|error| could_not(error.to_string()))?;
    drop(out);
    file.as_file().sync_all().map_err(|error| could_not(error.to_string()))?;
    file.persist(path).map_err(|error| could_not(error.to_string()))?;
    Ok(())
}
