//! A disk that forgets what was never synced: the place where "the checkpoint survives a crash" is put to the test.
//!
//! Writes are seen by readers at once and become durable with the next `sync_data`. When the power goes, each write
//! since then survives whole, is lost, or is torn between sectors, as the seed decides. That is what a real disk
//! allows itself, and more than it usually does.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::power::Power;

/// The unit that a disk writes whole, in bytes.
const SECTOR: usize = 512;

/// A disk shared by all who hold a clone. Only the program plugged in last can use it.
#[derive(Clone, Debug, Default)]
pub struct SimDisk {
    storage: Arc<Mutex<Storage>>,
    power: Power,
}

#[derive(Default)]
struct Storage {
    /// What readers see.
    seen: Vec<u8>,
    /// What is certain to survive.
    durable: Vec<u8>,
    /// What changed since the last sync, in order.
    unsynced: Vec<Unsynced>,
    /// Counts the programs that were plugged in; an older one can no longer write.
    plug: u64,
    /// Whether nothing can be written.
    full: bool,
    /// Writes that a full disk did not take.
    refused: u64,
}

enum Unsynced {
    Length(usize),
    Write { at: usize, data: Vec<u8> },
}

/// What became of the unsynced writes when the power went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aftermath {
    /// Changes that reached the disk completely.
    pub kept: usize,
    /// Changes that did not.
    pub lost: usize,
    /// Writes of which only some sectors did.
    pub torn: usize,
}

impl SimDisk {
    /// An empty disk in a machine with this `power`.
    pub fn new(power: Power) -> Self {
        Self { storage: Arc::default(), power }
    }

    /// Plugs a program in. Whatever was plugged in before can no longer read or write.
    pub fn plug_in(&self) -> Plug {
        let mut storage = self.lock();
        storage.plug += 1;
        Plug { disk: self.clone(), number: storage.plug }
    }

    /// From now on it takes no writes, or takes them again.
    pub fn set_full(&self, full: bool) {
        self.lock().full = full;
    }

    /// Whether it takes no writes.
    pub fn is_full(&self) -> bool {
        self.lock().full
    }

    /// How many writes it did not take because it was full.
    pub fn refused(&self) -> u64 {
        self.lock().refused
    }

    /// What a power cut leaves of the unsynced writes, drawn from `rng`. Whatever was plugged in can no longer write.
    pub fn settle(&self, rng: &mut ChaCha8Rng) -> Aftermath {
        let mut storage = self.lock();
        storage.plug += 1;
        let mut aftermath = Aftermath::default();
        for change in std::mem::take(&mut storage.unsynced) {
            match rng.random_range(0..5) {
                0 | 1 => {
                    aftermath.kept += 1;
                    apply(&mut storage.durable, &change);
                }
                2 | 3 => aftermath.lost += 1,
                _ => {
                    aftermath.torn += 1;
                    apply_torn(&mut storage.durable, &change, rng);
                }
            }
        }
        let storage = &mut *storage;
        storage.seen.clone_from(&storage.durable);
        aftermath
    }

    /// What a killed process leaves: everything that it wrote, for the operating system still has it. Whatever was plugged in can
    /// no longer write.
    pub fn outlive(&self) {
        let mut storage = self.lock();
        storage.plug += 1;
        for change in std::mem::take(&mut storage.unsynced) {
            apply(&mut storage.durable, &change);
        }
        let storage = &mut *storage;
        storage.seen.clone_from(&storage.durable);
    }

    fn lock(&self) -> MutexGuard<'_, Storage> {
        // A panic elsewhere leaves the bytes as they are, which is all that a disk promises.
        self.storage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Unsynced) {
    match change {
        Unsynced::Length(length) => bytes.resize(*length, 0),
        Unsynced::Write { at, data } => write_at(bytes, *at, data),
    }
}

fn apply_torn(bytes: &mut Vec<u8>, change: &Unsynced, rng: &mut ChaCha8Rng) {
    match change {
        // A file's length is one word: it changes or it does not.
        Unsynced::Length(_) => {}
        Unsynced::Write { at, data } => {
            let mut from = 0;
            while from < data.len() {
                let to = data.len().min(from + SECTOR - (at + from) % SECTOR);
                if rng.random_bool(0.5) {
                    write_at(bytes, at + from, &data[from..to]);
                }
                from = to;
            }
        }
    }
}

/// Writes past the end lengthen the file, as they do on a real one.
fn write_at(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    let end = at + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(data);
}

/// One program's connection to the disk.
#[derive(Debug)]
pub struct Plug {
    disk: SimDisk,
    number: u64,
}

impl Plug {
    fn storage(&self) -> io::Result<MutexGuard<'_, Storage>> {
        let storage = self.disk.lock();
        if self.disk.power.is_off() || storage.plug != self.number {
            Err(io::Error::other("the power is off"))
        } else {
            Ok(storage)
        }
    }

    fn change(&self, change: Unsynced) -> io::Result<()> {
        let mut storage = self.storage()?;
        // On a file system that copies on write, changing what is there takes room as well.
        if storage.full {
            storage.refused += 1;
            return Err(io::ErrorKind::StorageFull.into());
        }
        let powered = self.disk.power.lasts_through_change();
        if powered {
            apply(&mut storage.seen, &change);
        }
        storage.unsynced.push(change);
        if powered { Ok(()) } else { Err(io::Error::other("the power went during a write")) }
    }
}

impl redb::StorageBackend for Plug {
    fn len(&self) -> io::Result<u64> {
        Ok(self.storage()?.seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let storage = self.storage()?;
        let at = offset as usize;
        let source = storage.seen.get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(source);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Unsynced::Length(len as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut storage = self.storage()?;
        if !self.disk.power.lasts_through_change() {
            return Err(io::Error::other("the power went during a sync"));
        }
        let storage = &mut *storage;
        for change in storage.unsynced.drain(..) {
            apply(&mut storage.durable, &change);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Unsynced::Write { at: offset as usize, data: data.to_vec() })
    }
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage")
            .field("bytes", &self.seen.len())
            .field("unsynced", &self.unsynced.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use redb::{ReadableDatabase, StorageBackend, TableDefinition};

    const LEDGER: TableDefinition<'_, u64, u64> = TableDefinition::new("ledger");

    #[test]
    fn synced_writes_survive_and_unsynced_ones_may_not() {
        let mut outcomes = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let disk = SimDisk::default();
            let plug = disk.plug_in();
            plug.write(0, &[1; 2 * SECTOR]).unwrap();
            plug.sync_data().unwrap();
            plug.write(0, &[2; 2 * SECTOR]).unwrap();
            disk.settle(&mut ChaCha8Rng::seed_from_u64(seed));
            let mut seen = vec![0; 2 * SECTOR];
            disk.plug_in().read(0, &mut seen).unwrap();
            outcomes.insert((seen[0], seen[SECTOR]));
        }
        assert_eq!(outcomes, [(1, 1), (1, 2), (2, 1), (2, 2)].into());
    }

    #[test]
    fn a_program_from_before_the_crash_cannot_write() {
        let disk = SimDisk::default();
        let old = disk.plug_in();
        disk.settle(&mut ChaCha8Rng::seed_from_u64(1));
        assert!(old.write(0, b"late").is_err());
        assert_eq!(disk.plug_in().len().unwrap(), 0);
    }

    #[test]
    fn the_power_goes_after_the_changes_agreed_on() {
        let power = Power::default();
        let disk = SimDisk::new(power.clone());
        let plug = disk.plug_in();
        power.cut_after_changes(1);
        plug.write(0, b"first").unwrap();
        assert!(plug.write(5, b"second").is_err());
        assert!(power.is_off());
        assert!(plug.sync_data().is_err());
    }

    #[test]
    fn a_database_opens_again_with_every_acknowledged_commit_wherever_the_power_goes() {
        for seed in 0..60 {
            let power = Power::default();
            let disk = SimDisk::new(power.clone());
            drop(redb::Builder::new().create_with_backend(disk.plug_in()).unwrap());
            let acknowledged = commits_until_the_power_goes(&disk, &power, seed);
            disk.settle(&mut ChaCha8Rng::seed_from_u64(seed));
            power.restore();
            let found = last_commit(&disk);
            assert!(
                found == acknowledged || found == acknowledged + 1,
                "seed {seed}: {acknowledged} acknowledged, {found} found"
            );
        }
    }

    fn commits_until_the_power_goes(disk: &SimDisk, power: &Power, changes: u64) -> u64 {
        let database = redb::Builder::new().create_with_backend(disk.plug_in()).unwrap();
        power.cut_after_changes(changes);
        let commit = |number: u64| -> Result<(), redb::Error> {
            let write = database.begin_write()?;
            write.open_table(LEDGER)?.insert(0, number)?;
            Ok(write.commit()?)
        };
        (1..=1_000).take_while(|number| commit(*number).is_ok()).last().unwrap_or(0)
    }

    fn last_commit(disk: &SimDisk) -> u64 {
        let database = redb::Builder::new().create_with_backend(disk.plug_in()).unwrap();
        let read = database.begin_read().unwrap();
        match read.open_table(LEDGER) {
            Ok(table) => table.get(0).unwrap().map_or(0, |value| value.value()),
            Err(_) => 0,
        }
    }
}
