//! `dead-letters list | export | resend | drop`: what was set aside.

mod resend;
mod running;

use std::borrow::Cow;
use std::fmt::Write as _;

use super::args::{DeadLetters, Global, Which};
use super::{Failure, parts, print, say};
use crate::peer_text::is_invisible;
use crate::problem::Code;
use crate::store::{DeadLetter, RedbStore, Store};
use crate::telemetry::dead_letters::Listed;
use crate::{Exit, Problem};

/// Events read at once; each may be some hundred kilobytes.
const PAGE: usize = 64;

pub(super) fn dead_letters(global: &Global, command: &DeadLetters) -> Result<Exit, Failure> {
    let config = global.load()?;
    if !config.store.path.exists() {
        say(&format!("nothing is set aside: there is no {} yet", config.store.path.display()));
        return Ok(Exit::Done);
    }
    let runtime = parts::runtime()?;
    if let DeadLetters::List { output } = command
        && RedbStore::is_held(&config.store.path)
    {
        return runtime.block_on(running::for_each(&config, |listed| show(listed, output.json))).map(|()| Exit::Done);
    }
    let store = parts::store(&config)?;
    runtime.block_on(async {
        match command {
            DeadLetters::List { output } => list(&store, output.json).await,
            DeadLetters::Export { which } => export(&store, which).await,
            DeadLetters::Resend { which } => {
                let ended = resend::resend(&config, &store, which).await;
                let wiped = wipe(store).await;
                let exit = ended?;
                wiped.map(|()| exit)
            }
            DeadLetters::Drop { which } => {
                let ended = drop_some(&store, which).await?;
                wipe(store).await?;
                Ok(ended)
            }
        }
    })
}

impl Which {
    fn holds(&self, number: u64) -> bool {
        self.all || self.numbers.contains(&number)
    }
}

async fn list(store: &RedbStore, json: bool) -> Result<Exit, Failure> {
    for_each(store, |number, letter| show(&Listed::new(number, letter), json)).await?;
    Ok(Exit::Done)
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

async fn export(store: &RedbStore, which: &Which) -> Result<Exit, Failure> {
    for_each(store, |number, letter| {
        if which.holds(number) {
            // One event a line: a newline inside an event can only stand between its tokens.
            let event = String::from_utf8_lossy(&letter.event).replace(['\r', '\n'], " ");
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
async fn wipe(store: RedbStore) -> Result<(), Failure> {
    store.wipe().await.map_err(|error| {
        Failure::Problem(Problem {
            code: Code::StoreUnusable,
            subject: "store.path".into(),
            cause: format!("what was removed is no longer listed, but its text is still in the file: {error}"),
            next_step: "make room in the folder of `store.path`, and run `miro-sentinel dead-letters drop` again; with a number \
                        that is not listed it removes nothing else"
                .into(),
        })
    })
}

async fn drop_some(store: &RedbStore, which: &Which) -> Result<Exit, Failure> {
    let mut numbers = Vec::new();
    for_each(store, |number, _| {
        if which.holds(number) {
            numbers.push(number);
        }
        Ok(())
    })
    .await?;
    let dropped = numbers.len();
    store.drop_dead_letters(numbers).await?;
    say(&format!("dropped: {dropped}"));
    Ok(Exit::Done)
}

/// Calls `each` for every event set aside, oldest first.
async fn for_each(
    store: &RedbStore,
    mut each: impl FnMut(u64, &DeadLetter) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let page = store.dead_letters(after, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        for (number, letter) in &page {
            each(*number, letter)?;
        }
    }
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
