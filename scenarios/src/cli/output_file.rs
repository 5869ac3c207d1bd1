//! Files that a command is told to write.

use std::path::Path;

use super::Usage;

/// The same for a file that nothing is overwritten by: what is there cannot be made again.
pub(super) fn new_file(option: &str, path: &Path) -> Result<(), Usage> {
    writable(option, path)?;
    if path.exists() {
        let shown = path.display();
        return Err(Usage(format!(
            "{option}: `{shown}` exists and would be overwritten; name another file, or remove it"
        )));
    }
    Ok(())
}

/// Whether a file can be written there, before anything is run. A device, a pipe or a link would be replaced by the file.
pub(super) fn writable(option: &str, path: &Path) -> Result<(), Usage> {
    let shown = path.display();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.file_name().is_none() || !folder.is_dir() {
        return Err(Usage(format!("{option}: `{shown}` is not a file in a folder that exists; make the folder first")));
    }
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => {
            return Err(Usage(format!(
                "{option}: `{shown}` exists and is not a regular file; name a file, or one that does not exist yet"
            )));
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Usage(format!("{option}: `{shown}`: {error}")));
        }
        Ok(_) | Err(_) => {}
    }
    tempfile::tempfile_in(folder).map(drop).map_err(|error| {
        let folder = folder.display();
        Usage(format!("{option}: no file can be created in `{folder}`: {error}; name a file in another folder"))
    })
}
