//! Whole checks against peers that are played; what has to be right on the machine is in `tests/machine.rs`.

mod machine;
mod world;

use std::time::Duration;

use tokio::time::Instant;

use self::world::{Answer, Checked, World, check_in, html, json};
use super::*;
use crate::config::{Sources, load};

const AUDIT: &str = "GET api.miro.com/v2/audit";
const CONTENT: &str = "GET api.miro.com/v2/orgs";
const TOKEN_INFO: &str = "GET api.miro.com/v1/oauth-token";
const LOGIN: &str = "POST login.microsoftonline.com/";
const RULES: &str = "POST miro-abcd.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/dcr-";
const AUDIT_RULE: &str = "POST miro-abcd.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/dcr-0";

/// What is wrong, without the rest.
async fn wrong(answers: &[(&'static str, Answer)]) -> String {
    let printed = check_in(World::well().but(answers)).await.lines;
    let mut wrong: Vec<_> = printed.lines().skip_while(|line| !line.starts_with("FAIL")).take(2).collect();
    wrong.push(if printed.matches("FAIL").count() > 1 { "(and more)" } else { "" });
    wrong.join("\n").trim_end().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_world_that_is_well_is_a_list_of_what_was_seen() {
    let checked = check_in(World::well()).await;
    insta::assert_snapshot!(checked.lines, @r"
    ok    configuration: every key has an allowed value
    ok    store.path: there is none yet; one can be made in …
    ok    miro.base_url: api.miro.com responds behind a trusted certificate (HTTP 404)
    ok    streams.audit: Miro shows this token the audit log
    ok    streams.content: Miro shows this token the content log of organization 3074457345618265000
    ok    sentinel.identity.authority: login.microsoftonline.com responds behind a trusted certificate (HTTP 302)
    ok    sentinel.endpoint: miro-abcd.westeurope-1.ingest.monitor.azure.com responds behind a trusted certificate (HTTP 404)
    ok    sentinel.identity: Azure issued a token
    ok    sentinel.rules.audit: Azure acknowledged an empty batch for the stream Custom-MiroAuditLogs_CL
    ok    sentinel.rules.content: Azure acknowledged an empty batch for the stream Custom-MiroContentLogs_CL
    ok    the clock of this machine: within a minute of Miro's and Entra ID's and Azure's
    ");
    assert_eq!(checked.exit, Exit::Done);
}

#[tokio::test(start_paused = true)]
async fn what_miro_refuses_is_named_with_the_guides_next_step() {
    insta::assert_snapshot!(wrong(&[(AUDIT, json(401, r#"{"type":"error","status":401,"code":"tokenNotFound"}"#))]).await, @r"
    FAIL  streams.audit: Miro does not know the access token: it is mistyped, expired, revoked or regenerated, its app was uninstalled, or its SIEM toggle was switched off, which invalidates it, or off and on again, which makes another [miro-token-refused]
          next: Option 1: in Miro, open company settings > Apps and integrations > Enterprise integrations, see that the SIEM toggle is on, and copy its token to `streams.audit.access_token`. Option 2 (custom app): in Miro app settings, see that the access token is Non-expiring, install the app again and copy the new token
    ");
    insta::assert_snapshot!(wrong(&[(CONTENT, json(403, ""))]).await, @r"
    FAIL  streams.content: the token has the scope, but Miro refuses it the content log (HTTP 403): the organization has no Enterprise Guard add-on, or the user who made the token is not a Company Admin [miro-guard-missing]
          next: see whether the organization has Enterprise Guard; if so, let a Company Admin switch on the eDiscovery toggle and copy its token to `streams.content.access_token`, else ask your Miro account manager for the add-on, or remove `[streams.content]` to deliver the audit log alone
    ");
    insta::assert_snapshot!(wrong(&[
        (CONTENT, json(403, "")),
        (TOKEN_INFO, json(200, r#"{"scopes":["auditlogs:read"]}"#)),
    ]).await, @r"
    FAIL  streams.content: the access token is that of the audit log: it has the scope `auditlogs:read` and not `contentlogs:export`: the two tokens look swapped [miro-scope-missing]
          next: swap them: the token of the eDiscovery toggle belongs to `streams.content.access_token`, that of the SIEM toggle to `streams.audit.access_token`
    ");
    insta::assert_snapshot!(wrong(&[
        (AUDIT, json(403, "")),
        (TOKEN_INFO, json(200, r#"{"scopes":["boards:read"]}"#)),
    ]).await, @r"
    FAIL  streams.audit: the access token does not have the scope `auditlogs:read` [miro-scope-missing]
          next: Option 1: use the token of the SIEM toggle (company settings > Apps and integrations > Enterprise integrations). Option 2 (custom app): in Miro app settings, enable `auditlogs:read`, install the app again and copy the new token
    ");
    insta::assert_snapshot!(wrong(&[
        (CONTENT, json(404, "")),
        (TOKEN_INFO, json(200, r#"{"scopes":["contentlogs:export"],"organization":{"id":"30"}}"#)),
    ]).await, @r#"
    FAIL  streams.content: 3074457345618265000 is not the organization of the token, which belongs to 30 [miro-organization-wrong]
          next: set `streams.content.organization_id` to "30", or use a token of 3074457345618265000; the id is the number in https://miro.com/app/settings/company/…/
    "#);
}

/// The lines about a log that was refused.
async fn of_the_log(log: &'static str, answers: &[(&'static str, Answer)]) -> String {
    let lines = check_in(World::well().but(answers)).await.lines;
    lines.lines().filter(|line| line.contains(log)).collect::<Vec<_>>().join("\n")
}

#[tokio::test(start_paused = true)]
async fn only_what_miro_said_of_a_token_is_told_before_the_refusal() {
    let said = of_the_log("streams.content", &[(CONTENT, json(403, ""))]).await;
    assert_eq!(said.matches("ok    ").count(), 3, "{said}");
    // Miro does not say what the token may do: then nobody knows.
    let said = of_the_log("streams.content", &[(CONTENT, json(403, "")), (TOKEN_INFO, json(403, ""))]).await;
    assert_eq!(said.matches("ok    ").count(), 0, "{said}");
    assert!(said.contains("does not say what the token may do"), "{said}");
    assert!(!said.contains("the token has the scope"), "{said}");
    // Nor does an object of somebody else's.
    let answers = [(AUDIT, json(403, "")), (TOKEN_INFO, json(200, r#"{"status":"ok"}"#))];
    assert_eq!(of_the_log("streams.audit", &answers).await, "");
    assert_eq!(
        of_the_log("something", &answers).await,
        "FAIL  miro.base_url: something between us and Miro responds: HTTP 200 application/json [miro-failing]"
    );
}

#[tokio::test(start_paused = true)]
async fn what_azure_refuses_is_named() {
    insta::assert_snapshot!(wrong(&[
        (LOGIN, json(401, r#"{"error":"invalid_client","error_description":"AADSTS7000215: no.\r\nTrace","error_codes":[7000215]}"#)),
    ]).await, @r"
    FAIL  sentinel.identity.client_secret: Azure does not accept the client secret of application 33333333-3333-3333-3333-333333333333 (AADSTS7000215) [azure-secret-refused]
          next: copy the secret's value (not its id) from the app registration, Certificates & secrets, into `sentinel.identity.client_secret`
    ");
    insta::assert_snapshot!(wrong(&[(AUDIT_RULE, json(403, ""))]).await, @r"
    FAIL  sentinel.identity: the application may not send to the data collection rule `dcr-00000000000000000000000000000000` [azure-role-missing]
          next: assign it the role `Monitoring Metrics Publisher` on the rule; that takes up to 30 minutes to work
    ");
    insta::assert_snapshot!(wrong(&[
        ("POST miro-abcd.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/dcr-1", json(404, r#"{"error":{"code":"NotFound"}}"#)),
    ]).await, @r"
    FAIL  sentinel.rules.content: there is no data collection rule `dcr-11111111111111111111111111111111` behind `sentinel.endpoint` [azure-rule-unknown]
          next: copy the rule's immutable id (JSON view of the rule, `immutableId`) to `sentinel.rules.content`, and its logs ingestion address to `sentinel.endpoint`
    ");
    insta::assert_snapshot!(wrong(&[("GET login.microsoftonline.com/", Answer::Certificate)]).await, @r"
    FAIL  sentinel.identity.authority: the certificate of login.microsoftonline.com was refused: invalid peer certificate: UnknownIssuer [azure-certificate-refused]
          next: if a proxy or a private authority signs it, name its root certificate in `http.ca_file`
    ");
    insta::assert_snapshot!(wrong(&[(AUDIT_RULE, json(400, r#"{"error":{"code":"Odd"}}"#))]).await, @r"
    FAIL  sentinel.rules.audit: an empty batch is refused: Odd [azure-refuses-everything]
          next: compare the rule's stream and transformation with those that `miro-sentinel deploy` writes, and see what stands between this machine and Azure
    ");
}

#[tokio::test(start_paused = true)]
async fn the_page_of_another_is_told_as_that_and_is_no_verdict() {
    let other = r#"{"message":"Forbidden"}"#;
    let everybody = [
        html(401),
        html(403),
        html(404),
        html(302),
        html(200),
        json(302, ""),
        json(200, "{}"),
        json(403, other),
        json(404, other),
    ];
    for (peer, name) in [(AUDIT, "Miro"), (CONTENT, "Miro"), (LOGIN, "the identity service"), (AUDIT_RULE, "Azure")] {
        for answer in &everybody {
            let checked = check_in(World::well().but(&[(peer, answer.clone())])).await;
            let shown = format!("something between us and {name} responds: {}", answer.shown());
            assert!(checked.lines.contains(&shown), "{shown}: {}", checked.lines);
            assert!(checked.lines.contains("-failing]"), "{}", checked.lines);
            for never in
                ["Guard", "Enterprise Plan", "Company Admin", "Monitoring Metrics", "no data collection rule", "scope"]
            {
                assert!(!checked.lines.contains(never), "{never}: {}", checked.lines);
            }
            assert!(matches!(checked.exit, Exit::Source | Exit::Destination));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_fails_is_tried_twice_and_its_last_status_told() {
    for (peer, tries) in [(AUDIT, 2), (LOGIN, 2), (AUDIT_RULE, 2)] {
        for status in [429, 500, 502, 503, 504] {
            let began = Instant::now();
            let checked = check_in(World::well().but(&[(peer, json(status, ""))])).await;
            assert!(checked.lines.contains(&format!("HTTP {status}")), "{peer} {status}: {}", checked.lines);
            let asked = checked.asked.iter().filter(|asked| asked.starts_with(peer)).count();
            assert!(asked <= tries, "{peer} {status}: {asked}");
            assert!(began.elapsed() < Duration::from_secs(5), "{peer} {status}: {:?}", began.elapsed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_peer_is_told_within_half_a_minute_and_what_lies_behind_it_is_not_spoken_of() {
    for (silent, never) in [
        (vec!["GET ", "POST "], "streams."),
        (vec!["GET api.miro.com/v2", "GET api.miro.com/v1", "POST "], "Miro shows"),
        (vec![CONTENT, RULES], "streams.content: Miro shows"),
        (vec![LOGIN], "sentinel.rules"),
    ] {
        let began = Instant::now();
        let silence: Vec<_> = silent.iter().map(|peer| (*peer, Answer::Silence)).collect();
        let checked = check_in(World::well().but(&silence)).await;
        assert!(began.elapsed() < Duration::from_secs(30), "{silent:?}: {:?}", began.elapsed());
        assert!(checked.lines.contains("no response from"), "{silent:?}: {}", checked.lines);
        assert!(!checked.lines.contains(never), "{silent:?}: {}", checked.lines);
    }
}

#[tokio::test(start_paused = true)]
async fn one_dead_peer_does_not_hide_the_other() {
    let dead = check_in(World::well().but(&[("GET api.miro.com/", Answer::Silence)])).await;
    assert!(dead.lines.contains("ok    sentinel.rules.content"), "{}", dead.lines);
    let (rule, dead_miro) = (dead.lines.find("sentinel.rules.content"), dead.lines.find("FAIL  miro.base_url"));
    assert!(rule < dead_miro && dead_miro.is_some(), "told as it is known: {}", dead.lines);
    assert_eq!(dead.exit, Exit::Source);
    // The exit code is that of the first step that failed, whichever was known first.
    let both =
        check_in(World::well().but(&[("GET api.miro.com/", Answer::Silence), (AUDIT_RULE, json(403, ""))])).await;
    assert_eq!(both.exit, Exit::Source);
}

#[tokio::test(start_paused = true)]
async fn a_proxy_is_named_as_the_proxy() {
    let login = wrong(&[("GET api.miro.com/", json(407, ""))]).await;
    insta::assert_snapshot!(login, @r"
    FAIL  http.proxy: the proxy wants a user name and password: HTTP 407 [miro-failing]
          next: put the proxy's user and password into `http.proxy`
    ");
    insta::assert_snapshot!(wrong(&[("GET api.miro.com/", Answer::Proxy)]).await, @r"
    FAIL  http.proxy: could not connect to the proxy 10.0.0.1:3128: Connection refused; it is the way to api.miro.com [miro-failing]
          next: check that the proxy runs, and its address in the environment variable HTTPS_PROXY (or HTTP_PROXY, ALL_PROXY)
    ");
    insta::assert_snapshot!(wrong(&[(LOGIN, Answer::Proxy)]).await, @r"
    FAIL  http.proxy: could not connect to the proxy 10.0.0.1:3128: Connection refused; it is the way to login.microsoftonline.com [azure-failing]
          next: check that the proxy runs, and its address in the environment variable HTTPS_PROXY (or HTTP_PROXY, ALL_PROXY)
    ");
    insta::assert_snapshot!(wrong(&[(AUDIT_RULE, json(407, ""))]).await, @r"
    FAIL  http.proxy: the proxy wants a user name and password: HTTP 407 [azure-failing]
          next: put the proxy's user and password into `http.proxy`
    ");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_differs_is_told_once_and_only_of_whom_it_was_seen() {
    let line = |checked: Checked| checked.line_of("the clock of this machine");
    let ahead = check_in(World::well().ahead_by(2_700)).await;
    assert_eq!(ahead.exit, Exit::Incomplete);
    insta::assert_snapshot!(line(ahead), @r"
    FAIL  the clock of this machine: it is 44 minutes ahead of Miro's and Entra ID's and Azure's [clock-skewed]
          next: set the clock and keep it set, for example with chrony or systemd-timesyncd
    ");
    let miro_only = check_in(World::well().ahead_by(-7_300).but(&[(LOGIN, json(503, ""))])).await;
    insta::assert_snapshot!(line(miro_only), @r"
    FAIL  the clock of this machine: it is 2 h 1 min behind Miro's [clock-skewed]
          next: set the clock and keep it set, for example with chrony or systemd-timesyncd
    ");
    let one_alone = check_in(World::well().with_miro_ahead_by(3_570)).await;
    assert_eq!(one_alone.exit, Exit::Incomplete);
    insta::assert_snapshot!(one_alone.line_of("clocks:"), @r"
    FAIL  clocks: Miro's clock is 59 minutes ahead of that of this machine, which agrees with Entra ID's and Azure's [clock-skewed]
          next: compare this machine's clock with a third one before setting it; a proxy or a cache in between may have written the date
    ");
    assert!(!one_alone.lines.contains("the clock of this machine"), "{}", one_alone.lines);
    let filtered = World::well().ahead_by(2_700).but(&[(AUDIT, html(403)), (CONTENT, html(403)), (LOGIN, html(403))]);
    let filtered = check_in(filtered).await.lines;
    assert!(!filtered.contains("the clock"), "a filter's clock is nobody's concern: {filtered}");
}

#[tokio::test(start_paused = true)]
async fn a_log_without_an_event_deserves_a_thought_and_is_no_finding() {
    const EMPTY: &str = r#"{"type":"cursor-list","limit":1,"size":0,"data":[]}"#;
    let checked = check_in(World::well().but(&[(CONTENT, json(200, EMPTY))])).await;
    insta::assert_snapshot!(checked.line_of("note  streams.content"), @r"
    note  streams.content: Miro shows no event of the last 24 h: nothing happened, collection of content logs is off (Miro keeps them only from the moment an admin turns it on), or less than ten minutes have passed since
          next: see in Miro's company settings that collection of content logs is on, change a board, wait ten minutes, and check again
    ");
    assert_eq!(checked.exit, Exit::Done);
    let on = check_in(World::well().but(&[(AUDIT, json(200, r#"{"size":0,"data":[],"cursor":"1"}"#))])).await;
    assert!(!on.lines.contains("note"), "an empty page that leads on shows nothing: {}", on.lines);
}

#[test]
fn a_wrong_configuration_is_a_report_too() {
    let sources = Sources { file: Some(("x.toml".into(), "[miro]\nbudget_share = 2\n".into())), ..Sources::default() };
    let findings = load(&sources).expect_err("mistakes");
    let first = configuration(&findings).next().expect("an error");
    insta::assert_snapshot!(first, @r"
    miro.budget_share: 2 is out of range (x.toml:2)
      next: allowed: a number over 0 and up to 1, such as 0.8
    ");
    assert_eq!(first.code.exit(), Exit::Configuration);
}

#[tokio::test(start_paused = true)]
async fn every_request_is_shown_to_whoever_wants_to_see_more() {
    let checked = check_in(World::well().but(&[(AUDIT, html(403)), (LOGIN, json(503, ""))])).await;
    let lines: Vec<_> = checked.aside.iter().filter(|line| line.contains("audit") || line.contains("POST")).collect();
    insta::assert_debug_snapshot!(lines, @r#"
    [
        "try   streams.audit: GET https://api.miro.com/v2/audit/logs, try 1: HTTP 403 text/html, 0 ms",
        "try   sentinel.identity: POST https://login.microsoftonline.com/22222222-2222-2222-2222-222222222222/oauth2/v2.0/token, try 1: HTTP 503, 0 ms",
        "try   streams.audit: GET https://api.miro.com/v2/audit/logs, try 2: HTTP 403 text/html, 0 ms",
        "try   sentinel.identity: POST https://login.microsoftonline.com/22222222-2222-2222-2222-222222222222/oauth2/v2.0/token, try 2: HTTP 503, 0 ms",
    ]
    "#);
    let tls = check_in(World::well().but(&[("GET api.miro.com/", Answer::Certificate)])).await;
    assert!(
        tls.aside
            .iter()
            .any(|line| line.starts_with("try   miro.base_url: GET https://api.miro.com/, try 1: the certificate of"))
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_is_told_while_it_is_waited_for() {
    let waits =
        |checked: Checked| checked.aside.into_iter().filter(|line| line.starts_with("wait")).collect::<Vec<_>>();
    assert_eq!(waits(check_in(World::well()).await), Vec::<String>::new());
    let silent = check_in(World::well().but(&[(CONTENT, Answer::Silence), (LOGIN, Answer::Silence)])).await;
    insta::assert_debug_snapshot!(waits(silent), @r#"
    [
        "wait  streams.content: api.miro.com has not responded yet",
        "wait  sentinel.identity: login.microsoftonline.com has not responded yet",
        "wait  streams.content: api.miro.com has not responded yet",
        "wait  sentinel.identity: login.microsoftonline.com has not responded yet",
    ]
    "#);
}
