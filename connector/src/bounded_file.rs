//! Files that somebody named, read without waiting for ever and without end. A path may lead to anything: a named pipe whose writer
//! never comes would hold the program at `open`, and a device has no size and no end.

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

/// How long a pipe may give nothing while somebody has it open for writing.
const PATIENCE: Timespec = Timespec { tv_sec: 30, tv_nsec: 0 };
const CHUNK_BYTES: usize = 64 * 1024;

/// Opens the file at `path` for reading, at once: nobody waits for the writer of a named pipe.
///
/// # Errors
///
/// What the system says.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)
}

/// What the file at `path` holds, if that is at most `bytes_max`. A pipe is read to its end, as in `--config <(…)`, while somebody
/// writes to it.
///
/// # Errors
///
/// In words that follow "could not be read:".
pub(crate) fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, String> {
    let mut file = open(path).map_err(|error| error.to_string())?;
    let is_pipe = file.metadata().is_ok_and(|found| found.file_type().is_fifo());
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; CHUNK_BYTES]);
    loop {
        match file.read(&mut chunk) {
            Ok(0) if is_pipe && bytes.is_empty() => return Err("it is a named pipe that nobody writes to".to_owned()),
            Ok(0) => return Ok(bytes),
            Ok(count) => bytes.extend_from_slice(chunk.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => wait(&file)?,
            Err(error) => return Err(error.to_string()),
        }
        if bytes.len() as u64 > bytes_max {
            return Err(format!("it is larger than {bytes_max} bytes"));
        }
    }
}

/// Waits until `file` has something to read, or its end.
fn wait(file: &File) -> Result<(), String> {
    match poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&PATIENCE)) {
        Ok(0) => Err(format!("it gave nothing for {} seconds", PATIENCE.tv_sec)),
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether the file at `path`, if there is one, is a regular one; else what it is, with its article.
pub(crate) fn irregular(path: &Path) -> Option<&'static str> {
    let found = std::fs::metadata(path).ok()?.file_type();
    if found.is_file() { None } else { Some(named(found)) }
}

fn named(found: FileType) -> &'static str {
    if found.is_dir() {
        "a folder"
    } else if found.is_fifo() {
        "a named pipe"
    } else if found.is_socket() {
        "a socket"
    } else if found.is_block_device() || found.is_char_device() {
        "a device"
    } else {
        "no file"
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn pipe(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo is there").success());
        path
    }

    #[test]
    fn a_pipe_without_a_writer_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = pipe(folder.path());
        assert_eq!(read(&path, 100), Err("it is a named pipe that nobody writes to".to_owned()));
        assert_eq!(irregular(&path), Some("a named pipe"));
    }

    #[test]
    fn a_pipe_is_read_to_its_end_however_late_its_writer_writes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = pipe(folder.path());
        // Open for reading and writing, which waits for nobody: the reader below finds a writer that has written nothing yet.
        let mut writer = OpenOptions::new().read(true).write(true).open(&path).expect("opened");
        let text = vec![b'x'; 3 * CHUNK_BYTES];
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| read(&path, 1 << 20));
            writer.write_all(&text).expect("read meanwhile");
            drop(writer);
            assert_eq!(reading.join().expect("it ends"), Ok(text.clone()));
        });
    }

    #[test]
    fn what_has_no_end_is_too_large_and_what_is_no_file_is_named() {
        assert_eq!(read(Path::new("/dev/zero"), 1000), Err("it is larger than 1000 bytes".to_owned()));
        for (path, named) in [("/dev/zero", Some("a device")), ("/", Some("a folder")), ("/nowhere", None)] {
            assert_eq!(irregular(Path::new(path)), named, "{path}");
        }
        let file = tempfile::NamedTempFile::new().expect("a file");
        assert_eq!((irregular(file.path()), read(file.path(), 0)), (None, Ok(Vec::new())));
    }
}
