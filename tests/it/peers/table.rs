//! Every class of responses on every call: what `check`, `run --once` and the service make of it, and that nothing is lost.
//!
//! Printed by `cargo test -p tests --test it peers::table -- --nocapture`; `PEERS_ONLY=token/html-403` looks at a part.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::classes::{Call, Class};
use super::expected::{Expected, INVENTED, expected};
use super::subject::{Ended, Service, Subject, leaks, until};
use super::world::World;
use crate::programs::program;

/// A peer that fails is reported within a minute, and the next attempt after that comes within half a minute more.
const NAMED_MAX: Duration = Duration::from_secs(100);
/// The longest wait between two attempts is a minute.
const RECOVERY_MAX: Duration = Duration::from_secs(75);
/// Commands that end by themselves have ended by then.
const COMMAND_MAX: Duration = Duration::from_secs(40);
/// Wrong answers before everything is right again.
const WRONG_ANSWERS: u32 = 3;
/// Cells that are busy, rather than waiting for a report, at one time.
const BUSY_MAX: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_class_of_responses_on_every_call_loses_nothing_and_is_named() {
    // Built before anything is timed.
    program("miro-sentinel");
    let only = std::env::var("PEERS_ONLY").unwrap_or_default();
    let busy = Arc::new(Semaphore::new(BUSY_MAX));
    let mut looking = JoinSet::new();
    let chosen: Vec<_> = cells().filter(|(class, call)| format!("{}/{class}", call.name()).contains(&only)).collect();
    // The services that report after a minute first; the rest is done while they wait.
    for (class, call) in chosen.clone() {
        let busy = Arc::clone(&busy);
        looking.spawn(async move { (class, call, lasting(class, call, &busy).await) });
    }
    for (class, call) in chosen {
        let busy = Arc::clone(&busy);
        looking.spawn(async move { (class, call, recovering(class, call, &busy).await) });
    }
    let mut looked = looking.join_all().await;
    looked.sort_by_key(|(class, call, seen)| (class.name(), call.name(), !seen.lasting));

    println!("{}", render(&looked));
    let wrong: Vec<_> = looked.iter().flat_map(|(class, call, seen)| seen.wrong_lines(*class, *call)).collect();
    assert!(wrong.is_empty(), "{} of what was seen is not as expected:\n{}", wrong.len(), wrong.join("\n"));
}

fn cells() -> impl Iterator<Item = (Class, Call)> {
    Class::ALL.into_iter().flat_map(|class| Call::ALL.map(|call| (class, call)))
}

/// What was seen in one cell, in few words, and what of it is not as expected.
#[derive(Debug, Default)]
struct Seen {
    /// Whether the class lasted, or ended after a few answers.
    lasting: bool,
    facts: Vec<String>,
    wrong: Vec<String>,
}

impl Seen {
    fn fact(&mut self, fact: String) {
        self.facts.push(fact);
    }

    fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(otherwise());
        }
    }

    fn no_leak(&mut self, what: &str, shown: &str) {
        let leaks = leaks(shown);
        self.expect(leaks.is_empty(), || format!("{what} shows {} secrets", leaks.len()));
    }

    fn wrong_lines(&self, class: Class, call: Call) -> Vec<String> {
        self.wrong.iter().map(|wrong| format!("{}/{class}: {wrong}", call.name())).collect()
    }
}

/// The class lasts: what the commands and the service say.
async fn lasting(class: Class, call: Call, busy: &Semaphore) -> Seen {
    let mut seen = Seen { lasting: true, ..Seen::default() };
    let expected = expected(class, call);
    let starting = busy.acquire().await.expect("never closed");
    let world = World::with_history().await;
    world.knows(class, call).await;
    world.trouble.begin(call, class, 0);
    let subject = Subject::new(&world);
    let service = subject.serve().await;
    drop(starting);

    let commands = async {
        let mut seen = Seen::default();
        let _busy = busy.acquire().await.expect("never closed");
        let check = Subject::patient(&world).run(&["check", "--json"], COMMAND_MAX).await;
        judge_check(&mut seen, &check, expected);
        let within = if class == Class::Right { "30s" } else { "3s" };
        let once = Subject::patient(&world).run(&["run", "--once", "--within", within, "--json"], COMMAND_MAX).await;
        judge_once(&mut seen, &once, expected);
        seen
    };
    let (commands, ()) = tokio::join!(commands, judge_service(&mut seen, &service, expected));
    seen.facts.splice(0..0, commands.facts);
    seen.wrong.extend(commands.wrong);
    let strays = world.trouble.strays();
    seen.expect(strays.is_empty(), || format!("it followed a redirection to {strays:?}"));
    seen
}

fn judge_check(seen: &mut Seen, check: &Ended, expected: &Expected) {
    let report: Value = serde_json::from_str(&check.stdout).unwrap_or(Value::Null);
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let codes: Vec<_> = findings.iter().filter_map(|finding| finding["code"].as_str()).collect();
    seen.fact(format!("check {}", code(check.code)));
    seen.expect(check.code == Some(expected.check), || {
        format!("check ends with {} {codes:?}, expected {}", code(check.code), expected.check)
    });
    seen.expect(report["ok"] == (expected.check == 0), || format!("check says ok: {}", report["ok"]));
    let invented: Vec<_> = codes.iter().filter(|code| INVENTED.contains(code)).collect();
    seen.expect(invented.is_empty(), || format!("check invents {invented:?}"));
    seen.no_leak("check", &format!("{}{}", check.stdout, check.stderr));
}

fn judge_once(seen: &mut Seen, once: &Ended, expected: &Expected) {
    seen.fact(format!("once {}", code(once.code)));
    seen.expect(once.code.is_some_and(|code| expected.once.contains(&code)), || {
        format!("run --once ends with {}, expected {:?}", code(once.code), expected.once)
    });
    seen.no_leak("run --once", &format!("{}{}", once.stdout, once.stderr));
}

fn code(code: Option<i32>) -> String {
    code.map_or_else(|| "never".to_owned(), |code| code.to_string())
}

async fn judge_service(seen: &mut Seen, service: &Service, expected: &Expected) {
    let begun = Instant::now();
    let is_well = expected.check == 0;
    let looked = until(NAMED_MAX, || async {
        let (ready, reason) = service.get("/readyz").await;
        let problems = service.problems().await;
        let is_named = ready == 503 && reason.lines().count() > 1 && reason.contains(expected.named);
        let has_invented = problems.iter().any(|code| INVENTED.contains(&code.as_str()));
        let is_seen = if is_well { ready == 200 } else { is_named && !problems.is_empty() || has_invented };
        if is_seen { Ok((ready, reason, problems)) } else { Err((ready, reason, problems)) }
    });
    let looked = looked.await;
    let is_as_expected = looked.is_ok();
    let (ready, reason, problems) = looked.unwrap_or_else(|last| last);
    let reason = reason.lines().nth(1).unwrap_or_default().to_owned();
    let after = begun.elapsed().as_secs();
    seen.fact(if is_as_expected && is_well {
        format!("ready after {after} s")
    } else {
        format!("readyz {ready} {problems:?} \"{reason}\" after {after} s")
    });
    seen.expect(is_as_expected, || {
        format!("/readyz {ready} says \"{reason}\" {problems:?}, expected {:?}", expected.named)
    });
    let invented: Vec<_> = problems.iter().filter(|code| INVENTED.contains(&code.as_str())).collect();
    seen.expect(invented.is_empty(), || format!("/status invents {invented:?}: {reason}"));
    seen.no_leak("the service", &service.shown().await);
}

/// The class ends after a few answers: everything is delivered in the end.
async fn recovering(class: Class, call: Call, busy: &Semaphore) -> Seen {
    let mut seen = Seen::default();
    let _busy = busy.acquire().await.expect("never closed");
    let world = World::with_history().await;
    world.knows(class, call).await;
    // In the middle of a log, where a page that is believed to be the last one loses the rest.
    world.trouble.begin(call, class, u32::from(call.is_miro()));
    let subject = Subject::new(&world);
    let service = subject.serve().await;
    if class != Class::Right {
        let enough = || async { if world.trouble.given() >= WRONG_ANSWERS { Ok(()) } else { Err(()) } };
        let asked = until(RECOVERY_MAX, enough).await;
        seen.expect(asked.is_ok(), || format!("it asked {} times only", world.trouble.given()));
        let (delivered, stored) = (service.count("delivered").await, world.ledger.distinct() as u64);
        seen.expect(delivered <= stored, || format!("it claims {delivered} delivered, the table has {stored}"));
    }
    world.trouble.end();
    world.happens(1_000);

    let begun = Instant::now();
    let missing = until(RECOVERY_MAX, || async {
        match world.missing() {
            0 => Ok(()),
            missing => Err(missing),
        }
    });
    match missing.await {
        Ok(()) => seen.fact(format!("delivered after {} s", begun.elapsed().as_secs())),
        Err(missing) => {
            let set_aside = service.count("set_aside").await;
            seen.wrong.push(format!("{missing} events are not in the table, {set_aside} of them set aside"));
        }
    }
    let ready = until(RECOVERY_MAX, || async {
        match service.get("/readyz").await {
            (200, _) => Ok(()),
            (_, reason) => Err(reason),
        }
    });
    if let Err(reason) = ready.await {
        seen.wrong.push(format!("not ready again: {reason}"));
    }
    // An answer may come after the second that is allowed, on a machine under load too: every row more than one of an event is
    // one that was counted.
    let (copies, surplus) = (world.copies_max(), world.surplus());
    let counted = service.count("possible_duplicates").await;
    seen.expect(surplus <= counted, || format!("{surplus} rows too many, of which {counted} are counted"));
    seen.expect(copies <= 4, || format!("{copies} copies of an event, at most 4 allowed"));
    seen.no_leak("the service", &service.shown().await);
    let strays = world.trouble.strays();
    seen.expect(strays.is_empty(), || format!("it followed a redirection to {strays:?}"));
    seen
}

/// The table as Markdown.
fn render(looked: &[(Class, Call, Seen)]) -> String {
    let mut text = String::from("| class |");
    for call in Call::ALL {
        write!(text, " {} |", call.name()).expect("a string takes everything");
    }
    text.push_str("\n|---|---|---|---|---|\n");
    for class in Class::ALL {
        write!(text, "| {class} |").expect("a string takes everything");
        for call in Call::ALL {
            let of_cell = looked.iter().filter(|(c, l, _)| (*c, *l) == (class, call));
            let (mut facts, mut wrong) = (Vec::new(), Vec::new());
            for (_, _, seen) in of_cell {
                facts.extend(seen.facts.iter().cloned());
                wrong.extend(seen.wrong.iter().map(|wrong| format!("**{wrong}**")));
            }
            let cell = facts.into_iter().chain(wrong).collect::<Vec<_>>().join("; ");
            write!(text, " {} |", cell.replace('|', "/").replace('\n', " ")).expect("a string takes everything");
        }
        text.push('\n');
    }
    text
}
