//! Each switch, flipped.

use jiff::SignedDuration;

use super::{Bench, audit_path, encode};
use crate::{
    Bound, CreditModel, CreditOwner, CursorBinding, EmptyWindow, ForbiddenCode, FullLastPage, LastCursor,
    MalformedCursor, OutOfBounds, Presence, RateHeaders, RefusedCursor, ResetUnit, RetryAfterForm, Switches, TieOrder,
    TokenInQuery, TokenInfoInvalid, WrongOrganization,
};

/// A bench with three audit events, `a` 30 s, `b` 20 s and `c` 10 s before noon, after this change of the switches.
fn flipped(flip: impl FnOnce(&mut Switches)) -> Bench {
    let bench = Bench::new();
    bench.audit_events(&[("a", 30), ("b", 20), ("c", 10)]);
    let mut switches = bench.mock.switches();
    flip(&mut switches);
    bench.mock.set_switches(switches);
    bench
}

fn window(after: &str, before: &str) -> String {
    format!("/v2/audit/logs?createdAfter=2026-{after}.000Z&createdBefore=2026-{before}.000Z")
}

async fn ids_within(bench: &Bench, after: &str, before: &str) -> Vec<String> {
    bench.get_as(&bench.mock.tokens().audit, &window(after, before)).await.ids()
}

#[tokio::test]
async fn audit_last_cursor() {
    let text = flipped(|s| s.audit_last_cursor = LastCursor::Null).audit("").await.text;
    assert!(text.contains(r#""cursor":null"#));
    let text = flipped(|s| s.audit_last_cursor = LastCursor::Empty).audit("").await.text;
    assert!(text.contains(r#""cursor":"""#));
}

#[tokio::test]
async fn content_last_cursor() {
    let text = flipped(|s| s.content_last_cursor = LastCursor::Absent).content("").await.text;
    assert!(!text.contains("cursor\":"));
}

#[tokio::test]
async fn full_last_page() {
    assert_eq!(flipped(|_| {}).audit("&limit=3").await.cursor(), None);
    let bench = flipped(|s| s.full_last_page = FullLastPage::EmptyPageFollows);
    let cursor = bench.audit("&limit=3").await.cursor().unwrap();
    let after = bench.audit(&format!("&limit=3&cursor={}", encode(&cursor))).await;
    assert_eq!((after.ids().len(), after.cursor()), (0, None));
}

#[tokio::test]
async fn lower_bound() {
    let ids = ids_within(&flipped(|_| {}), "03-01T11:59:30", "03-02T00:00:00").await;
    assert_eq!(ids, ["a", "b", "c"]);
    let bench = flipped(|s| s.lower_bound = Bound::Exclusive);
    assert_eq!(ids_within(&bench, "03-01T11:59:30", "03-02T00:00:00").await, ["b", "c"]);
}

#[tokio::test]
async fn upper_bound() {
    let ids = ids_within(&flipped(|_| {}), "03-01T00:00:00", "03-01T11:59:50").await;
    assert_eq!(ids, ["a", "b"]);
    let bench = flipped(|s| s.upper_bound = Bound::Inclusive);
    assert_eq!(ids_within(&bench, "03-01T00:00:00", "03-01T11:59:50").await, ["a", "b", "c"]);
}

#[tokio::test]
async fn audit_limit_max() {
    assert_eq!(flipped(|s| s.audit_limit_max = 100).audit("&limit=101").await.status, 400);
    assert_eq!(flipped(|s| s.audit_limit_max = 2).audit("").await.ids(), ["a", "b"]);
}

#[tokio::test]
async fn limit_out_of_bounds() {
    let bench = flipped(|s| s.limit_out_of_bounds = OutOfBounds::Clip);
    assert_eq!(bench.audit("&limit=9999").await.json()["limit"], 500);
    assert_eq!(bench.audit("&limit=0").await.json()["limit"], 1);
}

#[tokio::test]
async fn start_beyond_reach() {
    let bench = flipped(|s| s.start_beyond_reach = OutOfBounds::BadRequest);
    let token = bench.mock.tokens().audit;
    assert_eq!(bench.get_as(&token, &window("03-01T00:00:00", "03-02T00:00:00")).await.status, 200);
    let old = "/v2/audit/logs?createdAfter=2025-11-01T00:00:00.000Z&createdBefore=2026-03-02T00:00:00.000Z";
    assert_eq!(bench.get_as(&token, old).await.status, 400);
}

#[tokio::test]
async fn empty_window() {
    let path = window("03-01T12:00:00", "03-01T12:00:00");
    let bench = flipped(|_| {});
    assert!(bench.get_as(&bench.mock.tokens().audit, &path).await.ids().is_empty());
    let bench = flipped(|s| s.empty_window = EmptyWindow::BadRequest);
    assert_eq!(bench.get_as(&bench.mock.tokens().audit, &path).await.status, 400);
}

#[tokio::test]
async fn window_max() {
    let bench = flipped(|s| s.window_max = Some(SignedDuration::from_hours(1)));
    let token = bench.mock.tokens().audit;
    assert_eq!(bench.get_as(&token, &window("03-01T11:00:00", "03-01T12:00:00")).await.status, 200);
    assert_eq!(bench.get_as(&token, &window("03-01T11:00:00", "03-01T12:00:01")).await.status, 400);
}

#[tokio::test]
async fn cursor_lifetime() {
    let bench = flipped(|s| s.cursor_lifetime = Some(SignedDuration::from_mins(5)));
    let cursor = encode(&bench.audit("&limit=1").await.cursor().unwrap());
    bench.pass(SignedDuration::from_mins(5));
    assert_eq!(bench.audit(&format!("&limit=1&cursor={cursor}")).await.ids(), ["b"]);
    bench.pass(SignedDuration::from_secs(1));
    assert_eq!(bench.audit(&format!("&limit=1&cursor={cursor}")).await.status, 400);
}

#[tokio::test]
async fn cursor_binding() {
    let bench = flipped(|s| s.cursor_binding = CursorBinding::ToItsBounds);
    let cursor = encode(&bench.audit("&limit=1").await.cursor().unwrap());
    assert_eq!(bench.audit(&format!("&limit=1&cursor={cursor}")).await.ids(), ["b"]);
    let other = format!("{}&cursor={cursor}", window("03-01T00:00:00", "03-02T00:00:00"));
    assert_eq!(bench.get_as(&bench.mock.tokens().audit, &other).await.status, 400);
}

#[tokio::test]
async fn malformed_cursor() {
    assert_eq!(flipped(|_| {}).audit("&cursor=x").await.status, 200);
    let bench = flipped(|s| s.malformed_cursor = MalformedCursor::BadRequest);
    assert_eq!(bench.audit("&cursor=x").await.json()["context"]["fields"][0]["field"], "cursor");
}

#[tokio::test]
async fn refused_cursor() {
    let expired = async |refused_cursor| {
        let bench = flipped(|s| {
            s.cursor_lifetime = Some(SignedDuration::from_mins(5));
            s.refused_cursor = refused_cursor;
        });
        let cursor = encode(&bench.audit("&limit=1").await.cursor().unwrap());
        bench.pass(SignedDuration::from_mins(6));
        bench.audit(&format!("&limit=1&cursor={cursor}")).await.error()
    };
    assert_eq!(expired(RefusedCursor::BadRequest).await, (400, "invalidParameters".to_owned()));
    assert_eq!(expired(RefusedCursor::Conflict).await, (409, "conflict".to_owned()));
}

#[tokio::test]
async fn tie_order() {
    let bench = flipped(|_| {});
    bench.audit_events(&[("b2", 20), ("b3", 20)]);
    assert_eq!(bench.audit("").await.ids(), ["a", "b", "b2", "b3", "c"]);
    let cursor = encode(&bench.audit("&limit=3").await.cursor().unwrap());
    bench.mock.set_switches(Switches { tie_order: TieOrder::Reversed, ..bench.mock.switches() });
    assert_eq!(bench.audit("").await.ids(), ["a", "b3", "b2", "b", "c"]);
    let rest = bench.audit(&format!("&cursor={cursor}")).await.ids();
    assert_eq!(rest, ["b", "c"], "an order that changes between pages shows one again and hides another");
}

#[tokio::test]
async fn page_overlap() {
    let bench = flipped(|s| s.page_overlap = 1);
    let cursor = encode(&bench.audit("&limit=2").await.cursor().unwrap());
    assert_eq!(bench.audit(&format!("&limit=2&cursor={cursor}")).await.ids(), ["b", "c"]);
}

#[tokio::test]
async fn ingestion_delay() {
    let bench = flipped(|s| s.ingestion_delay = SignedDuration::from_secs(25));
    assert_eq!(bench.audit("").await.ids(), ["a"]);
    bench.pass(SignedDuration::from_secs(15));
    assert_eq!(bench.audit("").await.ids(), ["a", "b", "c"]);
}

#[tokio::test]
async fn credit_model() {
    let bench = flipped(|s| s.credit_model = CreditModel::Continuous);
    assert_eq!(bench.content("").await.header("x-ratelimit-remaining"), Some("98000"));
    bench.pass(SignedDuration::from_millis(600));
    assert_eq!(bench.content("").await.header("x-ratelimit-remaining"), Some("97000"));
    let bench = flipped(|s| s.credit_model = CreditModel::SlidingWindow);
    bench.content("").await;
    bench.pass(SignedDuration::from_secs(59));
    assert_eq!(bench.content("").await.header("x-ratelimit-remaining"), Some("96000"));
    bench.pass(SignedDuration::from_secs(1));
    assert_eq!(bench.content("").await.header("x-ratelimit-remaining"), Some("96000"));
}

#[tokio::test]
async fn credit_owner() {
    let mut world = crate::World::default();
    world.organizations[0].tokens[1].app = "SIEM".to_owned();
    world.switches.credit_owner = CreditOwner::Token;
    let bench = Bench::of(world);
    bench.content("").await;
    assert_eq!(bench.audit("").await.header("x-ratelimit-remaining"), Some("99900"));
}

#[tokio::test]
async fn retry_after() {
    for (form, expected) in [(RetryAfterForm::Off, None), (RetryAfterForm::Seconds, Some("60"))] {
        let bench = flipped(|s| s.retry_after = form);
        bench.mock.set_credits_per_minute(2_000);
        bench.content("").await;
        assert_eq!(bench.content("").await.header("retry-after"), expected);
    }
}

#[tokio::test]
async fn rate_headers() {
    let bench = flipped(|s| s.rate_headers = RateHeaders::Successes);
    assert!(bench.audit("").await.header("x-ratelimit-limit").is_some());
    assert_eq!(bench.audit("&limit=0").await.header("x-ratelimit-limit"), None);
}

#[tokio::test]
async fn rate_reset_unit() {
    let bench = flipped(|s| s.rate_reset_unit = ResetUnit::Milliseconds);
    assert_eq!(bench.audit("").await.header("x-ratelimit-reset"), Some("1772366460000"));
}

#[tokio::test]
async fn wrong_organization() {
    let bench = flipped(|s| s.wrong_organization = WrongOrganization::NotFound);
    let path = "/v2/orgs/1/content-logs/items?from=2026-02-20T00:00:00Z&to=2026-03-02T00:00:00Z";
    let error = bench.get_as(&bench.mock.tokens().content, path).await.error();
    assert_eq!(error, (404, "notFound".to_owned()));
}

#[tokio::test]
async fn forbidden_code() {
    let bench = flipped(|s| s.forbidden_code = ForbiddenCode::ForbiddenAccess);
    bench.mock.set_guard(false);
    assert_eq!(bench.content("").await.error(), (403, "forbiddenAccess".to_owned()));
}

#[tokio::test]
async fn token_in_query() {
    let call = async |bench: Bench| {
        let path = audit_path(&format!("&access_token={}", bench.mock.tokens().audit));
        bench.call(http::Request::get(path).body(axum::body::Body::empty()).unwrap()).await.status
    };
    assert_eq!(call(flipped(|_| {})).await, 200);
    assert_eq!(call(flipped(|s| s.token_in_query = TokenInQuery::Ignored)).await, 401);
}

#[tokio::test]
async fn token_info_invalid() {
    let bench = flipped(|s| s.token_info_invalid = TokenInfoInvalid::Unauthorized);
    assert_eq!(bench.get_as("made-up", "/v1/oauth-token").await.status, 401);
}

#[tokio::test]
async fn token_info_organization() {
    let told = async |bench: Bench| bench.get_as(&bench.mock.tokens().audit, "/v1/oauth-token").await.json();
    assert!(told(flipped(|_| {})).await["organization"]["id"].is_string());
    assert!(told(flipped(|s| s.token_info_organization = Presence::Absent)).await.get("organization").is_none());
}
