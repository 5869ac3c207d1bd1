//! The tables of the checkpoint file, and what is done to them in one transaction.

use std::ops::Range;

use bytes::Bytes;
use jiff::Timestamp;
use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, Table, TableDefinition, TableHandle, WriteTransaction,
};

use crate::Stream;
use crate::store::{ByMinute, Change, DeadLetter, DeadLetterTotals, IdHash, Minute, StoreError, Version};

/// The version of everything below; a file of another version is not touched.
pub(super) const SCHEMA: u64 = 1;

const META: TableDefinition<'static, &str, u64> = TableDefinition::new("miro-sentinel");
/// In [`META`]: the highest number that a dead letter was given. Missing in a file of a version that did not keep it.
const NUMBERED: &str = "dead-letters-numbered";
/// Stream -> version, ledger.
const LEDGER: TableDefinition<'static, u8, (u64, &[u8])> = TableDefinition::new("ledger");
/// Stream, minute, version of the commit -> id hashes, one after the other.
const IDS: TableDefinition<'static, (u8, i64, u64), &[u8]> = TableDefinition::new("ids");
/// Number -> stream, time in milliseconds, id, reason, event.
const DEAD_LETTERS: TableDefinition<'static, u64, (u8, i64, &str, &str, &[u8])> = TableDefinition::new("dead-letters");
/// Stream -> events set aside, their bytes.
const TOTALS: TableDefinition<'static, u8, (u64, u64)> = TableDefinition::new("dead-letter-totals");

/// Holds nothing but, for a moment, the proof that the disk takes a delivery.
const PROOF: TableDefinition<'static, u8, &[u8]> = TableDefinition::new("proof");
/// More than the ids and the ledger of any batch: 60 bytes an event would make 16,000 events of a batch.
const PROOF_BYTES: usize = 256 * 1024;

const HASH_BYTES: usize = size_of::<IdHash>();

/// What an opened database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// Our tables in our version, made just now if the file was new.
    Ours,
    /// Our tables in another version.
    Version(u64),
    /// Tables of another program.
    Foreign,
}

/// Makes the tables of a new database; says whether an existing one is ours.
pub(super) fn prepare(database: &Database) -> Result<Holds, redb::Error> {
    let reading = database.begin_read()?;
    let names: Vec<String> = reading.list_tables()?.map(|table| table.name().to_owned()).collect();
    if names.is_empty() {
        drop(reading);
        create(database)?;
        return Ok(Holds::Ours);
    }
    if !names.iter().any(|name| name == META.name()) {
        return Ok(Holds::Foreign);
    }
    let found = reading.open_table(META)?.get("schema")?.map_or(0, |version| version.value());
    Ok(if found == SCHEMA { Holds::Ours } else { Holds::Version(found) })
}

fn create(database: &Database) -> Result<(), redb::Error> {
    let writing = database.begin_write()?;
    writing.open_table(META)?.insert("schema", SCHEMA)?;
    writing.open_table(LEDGER)?;
    writing.open_table(IDS)?;
    writing.open_table(DEAD_LETTERS)?;
    writing.open_table(TOTALS)?;
    Ok(writing.commit()?)
}

pub(super) fn load(database: &Database, stream: Stream) -> Result<Option<(Version, Bytes)>, redb::Error> {
    let table = database.begin_read()?.open_table(LEDGER)?;
    let row = table.get(key(stream))?;
    Ok(row.map(|row| {
        let (version, ledger) = row.value();
        (Version(version), Bytes::copy_from_slice(ledger))
    }))
}

/// Writes [`PROOF_BYTES`] and takes them away again: their pages are free for the next commit.
pub(super) fn prove_writable(database: &Database) -> Result<(), redb::Error> {
    let writing = database.begin_write()?;
    writing.open_table(PROOF)?.insert(0, vec![0xA5; PROOF_BYTES].as_slice())?;
    writing.commit()?;
    let clearing = database.begin_write()?;
    clearing.open_table(PROOF)?.remove(0)?;
    Ok(clearing.commit()?)
}

/// Applies `change` whole or not at all. The outer error is the database's; the inner one a refusal.
pub(super) fn commit(
    database: &Database,
    stream: Stream,
    from: Version,
    change: &Change,
    dead_letters_bytes_max: u64,
) -> Result<Result<Version, StoreError>, redb::Error> {
    let writing = database.begin_write()?;
    let found = advance(&writing, stream, from, &change.ledger)?;
    if found != from {
        writing.abort()?;
        return Ok(Err(StoreError::Conflict { stream, expected: from.0, found: found.0 }));
    }
    let to = Version(from.0 + 1);
    remember(&writing, stream, to, &change.remember)?;
    forget(&writing, stream, &change.forget)?;
    let held = set_aside(&writing, &change.set_aside)?;
    if !change.set_aside.is_empty() && held > dead_letters_bytes_max {
        writing.abort()?;
        let needed = change.set_aside.iter().map(|letter| letter.event.len() as u64).sum();
        let held = held.saturating_sub(needed);
        return Ok(Err(StoreError::DeadLettersFull { held, needed, limit: dead_letters_bytes_max }));
    }
    writing.commit()?;
    Ok(Ok(to))
}

/// Writes the ledger if the stream stands at `from`; returns where it stood.
fn advance(writing: &WriteTransaction, stream: Stream, from: Version, ledger: &Bytes) -> Result<Version, redb::Error> {
    let mut table = writing.open_table(LEDGER)?;
    let found = table.get(key(stream))?.map_or(0, |row| row.value().0);
    if found == from.0 {
        table.insert(key(stream), (found + 1, ledger.as_ref()))?;
    }
    Ok(Version(found))
}

fn remember(
    writing: &WriteTransaction,
    stream: Stream,
    version: Version,
    minutes: &[(Minute, Vec<IdHash>)],
) -> Result<(), redb::Error> {
    let mut table = writing.open_table(IDS)?;
    for (minute, hashes) in minutes {
        table.insert((key(stream), minute.0, version.0), hashes.as_flattened())?;
    }
    Ok(())
}

fn forget(writing: &WriteTransaction, stream: Stream, ranges: &[Range<Minute>]) -> Result<(), redb::Error> {
    if ranges.is_empty() {
        return Ok(());
    }
    let mut table = writing.open_table(IDS)?;
    for range in ranges {
        table.retain_in(minutes(stream, range), |_, _| false)?;
    }
    Ok(())
}

/// Appends `letters` and returns the bytes then held by all.
fn set_aside(writing: &WriteTransaction, letters: &[DeadLetter]) -> Result<u64, redb::Error> {
    if letters.is_empty() {
        return Ok(0);
    }
    let mut totals = writing.open_table(TOTALS)?;
    let mut table = writing.open_table(DEAD_LETTERS)?;
    let mut meta = writing.open_table(META)?;
    let mut number = numbered(&meta, &table)?;
    for letter in letters {
        number = number.saturating_add(1);
        let stream = key(letter.stream);
        let at = letter.at.as_millisecond();
        table.insert(number, (stream, at, letter.id.as_str(), letter.reason.as_str(), letter.event.as_ref()))?;
        add(&mut totals, stream, 1, size(letter.event.len()))?;
    }
    meta.insert(NUMBERED, number)?;
    Ok(sum(&totals)?.bytes)
}

/// The highest number given so far. It is never given again, whatever was dropped since: a command that names a number must not
/// reach another event than the one that was listed.
fn numbered(
    meta: &impl ReadableTable<&'static str, u64>,
    letters: &Table<'_, u64, (u8, i64, &'static str, &'static str, &'static [u8])>,
) -> Result<u64, redb::Error> {
    let kept = meta.get(NUMBERED)?.map_or(0, |number| number.value());
    Ok(letters.last()?.map_or(0, |(number, _)| number.value()).max(kept))
}

pub(super) fn remembered(database: &Database, stream: Stream, range: &Range<Minute>) -> Result<ByMinute, redb::Error> {
    let table = database.begin_read()?.open_table(IDS)?;
    let mut found = ByMinute::new();
    for row in table.range(minutes(stream, range))? {
        let (at, blob) = row?;
        let minute = Minute(at.value().1);
        let hashes = blob.value().as_chunks::<HASH_BYTES>().0;
        match found.last_mut().filter(|(last, _)| *last == minute) {
            Some((_, known)) => known.extend_from_slice(hashes),
            None => found.push((minute, hashes.to_vec())),
        }
    }
    Ok(found)
}

pub(super) fn dead_letters(
    database: &Database,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, DeadLetter)>, redb::Error> {
    let table = database.begin_read()?.open_table(DEAD_LETTERS)?;
    let mut letters = Vec::new();
    for row in table.range(after.saturating_add(1)..)?.take(limit) {
        let (number, row) = row?;
        let (stream, at, id, reason, event) = row.value();
        let letter = DeadLetter {
            stream: if stream == key(Stream::Audit) { Stream::Audit } else { Stream::Content },
            id: id.to_owned(),
            at: Timestamp::from_millisecond(at).unwrap_or_default(),
            reason: reason.to_owned(),
            event: Bytes::copy_from_slice(event),
        };
        letters.push((number.value(), letter));
    }
    Ok(letters)
}

pub(super) fn dead_letter_totals(database: &Database) -> Result<DeadLetterTotals, redb::Error> {
    sum(&database.begin_read()?.open_table(TOTALS)?)
}

pub(super) fn drop_dead_letters(database: &Database, numbers: &[u64]) -> Result<(), redb::Error> {
    let writing = database.begin_write()?;
    {
        let mut totals = writing.open_table(TOTALS)?;
        let mut table = writing.open_table(DEAD_LETTERS)?;
        let mut meta = writing.open_table(META)?;
        let highest = numbered(&meta, &table)?;
        meta.insert(NUMBERED, highest)?;
        for number in numbers {
            let dropped = table.remove(number)?.map(|row| {
                let (stream, _, _, _, event) = row.value();
                (stream, event.len())
            });
            if let Some((stream, bytes)) = dropped {
                add(&mut totals, stream, -1, -size(bytes))?;
            }
        }
    }
    Ok(writing.commit()?)
}

/// Writes every row of `from` to `to`, which holds none.
pub(super) fn copy(from: &Database, to: &Database) -> Result<(), redb::Error> {
    let (reading, writing) = (from.begin_read()?, to.begin_write()?);
    copy_table(&reading, &writing, META)?;
    copy_table(&reading, &writing, LEDGER)?;
    copy_table(&reading, &writing, IDS)?;
    copy_table(&reading, &writing, DEAD_LETTERS)?;
    copy_table(&reading, &writing, TOTALS)?;
    Ok(writing.commit()?)
}

fn copy_table<K: redb::Key + 'static, V: redb::Value + 'static>(
    reading: &ReadTransaction,
    writing: &WriteTransaction,
    table: TableDefinition<'static, K, V>,
) -> Result<(), redb::Error> {
    let (from, mut to) = (reading.open_table(table)?, writing.open_table(table)?);
    for row in from.iter()? {
        let (key, value) = row?;
        to.insert(key.value(), value.value())?;
    }
    Ok(())
}

fn add(totals: &mut Table<'_, u8, (u64, u64)>, stream: u8, events: i64, bytes: i64) -> Result<(), redb::Error> {
    let (count, held) = totals.get(stream)?.map_or((0, 0), |row| row.value());
    totals.insert(stream, (count.saturating_add_signed(events), held.saturating_add_signed(bytes)))?;
    Ok(())
}

fn sum(totals: &impl ReadableTable<u8, (u64, u64)>) -> Result<DeadLetterTotals, redb::Error> {
    let audit = totals.get(key(Stream::Audit))?.map_or((0, 0), |row| row.value());
    let content = totals.get(key(Stream::Content))?.map_or((0, 0), |row| row.value());
    Ok(DeadLetterTotals { audit: audit.0, content: content.0, bytes: audit.1 + content.1 })
}

fn minutes(stream: Stream, range: &Range<Minute>) -> Range<(u8, i64, u64)> {
    (key(stream), range.start.0, 0)..(key(stream), range.end.0, 0)
}

fn size(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

const fn key(stream: Stream) -> u8 {
    match stream {
        Stream::Audit => 0,
        Stream::Content => 1,
    }
}
