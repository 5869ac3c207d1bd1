//! What a first start leaves behind when it is cut off: a file that holds nothing yet, and that redb refuses to open.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use redb::StorageBackend;
use redb::backends::InMemoryBackend;

use super::builder;

/// What every redb file begins with once it is whole; redb writes it after the rest of a new file is on disk
/// (<https://github.com/cberner/redb/blob/master/docs/design.md>, "Super-header", read 2026-11-29).
const MAGIC: [u8; 9] = *b"redb\x1a\x0a\xa9\x0d\x0a";

/// Empties `backend` if it holds no more than a part of a new file, so that the file is made anew; returns whether it did.
///
/// "Part of a new file" is checked byte for byte: each one is zero or what redb writes there while it makes a file. A file
/// that ever held a commit, or anything of another program, has other bytes and stays as it is. Nobody else may use the
/// backend meanwhile.
pub(super) fn discard_unfinished(backend: &impl StorageBackend) -> io::Result<bool> {
    let size = backend.len()?;
    if size == 0 || begins_with_magic(backend, size)? {
        return Ok(false);
    }
    let making = Making::observed()?;
    if size > making.size_max {
        return Ok(false);
    }
    let mut found = vec![0; usize::try_from(size).map_err(io::Error::other)?];
    backend.read(0, &mut found)?;
    if !making.explains(&found) {
        return Ok(false);
    }
    backend.set_len(0)?;
    backend.sync_data()?;
    Ok(true)
}

fn begins_with_magic(backend: &impl StorageBackend, size: u64) -> io::Result<bool> {
    let mut beginning = MAGIC;
    if size < MAGIC.len() as u64 {
        return Ok(false);
    }
    backend.read(0, &mut beginning)?;
    Ok(beginning == MAGIC)
}

/// What redb writes while it makes a new file.
struct Making {
    /// The largest size the file has meanwhile, in bytes.
    size_max: u64,
    /// Each write: where, and what.
    writes: Vec<(usize, Vec<u8>)>,
}

impl Making {
    /// Makes a database in memory and keeps what was written.
    fn observed() -> io::Result<Self> {
        let observer = Observer::default();
        let made = Arc::clone(&observer.made);
        drop(builder().create_with_backend(observer).map_err(io::Error::other)?);
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Self { size_max: made.size_max, writes: std::mem::take(&mut made.writes) })
    }

    /// Whether `found` can be what is left of it: some of its bytes, the others zero.
    fn explains(&self, found: &[u8]) -> bool {
        let mut explained: Vec<bool> = found.iter().map(|byte| *byte == 0).collect();
        for (at, data) in &self.writes {
            let place = explained.iter_mut().zip(found).skip(*at);
            for ((explained, found), written) in place.zip(data) {
                *explained |= found == written;
            }
        }
        explained.into_iter().all(|byte| byte)
    }
}

/// Memory that keeps what is written to it.
#[derive(Debug, Default)]
struct Observer {
    memory: InMemoryBackend,
    made: Arc<Mutex<Made>>,
}

#[derive(Debug, Default)]
struct Made {
    size_max: u64,
    writes: Vec<(usize, Vec<u8>)>,
}

impl StorageBackend for Observer {
    fn len(&self) -> io::Result<u64> {
        self.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.size_max = made.size_max.max(len);
        self.memory.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.memory.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let at = usize::try_from(offset).map_err(io::Error::other)?;
        self.made.lock().unwrap_or_else(PoisonError::into_inner).writes.push((at, data.to_vec()));
        self.memory.write(offset, data)
    }
}
