//! `dead-letters list | export | resend | drop`: what was set aside.

mod resend;
mod running;

use super::args::{DeadLetters, Global, Which};
use super::{Failure, parts, print, say};
use crate::Exit;
use crate::store::{DeadLetter, RedbStore, Store};
use crate::telemetry::dead_letters::Listed;

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
            DeadLetters::Resend { which } => resend::resend(&config, &store, which).await,
            DeadLetters::Drop { which } => drop_some(&store, which).await,
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
            print(&format!("{event}\n"))?;
        }
        Ok(())
    })
    .await?;
    Ok(Exit::Done)
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
