//! Runs a program that may die at any await.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::power::Power;
use crate::scenario::CrashPoint;

/// What crashes a program: ready as soon as polls, changes and uploads are to be counted.
pub type Trigger<'a> = Pin<Box<dyn Future<Output = CrashPoint> + 'a>>;

/// Drives `program` until it ends by itself (`Some`) or the power goes as triggered (`None`).
///
/// A death drops the program where it stands, with every guard, lock and half-sent request of it; the power is off
/// before that, so nothing it does while it is dropped reaches the disk. `after_poll` is called after every other poll.
pub async fn until_crash<F: Future>(
    program: F,
    power: &Power,
    trigger: Option<Trigger<'_>>,
    mut after_poll: impl FnMut(),
) -> Option<F::Output> {
    let mut driver = CrashDriver { power, trigger, polls_left: None };
    let mut program = std::pin::pin!(program);
    std::future::poll_fn(|cx| {
        driver.fall_due(cx);
        let polled = program.as_mut().poll(cx).map(Some);
        if driver.has_struck() {
            return Poll::Ready(None);
        }
        if polled.is_pending() {
            after_poll();
        }
        polled
    })
    .await
}

struct CrashDriver<'a> {
    power: &'a Power,
    trigger: Option<Trigger<'a>>,
    polls_left: Option<u32>,
}

impl CrashDriver<'_> {
    /// Once the trigger is ready, arranges for the crash.
    fn fall_due(&mut self, cx: &mut Context<'_>) {
        let Some(trigger) = &mut self.trigger else { return };
        let Poll::Ready(point) = trigger.as_mut().poll(cx) else { return };
        match point {
            CrashPoint::Poll(polls) => self.polls_left = Some(polls),
            CrashPoint::DiskChange(changes) => self.power.cut_after_changes(changes),
            CrashPoint::AfterUpload => self.power.cut_at_upload(),
        }
        self.trigger = None;
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

    fn trigger(after: u64, point: CrashPoint) -> Trigger<'static> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(after)).await;
            point
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_without_a_trigger_ends_by_itself() {
        let done = Cell::new(0);
        let end = until_crash(work(5, &done), &Power::default(), None, || ()).await;
        assert_eq!((end, done.get()), (Some(()), 5));
    }

    #[tokio::test(start_paused = true)]
    async fn it_dies_at_the_await_that_is_chosen() {
        let (done, power) = (Cell::new(0), Power::default());
        let end = until_crash(work(100, &done), &power, Some(trigger(10, CrashPoint::Poll(3))), || ()).await;
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
        assert_eq!(until_crash(program, &power, Some(trigger(3, CrashPoint::DiskChange(2))), || ()).await, None);
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
        assert_eq!(until_crash(program, &power, Some(trigger(1, CrashPoint::AfterUpload)), || ()).await, None);
        assert!(!committed.get());
    }
}
