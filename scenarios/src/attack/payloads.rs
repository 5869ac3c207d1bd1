//! Bodies that are small on the wire and large, deep or broken inside; made once.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const MIB: usize = 1024 * 1024;

/// Everything that is sent compressed, and texts that are sent as they are.
#[derive(Debug)]
pub(super) struct Payloads {
    pub(super) bombs: Vec<Vec<u8>>,
    pub(super) texts: Vec<String>,
    pub(super) queries: Vec<String>,
}

impl Payloads {
    pub(super) fn new(seed: u64) -> Self {
        Self { bombs: bombs(seed), texts: texts(), queries: queries() }
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn bombs(seed: u64) -> Vec<Vec<u8>> {
    let row = |field: &str| format!("[{{\"id\":\"a\",{field}}}]").into_bytes();
    let mut noise = vec![0; MIB - 100];
    ChaCha8Rng::seed_from_u64(seed).fill(&mut noise[..]);
    let small = gzip(b"[{}]");
    let mut lies = gzip(&[b"[".as_slice(), &vec![b' '; 49 * MIB], b"]"].concat());
    let length = lies.len();
    lies[length - 4..].copy_from_slice(&10_u32.to_le_bytes());
    vec![
        // More than the service inflates.
        gzip(&vec![b'['; 60 * MIB]),
        // Nothing but space.
        gzip(&[b"[".as_slice(), &vec![b' '; 49 * MIB], b"]"].concat()),
        // Three million rows, valid, and the same without an end.
        gzip(format!("[{}{{}}]", "{},".repeat(3_000_000)).as_bytes()),
        gzip(format!("[{}", "{},".repeat(3_000_000)).as_bytes()),
        // One field of nearly all that is allowed, and one row of very many columns.
        gzip(&row(&format!("\"event\":\"{}\"", "x".repeat(49 * MIB)))),
        gzip(&row(&(0..500_000).map(|n| format!("\"k{n}\":0")).collect::<Vec<_>>().join(","))),
        // Deep trees, closed and not.
        gzip(&row(&format!("\"details\":{}{}", "[".repeat(200_000), "]".repeat(200_000)))),
        gzip(&row(&format!("\"details\":{}", "{\"a\":".repeat(200_000)))),
        // A length that is not true, a cut stream, very many members, no gzip at all.
        lies,
        small[..small.len() / 2].to_vec(),
        small.repeat(20_000),
        noise,
    ]
}

fn texts() -> Vec<String> {
    [
        "",
        "[",
        "[]",
        "{}",
        "null",
        "[null,1,\"x\",[],{}]",
        "[{\"id\":1e999,\"event\":\"\\ud800\",\"details\":\"\\u0000\"}]",
        "[{\"id\":\"a\",\"id\":\"b\",\"details\":{\"a\":{\"a\":{\"a\":[]}}}}]",
        "[{\"id\":-0.0,\"event\":true,\"details\":18446744073709551616}]",
        "\u{feff}[{}]",
        "[{\"id\":\"\u{202e}\u{0}\"}]",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn queries() -> Vec<String> {
    vec![
        "range x from 1 to 1000000000 step 1 | summarize count() by x % 3".to_owned(),
        "range x from 1 to 400000 step 1 | extend y = tostring(x) | sort by y asc".to_owned(),
        format!("print {}1{}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("print x = 'a' matches regex '{}'", "(a*)*".repeat(200)),
        format!("MiroAuditLogs_CL{}", " | where id == ''".repeat(5_000)),
        format!("let f = (x: long) {{ x + 1 }}; print {}1{}", "f(".repeat(500), ")".repeat(500)),
        "print strrep(strrep('x', 1000000), 1000)".to_owned(),
        "MiroAuditLogs_CL | join kind=fullouter (range id from 1 to 100000 step 1) on $left.id == $right.id".to_owned(),
        "union * | take 10".to_owned(),
        "print '\u{0}'".to_owned(),
        "|".repeat(10_000),
    ]
}
