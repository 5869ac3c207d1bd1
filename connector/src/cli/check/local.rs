//! The steps that look at this machine: the checkpoint file and the address of the telemetry.

use super::machine;
use super::place::Place;
use super::report::Report;
use super::seen::Seen;
use crate::config::Config;
use crate::store::RedbStore;

pub(super) async fn check(config: &Config, report: &Report) {
    let running = machine::running(config).await;
    let path = &config.store.path;
    match (&running, RedbStore::is_held(path)) {
        (Some(running), true) => report.seen(Place::Store, Seen::store_in_use(path, running)),
        (_, is_held) => match machine::store(config, is_held).await {
            Ok(proven) => report.seen(Place::Store, Seen::store(path, proven)),
            Err(problem) => report.wrong(Place::Store, problem),
        },
    }
    if let Some(address) = config.telemetry.listen {
        match (&running, machine::address_is_free(address).await) {
            (Some(running), _) => report.seen(Place::Telemetry, Seen::serving(address, running)),
            (None, Ok(free)) => report.seen(Place::Telemetry, Seen::free(address, &free)),
            (None, Err(problem)) => report.wrong(Place::Telemetry, problem),
        }
    }
}
