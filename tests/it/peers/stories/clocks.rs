//! Miro's clock and ours apart.

use jiff::{SignedDuration, Timestamp};

use super::{SOON, all_arrive, is_named};
use crate::peers::classes::Call;
use crate::peers::miro::{Event, Log};
use crate::peers::subject::Subject;
use crate::peers::world::World;

/// Longer than the oldest late sweep.
const APART: SignedDuration = SignedDuration::from_mins(45);

fn shift(logs: [&Log; 2], ahead: SignedDuration) {
    for log in logs {
        log.behave(|manner| manner.date_ahead = ahead.as_secs());
    }
}

#[tokio::test]
async fn a_clock_ahead_of_miros_loses_nothing_and_is_named() {
    let world = World::with_history().await;
    shift([&world.audit, &world.content], -APART);
    let service = Subject::new(&world).serve().await;
    all_arrive(&world, &service, SOON).await;
    // What happens now bears the time of Miro's clock.
    for number in 1_000..1_003 {
        let now_at_miro = Timestamp::now() - APART;
        world.audit.add(Event::new(Call::Audit, number, now_at_miro, 100));
        world.content.add(Event::new(Call::Content, number, now_at_miro, 100));
        all_arrive(&world, &service, SOON).await;
    }
    is_named(&service, "clock-skewed", SOON).await;
}

#[tokio::test]
async fn a_clock_behind_miros_loses_nothing_and_is_named() {
    let world = World::with_history().await;
    shift([&world.audit, &world.content], APART);
    let service = Subject::new(&world).serve().await;
    all_arrive(&world, &service, SOON).await;
    is_named(&service, "clock-skewed", SOON).await;
    // The clock is set right: what Miro shows as of now comes at once.
    shift([&world.audit, &world.content], SignedDuration::ZERO);
    world.happens(1_000);
    all_arrive(&world, &service, SOON).await;
}
