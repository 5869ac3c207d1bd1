//! Uploads that are refused, too large by what is said, or answered too late.

use std::time::Duration;

use super::{SOON, all_arrive, events, is_named};
use crate::peers::azure::error;
use crate::peers::classes::Call;
use crate::peers::subject::{Subject, until};
use crate::peers::world::World;

#[tokio::test]
async fn a_row_of_refused_events_is_set_aside_and_the_rest_delivered() {
    let world = World::empty(500).await;
    let all = events(Call::Audit, 42, 60, 100);
    let (refused, good) = all.split_at(12);
    all.iter().cloned().for_each(|event| world.audit.add(event));
    for event in events(Call::Content, 5, 60, 100) {
        world.content.add(event);
    }
    let bad: Vec<String> = refused.iter().map(|event| event.id.clone()).collect();
    world.ledger.judged(move |batch| {
        let is_bad = batch.iter().any(|event| bad.iter().any(|id| event.get().contains(id.as_str())));
        is_bad.then(|| error(400, "InvalidRecord"))
    });
    let service = Subject::new(&world).serve().await;
    let settled = until(SOON * 2, || async {
        let missing = good.iter().filter(|event| world.ledger.copies(&event.bytes) == 0).count();
        match (missing, service.count("set_aside").await) {
            (0, 12) => Ok(()),
            other => Err(other),
        }
    });
    assert_eq!(settled.await, Ok(()), "good events missing, events set aside; {}", service.status().await);
    // The stream lives.
    world.happens(1_000);
    let alive = until(SOON, || async { if world.missing() == 12 { Ok(()) } else { Err(world.missing()) } });
    assert_eq!(alive.await, Ok(()), "events missing");
}

#[tokio::test]
async fn a_413_for_small_events_is_no_verdict() {
    let world = World::with_history().await;
    world.ledger.judged(|_| Some(error(413, "ContentLengthLimitExceeded")));
    let service = Subject::new(&world).serve().await;
    let refused =
        until(SOON, || async { if world.ledger.uploads() >= 20 { Ok(()) } else { Err(world.ledger.uploads()) } });
    assert_eq!(refused.await, Ok(()), "every piece is tried before anything is concluded");
    is_named(&service, "azure-refuses-everything", SOON).await;
    assert_eq!(service.count("set_aside").await, 0, "{}", service.status().await);
    let (ready, reason) = service.get("/readyz").await;
    assert!(ready == 503 && reason.lines().count() > 1, "{ready} {reason}");
    world.ledger.unjudged();
    all_arrive(&world, &service, SOON * 3).await;
    assert_eq!(service.count("set_aside").await, 0);
}

#[tokio::test]
async fn answers_that_come_too_late_make_few_copies_and_all_are_counted() {
    let world = World::with_history().await;
    // Stored at once, acknowledged after three times the time-out.
    world.ledger.slow(Duration::from_secs(3));
    let service = Subject::new(&world).serve().await;
    let settled = until(SOON * 2, || async {
        match (world.missing(), service.count("in_flight").await, service.count("delivered").await) {
            (0, 0, 60) => Ok(()),
            other => Err(other),
        }
    });
    assert_eq!(settled.await, Ok(()), "missing, in flight, delivered; {}", service.status().await);
    let copies = world.copies_max();
    assert!(copies <= 4, "{copies} copies of an event");
    let repeated = world.ledger.rows() - world.ledger.distinct() as u64;
    let counted = service.count("possible_duplicates").await;
    assert!(repeated > 0 && counted >= repeated, "{repeated} repeated, {counted} counted");
}
