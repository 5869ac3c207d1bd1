//! Events that Azure refuses one after another: are they to blame, or the rule?

use std::time::Duration;

use jiff::SignedDuration;

use super::flows::serve;
use super::world::{Happening, World, config};
use crate::Clock as _;

/// One event a minute for half an hour, each uploaded alone; those that end in `bad` are refused.
fn one_a_minute(world: &World, is_bad: fn(i32) -> bool) {
    for number in 0..30 {
        let at = world.clock.now() + SignedDuration::from_secs(60) * number + SignedDuration::from_secs(7);
        let id = format!("{number:02}-{}", if is_bad(number) { "bad" } else { "good" });
        world.events.lock().unwrap().push(Happening { at, visible: at, id });
    }
    *world.azure_says.lock().unwrap() = Some(|ids| ids.iter().any(|id| id.ends_with("bad")).then_some((400, "Odd")));
}

#[tokio::test(start_paused = true)]
async fn single_bad_events_between_good_ones_never_raise_suspicion() {
    let world = World::new(60);
    one_a_minute(&world, |number| number % 2 == 0);
    let connector = world.connector(60, config(Duration::from_mins(5)));
    let watch = async {
        for second in 0..1_900 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(connector.status().streams["audit"].problem, None, "second {second}");
        }
    };
    tokio::join!(serve(&connector, 2_000), watch);
    let counts = connector.status().streams["audit"].clone();
    assert_eq!((counts.delivered, counts.set_aside, counts.in_flight), (15, 15, 0));
}

#[tokio::test(start_paused = true)]
async fn ten_bad_events_in_a_row_are_held_back_and_the_rule_is_suspected() {
    let world = World::new(61);
    one_a_minute(&world, |_| true);
    let connector = world.connector(61, config(Duration::from_mins(5)));
    let watch = async {
        tokio::time::sleep(Duration::from_secs(1_900)).await;
        let counts = connector.status().streams["audit"].clone();
        assert_eq!((counts.delivered, counts.set_aside), (0, 9));
        assert_eq!(counts.problem.unwrap().code, "azure-refuses-everything");
    };
    tokio::join!(serve(&connector, 2_000), watch);
}

#[tokio::test(start_paused = true)]
async fn three_uploads_of_one_batch_without_a_known_outcome_are_told() {
    for (failures, is_told) in [(2, false), (3, true)] {
        let world = World::new(62);
        world.happen(62, 10, -300, 0, 0);
        *world.azure_says.lock().unwrap() = Some(|_| Some((500, "")));
        let connector = world.connector(62, config(Duration::from_mins(5)));
        let watch = async {
            let mut was_told = false;
            for _ in 0..20_000 {
                tokio::time::sleep(Duration::from_millis(1)).await;
                if world.azure.lock().unwrap().calls == failures {
                    *world.azure_says.lock().unwrap() = None;
                }
                was_told |= connector.status().streams["audit"].problem.is_some();
            }
            assert_eq!(was_told, is_told, "{failures} times");
        };
        tokio::join!(serve(&connector, 25), watch);
        let counts = connector.status().streams["audit"].clone();
        assert_eq!((counts.possible_duplicates, counts.delivered), (u64::from(failures) * 10, 10));
        assert_eq!(counts.problem, None);
    }
}
