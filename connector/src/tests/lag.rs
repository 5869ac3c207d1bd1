//! What the lag says at a first start, in an outage and after it: that is what alerts are made of.

use std::time::Duration;

use jiff::SignedDuration;

use super::flows::serve;
use super::world::{World, config};
use crate::{Clock as _, Outcome};

#[tokio::test(start_paused = true)]
async fn the_lag_is_that_of_the_newest_time_and_history_is_no_delay() {
    let world = World::new(95);
    world.happen(95, 3_000, -86_400, 0, 0);
    world.happen(96, 300, 0, 7_000, 0);
    let connector = world.connector(95, config(Duration::from_hours(24)));
    let lag = || {
        let status = connector.status().streams["audit"].clone();
        let lag = status.tail_to.map(|tail| world.clock.now().duration_since(tail));
        (lag.expect("known from the start"), status.to_do_seconds)
    };
    let watch = async {
        world.miro.lock().unwrap().trouble.failing = 1_000;
        tokio::time::sleep(Duration::from_secs(90)).await;
        let (dead, _) = lag();
        assert_eq!(dead, SignedDuration::from_secs(90), "Miro is dead from the start: the time since the start");
        world.miro.lock().unwrap().trouble.failing = 0;
        tokio::time::sleep(Duration::from_mins(2)).await;
        assert!(lag().0 <= SignedDuration::from_secs(30), "{:?}", lag());
        tokio::time::sleep(Duration::from_mins(30)).await;
        assert!(lag().0 <= SignedDuration::from_secs(30), "{:?}", lag());

        world.miro.lock().unwrap().trouble.failing = 1_000;
        tokio::time::sleep(Duration::from_mins(20)).await;
        assert!(lag().0 >= SignedDuration::from_mins(19), "an outage shows: {:?}", lag());
        world.miro.lock().unwrap().trouble.failing = 0;
        tokio::time::sleep(Duration::from_mins(3)).await;
        assert!(lag().0 <= SignedDuration::from_secs(30), "{:?}", lag());
    };
    let (outcome, ()) = tokio::join!(serve(&connector, 7_200), watch);
    assert_eq!((outcome, world.missing()), (Outcome::Finished, 0));
}
