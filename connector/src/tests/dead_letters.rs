//! What was set aside, dropped and sent again while the service runs.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::flows::serve;
use super::world::{World, config};
use crate::store::{Change, DeadLetter, Store as _, Version};
use crate::{Outcome, Stop, Stream};

/// Refuses two events of those that happen.
const TWO_REFUSED: super::world::AzureSays = |ids| {
    ids.iter().any(|id| id.starts_with("e-000007") || id.starts_with("e-000011")).then_some((400, "InvalidRecord"))
};

#[tokio::test(start_paused = true)]
async fn a_full_store_goes_on_once_there_is_room_and_the_service_is_not_stopped_for_it() {
    let world = World::new(81);
    world.happen(81, 40, -300, 0, 0);
    *world.azure_says.lock().unwrap() = Some(TWO_REFUSED);
    let store = world.store(300);
    // Of an earlier day, and as large as the store.
    let old = DeadLetter {
        stream: Stream::Audit,
        id: "old".into(),
        at: Timestamp::UNIX_EPOCH,
        reason: "InvalidRecord".into(),
        event: Bytes::from(vec![b' '; 300]),
    };
    store.commit(Stream::Content, Version(0), Change { set_aside: vec![old], ..Change::default() }).await.unwrap();
    let connector = world.connector_on(Arc::new(store.clone()), 81, config(Duration::from_mins(5)));
    let make_room = async {
        tokio::time::sleep(Duration::from_mins(10)).await;
        let counts = connector.status().streams["audit"].clone();
        let problem = counts.problem.expect("the store is full");
        assert_eq!((problem.code.as_str(), counts.dead_letters), ("dead-letters-full", 1));
        assert!(problem.next_step.contains("while the service runs"), "{}", problem.next_step);
        assert_eq!(connector.drop_dead_letters(vec![1, 99]).await.unwrap(), [1]);
        assert_eq!(connector.status().streams["audit"].dead_letters, 0);
        tokio::time::sleep(Duration::from_mins(2)).await;
        let counts = connector.status().streams["audit"].clone();
        assert_eq!((counts.problem, counts.dead_letters, counts.set_aside), (None, 2, 2));
    };
    let (outcome, ()) = tokio::join!(serve(&connector, 1_200), make_room);
    assert_eq!((outcome, world.missing()), (Outcome::Finished, 2));
    assert_eq!(store.dead_letter_totals().await.unwrap().audit, 2);
}

#[tokio::test(start_paused = true)]
async fn what_azure_takes_by_now_is_sent_by_the_running_service_and_removed() {
    let world = World::new(82);
    world.happen(82, 40, -300, 0, 0);
    *world.azure_says.lock().unwrap() = Some(TWO_REFUSED);
    let store = world.store(1_000_000);
    let connector = world.connector_on(Arc::new(store.clone()), 82, config(Duration::from_mins(5)));
    let again = async {
        tokio::time::sleep(Duration::from_mins(10)).await;
        assert_eq!(connector.status().streams["audit"].dead_letters, 2);
        *world.azure_says.lock().unwrap() =
            Some(|ids| ids.iter().any(|id| id.starts_with("e-000011")).then_some((400, "InvalidRecord")));
        let resent = connector.resend(vec![1, 2, 3], &Stop::new()).await.expect("sent");
        let [(reason, numbers)] = resent.reasons.iter().collect::<Vec<_>>()[..] else { panic!("{resent:?}") };
        assert_eq!((resent.accepted, resent.refused, reason.as_str(), numbers.len()), (1, 1, "InvalidRecord", 1));
        assert_eq!(connector.status().streams["audit"].dead_letters, 1);
        // What is told to stop keeps what it did not send.
        *world.azure_says.lock().unwrap() = Some(|_| Some((503, "Busy")));
        let stop = Stop::new();
        stop.leave();
        assert!(connector.resend(vec![1, 2], &stop).await.is_err());
        *world.azure_says.lock().unwrap() = None;
    };
    let (outcome, ()) = tokio::join!(serve(&connector, 1_200), again);
    let counts = connector.status().streams["audit"].clone();
    assert_eq!((outcome, world.missing(), world.duplicates()), (Outcome::Finished, 1, 0));
    assert_eq!(counts.fetched, counts.delivered + counts.duplicate + counts.set_aside + counts.in_flight);
    assert_eq!(store.dead_letter_totals().await.unwrap().audit, 1);
}
