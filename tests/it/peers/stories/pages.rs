//! Pages that are large, slow, torn or odd.

use std::time::Duration;

use wiremock::matchers::{method, path};
use wiremock::{Mock, Request, ResponseTemplate};

use super::{SOON, all_arrive, events};
use crate::peers::classes::Call;
use crate::peers::miro::error;
use crate::peers::subject::{Subject, until};
use crate::peers::world::World;

fn has_cursor(request: &Request) -> bool {
    request.url.query_pairs().any(|(name, _)| name == "cursor")
}

#[tokio::test]
async fn a_page_is_delivered_before_the_next_one_comes() {
    let world = World::empty(500).await;
    for event in events(Call::Audit, 800, 60, 100) {
        world.audit.add(event);
    }
    // The second page is refused, and may be asked for again only after the first one has to be there.
    let busy = Mock::given(method("GET")).and(path("/v2/audit/logs")).and(has_cursor);
    let busy = busy.respond_with(error(429, "tooManyRequests").insert_header("Retry-After", "15")).with_priority(1);
    busy.up_to_n_times(1).mount(&world.origin).await;
    let service = Subject::new(&world).serve().await;
    let first = until(Duration::from_secs(10), || async {
        match world.ledger.distinct() {
            500 => Ok(()),
            other => Err(other),
        }
    });
    assert_eq!(first.await, Ok(()), "events of the first page in the table while the second is refused");
    all_arrive(&world, &service, SOON).await;
    assert_eq!(world.copies_max(), 1);
}

#[tokio::test]
async fn bytes_that_are_no_json_are_set_aside_alone() {
    let world = World::empty(100).await;
    let mut all = events(Call::Audit, 20, 60, 100);
    let spoil = |bytes: &mut Vec<u8>, with: u8| {
        let at = bytes.windows(3).position(|three| three == b"xxx").expect("there is a filling");
        bytes[at] = with;
    };
    spoil(&mut all[3].bytes, 0xff);
    spoil(&mut all[4].bytes, 0xc0);
    spoil(&mut all[11].bytes, 0x01);
    let (good, spoiled): (Vec<_>, Vec<_>) =
        all.iter().cloned().enumerate().partition(|(number, _)| ![3, 4, 11].contains(number));
    for event in all {
        world.audit.add(event);
    }
    let service = Subject::new(&world).serve().await;
    let settled = until(SOON, || async {
        let missing = good.iter().filter(|(_, event)| world.ledger.copies(&event.bytes) == 0).count();
        match (missing, service.count("set_aside").await) {
            (0, 3) => Ok(()),
            other => Err(other),
        }
    });
    assert_eq!(settled.await, Ok(()), "good events missing, events set aside; {}", service.log());
    assert_eq!(world.ledger.distinct(), good.len());
    assert_eq!(service.count("dead_letters").await, spoiled.len() as u64);
}

#[tokio::test]
async fn an_empty_page_that_repeats_its_cursor_is_the_end() {
    let world = World::empty(10).await;
    for (call, log) in [(Call::Audit, &world.audit), (Call::Content, &world.content)] {
        for event in events(call, 25, 60, 100) {
            log.add(event);
        }
        log.behave(|manner| manner.last_cursor_repeats = true);
    }
    let once = Subject::new(&world).run(&["run", "--once", "--within", "20s"], SOON).await;
    assert_eq!((once.code, world.missing()), (Some(0), 0), "{}", once.stderr);
}

#[tokio::test]
async fn a_cursor_of_seventy_thousand_bytes_is_no_page() {
    let world = World::empty(10).await;
    for event in events(Call::Audit, 25, 60, 100) {
        world.audit.add(event);
    }
    let page = format!(r#"{{"type":"cursor-list","limit":10,"size":0,"cursor":"{}","data":[]}}"#, "c".repeat(70_000));
    let long = ResponseTemplate::new(200).set_body_raw(page, "application/json");
    let long = Mock::given(method("GET")).and(path("/v2/audit/logs")).respond_with(long).with_priority(1);
    long.up_to_n_times(4).mount(&world.origin).await;
    let mut service = Subject::new(&world).serve().await;
    all_arrive(&world, &service, SOON).await;
    assert!(service.is_running(), "{}", service.log());
}

#[tokio::test]
async fn pages_that_take_too_long_are_asked_for_smaller() {
    let world = World::empty(500).await;
    for event in events(Call::Audit, 600, 60, 100) {
        world.audit.add(event);
    }
    // A full page takes two seconds, and one is allowed.
    world.audit.behave(|manner| manner.time_per_event = Duration::from_millis(4));
    let service = Subject::new(&world).serve().await;
    all_arrive(&world, &service, SOON * 2).await;
    let smallest = world.audit.asked().iter().map(|asked| asked.limit).min();
    assert!(smallest.is_some_and(|limit| limit < 250), "{smallest:?}");
}
