//! Credits, and what a client is told about them.

use jiff::SignedDuration;

use super::Bench;
use crate::{MockMiro, RetryAfterForm, Rule, Switches, World};

fn with_credits(credits: u64, retry_after: RetryAfterForm) -> Bench {
    let mut world = World::default();
    world.organizations[0].credits_per_minute = credits;
    world.switches = Switches { retry_after, ..Switches::default() };
    Bench::of(world)
}

fn rules(mock: &MockMiro) -> Vec<Rule> {
    mock.violations().iter().map(|violation| violation.rule).collect()
}

#[tokio::test]
async fn every_answer_tells_the_credits_that_are_left() {
    let bench = Bench::new();
    let audit = bench.audit("").await;
    let noon_and_a_minute = "1772366460";
    assert_eq!(audit.header("x-ratelimit-limit"), Some("100000"));
    assert_eq!(audit.header("x-ratelimit-remaining"), Some("99900"));
    assert_eq!(audit.header("x-ratelimit-reset"), Some(noon_and_a_minute));
    assert_eq!(bench.content("").await.header("x-ratelimit-remaining"), Some("98000"));
    assert_eq!(bench.audit("&limit=0").await.header("x-ratelimit-remaining"), Some("99800"));
    assert!(bench.get_as("made-up", "/v2/audit/logs").await.header("x-ratelimit-limit").is_some());
}

#[tokio::test]
async fn without_credits_there_is_429_until_the_reset() {
    let bench = with_credits(10_000, RetryAfterForm::Off);
    for _ in 0..5 {
        assert_eq!(bench.content("").await.status, 200);
    }
    let refused = bench.content("").await;
    assert_eq!(refused.error(), (429, "tooManyRequests".to_owned()));
    assert_eq!((refused.header("retry-after"), refused.header("x-ratelimit-remaining")), (None, Some("0")));
    assert_eq!(bench.audit("").await.status, 200, "the other integration has a budget of its own");
    bench.pass(SignedDuration::from_secs(60));
    assert_eq!(bench.content("").await.status, 200);
    assert!(rules(&bench.mock).is_empty());
}

#[tokio::test]
async fn a_call_before_the_reset_is_a_violation() {
    let bench = with_credits(2_000, RetryAfterForm::Off);
    bench.content("").await;
    bench.content("").await;
    bench.pass(SignedDuration::from_secs(30));
    bench.content("").await;
    assert_eq!(rules(&bench.mock), [Rule::CallBeforeReset]);
}

#[tokio::test]
async fn retry_after_comes_in_the_form_of_the_switch() {
    let bench = with_credits(2_000, RetryAfterForm::Seconds);
    bench.pass(SignedDuration::from_millis(500));
    bench.content("").await;
    assert_eq!(bench.content("").await.header("retry-after"), Some("60"));
    bench.pass(SignedDuration::from_secs(59));
    bench.content("").await;
    assert_eq!(rules(&bench.mock), [Rule::CallBeforeRetryAfter]);

    let bench = with_credits(2_000, RetryAfterForm::HttpDate);
    bench.content("").await;
    assert_eq!(bench.content("").await.header("retry-after"), Some("Sun, 01 Mar 2026 12:01:00 GMT"));
}

#[tokio::test]
async fn tokens_of_one_user_and_app_share_their_credits() {
    let mut world = World::default();
    world.organizations[0].tokens[1].app = "SIEM".to_owned();
    let bench = Bench::of(world);
    bench.content("").await;
    assert_eq!(bench.audit("").await.header("x-ratelimit-remaining"), Some("97900"));
}
