//! `dead-letters list | export | resend | drop`: what was set aside.

mod access;
mod asked;

use std::borrow::Cow;
use std::fmt::Write as _;

use super::args::{DeadLetters, Global, Which};
use super::{Failure, parts, print, say};
use crate::config::Config;
use crate::dead_letters::{Listed, Resent};
use crate::peer_text::is_invisible;
use crate::problem::Code;
use crate::{Exit, Problem};
use access::Letters;

/// Events that are removed or sent again with one request.
const BATCH: usize = 128;

pub(super) fn dead_letters(global: &Global, command: &DeadLetters) -> Result<Exit, Failure> {
    let config = global.load()?;
    if !config.store.path.exists() {
        say(&format!("nothing is set aside: there is no {} yet", config.store.path.display()));
        return Ok(Exit::Done);
    }
    parts::runtime()?.block_on(carry_out(&config, command))
}

async fn carry_out(config: &Config, command: &DeadLetters) -> Result<Exit, Failure> {
    let letters = Letters::of(config)?;
    match command {
        DeadLetters::List { output } => {
            letters.for_each(async |listed| show(&listed, output.json)).await?;
            Ok(Exit::Done)
        }
        DeadLetters::Export { which } => export(&letters, which).await,
        DeadLetters::Resend { which } => {
            let resent = resend(&letters, which).await;
            let wiped = wipe(&letters).await;
            let Resent { accepted, refused } = resent?;
            say(&format!("sent again: {accepted}; refused again and kept: {refused}"));
            wiped.map(|()| if refused == 0 { Exit::Done } else { Exit::Destination })
        }
        DeadLetters::Drop { which } => {
            let mut dropped = 0;
            for numbers in chosen(&letters, which).await?.chunks(BATCH) {
                dropped += letters.remove(numbers.to_vec()).await?;
            }
            wipe(&letters).await?;
            say(&format!("dropped: {dropped}"));
            Ok(Exit::Done)
        }
    }
}

impl Which {
    fn holds(&self, number: u64) -> bool {
        self.all || self.numbers.contains(&number)
    }
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

async fn resend(letters: &Letters<'_>, which: &Which) -> Result<Resent, Failure> {
    let mut resent = Resent::default();
    for numbers in chosen(letters, which).await?.chunks(BATCH) {
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
    letters
        .for_each(async |listed| {
            if which.holds(listed.number)
                && let Some(event) = letters.event(&listed).await?
            {
                // One event a line: a newline inside an event can only stand between its tokens.
                let event = String::from_utf8_lossy(&event).replace(['\r', '\n'], " ");
                print(&format!("{}\n", without_controls(&event)))?;
            }
            Ok(())
        })
        .await?;
    Ok(Exit::Done)
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
                "{next_step}; then run `miro-sentinel dead-letters drop` again: with a number that is not listed it removes nothing else"
            ),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
