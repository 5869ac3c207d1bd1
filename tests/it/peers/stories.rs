//! What a bad day brings, told over real sockets: each a world, the service, and what must come of it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::classes::Call;
use super::miro::Event;
use super::subject::{Service, until};
use super::world::World;

mod clocks;
mod pages;
mod uploads;
mod waits;

/// Long enough for anything that is not told to wait.
const SOON: Duration = Duration::from_secs(30);

/// `count` events of `call` that follow each other by a second from `ago` minutes ago, with `filling` bytes more than
/// they need.
fn events(call: Call, count: usize, ago: i64, filling: usize) -> Vec<Event> {
    let begin = Timestamp::now() - SignedDuration::from_mins(ago);
    let at = |number| begin + SignedDuration::from_secs(i64::try_from(number).expect("few"));
    (0..count).map(|number| Event::new(call, number, at(number), filling)).collect()
}

/// Waits until every event is in the table.
async fn all_arrive(world: &World, service: &Service, most: Duration) {
    let missing = until(most, || async {
        match world.missing() {
            0 => Ok(()),
            missing => Err(missing),
        }
    });
    if let Err(missing) = missing.await {
        panic!("{missing} events are not in the table after {most:?}: {}\n{}", service.status().await, service.log());
    }
}

/// Waits until the service names the problem `code`.
async fn is_named(service: &Service, code: &str, most: Duration) {
    let named = until(most, || async {
        let problems = service.problems().await;
        if problems.iter().any(|problem| problem == code) { Ok(()) } else { Err(problems) }
    });
    if let Err(problems) = named.await {
        panic!("no problem `{code}` after {most:?}, but {problems:?}\n{}", service.log());
    }
}
