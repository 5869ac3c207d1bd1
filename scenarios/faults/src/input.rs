//! Reads files given by a user: regular files only, up to a size limit. A pipe could block forever, and a device has no end.

use std::fs::{File, FileType, Metadata};
use std::io::{self, Read as _};
use std::path::Path;

/// The size limit of files written by hand, in bytes: worlds, scenarios, targets, certificates.
pub const BY_HAND_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Why a file was not read. The message is meant to follow the file's name and a colon.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The system reports an error.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is not a regular file.
    #[error("it is {0}, and not a regular file; name a file, or save what comes from there into one first")]
    NoFile(&'static str),
    /// It exceeds the size limit.
    #[error("it is larger than {} MB", .0.div_ceil(1_000_000))]
    TooLarge(u64),
    /// It is not UTF-8.
    #[error("it is not UTF-8 text (byte {0})")]
    NoText(usize),
}

impl From<InputError> for io::Error {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Io(error) => error,
            other @ (InputError::NoFile(_) | InputError::TooLarge(_) | InputError::NoText(_)) => {
                Self::new(io::ErrorKind::InvalidInput, other.to_string())
            }
        }
    }
}

/// The bytes of the file at `path`, at most `bytes_max`.
///
/// # Errors
///
/// The path is not a regular file, the file is larger, or the system cannot read it.
pub fn read_bytes(path: &Path, bytes_max: u64) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    // What grows meanwhile, and what the system says has no length, is read no further than is needed to know.
    open_file(path, bytes_max)?.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max { Err(InputError::TooLarge(bytes_max)) } else { Ok(bytes) }
}

/// The text of the file at `path`, at most `bytes_max`.
///
/// # Errors
///
/// Those of [`read_bytes`], and a file that is not UTF-8.
pub fn read_text(path: &Path, bytes_max: u64) -> Result<String, InputError> {
    let bytes = read_bytes(path, bytes_max)?;
    String::from_utf8(bytes).map_err(|error| InputError::NoText(error.utf8_error().valid_up_to()))
}

/// Opens the file at `path`, to be read piece by piece.
///
/// # Errors
///
/// Those of [`read_bytes`].
pub fn open_file(path: &Path, bytes_max: u64) -> Result<File, InputError> {
    // Looked at before it is opened: to open a pipe is to wait for its writer.
    check(&std::fs::metadata(path)?, bytes_max)?;
    let file = File::open(path)?;
    check(&file.metadata()?, bytes_max)?;
    Ok(file)
}

fn check(metadata: &Metadata, bytes_max: u64) -> Result<(), InputError> {
    if !metadata.is_file() {
        return Err(InputError::NoFile(kind(metadata.file_type())));
    }
    if metadata.len() > bytes_max { Err(InputError::TooLarge(bytes_max)) } else { Ok(()) }
}

fn kind(is: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if is.is_fifo() {
            return "a pipe";
        }
        if is.is_socket() {
            return "a socket";
        }
        if is.is_char_device() || is.is_block_device() {
            return "a device";
        }
    }
    if is.is_dir() { "a folder" } else { "something else" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("f");
        std::fs::write(&file, "four").expect("the folder is ours");
        assert_eq!(read_text(&file, 4).expect("it fits"), "four");
        assert!(matches!(read_text(&file, 3), Err(InputError::TooLarge(3))));
        std::fs::write(&file, b"ab\xff").expect("the folder is ours");
        assert!(matches!(read_text(&file, 9), Err(InputError::NoText(2))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_no_file_is_named_and_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().expect("mkfifo is there");
        assert!(made.success());
        std::os::unix::fs::symlink(at("pipe"), at("link")).expect("the folder is ours");
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).expect("the folder is ours");
        for (path, is) in [
            (at("pipe"), "a pipe"),
            (at("link"), "a pipe"),
            (at("socket"), "a socket"),
            (folder.path().to_owned(), "a folder"),
            ("/dev/zero".into(), "a device"),
        ] {
            let told = read_bytes(&path, 9).expect_err("it is no file").to_string();
            assert!(told.contains(&format!("it is {is}, and not a regular file")), "{}: {told}", path.display());
        }
        // The system says that these have no length.
        assert!(matches!(read_bytes(Path::new("/proc/self/environ"), 1), Err(InputError::TooLarge(1))));
        let missing = io::Error::from(read_bytes(&at("missing"), 9).expect_err("nothing is there"));
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
