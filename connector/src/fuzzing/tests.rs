//! The seeds of the fuzzer, and bytes at random.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::ledger::{Cadence, Ledger, Mark};

#[track_caller]
fn seeds(target: &str, run: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds").join(target);
    let mut seeds = 0;
    for seed in fs::read_dir(&folder).expect("the seeds of the target") {
        let seed = fs::read(seed.expect("a seed").path()).expect("a file");
        run(&seed);
        // Cut anywhere, and with a byte that is another.
        for at in (0..seed.len()).step_by(seed.len() / 64 + 1) {
            run(&seed[..at]);
            let mut other = seed.clone();
            other[at] ^= 0x20;
            run(&other);
        }
        seeds += 1;
    }
    assert!(seeds > 0, "{}", folder.display());
}

fn text(run: fn(&str)) -> impl Fn(&[u8]) {
    move |bytes| run(&String::from_utf8_lossy(bytes))
}

#[test]
fn whatever_peers_send_is_taken_or_told() {
    seeds("miro_page", page);
    seeds("token_response", token_response);
    seeds("ingestion_response", ingestion_response);
    seeds("rate_headers", rate_headers);
}

#[test]
fn whatever_is_on_the_disk_is_taken_or_told() {
    seeds("configuration", text(configuration));
    let mistakes = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds/configuration/mistakes.toml"),
    );
    // Wherever a secret is written in it.
    configuration(&mistakes.expect("the seed").replace("{secret}", &format!("{MARKER}inline")));
    seeds("checkpoint", checkpoint);
}

#[test]
fn a_ledger_in_use_is_one() {
    let (cadence, at) = (Cadence::new(Duration::from_secs(15), &[Duration::from_mins(2)]), Timestamp::from_second);
    let mut ledger = Ledger::new(at(1_000_000).expect("a time"));
    for now in [1_100_000, 1_100_060] {
        let now = at(now).expect("a time");
        let tail = ledger.open_tail(now).expect("a tail");
        ledger.open_history(now);
        ledger.mark(tail, &Mark::End { events: Some(7), as_of: now }, &cadence);
        ledger.open_sweep(now, &cadence, true);
        ledger.note_jump(now);
    }
    assert!(ledger.open_spans() > 1);
    checkpoint(&ledger.write());
}

#[test]
fn a_response_is_read_from_its_parts() {
    let read = response(b"503\nRetry-After: 7\nno header\nx: 1\n\nbody\n\nmore");
    assert_eq!((read.status().as_u16(), read.headers().len()), (503, 2));
    assert_eq!(read.body(), "body\n\nmore");
}

proptest! {
    #[test]
    fn bytes_at_random(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        page(&bytes);
        ingestion_response(&bytes);
        rate_headers(&bytes);
        checkpoint(&bytes);
        text(configuration)(&bytes);
    }
}
