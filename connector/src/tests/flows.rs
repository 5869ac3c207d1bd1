//! What the connector promises, seen from outside.

use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::world::{A_PROXYS_PAGE, AzureSays, Trouble, World, config, content_config};
use crate::{Connector, Mode, Outcome, Stop};

pub(super) const HOUR: i64 = 3600;
pub(super) const ONCE: Mode = Mode::Once { deadline: None };

fn conserved(connector: &Connector) {
    for counts in connector.status().streams.values() {
        assert_eq!(counts.fetched, counts.delivered + counts.duplicate + counts.set_aside + counts.in_flight);
    }
}

/// Runs the service for `seconds` of virtual time, then finishes it.
pub(super) async fn serve(connector: &Connector, seconds: u64) -> Outcome {
    let stop = Stop::new();
    let alarm = async {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        stop.finish();
    };
    tokio::join!(connector.run(Mode::Service, &stop), alarm).0
}

#[test]
fn running_can_be_moved_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let connector = World::new(0).connector(0, config(Duration::ZERO));
        is_send(&connector.run(ONCE, &Stop::new()));
    });
}

#[tokio::test(start_paused = true)]
async fn once_delivers_everything_visible_exactly_once() {
    let world = World::new(1);
    world.happen(1, 5_000, -24 * HOUR, 0, 0);
    let connector = world.connector(1, config(Duration::from_hours(24)));
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    assert_eq!((world.missing(), world.duplicates()), (0, 0));
    conserved(&connector);
    let status = connector.status();
    assert_eq!((status.streams["audit"].delivered, status.streams["audit"].in_flight), (5_000, 0));
    assert!(status.ready);
}

#[tokio::test(start_paused = true)]
async fn a_second_run_sends_nothing_again() {
    let world = World::new(1);
    world.happen(1, 2_000, -24 * HOUR, 0, 0);
    for seed in 0..2 {
        let connector = world.connector(seed, config(Duration::from_hours(24)));
        assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
        tokio::time::sleep(Duration::from_mins(9)).await;
    }
    assert_eq!((world.missing(), world.duplicates()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_next_single_run_takes_what_was_shown_late() {
    let world = World::new(1);
    world.happen(1, 2_000, -HOUR, 0, 60);
    for seed in 0..2 {
        let connector = world.connector(seed, config(Duration::from_hours(24)));
        assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
        tokio::time::sleep(Duration::from_secs(61)).await;
    }
    assert_eq!((world.missing(), world.duplicates()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_beginning_told_as_an_age_does_not_move_with_a_restart() {
    let world = World::new(1);
    world.happen(1, 500, -HOUR, 0, 0);
    let first = world.connector(0, config(Duration::from_hours(1)));
    let stop = Stop::new();
    tokio::select! {
        biased;
        _ = first.run(Mode::Service, &stop) => unreachable!("nobody stops it"),
        () = tokio::time::sleep(Duration::from_millis(1)) => {}
    }
    drop(first);
    tokio::time::sleep(Duration::from_mins(30)).await;
    let second = world.connector(1, config(Duration::from_hours(1)));
    assert_eq!(second.run(ONCE, &Stop::new()).await, Outcome::Done);
    assert_eq!(world.missing(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_service_takes_late_events_and_new_ones_soon() {
    let world = World::new(2);
    world.happen(2, 3_000, 0, 4 * HOUR, 0);
    world.happen(3, 300, 0, 4 * HOUR, 25 * 60);
    let connector = world.connector(2, config(Duration::from_mins(1)));
    assert_eq!(serve(&connector, 5 * 3600).await, Outcome::Finished);
    assert_eq!((world.missing(), world.duplicates()), (0, 0));
    let mut delays = world.delays.lock().unwrap().clone();
    delays.sort();
    let p90 = delays[delays.len() * 90 / 100];
    assert!(p90.as_secs() < 20, "{p90:?}");
    conserved(&connector);
}

/// A day of trouble with crashes at random moments; returns all that happened, to be compared.
async fn troubled(seed: u64) -> (usize, u32, u32, u32, u32) {
    let world = World::new(seed);
    world.happen(seed, 3_000, -8 * HOUR, 8 * HOUR, 60);
    let trouble = Trouble { cut_before: 30, cut_after: 15, throttled: 30, failing: 30, hang: 5 };
    world.miro.lock().unwrap().trouble = trouble;
    world.azure.lock().unwrap().trouble = trouble;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut crashes = 0;
    for life in 0..8 {
        let connector = world.connector(seed * 100 + life, config(Duration::from_hours(8)));
        let span = Duration::from_millis(random.random_range(10..2 * 3_600_000));
        let stop = Stop::new();
        let crashed = tokio::time::timeout(span, connector.run(Mode::Service, &stop)).await.is_err();
        conserved(&connector);
        crashes += u32::from(crashed);
        // What was asked for is forgotten with the life that was asked.
        world.miro.lock().unwrap().blocked = None;
        world.azure.lock().unwrap().blocked = None;
    }
    world.miro.lock().unwrap().trouble = Trouble::default();
    world.azure.lock().unwrap().trouble = Trouble::default();
    let connector = world.connector(seed + 7, config(Duration::from_hours(8)));
    serve(&connector, 9 * 3600).await;
    let (miro, azure) = (world.miro.lock().unwrap(), world.azure.lock().unwrap());
    assert_eq!(world.missing(), 0, "seed {seed}");
    assert_eq!(miro.broken_promises.max(azure.broken_promises), 0, "seed {seed}: called before Retry-After");
    let batch = 20_000 / 60;
    let bound = (azure.lost_answers + crashes) * batch;
    assert!(world.duplicates() <= bound, "seed {seed}: {} duplicates of at most {bound}", world.duplicates());
    (world.missing(), world.duplicates(), miro.calls, azure.calls, azure.lost_answers)
}

#[tokio::test(start_paused = true)]
async fn trouble_and_crashes_lose_nothing_and_every_run_is_the_same() {
    for seed in 0..2 {
        let first = troubled(seed).await;
        assert_eq!(first, troubled(seed).await, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_repeats_restarts_the_span_without_sending_again() {
    let world = World::new(5);
    world.happen(5, 30, -300, 0, 0);
    let page = |id: &str| {
        format!(r#"{{"data":[{{"id":"{id}","createdAt":"2026-02-28T23:59:00.000+0000"}}],"cursor":"same"}}"#)
    };
    *world.miro_says.lock().unwrap() = vec![Some((200, page("x"))), Some((200, page("y")))];
    let connector = world.connector(5, config(Duration::from_mins(5)));
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    assert_eq!((world.missing(), world.duplicates()), (0, 0));
    assert_eq!(connector.status().streams["audit"].restarts, 1);
}

#[tokio::test(start_paused = true)]
async fn whatever_refuses_a_cursor_the_span_is_read_from_its_beginning() {
    for status in [400, 404, 409, 410, 422] {
        let world = World::new(5);
        world.happen(5, 30, -300, 0, 0);
        let page = r#"{"data":[{"id":"x","createdAt":"2026-02-28T23:59:00.000+0000"}],"cursor":"next"}"#;
        let refusal = r#"{"code":"conflict","message":"the cursor is no longer valid"}"#;
        *world.miro_says.lock().unwrap() = vec![Some((200, page.into())), Some((status, refusal.into()))];
        let connector = world.connector(5, config(Duration::from_mins(5)));
        assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done, "{status}");
        assert_eq!((world.missing(), world.duplicates()), (0, 0), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn refused_pages_are_asked_for_smaller_and_the_cursor_is_encoded() {
    let world = World::new(6);
    world.happen(6, 250, -300, 0, 0);
    *world.miro_says.lock().unwrap() = vec![Some((400, r#"{"code":"invalidParameters"}"#.into()))];
    let connector = world.connector(6, config(Duration::from_mins(5)));
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    assert_eq!((world.missing(), world.duplicates()), (0, 0));
    let queries = world.miro.lock().unwrap().queries.clone();
    assert!(queries[0].contains("limit=500") && queries[1].contains("limit=100"), "{queries:?}");
    assert!(queries[2].contains("cursor=2026-02-28T23%3A5") && queries[2].contains("%23"), "{queries:?}");
}

/// A crash at each moment of a delivery, history that no sweep reads again, pages larger than a batch and batches that Azure
/// wants smaller: whatever is not delivered is read again, and no more than one batch is sent twice.
#[tokio::test(start_paused = true)]
async fn a_crash_between_any_two_pieces_of_a_page_loses_nothing() {
    const EVENTS: usize = 700;
    for at_most_7 in [false, true] {
        for taken_before in (1..EVENTS).step_by(9) {
            let world = World::new(31);
            world.happen(31, EVENTS, -8 * HOUR, -8 * HOUR + 600, 0);
            if at_most_7 {
                *world.azure_says.lock().unwrap() = Some(|ids| (ids.len() > 7).then_some((413, "")));
            }
            let config = || {
                let mut config = config(Duration::from_hours(9));
                config.sentinel.plain_bytes_max = 6_000;
                config
            };
            let first = world.connector(1, config());
            let stop = Stop::new();
            let crash = async {
                while world.taken.lock().unwrap().len() < taken_before {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::select! {
                biased;
                () = crash => {}
                _ = first.run(Mode::Service, &stop) => unreachable!("nobody stops it"),
            }
            drop(first);
            let second = world.connector(2, config());
            assert_eq!(second.run(ONCE, &Stop::new()).await, Outcome::Done);
            let what = format!("{taken_before} taken, at most 7: {at_most_7}");
            assert_eq!(world.missing(), 0, "{what}");
            assert!(world.duplicates() <= 6_000 / 60, "{what}: {}", world.duplicates());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_poisonous_event_is_found_and_set_aside() {
    let world = World::new(7);
    world.happen(7, 500, -300, 0, 0);
    *world.azure_says.lock().unwrap() =
        Some(|ids| ids.iter().any(|id| id.starts_with("e-000123")).then_some((400, "Odd")));
    let connector = world.connector(7, config(Duration::from_mins(5)));
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    let counts = connector.status().streams["audit"].clone();
    assert_eq!((counts.delivered, counts.set_aside, counts.in_flight, counts.dead_letters), (499, 1, 0, 1));
    assert_eq!((world.missing(), world.duplicates()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_lone_poisonous_event_is_set_aside_and_holds_up_nothing() {
    let world = World::new(8);
    world.happen(8, 1, -300, 0, 0);
    *world.azure_says.lock().unwrap() = Some(|ids| (!ids.is_empty()).then_some((400, "Odd")));
    let connector = world.connector(8, config(Duration::from_mins(5)));
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    assert_eq!(connector.status().streams["audit"].set_aside, 1);
}

#[tokio::test(start_paused = true)]
async fn a_broken_rule_sets_nothing_aside_and_recovers_when_mended() {
    let world = World::new(9);
    world.happen(9, 500, -300, 0, 0);
    *world.azure_says.lock().unwrap() = Some(|_| Some((400, "Odd")));
    let connector = world.connector(9, config(Duration::from_mins(5)));
    let outcome = connector.run(ONCE, &Stop::new()).await;
    let Outcome::Stopped(problem) = outcome else { panic!("{outcome:?}") };
    assert_eq!(problem.code.name(), "azure-refuses-everything");
    assert_eq!(connector.status().streams["audit"].set_aside, 0);
    drop(connector);

    let connector = world.connector(9, config(Duration::from_mins(5)));
    let mend = async {
        tokio::time::sleep(Duration::from_mins(3)).await;
        assert!(!connector.status().ready);
        assert_eq!(connector.status().streams["audit"].problem.clone().unwrap().code, "azure-refuses-everything");
        *world.azure_says.lock().unwrap() = None;
    };
    let (outcome, ()) = tokio::join!(serve(&connector, 600), mend);
    assert_eq!(outcome, Outcome::Finished);
    let status = connector.status();
    assert_eq!((world.missing(), world.duplicates(), status.streams["audit"].set_aside), (0, 0, 0));
    assert_eq!(status.streams["audit"].problem, None);
}

#[tokio::test(start_paused = true)]
async fn too_large_is_halved_down_to_the_event() {
    let world = World::new(10);
    world.happen(10, 100, -300, 0, 0);
    *world.azure_says.lock().unwrap() =
        Some(|ids| (ids.len() > 7 || ids.iter().any(|id| id.starts_with("e-000042"))).then_some((413, "")));
    let connector = world.connector(10, config(Duration::from_mins(5)));
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    let counts = connector.status().streams["audit"].clone();
    assert_eq!((counts.delivered, counts.set_aside), (99, 1));
    assert_eq!(world.duplicates(), 0);
}

#[tokio::test(start_paused = true)]
async fn missing_permissions_end_a_single_run_with_their_name() {
    for (status, code) in [(403, "azure-role-missing"), (404, "azure-rule-unknown"), (401, "azure-token-refused")] {
        let world = World::new(11);
        world.happen(11, 10, -300, 0, 0);
        *world.azure_says.lock().unwrap() = Some(match status {
            403 => |_| Some((403, "OperationFailed")),
            404 => |_| Some((404, "NotFound")),
            _ => |_| Some((401, "")),
        });
        let connector = world.connector(11, config(Duration::from_mins(5)));
        let outcome = connector.run(ONCE, &Stop::new()).await;
        assert!(matches!(&outcome, Outcome::Stopped(problem) if problem.code.name() == code), "{outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_run_that_is_not_done() {
    let world = World::new(12);
    world.happen(12, 100, -300, 0, 0);
    world.miro.lock().unwrap().trouble = Trouble { failing: 1000, ..Trouble::default() };
    let connector = world.connector(12, config(Duration::from_mins(5)));
    let mode = Mode::Once { deadline: Some(Duration::from_secs(30)) };
    assert_eq!(connector.run(mode, &Stop::new()).await, Outcome::Incomplete);
    let problem =
        connector.status().streams["audit"].problem.clone().expect("the reason, though it is not a minute old");
    assert_eq!(problem.code, "miro-failing");
    assert!(problem.cause.contains("HTTP 500") || problem.cause.contains("HTTP 503"), "{problem:?}");
}

#[tokio::test(start_paused = true)]
async fn what_passed_before_the_deadline_is_no_reason() {
    let world = World::new(12);
    world.happen(12, 100, -300, 0, 0);
    *world.miro_says.lock().unwrap() = vec![Some((503, String::new())); 2];
    *world.azure_says.lock().unwrap() = Some(|_| Some((500, "")));
    let connector = world.connector(12, config(Duration::from_mins(5)));
    let mode = Mode::Once { deadline: Some(Duration::from_secs(30)) };
    assert_eq!(connector.run(mode, &Stop::new()).await, Outcome::Incomplete);
    let problem = connector.status().streams["audit"].problem.clone().expect("Azure's failure");
    assert_eq!(problem.code, "azure-failing", "{problem:?}");
}

#[tokio::test(start_paused = true)]
async fn told_to_finish_it_commits_what_was_fetched() {
    let world = World::new(13);
    world.happen(13, 5_000, -2 * HOUR, 0, 0);
    let connector = world.connector(13, config(Duration::from_hours(2)));
    let stop = Stop::new();
    let alarm = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stop.finish();
    };
    let (outcome, ()) = tokio::join!(connector.run(Mode::Service, &stop), alarm);
    assert_eq!(outcome, Outcome::Finished);
    let counts = connector.status().streams["audit"].clone();
    assert!(counts.delivered > 0 && counts.delivered < 5_000 && counts.in_flight == 0, "{counts:?}");
    drop(connector);
    let connector = Arc::new(world.connector(13, config(Duration::from_hours(2))));
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    assert_eq!((world.missing(), world.duplicates()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_takes_nothing_more_ends_the_run() {
    let world = World::new(14);
    world.happen(14, 100, -300, 0, 0);
    let connector = world.connector(14, config(Duration::from_mins(5)));
    world.disk.is_broken.store(true, std::sync::atomic::Ordering::Relaxed);
    let outcome = connector.run(ONCE, &Stop::new()).await;
    assert!(matches!(&outcome, Outcome::Stopped(problem) if problem.code.name() == "store-unusable"), "{outcome:?}");
    assert_eq!(world.azure.lock().unwrap().calls, 0, "nothing is sent that could not be written down");
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_full_for_a_while_stops_the_service_and_sends_nothing_twice() {
    for full_from_the_start in [true, false] {
        let world = World::new(14);
        world.happen(14, 100, -300, 0, 0);
        world.happen(15, 400, 10, 1_200, 0);
        let connector = world.connector(14, config(Duration::from_mins(5)));
        let is_full = |full| world.disk.is_broken.store(full, std::sync::atomic::Ordering::Relaxed);
        is_full(full_from_the_start);
        let mend = async {
            tokio::time::sleep(Duration::from_mins(5)).await;
            is_full(true);
            tokio::time::sleep(Duration::from_mins(10)).await;
            let status = connector.status();
            assert!(!status.ready);
            assert_eq!(status.streams["audit"].problem.clone().unwrap().code, "store-unusable");
            is_full(false);
        };
        let (outcome, ()) = tokio::join!(serve(&connector, 3_600), mend);
        assert_eq!(outcome, Outcome::Finished);
        assert_eq!((world.missing(), world.duplicates()), (0, 0), "{full_from_the_start}");
        assert!(connector.status().ready);
    }
}

#[tokio::test(start_paused = true)]
async fn refused_events_of_many_polls_do_not_keep_the_newest_from_being_tried() {
    for (reads, late) in [(1, 0), (2, 0), (6, 0), (2, 40)] {
        let world = World::new(19);
        // Ten minutes in which Azure refuses whatever happens, over some forty polls; then something it takes.
        world.happen(19, 100, 0, 600, 0);
        *world.azure_says.lock().unwrap() =
            Some(|ids| ids.iter().any(|id| id.starts_with("e-0000")).then_some((400, "InvalidRecord")));
        world.happen_late(20, 20, 1_200, 1_300, late);
        let mut config = config(Duration::from_mins(5));
        config.miro.concurrent_reads = reads;
        let connector = world.connector(19, config);
        assert_eq!(serve(&connector, 3_600).await, Outcome::Finished);
        let status = connector.status().streams["audit"].clone();
        assert_eq!((world.missing(), status.set_aside), (100, 100), "{reads}: {status:?}");
        assert_eq!(status.fetched, status.delivered + status.duplicate + status.set_aside + status.in_flight);
        assert_eq!(status.in_flight, 0);
        assert!(connector.status().ready, "{status:?}");
        let (miro, azure) = (world.miro.lock().unwrap().calls, world.azure.lock().unwrap().calls);
        println!("{reads}: {miro} calls to Miro, {azure} to Azure");
        assert!(miro < 2_000 && azure < 10_000, "{reads}: {miro} calls to Miro, {azure} to Azure");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_rule_refused_while_it_was_broken_is_delivered_once_it_is_not() {
    let refusals: [AzureSays; 2] = [|_| Some((400, "InvalidRecord")), |_| Some((413, ""))];
    for says in refusals {
        let world = World::new(21);
        world.happen(21, 60, -300, 0, 0);
        world.happen(22, 60, 10, 1_200, 0);
        *world.azure_says.lock().unwrap() = Some(says);
        let connector = world.connector(21, config(Duration::from_mins(5)));
        let mend = async {
            for _ in 0..40 {
                // At any point of a delivery: some were refused just before, others are sent just after.
                tokio::time::sleep(Duration::from_millis(15_130)).await;
                if connector.status().streams["audit"].problem.is_some() {
                    break;
                }
            }
            *world.azure_says.lock().unwrap() = None;
        };
        let (outcome, ()) = tokio::join!(serve(&connector, 3_600), mend);
        assert_eq!(outcome, Outcome::Finished);
        assert_eq!((world.missing(), connector.status().streams["audit"].set_aside), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_proxy_calls_too_large_waits_for_the_proxy_and_is_not_set_aside() {
    let all: AzureSays = |_| Some((413, A_PROXYS_PAGE));
    let some: AzureSays = |ids| ids.iter().any(|id| id.starts_with("e-00002")).then_some((413, A_PROXYS_PAGE));
    for (says, delivered) in [(all, 0), (some, 190)] {
        let world = World::new(17);
        world.happen(17, 200, -300, 0, 0);
        world.happen(18, 100, 700, 900, 0);
        *world.azure_says.lock().unwrap() = Some(says);
        let connector = world.connector(17, config(Duration::from_mins(5)));
        let mend = async {
            tokio::time::sleep(Duration::from_mins(10)).await;
            let status = connector.status();
            let problem = status.streams["audit"].problem.clone().unwrap();
            assert!(problem.cause.contains("something between us and Azure responds: HTTP 413"), "{problem:?}");
            assert_eq!(status.streams["audit"].delivered, delivered);
            *world.azure_says.lock().unwrap() = None;
        };
        let (outcome, ()) = tokio::join!(serve(&connector, 3_600), mend);
        assert_eq!(outcome, Outcome::Finished);
        assert_eq!((world.missing(), connector.status().streams["audit"].set_aside), (0, 0), "{delivered}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_dead_letter_store_is_a_problem_and_nothing_is_dropped() {
    let world = World::new(15);
    world.happen(15, 40, -300, 0, 0);
    *world.azure_says.lock().unwrap() =
        Some(|ids| ids.iter().any(|id| id.starts_with("e-000007")).then_some((413, "")));
    let mut small = config(Duration::from_mins(5));
    small.store.dead_letters_bytes_max = 10;
    let connector = world.connector(15, small);
    let outcome = connector.run(ONCE, &Stop::new()).await;
    assert!(matches!(&outcome, Outcome::Stopped(problem) if problem.code.name() == "dead-letters-full"), "{outcome:?}");
    drop(connector);
    let connector = world.connector(15, config(Duration::from_mins(5)));
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    assert_eq!((world.missing(), connector.status().streams["audit"].set_aside), (1, 1));
}

/// What a single run says when Miro answers like this, first to the page, then to the question about the token.
async fn told(is_content: bool, page: u16, token_info: (u16, &str)) -> String {
    let world = World::new(16);
    let refusal = r#"{"type":"error","code":"refused"}"#;
    let exchange = [Some((page, refusal.into())), Some((token_info.0, token_info.1.into()))];
    *world.miro_says.lock().unwrap() = std::iter::repeat_n(exchange, 200).flatten().collect();
    let config = if is_content { content_config() } else { config(Duration::from_mins(5)) };
    let connector = world.connector(16, config);
    match connector.run(ONCE, &Stop::new()).await {
        Outcome::Stopped(problem) => {
            let status = connector.status();
            let last = status.streams.values().find_map(|stream| stream.problem.as_ref());
            assert_eq!(last, Some(&(&problem).into()), "the last status says why");
            problem.code.name().to_owned()
        }
        outcome => format!("{outcome:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn every_refusal_of_miro_is_told_by_its_cause() {
    let audit = r#"{"scopes":["auditlogs:read"],"organization":{"id":"7"}}"#;
    let content = r#"{"scopes":["contentlogs:export"],"organization":{"id":"7"}}"#;
    let elsewhere = r#"{"scopes":["contentlogs:export"],"organization":{"id":8}}"#;
    let unknown = r#"{"scopes":["contentlogs:export"]}"#;
    let table = [
        (false, 401, (500, ""), "miro-token-refused"),
        (false, 403, (400, ""), "miro-token-refused"),
        (false, 403, (401, ""), "miro-token-refused"),
        (false, 403, (200, content), "miro-scope-missing"),
        (false, 403, (200, audit), "miro-plan-missing"),
        (false, 404, (200, audit), "miro-plan-missing"),
        (true, 403, (200, audit), "miro-scope-missing"),
        (true, 403, (200, content), "miro-guard-missing"),
        (true, 403, (200, elsewhere), "miro-organization-wrong"),
        (true, 404, (200, elsewhere), "miro-organization-wrong"),
        (true, 404, (200, unknown), "miro-organization-wrong"),
        (true, 403, (200, unknown), "miro-guard-missing"),
        (true, 403, (200, r#"{"user":{}}"#), "miro-guard-missing"),
        (true, 403, (404, ""), "miro-guard-missing"),
        (false, 403, (403, ""), "miro-plan-missing"),
        // Nothing is said of a token of which nothing was seen.
        (true, 403, (200, "?"), "miro-failing"),
        (false, 403, (403, "<html>"), "miro-failing"),
        (false, 403, (200, "{}"), "miro-failing"),
        (true, 403, (403, r#"{"message":"Forbidden"}"#), "miro-failing"),
    ];
    for (is_content, page, token_info, expected) in table {
        assert_eq!(told(is_content, page, token_info).await, expected, "{is_content} {page} {token_info:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_without_a_readable_time_is_not_sent_again_by_sweeps() {
    let world = World::new(17);
    let page = r#"{"data":[{"id":"odd","createdAt":"half past nine"}]}"#;
    *world.miro_says.lock().unwrap() = vec![Some((200, page.into())); 30];
    let connector = world.connector(17, config(Duration::from_mins(5)));
    serve(&connector, 3600).await;
    assert_eq!(world.taken.lock().unwrap()["odd"], 1);
    assert_eq!(connector.status().streams["audit"].duplicate, 29);
}
