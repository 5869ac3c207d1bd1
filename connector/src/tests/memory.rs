//! What is remembered of events that were delivered or set aside, and for how long.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;

use super::flows::{HOUR, ONCE, serve};
use super::world::{World, config};
use crate::checkpoint::Checkpoint;
use crate::event::{Around, Event, STRAYS};
use crate::interval::minute;
use crate::ledger::{Cadence, Ledger};
use crate::peer::Peer;
use crate::progress::Progress;
use crate::retry::{Retrier, RunMode};
use crate::store::{Minute, Store};
use crate::{Clock as _, Outcome, Random, Stop, Stream};

#[tokio::test(start_paused = true)]
async fn ids_are_remembered_while_they_may_be_read_again_and_no_longer() {
    let world = World::new(40);
    world.happen(40, 3_000, -8 * HOUR, 4 * HOUR, 0);
    let connector = world.connector(40, config(Duration::from_hours(8)));
    assert_eq!(serve(&connector, 4 * 3600).await, Outcome::Finished);
    drop(connector);
    let remembered = world.store(0).remembered(Stream::Audit, Minute(0)..STRAYS).await.unwrap();
    let now = minute(world.clock.now()).0;
    // The last sweep looks back half an hour, and an event's time may lie an hour beside the window that shows it.
    let needed = Minute(now - 90);
    assert!(remembered[0].0 > Minute(needed.0 - 20), "{} minutes ago", now - remembered[0].0.0);
    let kept: usize = remembered.iter().filter(|(minute, _)| *minute >= needed).map(|(_, ids)| ids.len()).sum();
    let taken = world.taken.lock().unwrap();
    let events = world.events.lock().unwrap();
    let recent = events.iter().filter(|event| minute(event.at) >= needed && taken.contains_key(&event.id)).count();
    assert_eq!(kept, recent);
    assert!(recent > 100);
}

#[tokio::test(start_paused = true)]
async fn of_events_without_a_time_so_many_are_remembered_and_then_all_are_forgotten() {
    let world = World::new(41);
    let events: Vec<String> = (0..=100_000).map(|number| format!(r#"{{"id":"{number}"}}"#)).collect();
    let page = |events: &str| Some((200, format!(r#"{{"data":[{events}]}}"#)));
    *world.miro_says.lock().unwrap() = vec![page(&events.join(","))];
    let remembered = async || world.store(0).remembered(Stream::Audit, STRAYS..Minute(STRAYS.0 + 1)).await.unwrap();
    let config = || {
        let mut config = config(Duration::from_mins(5));
        config.sentinel.plain_bytes_max = 1_000_000;
        config
    };
    let connector = world.connector(41, config());
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    drop(connector);
    assert_eq!(remembered().await[0].1.len(), 100_001);
    *world.miro_says.lock().unwrap() = vec![page(r#"{"id":"one more"}"#)];
    let connector = world.connector(42, config());
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    drop(connector);
    assert!(remembered().await.is_empty());
    assert_eq!(world.duplicates(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_is_kept_whole_with_its_id_and_the_reason() {
    let world = World::new(7);
    world.happen(7, 500, -300, 0, 0);
    *world.azure_says.lock().unwrap() =
        Some(|ids| ids.iter().any(|id| id.starts_with("e-000123")).then_some((400, "Odd")));
    let began = world.clock.now();
    let connector = world.connector(7, config(Duration::from_mins(5)));
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    drop(connector);
    let letters = world.store(0).dead_letters(0, 10).await.unwrap();
    let [(_, letter)] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(letter.id.starts_with("e-000123#"), "{}", letter.id);
    let event: serde_json::Value = serde_json::from_slice(&letter.event).unwrap();
    assert_eq!(event["id"].as_str(), Some(letter.id.as_str()));
    assert_eq!((letter.stream, letter.reason.as_str()), (Stream::Audit, "Odd"));
    assert!(letter.at >= began && letter.at <= world.clock.now());
}

#[tokio::test(start_paused = true)]
async fn what_a_span_took_and_gives_up_is_new_to_the_next() {
    let world = World::new(43);
    let (store, clock) = (Arc::new(world.store(0)), Arc::new(world.clock.clone()));
    let cadence = Cadence::new(Duration::from_secs(15), &[]);
    let (now, progress) = (world.clock.now(), Arc::new(Progress::new(Stream::Audit)));
    let checkpoint =
        Checkpoint::load(Stream::Audit, Ledger::new(now), cadence, store, clock, Arc::clone(&progress)).await.unwrap();
    let [one, other] = [60, 120].map(|seconds| {
        let now = now + SignedDuration::from_secs(seconds);
        checkpoint.plan(|ledger, _| ledger.open_tail(now).unwrap())
    });
    let (random, stop) = (Random::seeded(43), Stop::new());
    let around = Around::new(checkpoint.window(one).unwrap().interval);
    let taken_by = async |window| {
        let event = Event::read(Bytes::from_static(br#"{"id":"x"}"#), &around);
        let mut retrier = Retrier::new(&progress, &random, &stop, RunMode::Service, Peer::Store);
        checkpoint.claim(window, vec![event], &mut retrier).await.unwrap().len()
    };
    assert_eq!((taken_by(one).await, taken_by(other).await), (1, 0));
    checkpoint.release(one);
    assert_eq!((taken_by(other).await, taken_by(one).await), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_full_dead_letter_store_keeps_nobody_else_from_uploading() {
    let world = World::new(44);
    world.happen(44, 100, -3 * HOUR, -2 * HOUR, 0);
    world.happen(45, 200, 10, 600, 0);
    *world.azure_says.lock().unwrap() =
        Some(|ids| ids.iter().any(|id| id.starts_with("e-000007")).then_some((400, "Odd")));
    let mut small = config(Duration::from_hours(4));
    small.store.dead_letters_bytes_max = 10;
    let connector = world.connector(44, small);
    let watch = async {
        let mut told = 0;
        for _ in 0..1_200 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let problem = connector.status().streams["audit"].problem.clone();
            told += u32::from(problem.is_some_and(|problem| problem.code == "dead-letters-full"));
        }
        assert!(told > 60, "{told} seconds");
        let taken = world.taken.lock().unwrap();
        let events = world.events.lock().unwrap();
        let recent = events.iter().filter(|event| event.at > world.clock.now() - SignedDuration::from_mins(20));
        assert!(recent.clone().all(|event| taken.contains_key(&event.id)) && recent.count() == 200);
    };
    tokio::join!(serve(&connector, 1_300), watch);
    assert_eq!(connector.status().streams["audit"].set_aside, 0);
}
