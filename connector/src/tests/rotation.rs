//! A secret is rotated: another connector goes on in the same process.

use std::sync::Arc;
use std::time::Duration;

use super::flows::serve;
use super::world::{Trouble, World, both_logs};
use crate::store::Store;

#[tokio::test(start_paused = true)]
async fn counts_go_on_over_rotations_whenever_they_come() {
    for seed in 90..96 {
        let world = World::new(seed);
        world.happen(seed, 4_000, -600, 600, 5);
        let trouble = Trouble { cut_before: 30, cut_after: 0, throttled: 30, failing: 0, hang: 0 };
        world.azure.lock().unwrap().trouble = trouble;
        let store: Arc<dyn Store> = Arc::new(world.store(1_000_000));
        let mut connector = world.connector_on(Arc::clone(&store), seed, both_logs(Duration::from_mins(15)));
        let mut delivered = 0;
        for round in 0..12 {
            serve(&connector, 3 + seed % 7 * 11 + round).await;
            connector = world.succeed(&connector, Arc::clone(&store), both_logs(Duration::from_mins(15)));
            let status = connector.status();
            let now = status.streams.values().map(|stream| stream.delivered).sum();
            assert!(delivered <= now, "seed {seed}: counted anew");
            delivered = now;
        }
        world.azure.lock().unwrap().trouble = Trouble::default();
        serve(&connector, 1_200).await;
        for (name, stream) in connector.status().streams {
            let settled = stream.delivered + stream.duplicate + stream.set_aside;
            assert_eq!((stream.fetched, stream.in_flight), (settled, 0), "seed {seed}, {name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_without_a_problem_leaves_the_service_ready() {
    let world = World::new(96);
    let store: Arc<dyn Store> = Arc::new(world.store(1_000_000));
    let old = world.connector_on(Arc::clone(&store), 96, both_logs(Duration::from_mins(5)));
    serve(&old, 60).await;
    let new = world.succeed(&old, store, both_logs(Duration::from_mins(5)));
    assert!(new.status().ready, "before its first page");
}
