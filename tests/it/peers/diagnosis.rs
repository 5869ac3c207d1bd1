//! `check` against everything that can be wrong: every cause of mock-miro's list, and every class of responses at each peer. The
//! planted cause is named, and nothing is said that nobody saw.
//!
//! Printed by `cargo test -p tests --test it peers::diagnosis -- --nocapture`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::classes::{Call, Class};
use super::expected::INVENTED;
use super::subject::{Ended, Subject};
use super::world::World;
use crate::programs::program;

/// A check has ended by then, whatever hangs.
const CHECK_MAX: Duration = Duration::from_secs(40);
/// Checks at one time.
const AT_ONCE: usize = 8;

/// The classes that are tried at each peer.
const CLASSES: [Class; 14] = [
    Class::Redirect,
    Class::Html200,
    Class::Html403,
    Class::Html404,
    Class::Html407,
    Class::Html502,
    Class::Status429,
    Class::Status500,
    Class::Status503,
    Class::Object,
    Class::Cut,
    Class::Reset,
    Class::Silent,
    Class::OtherName,
];
const PEERS: [Call; 4] = [Call::Audit, Call::Content, Call::Token, Call::Ingestion];

/// Words of verdicts that only the service itself can give.
const VERDICTS: [&str; 8] =
    ["Guard", "Enterprise", "Company Admin", "toggle", "Monitoring Metrics", "client secret", "immutable id", "scope"];

/// What a check said of one cause.
struct Row {
    cause: String,
    codes: Vec<String>,
    first: String,
    /// What was said and not seen.
    invented: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_named_and_nothing_is_invented() {
    program("miro-sentinel");
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut checking = JoinSet::new();
    let cases = PEERS.into_iter().flat_map(|call| CLASSES.map(|class| (class, call)));
    for (number, (class, call)) in cases.enumerate() {
        let at_once = Arc::clone(&at_once);
        checking.spawn(async move {
            let _turn = at_once.acquire().await.expect("never closed");
            (number, foreign(class, call).await)
        });
    }
    let mut rows = checking.join_all().await;
    rows.sort_by_key(|(number, _)| *number);
    let rows: Vec<Row> = tokio::task::spawn_blocking(crate::served::causes_checked)
        .await
        .expect("no cause panics")
        .into_iter()
        .map(|(cause, expected, report, lines)| caused(&cause, &expected, &report, &lines))
        .chain(rows.into_iter().map(|(_, row)| row))
        .collect();
    println!("{}", render(&rows));
    let wrong: Vec<_> = rows.iter().filter(|row| !row.invented.is_empty()).collect();
    let wrong: Vec<_> = wrong.iter().map(|row| format!("{}: {:?} {}", row.cause, row.invented, row.first)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A class of responses to one call, all else well.
async fn foreign(class: Class, call: Call) -> Row {
    let world = World::secure().await;
    world.knows(class, call).await;
    world.trouble.begin(call, class, 0);
    let subject = Subject::patient(&world);
    let told = subject.run(&["check"], CHECK_MAX).await;
    let cause = format!("{class} at {}", call.name());
    let end = if call.is_miro() { ("miro-", 5) } else { ("azure-", 6) };
    let mut row = row(cause, &told.stdout);
    row.expect(told.code == Some(end.1), || format!("exit {:?}", told.code));
    let codes = row.codes.clone();
    row.expect(!codes.is_empty() && codes.iter().all(|code| code.starts_with(end.0)), || format!("{codes:?}"));
    let verdicts: Vec<_> = codes.into_iter().filter(|code| INVENTED.contains(&code.as_str())).collect();
    row.expect(verdicts.is_empty(), || format!("verdicts {verdicts:?}"));
    for word in VERDICTS.iter().filter(|word| told.stdout.contains(**word)) {
        row.invented.push(format!("says `{word}`"));
    }
    for line in unseen(class, call, &told) {
        row.invented.push(line);
    }
    row
}

/// Lines of `ok` about what `call` alone shows, though its response was another's.
fn unseen(class: Class, call: Call, told: &Ended) -> Vec<String> {
    let shows: &[&str] = match call {
        Call::Audit => &["ok    streams.audit:"],
        Call::Content => &["ok    streams.content:"],
        Call::Token => &["ok    sentinel.identity:", "ok    sentinel.rules"],
        Call::Ingestion => &["ok    sentinel.rules"],
    };
    let behind = match (class, call.is_miro()) {
        (Class::OtherName, true) => "ok    streams.",
        (Class::OtherName, false) => "ok    sentinel.",
        _ => "\u{0}",
    };
    let is_unseen = |line: &&str| shows.iter().any(|shown| line.starts_with(shown)) || line.starts_with(behind);
    told.stdout.lines().filter(is_unseen).map(|line| format!("claims `{line}`")).collect()
}

/// A cause of mock-miro's list: the planted codes and no others.
fn caused(cause: &str, expected: &[String], report: &Value, lines: &str) -> Row {
    let mut row = row(cause.to_owned(), lines);
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let codes: Vec<_> = findings.iter().filter_map(|finding| finding["code"].as_str().map(str::to_owned)).collect();
    row.expect(codes == expected, || format!("{codes:?}, planted {expected:?}"));
    // What two logs met alike people read once.
    let told: BTreeSet<_> = row.codes.iter().cloned().collect();
    row.expect(told == codes.into_iter().collect(), || "people and programs are told different things".to_owned());
    row
}

impl Row {
    fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.invented.push(otherwise());
        }
    }
}

/// What the lines of a check say.
fn row(cause: String, lines: &str) -> Row {
    let wrong: Vec<_> = lines.lines().filter(|line| line.starts_with("FAIL")).collect();
    let code = |line: &&str| Some(line.rsplit_once('[')?.1.trim_end_matches(']').to_owned());
    let first = wrong.first().or(lines.lines().find(|line| line.starts_with("note")).as_ref()).copied();
    Row {
        cause,
        codes: wrong.iter().filter_map(code).collect(),
        first: first.unwrap_or("ok").to_owned(),
        invented: Vec::new(),
    }
}

fn render(rows: &[Row]) -> String {
    let mut text = String::from("| cause | codes printed | first line | nothing invented |\n|---|---|---|---|\n");
    for Row { cause, codes, first, invented } in rows {
        let codes = codes.join(", ");
        let verdict = if invented.is_empty() { "yes".to_owned() } else { format!("NO: {}", invented.join("; ")) };
        let cells = [cause.clone(), codes, without_ports(first), verdict].map(|cell| cell.replace('|', "/"));
        writeln!(text, "| {} |", cells.join(" | ")).expect("a string takes everything");
    }
    text
}

/// Ports differ from run to run.
fn without_ports(line: &str) -> String {
    let mut parts = line.split("127.0.0.1:");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        text += "127.0.0.1:PORT";
        text += &part[end..];
    }
    text
}
