//! Hashes. Digests are of the text of a value, as `tostring` gives it; `hash` is of the bytes the engine keeps.

use std::sync::LazyLock;

use ring::digest;

use super::arguments::Arguments;
use super::encoding::push_hex;
use super::{Context, Function, Param, Returns};
use crate::{types::ColumnType, value::Value};

const SCALAR: Param = Param::Scalar;
const WHOLE: Param = Param::Integer;
const STRING: Returns = Returns::Is(ColumnType::String);
const LONG: Returns = Returns::Is(ColumnType::Long);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["hash_sha256"], &[SCALAR], STRING, |_, args| digest_of(&digest::SHA256, args)),
    Function::new(&["hash_sha1"], &[SCALAR], STRING, |_, args| digest_of(&digest::SHA1_FOR_LEGACY_USE_ONLY, args)),
    Function::new(&["hash_md5"], &[SCALAR], STRING, |_, args| Value::from(hex(&md5(args.text(0).as_bytes())))),
    Function::new(&["hash", "hash_xxhash64"], &[SCALAR, WHOLE], LONG, hash).required(1),
];

fn digest_of(algorithm: &'static digest::Algorithm, args: &[Value]) -> Value {
    Value::from(hex(digest::digest(algorithm, args.text(0).as_bytes()).as_ref()))
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        push_hex(*byte, &mut digits);
    }
    digits
}

/// A text is hashed as its bytes, a datetime as its ticks in eight bytes, and so is what else is 64 bits wide.
/// <https://learn.microsoft.com/kusto/query/hash-function> (read 2026-11-26)
fn hash(_: &mut Context<'_>, args: &[Value]) -> Value {
    let hash = match &args[0] {
        Value::Long(number) => xxhash64(&number.to_le_bytes()),
        Value::DateTime(at) => xxhash64(&at.ticks().to_le_bytes()),
        Value::Timespan(span) => xxhash64(&span.ticks().to_le_bytes()),
        Value::String(text) => xxhash64(text.as_bytes()),
        _ => return Value::Null,
    } as i64;
    if !args.has(1) {
        return hash.into();
    }
    match args.long(1) {
        Some(modulus) if modulus > 0 => hash.rem_euclid(modulus).into(),
        _ => Value::Null,
    }
}

const PRIMES: [u64; 5] =
    [0x9e37_79b1_85eb_ca87, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9, 0x85eb_ca77_c2b2_ae63, 0x27d4_eb2f_1656_67c5];

/// XXH64 with seed 0, as specified at
/// <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md> (read 2026-11-23).
fn xxhash64(input: &[u8]) -> u64 {
    let blocks = input.chunks_exact(32);
    let mut rest = blocks.remainder();
    let mut hash = if input.len() < 32 { PRIMES[4] } else { xxhash64_lanes(blocks) };
    hash = hash.wrapping_add(input.len() as u64);
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        hash = (hash ^ xxhash64_round(0, u64::from_le_bytes(*word))).rotate_left(27);
        hash = hash.wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3]);
        rest = after;
    }
    if let Some((word, after)) = rest.split_first_chunk::<4>() {
        hash = (hash ^ u64::from(u32::from_le_bytes(*word)).wrapping_mul(PRIMES[0])).rotate_left(23);
        hash = hash.wrapping_mul(PRIMES[1]).wrapping_add(PRIMES[2]);
        rest = after;
    }
    for byte in rest {
        hash = (hash ^ u64::from(*byte).wrapping_mul(PRIMES[4])).rotate_left(11).wrapping_mul(PRIMES[0]);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(PRIMES[1]);
    hash = (hash ^ (hash >> 29)).wrapping_mul(PRIMES[2]);
    hash ^ (hash >> 32)
}

fn xxhash64_lanes(blocks: std::slice::ChunksExact<'_, u8>) -> u64 {
    let mut lanes = [PRIMES[0].wrapping_add(PRIMES[1]), PRIMES[1], 0, 0_u64.wrapping_sub(PRIMES[0])];
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
            *lane = xxhash64_round(*lane, u64::from_le_bytes(*word));
        }
    }
    let [a, b, c, d] = lanes;
    let joined =
        a.rotate_left(1).wrapping_add(b.rotate_left(7)).wrapping_add(c.rotate_left(12)).wrapping_add(d.rotate_left(18));
    lanes
        .into_iter()
        .fold(joined, |hash, lane| (hash ^ xxhash64_round(0, lane)).wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3]))
}

fn xxhash64_round(lane: u64, word: u64) -> u64 {
    lane.wrapping_add(word.wrapping_mul(PRIMES[1])).rotate_left(31).wrapping_mul(PRIMES[0])
}

/// The table of the standard: the whole parts of 2^32 times the sines of 1 to 64.
static MD5_SINES: LazyLock<[u32; 64]> =
    LazyLock::new(|| std::array::from_fn(|step| ((step as f64 + 1.0).sin().abs() * 4_294_967_296.0) as u32));

/// MD5 as in RFC 1321, <https://www.rfc-editor.org/rfc/rfc1321> (read 2026-11-23): a checksum here, not a protection.
fn md5(input: &[u8]) -> [u8; 16] {
    let mut padded = input.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64), 0);
    let length_at = padded.len() - 8;
    padded[length_at..].copy_from_slice(&(input.len() as u64).wrapping_mul(8).to_le_bytes());

    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in padded.as_chunks::<64>().0 {
        md5_block(&mut state, block);
    }
    let mut digest = [0; 16];
    for (out, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *out = word.to_le_bytes();
    }
    digest
}

fn md5_block(state: &mut [u32; 4], block: &[u8; 64]) {
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let mut words = [0_u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d] = *state;
    for step in 0..64_usize {
        let (mix, word) = match step / 16 {
            0 => ((b & c) | (!b & d), step),
            1 => ((d & b) | (!d & c), (5 * step + 1) % 16),
            2 => (b ^ c ^ d, (3 * step + 5) % 16),
            _ => (c ^ (b | !d), (7 * step) % 16),
        };
        let sum = a.wrapping_add(mix).wrapping_add(MD5_SINES[step]).wrapping_add(words[word]);
        let rotated = b.wrapping_add(sum.rotate_left(SHIFTS[step / 16][step % 4]));
        (a, d, c, b) = (d, c, b, rotated);
    }
    for (part, mixed) in state.iter_mut().zip([a, b, c, d]) {
        *part = part.wrapping_add(mixed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_agree_with_their_standards() {
        assert_eq!(hex(&md5(b"")), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex(&md5(b"World")), "f5a7924e621e84c9280a9a27e1bcb7f6");
        assert_eq!(hex(&md5(&[b'a'; 56])), "3b0c8ac703f828b04c6c197006d17218");
        assert_eq!(hex(&md5(&[b'a'; 64])), "014842d480b571495a4a0363793f7367");
        assert_eq!(xxhash64(b""), 0xef46_db37_51d8_e999);
        assert_eq!(xxhash64(b"abc"), 0x44bc_2cf5_ad77_0999);
        assert_eq!(xxhash64(b"World") as i64, 1_846_988_464_401_551_951);
    }
}
