//! What is asked of Miro and Azure, and what is made of refusals on the way.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::flows::{HOUR, ONCE, serve};
use super::world::{World, config, content_config};
use crate::config::Start;
use crate::{Clock as _, Outcome, Stop};

const DAY: i64 = 24 * HOUR;

/// The earliest time that any query to Miro names under `name`.
fn earliest(world: &World, name: &str) -> Timestamp {
    let queries = world.miro.lock().unwrap().queries.clone();
    let times = queries.iter().flat_map(|query| form_urlencoded::parse(query.as_bytes()).into_owned());
    times.filter(|(key, _)| key == name).map(|(_, time)| crate::time::parse(&time).unwrap()).min().unwrap()
}

#[tokio::test(start_paused = true)]
async fn of_the_audit_log_the_last_90_days_are_asked_for_and_no_more() {
    let world = World::new(50);
    world.happen(50, 20, -95 * DAY, -91 * DAY, 0);
    world.happen(51, 20, -90 * DAY + 900, -89 * DAY, 0);
    let oldest_shown = world.clock.now() - SignedDuration::from_hours(90 * 24);
    let connector = world.connector(50, config(Duration::from_hours(100 * 24)));
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    assert_eq!((world.missing(), world.duplicates()), (20, 0));
    assert_eq!(world.taken.lock().unwrap().len(), 20);
    let earliest = earliest(&world, "createdAfter");
    assert!(earliest > oldest_shown && earliest < oldest_shown + SignedDuration::from_mins(15), "{earliest}");
}

#[tokio::test(start_paused = true)]
async fn of_the_content_log_everything_since_the_beginning_is_asked_for() {
    let world = World::new(52);
    *world.miro_says.lock().unwrap() = vec![Some((200, r#"{"data":[]}"#.into())); 300];
    let start = world.clock.now() - SignedDuration::from_hours(100 * 24);
    let mut config = content_config();
    config.content.as_mut().unwrap().stream.start = Start::At(start);
    let connector = world.connector(52, config);
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    let earliest = earliest(&world, "from");
    assert!(earliest <= start && earliest >= start - SignedDuration::from_secs(2), "{earliest}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_says_nothing_of_the_cursor_keeps_the_place() {
    for status in [402, 408, 425] {
        let world = World::new(53);
        world.happen(53, 600, -300, 0, 0);
        *world.miro_says.lock().unwrap() = vec![None, Some((status, "{}".into()))];
        let connector = world.connector(53, config(Duration::from_mins(5)));
        assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done, "{status}");
        assert_eq!((world.missing(), world.duplicates()), (0, 0), "{status}");
        let queries = world.miro.lock().unwrap().queries.clone();
        assert!(queries[1].contains("cursor=") && queries[1] == queries[2], "{status}: {queries:?}");
        assert_eq!(connector.status().streams["audit"].restarts, 0, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_refused_on_the_way_is_told_and_not_taken_for_the_cursor() {
    let scopes = r#"{"scopes":["auditlogs:read"]}"#;
    for (status, code) in [(401, "miro-token-refused"), (403, "miro-plan-missing")] {
        let world = World::new(54);
        world.happen(54, 600, -300, 0, 0);
        *world.miro_says.lock().unwrap() =
            vec![None, Some((status, r#"{"code":"refused"}"#.into())), Some((200, scopes.into()))];
        let outcome = world.connector(54, config(Duration::from_mins(5))).run(ONCE, &Stop::new()).await;
        assert!(matches!(&outcome, Outcome::Stopped(problem) if problem.code.name() == code), "{status}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_request_would_show_its_token_in_a_log() {
    let world = World::new(55);
    world.happen(55, 100, -300, 0, 0);
    let connector = world.connector(55, config(Duration::from_mins(5)));
    assert_eq!(connector.run(ONCE, &Stop::new()).await, Outcome::Done);
    assert_eq!(world.missing(), 0);
    assert_eq!(world.open_tokens.load(std::sync::atomic::Ordering::Relaxed), 0);
}

/// A page that leads to a cursor, which is then refused, so often.
fn refused_cursors(world: &World, times: usize) {
    let page = r#"{"data":[{"id":"x","createdAt":"2026-02-28T23:59:00.000+0000"}],"cursor":"next"}"#;
    let refused = [Some((200, page.to_owned())), Some((410, "{}".to_owned()))];
    *world.miro_says.lock().unwrap() = std::iter::repeat_n(refused, times).flatten().collect();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_gives_a_span_up_after_seven_restarts_further_and_further_apart() {
    let world = World::new(56);
    world.happen(56, 30, -300, 0, 0);
    refused_cursors(&world, 50);
    let began = world.clock.now();
    let connector = world.connector(56, config(Duration::from_mins(5)));
    let outcome = connector.run(ONCE, &Stop::new()).await;
    assert!(matches!(&outcome, Outcome::Stopped(problem) if problem.code.name() == "miro-failing"), "{outcome:?}");
    assert_eq!(connector.status().streams["audit"].restarts, 7);
    // 2, 4, 8 … 64 seconds, of which each time up to a half is drawn.
    let took = world.clock.now().duration_since(began);
    assert!(took > SignedDuration::from_secs(63) && took < SignedDuration::from_secs(130), "{took:#}");
}

#[tokio::test(start_paused = true)]
async fn a_service_restarts_a_span_as_often_as_it_takes_and_tells_of_it() {
    let world = World::new(57);
    world.happen(57, 30, -300, 0, 0);
    refused_cursors(&world, 9);
    let connector = world.connector(57, config(Duration::from_mins(5)));
    let watch = async {
        let mut told = 0;
        for _ in 0..1_200 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let counts = connector.status().streams["audit"].clone();
            assert!(counts.problem.is_none() || counts.restarts > 6, "{counts:?}");
            told += u32::from(counts.problem.is_some_and(|problem| problem.code == "miro-failing"));
        }
        assert!(told > 60, "{told} seconds");
    };
    tokio::join!(serve(&connector, 1_300), watch);
    let counts = connector.status().streams["audit"].clone();
    assert_eq!((counts.restarts, counts.problem), (9, None));
    assert_eq!((world.missing(), world.duplicates()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_was_read_is_delivered_although_the_next_page_does_not_come() {
    let world = World::new(58);
    world.happen(58, 600, -300, 0, 0);
    let mut plan = vec![None];
    plan.extend(std::iter::repeat_n(Some((503, "{}".to_owned())), 100));
    *world.miro_says.lock().unwrap() = plan;
    let connector = world.connector(58, config(Duration::from_mins(5)));
    let watch = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(world.taken.lock().unwrap().len(), 500);
    };
    tokio::join!(serve(&connector, 7_200), watch);
    assert_eq!((world.missing(), world.duplicates()), (0, 0));
}
