//! Runs a program that may die at any await.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep};

use super::power::Power;

/// How a program dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// At the first await after so many polls.
    AtPoll(u32),
    /// In the middle of a change to the disk, after so many others.
    InDiskChange(u64),
    /// When the destination has answered an upload: after the delivery, before the commit.
    AfterUpload,
}

/// A death that will happen, and from when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Nothing happens before this instant; polls, changes and uploads are counted from here.
    pub from: Instant,
    /// How it happens then.
    pub death: Death,
}

/// Drives `program` until it ends by itself (`Some`) or the power goes as sentenced (`None`).
///
/// A death drops the program where it stands, with every guard, lock and half-sent request of it; the power is off
/// before that, so nothing it does while it is dropped reaches the disk. `alive` is called after every other poll.
pub async fn until_death<F: Future>(
    program: F,
    power: &Power,
    sentence: Option<Sentence>,
    mut alive: impl FnMut(),
) -> Option<F::Output> {
    let mut executioner = Executioner {
        power,
        waits_for: sentence.map(|sentence| (Box::pin(tokio::time::sleep_until(sentence.from)), sentence.death)),
        polls_left: None,
    };
    let mut program = std::pin::pin!(program);
    std::future::poll_fn(|cx| {
        executioner.fall_due(cx);
        let polled = program.as_mut().poll(cx).map(Some);
        if executioner.has_struck() {
            return Poll::Ready(None);
        }
        if polled.is_pending() {
            alive();
        }
        polled
    })
    .await
}

struct Executioner<'a> {
    power: &'a Power,
    waits_for: Option<(Pin<Box<Sleep>>, Death)>,
    polls_left: Option<u32>,
}

impl Executioner<'_> {
    /// Once the moment is reached, arranges for the death.
    fn fall_due(&mut self, cx: &mut Context<'_>) {
        let Some((moment, death)) = &mut self.waits_for else { return };
        if moment.as_mut().poll(cx).is_pending() {
            return;
        }
        match *death {
            Death::AtPoll(polls) => self.polls_left = Some(polls),
            Death::InDiskChange(changes) => self.power.cut_after_changes(changes),
            Death::AfterUpload => self.power.cut_at_upload(),
        }
        self.waits_for = None;
    }

    /// Counts one poll; true when the program is dead after it.
    fn has_struck(&mut self) -> bool {
        match &mut self.polls_left {
            Some(0) => self.power.cut(),
            Some(left) => *left -= 1,
            None => {}
        }
        self.power.is_off()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::disk::SimDisk;
    use redb::StorageBackend;
    use std::cell::Cell;
    use std::time::Duration;

    async fn work(steps: u32, done: &Cell<u32>) {
        for _ in 0..steps {
            tokio::time::sleep(Duration::from_secs(1)).await;
            done.set(done.get() + 1);
        }
    }

    fn sentence(after: u64, death: Death) -> Sentence {
        Sentence { from: Instant::now() + Duration::from_secs(after), death }
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_without_a_sentence_ends_by_itself() {
        let done = Cell::new(0);
        let end = until_death(work(5, &done), &Power::default(), None, || ()).await;
        assert_eq!((end, done.get()), (Some(()), 5));
    }

    #[tokio::test(start_paused = true)]
    async fn it_dies_at_the_await_it_is_sentenced_to() {
        let (done, power) = (Cell::new(0), Power::default());
        let end = until_death(work(100, &done), &power, Some(sentence(10, Death::AtPoll(3))), || ()).await;
        assert_eq!(end, None);
        assert!(power.is_off());
        assert!((12..=14).contains(&done.get()), "died after {} steps", done.get());
    }

    #[tokio::test(start_paused = true)]
    async fn it_dies_in_the_middle_of_a_write_even_if_it_tries_to_end_well() {
        let power = Power::default();
        let plug = SimDisk::new(power.clone()).plug_in();
        let program = async {
            while plug.write(0, b"x").is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        assert_eq!(until_death(program, &power, Some(sentence(3, Death::InDiskChange(2))), || ()).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn it_dies_between_an_answer_and_what_it_would_do_next() {
        let (power, committed) = (Power::default(), Cell::new(false));
        let program = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            if !power.lasts_through_upload() {
                std::future::pending::<()>().await;
            }
            committed.set(true);
        };
        assert_eq!(until_death(program, &power, Some(sentence(1, Death::AfterUpload)), || ()).await, None);
        assert!(!committed.get());
    }
}
