//! `dead-letters list | export | resend | drop`: what was set aside.

mod access;
mod asked;
mod numbers;

use std::borrow::Cow;
use std::fmt::Write as _;

use super::args::{DeadLetters, Global, Which};
use super::{Failure, parts, print, say};
use crate::config::Config;
use crate::dead_letters::{Listed, Resent};
use crate::peer_text::{PeerText, is_invisible};
use crate::problem::Code;
use crate::rights::Wide;
use crate::{Exit, Problem};
use access::Letters;

/// Events that are removed or sent again with one request.
const BATCH: usize = 128;

pub(super) fn dead_letters(global: &Global, command: &DeadLetters) -> Result<Exit, Failure> {
    let config = global.load()?;
    if !config.store.path.exists() {
        say(&format!("nothing is set aside: there is no {} yet", config.store.path.display()));
        return command.which().map_or(Ok(Exit::Done), |which| which.are_among(&[]).map(|()| Exit::Done));
    }
    for wide in Wide::of_checkpoint(&config.store.path) {
        say(&format!("warning: store.path: {}\n  next: {}", wide.cause(), wide.next_step()));
    }
    parts::runtime()?.block_on(carry_out(&config, command))
}

async fn carry_out(config: &Config, command: &DeadLetters) -> Result<Exit, Failure> {
    let letters = Letters::of(config).await?;
    match command {
        DeadLetters::List { output } => {
            letters.for_each(async |listed| show(&listed, output.json)).await?;
            Ok(Exit::Done)
        }
        DeadLetters::Export { which } => export(&letters, which).await,
        DeadLetters::Resend { which } => {
            let chosen = chosen(&letters, which).await?;
            let resent = resend(&letters, &chosen).await;
            let wiped = wipe(&letters).await;
            let resent = resent?;
            let refused = resent.refused;
            say(&told(resent));
            wiped
                .and_then(|()| which.are_among(&chosen))
                .map(|()| if refused == 0 { Exit::Done } else { Exit::Destination })
        }
        DeadLetters::Drop { which } => {
            let (mut numbers, failed) = remove(&letters, chosen(&letters, which).await?).await;
            let wiped = wipe(&letters).await;
            numbers.sort_unstable();
            say(&match numbers.as_slice() {
                [] => "dropped: 0".to_owned(),
                dropped => format!("dropped: {} ({})", dropped.len(), numbers::named(dropped)),
            });
            failed.map_or(wiped, Err)?;
            which.are_among(&numbers).map(|()| Exit::Done)
        }
    }
}

impl DeadLetters {
    /// The events that a command names.
    const fn which(&self) -> Option<&Which> {
        match self {
            Self::List { .. } => None,
            Self::Export { which } | Self::Resend { which } | Self::Drop { which } => Some(which),
        }
    }
}

impl Which {
    fn holds(&self, number: u64) -> bool {
        self.all || self.numbers.contains(&number)
    }

    /// Whether each number that was named is one of those `found`, ascending. A script that goes on without an event it named
    /// would take it for done.
    fn are_among(&self, found: &[u64]) -> Result<(), Failure> {
        let mut missing: Vec<u64> =
            self.numbers.iter().copied().filter(|number| found.binary_search(number).is_err()).collect();
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::unexpected(
            format!("nothing is set aside under {}", numbers::named(&missing)),
            "see the numbers with `miro-sentinel dead-letters list`; a number is never used for another event",
        ))
    }
}

/// The numbers of what was removed, and why the rest was not.
async fn remove(letters: &Letters<'_>, chosen: Vec<u64>) -> (Vec<u64>, Option<Failure>) {
    let mut removed = Vec::new();
    for numbers in chosen.chunks(BATCH) {
        match letters.remove(numbers.to_vec()).await {
            Ok(dropped) => removed.extend(dropped.numbers),
            Err(failure) => return (removed, Some(failure)),
        }
    }
    (removed, None)
}

/// The numbers that are meant, of those that there are.
async fn chosen(letters: &Letters<'_>, which: &Which) -> Result<Vec<u64>, Failure> {
    let mut numbers = Vec::new();
    letters
        .for_each(async |listed| {
            if which.holds(listed.number) {
                numbers.push(listed.number);
            }
            Ok(())
        })
        .await?;
    Ok(numbers)
}

/// What came of sending again, with the reason of each refusal.
fn told(resent: Resent) -> String {
    let Resent { accepted, refused, reasons } = resent;
    let mut told = format!("sent again: {accepted}; refused again and kept: {refused}");
    for (reason, mut numbers) in reasons {
        numbers.sort_unstable();
        numbers.dedup();
        write!(told, "\n  {}: {}", PeerText::new(&reason), numbers::named(&numbers))
            .expect("a string takes everything");
    }
    told
}

async fn resend(letters: &Letters<'_>, chosen: &[u64]) -> Result<Resent, Failure> {
    let mut resent = Resent::default();
    for numbers in chosen.chunks(BATCH) {
        resent += letters.resend(numbers.to_vec()).await?;
    }
    Ok(resent)
}

fn show(listed: &Listed, json: bool) -> Result<(), Failure> {
    if json {
        let mut line = serde_json::to_string(listed).expect("plain fields are JSON");
        line.push('\n');
        return print(&line);
    }
    let Listed { number, stream, at, reason, bytes, id } = listed;
    print(&format!("{number:>6}  {stream:7}  {at}  {bytes:>8} bytes  {reason}  {id}\n"))
}

async fn export(letters: &Letters<'_>, which: &Which) -> Result<Exit, Failure> {
    let mut found = Vec::new();
    letters
        .for_each(async |listed| {
            if which.holds(listed.number)
                && let Some(event) = letters.event(&listed).await?
            {
                // One event a line: a newline inside an event can only stand between its tokens.
                let event = String::from_utf8_lossy(&event).replace(['\r', '\n'], " ");
                print(&format!("{}\n", without_controls(&event)))?;
                found.push(listed.number);
            }
            Ok(())
        })
        .await?;
    which.are_among(&found).map(|()| Exit::Done)
}

/// `json` with an escape in place of each character that steers a terminal or that nobody sees: within a string of JSON it
/// means the same.
fn without_controls(json: &str) -> Cow<'_, str> {
    if !json.contains(is_invisible) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if is_invisible(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(shown, "\\u{unit:04x}").expect("a string takes everything");
            }
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Takes what was removed out of the file as well.
async fn wipe(letters: &Letters<'_>) -> Result<(), Failure> {
    letters.wipe().await.map_err(|failure| {
        let (cause, next_step) = failure.told();
        Failure::Problem(Problem {
            code: Code::StoreUnusable,
            subject: "store.path".into(),
            cause: format!("what was removed is no longer listed, but its text is still in the file: {cause}"),
            next_step: format!(
                "{next_step}; then run `miro-sentinel dead-letters drop` again: with a number that is not listed it removes nothing else, and says so"
            ),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_again_is_told_with_the_reason() {
        let reasons = [("InvalidRecord\u{1b}[2J".to_owned(), vec![4, 2, 3, 3]), ("too large".to_owned(), vec![9])];
        let resent = Resent { accepted: 1, refused: 4, reasons: reasons.into() };
        assert_eq!(
            told(resent),
            "sent again: 1; refused again and kept: 4\n  InvalidRecord: numbers 2-4\n  too large: number 9"
        );
    }

    #[test]
    fn an_exported_event_steers_no_terminal_and_means_the_same() {
        let event = "{\"text\":\"a\u{9b}31mb\u{202e}c\u{7f}d\u{e0041}Grüße\"}";
        let shown = without_controls(event);
        assert_eq!(shown, r#"{"text":"a\u009b31mb\u202ec\u007fd\udb40\udc41Grüße"}"#);
        let read = |json: &str| serde_json::from_str::<serde_json::Value>(json).expect("JSON");
        assert_eq!(read(&shown), read(event));
        assert_eq!(without_controls("{broken \u{1b}[2J"), "{broken \\u001b[2J");
    }
}
