//! Uploads through the router.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use super::fixture::{AUDIT, AUDIT_TABLE, Fixture, LOG_ANALYTICS, MONITOR, event, events, gzip};
use crate::{StatusCode, World};

fn rule_and_table(world: &mut World, plan: &str, transform: Option<&str>) {
    let mut flow = json!({"streams": ["Custom-Acme"], "destinations": ["la"], "outputStream": "Custom-Acme_CL"});
    if let Some(transform) = transform {
        flow["transformKql"] = json!(transform);
    }
    let columns = json!([
        {"name": "TimeGenerated", "type": "datetime"},
        {"name": "id", "type": "string"},
        {"name": "n", "type": "long"},
    ]);
    let table = json!({"type": "Microsoft.OperationalInsights/workspaces/tables",
        "properties": {"plan": plan, "schema": {"name": "Acme_CL", "columns": columns}}});
    let rule = json!({"type": "Microsoft.Insights/dataCollectionRules", "name": "acme", "properties": {
        "streamDeclarations": {"Custom-Acme": {"columns": columns}},
        "destinations": {"logAnalytics": [{"name": "la"}]},
        "dataFlows": [flow]}});
    world.add_table("table.json", &table.to_string());
    world.add_rule("rule.json", &rule.to_string());
}

#[tokio::test]
async fn rows_arrive_plain_and_compressed() {
    let fixture = Fixture::new();
    let mut request = fixture.upload_request(AUDIT, events(&["a", "b"])).await;
    request.headers_mut().insert("x-ms-client-request-id", "6d3c608ce6cb11f1955502fc00000001".parse().unwrap());
    let response = fixture.send(request).await;
    assert_eq!(response.status, 204, "{response:?}");
    assert!(response.body.as_ref().unwrap().is_empty());
    assert_eq!(response.header("x-ms-client-request-id"), Some("6d3c608c-e6cb-11f1-9555-02fc00000001"));
    assert!(response.header("x-ms-request-id").is_some() && response.header("x-mock-decision").is_some());
    assert_eq!(fixture.upload_gzip(AUDIT, events(&["b", "c"]).as_bytes()).await.status, 204);
    let count = fixture.mock.table_count(AUDIT_TABLE).unwrap();
    assert_eq!((count.count, count.distinct_ids), (4, 3));
    assert_eq!(fixture.mock.ids(AUDIT_TABLE), ["a", "b", "b", "c"]);
    let entry = fixture.mock.journal().pop().unwrap();
    assert_eq!((entry.rows, entry.stream.as_deref()), (2, Some(AUDIT)));
}

#[tokio::test]
async fn the_service_names_itself_and_its_id_only_to_who_gave_one() {
    let fixture = Fixture::new();
    let response = fixture.upload(AUDIT, events(&["a"])).await;
    assert_eq!(response.header("server"), Some("Microsoft-HTTPAPI/2.0"));
    assert_eq!((response.header("x-ms-request-id"), response.header("x-ms-client-request-id")), (None, None));
}

#[tokio::test]
async fn the_name_of_the_version_may_come_encoded_and_the_audience_with_two_slashes() {
    let fixture = Fixture::new();
    let rule = fixture.mock.rule(AUDIT).unwrap();
    for (query, scope) in [
        ("api%2Dversion=2023-01-01", MONITOR),
        ("api-version=2021-11-01-preview", "https://monitor.azure.com//.default"),
    ] {
        let request = Request::post(format!("/dataCollectionRules/{rule}/streams/{AUDIT}?{query}"))
            .header("authorization", fixture.bearer(scope).await)
            .body(Body::from("[]"));
        assert_eq!(fixture.send(request.unwrap()).await.status, 204, "{query}");
    }
}

#[tokio::test]
async fn every_refusal_has_its_status_and_code() {
    let fixture = Fixture::new();
    let rule = fixture.mock.rule(AUDIT).unwrap();
    let good = fixture.bearer(MONITOR).await;
    let path = format!("/dataCollectionRules/{rule}/streams/{AUDIT}");
    let tampered = format!("{}AAAA", &good[..good.len() - 4]);
    let elsewhere = fixture.bearer(LOG_ANALYTICS).await;
    for (path, query, token, status, code) in [
        (path.as_str(), "?api-version=2023-01-01", "Bearer opaque", 401, "UnsupportedAccessTokenType"),
        (&path, "?api-version=2023-01-01", "", 401, "InvalidAuthenticationToken"),
        (&path, "?api-version=2023-01-01", &tampered, 401, "InvalidAuthenticationToken"),
        (&path, "?api-version=2023-01-01", &elsewhere, 401, "InvalidAuthenticationToken"),
        (&path, "?api-version=2020-01-01", &good, 400, "InvalidApiVersion"),
        (&path, "", &good, 400, "InvalidApiVersion"),
        ("/dataCollectionRules/dcr-0/streams/Custom-X", "?api-version=2023-01-01", &good, 404, "NotFound"),
        (
            &format!("/dataCollectionRules/{rule}/streams/Custom-X"),
            "?api-version=2023-01-01",
            &good,
            400,
            "InvalidStream",
        ),
    ] {
        let mut request = Request::post(format!("{path}{query}"));
        if !token.is_empty() {
            request = request.header("authorization", token);
        }
        let response = fixture.send(request.body(Body::from("[]")).unwrap()).await;
        assert_eq!(
            (response.status.as_u16(), response.code().as_str()),
            (status, code),
            "{path} {query} {}",
            fixture.reason()
        );
        assert_eq!(response.header("x-ms-error-code"), Some(code));
    }
    fixture.advance(3_599);
    let request = Request::post(format!("{path}?api-version=2023-01-01")).header("authorization", &good);
    assert_eq!(fixture.send(request.body(Body::from("[]")).unwrap()).await.status, 401);
    assert!(fixture.reason().contains("expired"), "{}", fixture.reason());
}

#[tokio::test]
async fn a_rule_that_is_not_there_and_a_role_that_is_not_assigned_recover() {
    let fixture = Fixture::new();
    fixture.mock.unassign_role(AUDIT);
    let refused = fixture.upload(AUDIT, "[]").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "OperationFailed"));
    let rule = fixture.mock.rule(AUDIT).unwrap();
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with(&format!(
        "The authentication token provided does not have access to ingest data for the data collection rule with immutable Id '{rule}'"
    )));
    assert!(fixture.mock.assign_role(AUDIT));
    assert_eq!(fixture.upload(AUDIT, "[]").await.status, 204);
    let request = fixture.upload_request(AUDIT, "[]").await;
    assert!(fixture.mock.remove_rule(AUDIT));
    let gone = fixture.send(request).await;
    assert_eq!(gone.json()["error"]["message"], format!("Data collection rule with immutable Id '{rule}' not found."));
    assert!(fixture.mock.restore_rule(AUDIT));
    assert_eq!(fixture.upload(AUDIT, "[]").await.status, 204);
}

#[tokio::test]
async fn a_role_takes_its_time_to_spread() {
    let mut world = World::default();
    world.ingestion.role_delay = jiff::SignedDuration::from_mins(5);
    let fixture = Fixture::of(world);
    assert_eq!(fixture.upload(AUDIT, "[]").await.status, 204, "roles held from the start are in effect");
    fixture.mock.unassign_role(AUDIT);
    fixture.mock.assign_role(AUDIT);
    assert_eq!(fixture.upload(AUDIT, "[]").await.status, 403);
    fixture.advance(300);
    assert_eq!(fixture.upload(AUDIT, "[]").await.status, 204);
}

#[tokio::test]
async fn the_limit_is_on_the_wire_and_the_inflated_one_far_above() {
    let fixture = Fixture::new();
    let long = json!([{"id": "a", "event": "x".repeat(5 * 1_048_576)}]).to_string();
    assert_eq!(fixture.upload_gzip(AUDIT, long.as_bytes()).await.status, 204);
    assert_eq!(fixture.rows(&format!("{AUDIT_TABLE} | project strlen(event)")), [["65536"]]);
    assert_eq!(fixture.rows("_LogOperation | project Operation, Level"), [["Field content validation", "Warning"]]);

    let announced = fixture.upload(AUDIT, vec![b' '; 1_048_577]).await;
    assert_eq!((announced.status.as_u16(), announced.code().as_str()), (413, "ContentLengthLimitExceeded"));
    let message = announced.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("Maximum allowed content length: 1048576 bytes (1 MB)."), "{message}");
    let pieces = futures_util::stream::iter((0..20).map(|_| Ok::<_, std::io::Error>(vec![b' '; 100_000])));
    assert_eq!(fixture.upload(AUDIT, Body::from_stream(pieces)).await.status, 413);

    let bomb = vec![b' '; 50 * 1_048_576 + 1];
    let response = fixture.upload_gzip(AUDIT, &bomb).await;
    assert_eq!((response.status.as_u16(), response.code().as_str()), (413, "PayloadSizeLimitExceeded"));
}

#[tokio::test]
async fn what_204_hides_is_hidden_and_written_down() {
    let fixture = Fixture::new();
    for (body, reason) in [
        ("[]", "stored 0 of 0 rows"),
        (r#"{"id": "a"}"#, "not a JSON array"),
        ("\"text\"", "not a JSON array"),
        ("not json", "not valid JSON"),
        ("[null, 7]", "2 elements were not objects"),
        (r#"[{"id": "kept", "OrganizationId": "lost"}]"#, "1 values belonged to undeclared columns"),
    ] {
        let response = fixture.upload(AUDIT, body).await;
        assert_eq!(response.status, 204, "{body}: {response:?}");
        assert!(fixture.reason().contains(reason), "{body}: {}", fixture.reason());
    }
    assert_eq!(fixture.mock.ids(AUDIT_TABLE), ["kept"]);
    let errors = fixture.rows("DCRLogErrors | project OperationName, InputStreamId, Message");
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert_eq!(errors[0], ["Ingestion", AUDIT, "The request body is not a JSON array."]);
    let empty = fixture.upload(AUDIT, "").await;
    assert_eq!((empty.status.as_u16(), empty.body.unwrap().len()), (500, 0));
}

#[tokio::test]
async fn unknown_responses_are_settings_of_the_world() {
    let mut world = World::default();
    world.ingestion.answers.invalid_json = StatusCode { status: 400, code: "MalformedJson".to_owned() };
    let fixture = Fixture::of(world);
    let response = fixture.upload(AUDIT, "not json").await;
    assert_eq!((response.status.as_u16(), response.code().as_str()), (400, "MalformedJson"));
    let mut request = fixture.upload_request(AUDIT, "[]").await;
    request.headers_mut().insert("content-encoding", "br".parse().unwrap());
    assert_eq!(fixture.send(request).await.status, 415);
    let mut request = fixture.upload_request(AUDIT, "[]").await;
    request.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(fixture.send(request).await.status, 400);
}

#[tokio::test]
async fn wrong_types_and_long_fields_follow_the_worlds_switches() {
    let mut world = World::default();
    world.ingestion.wrong_types = crate::WrongTypes::Null;
    world.ingestion.field_unit = crate::FieldUnit::Utf16;
    world.ingestion.field_max = 4;
    let fixture = Fixture::of(world);
    let body = json!([{"id": 7, "event": "éééé", "category": "a😀😀"}]);
    assert_eq!(fixture.upload(AUDIT, body.to_string()).await.status, 204);
    assert_eq!(fixture.rows(&format!("{AUDIT_TABLE} | project id, event, category")), [["", "éééé", "a😀"]]);
}

#[tokio::test]
async fn times_older_than_two_days_become_the_receive_time() {
    let fixture = Fixture::new();
    let at = |id: &str, time: &str| {
        let mut event = event(id);
        event["createdAt"] = json!(time);
        event
    };
    let body = json!([
        at("old", "2026-11-21T11:59:59.999+0000"),
        at("kept", "2026-11-21T12:00:00.000+0000"),
        at("ahead", "2026-11-24T12:00:00.001+0000"),
        at("none", "whenever"),
    ]);
    assert_eq!(fixture.upload(AUDIT, body.to_string()).await.status, 204);
    assert!(fixture.reason().contains("3 rows were given the receive time"), "{}", fixture.reason());
    let rows = fixture.rows(&format!("{AUDIT_TABLE} | project id, TimeGenerated, createdAt"));
    let received = "2026-11-23T12:00:00.0000000Z";
    assert_eq!(rows[0], ["old", received, "2026-11-21T11:59:59.9990000Z"]);
    assert_eq!(rows[1], ["kept", "2026-11-21T12:00:00.0000000Z", "2026-11-21T12:00:00.0000000Z"]);
    assert_eq!(rows[2], ["ahead", received, "2026-11-24T12:00:00.0010000Z"]);
    assert_eq!(rows[3], ["none", received, ""]);
}

#[tokio::test]
async fn a_rule_without_a_transform_stores_the_stream_as_it_is() {
    let mut world = World::default();
    rule_and_table(&mut world, "Analytics", None);
    let fixture = Fixture::of(world);
    let body = json!([{"TimeGenerated": "2026-11-23T11:00:00Z", "id": 12, "n": "7"}]);
    assert_eq!(fixture.upload("Custom-Acme", body.to_string()).await.status, 204);
    assert_eq!(fixture.rows("Acme_CL"), [["2026-11-23T11:00:00.0000000Z", "12", "7"]]);
}

#[tokio::test]
async fn a_filter_drops_rows_and_the_metrics_say_so() {
    let mut world = World::default();
    rule_and_table(&mut world, "Analytics", Some("source | where n > 1"));
    let fixture = Fixture::of(world);
    let body = json!([{"id": "a", "n": 1}, {"id": "b", "n": 2, "x": 0}, {"id": "c"}]);
    assert_eq!(fixture.upload("Custom-Acme", body.to_string()).await.status, 204);
    assert_eq!(fixture.mock.ids("Acme_CL"), ["b"]);
    let rules = fixture.get("/_control/rules").await.json();
    let metrics = &rules["rules"][0]["metrics"];
    let figures =
        ["rows_received", "rows_stored", "rows_dropped", "columns_dropped"].map(|name| metrics[name].as_u64());
    assert_eq!(figures, [Some(3), Some(1), Some(2), Some(1)]);
    assert_eq!(metrics["requests"]["204"], 1);
}

#[tokio::test]
async fn an_auxiliary_table_takes_thirty_minutes_at_a_time() {
    let mut world = World::default();
    rule_and_table(&mut world, "Auxiliary", None);
    let fixture = Fixture::of(world);
    let body = |minute: &str| {
        json!([{"TimeGenerated": "2026-11-23T11:00:00Z"}, {"TimeGenerated": format!("2026-11-23T11:{minute}:00Z")}])
            .to_string()
    };
    assert_eq!(fixture.upload("Custom-Acme", body("30")).await.status, 204);
    let refused = fixture.upload("Custom-Acme", body("31")).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "RecordsTimeRangeIsMoreThan30Minutes"));
}

#[tokio::test]
async fn a_rule_takes_so_many_calls_a_minute() {
    let mut world = World::default();
    world.ingestion.calls_per_minute = 2;
    let fixture = Fixture::of(world);
    fixture.advance(15);
    assert_eq!(fixture.upload(AUDIT, "[]").await.status, 204);
    assert_eq!(fixture.upload(AUDIT, "[]").await.status, 204);
    let throttled = fixture.upload(AUDIT, "[]").await;
    assert_eq!((throttled.status.as_u16(), throttled.header("retry-after")), (429, Some("45")));
    fixture.advance(45);
    assert_eq!(fixture.upload(AUDIT, "[]").await.status, 204);
}

#[tokio::test]
async fn rows_may_take_their_time_to_be_visible() {
    let mut world = World::default();
    world.ingestion.visible_after = jiff::SignedDuration::from_secs(10);
    let fixture = Fixture::of(world);
    assert_eq!(fixture.upload(AUDIT, events(&["a"])).await.status, 204);
    assert_eq!(fixture.mock.table_count(AUDIT_TABLE).unwrap().count, 1);
    assert!(fixture.rows(AUDIT_TABLE).is_empty());
    fixture.advance(10);
    assert_eq!(fixture.rows(AUDIT_TABLE).len(), 1);
}

#[test]
fn output_columns_that_do_not_fit_the_table_are_refused() {
    for (transform, code, said) in [
        ("source | extend more = 1", "InvalidTransformOutput", "more [produced:'Long', output:none]"),
        ("source | extend n = tostring(n)", "InvalidTransformOutput", "n [produced:'String', output:'Long']"),
        ("source | project n", "InvalidTransformOutput", "no column 'TimeGenerated'"),
        ("source | project-rename at = TimeGenerated", "InvalidTransformOutput", "no column 'TimeGenerated'"),
        ("source | project nothing", "InvalidTransformQuery", "nothing"),
        ("source | summarize count()", "InvalidTransformQuery", "summarize"),
        ("source | where", "InvalidTransformQuery", "SyntaxError"),
    ] {
        let mut world = World::default();
        rule_and_table(&mut world, "Analytics", Some(transform));
        let error = crate::MockSentinel::new(world, std::sync::Arc::new(crate::SystemClock)).unwrap_err().to_string();
        assert!(error.contains(code) && error.contains(said), "{transform}: {error}");
        assert!(error.starts_with("rule.json: InvalidPayload: Data collection rule is invalid"), "{error}");
    }
}

#[tokio::test]
async fn faults_break_connections_before_and_after_the_rows_are_stored() {
    let fixture = Fixture::new();
    let set = |fault: Value| fixture.mock.inject(serde_json::from_value(fault).unwrap());
    set(json!({"when": {"call": "sentinel.ingest"}, "fault": {"lost_answer": true}}));
    set(json!({"when": {"call": "sentinel.ingest", "nth": 2}, "fault": {"reset": true}}));
    set(json!({"when": {"call": "sentinel.ingest", "nth": 3}, "answer": {"status": 429, "retry_after": 7}}));
    assert!(fixture.upload(AUDIT, events(&["lost-answer"])).await.body.is_err());
    assert!(fixture.upload(AUDIT, events(&["reset"])).await.body.is_err());
    let throttled = fixture.upload(AUDIT, events(&["throttled"])).await;
    assert_eq!((throttled.status.as_u16(), throttled.header("retry-after")), (429, Some("7")));
    assert_eq!(throttled.code(), "TooManyRequests");
    assert_eq!(fixture.upload(AUDIT, events(&["through"])).await.status, 204);
    assert_eq!(fixture.mock.ids(AUDIT_TABLE), ["lost-answer", "through"]);
    let struck: Vec<_> = fixture.mock.journal().into_iter().filter_map(|entry| entry.fault).collect();
    assert_eq!(struck, ["lost answer", "reset", "answer 429"]);
}

#[tokio::test]
async fn a_body_that_is_compressed_twice_is_no_json() {
    let fixture = Fixture::new();
    let response = fixture.upload_gzip(AUDIT, &gzip(events(&["a"]).as_bytes())).await;
    assert_eq!(response.status, 204);
    assert!(fixture.mock.ids(AUDIT_TABLE).is_empty());
}

#[tokio::test]
async fn an_auxiliary_table_takes_no_nested_value_in_a_flat_column() {
    for (plan, status) in [("Auxiliary", 400), ("Analytics", 204)] {
        let mut world = World::default();
        rule_and_table(&mut world, plan, None);
        let fixture = Fixture::of(world);
        let response = fixture.upload("Custom-Acme", r#"[{"id": {"a": 1}, "n": 1}]"#).await;
        assert_eq!(response.status, status, "{}", fixture.reason());
        let stored = fixture.mock.table_count("Acme_CL").unwrap().count;
        assert_eq!(stored, u64::from(status == 204));
    }
}

#[tokio::test]
async fn what_comes_after_the_daily_cap_is_lost_although_uploads_succeed() {
    let mut world = World::default();
    world.ingestion.daily_cap_bytes = Some(events(&["a"]).len() as u64);
    let fixture = Fixture::of(world);
    for id in ["a", "b", "c"] {
        assert_eq!(fixture.upload(AUDIT, events(&[id])).await.status, 204);
    }
    assert_eq!(fixture.mock.ids(AUDIT_TABLE), ["a"]);
    assert!(fixture.reason().contains("1 rows were dropped by the daily cap"), "{}", fixture.reason());
    let operations = fixture.rows("_LogOperation | where Detail has 'OverQuota' | project Operation");
    assert_eq!(operations, [["Data collection Status"]]);
    fixture.advance(12 * 3_600);
    fixture.upload(AUDIT, events(&["d"])).await;
    assert_eq!(fixture.mock.ids(AUDIT_TABLE), ["a", "d"]);
}

#[tokio::test]
async fn an_unknown_version_may_be_refused_with_capitals() {
    let mut world = World::default();
    world.ingestion.capitalised_version_error = true;
    let fixture = Fixture::of(world);
    let mut request = fixture.upload_request(AUDIT, "[]").await;
    *request.uri_mut() = request.uri().to_string().replace("2023-01-01", "2020-01-01").parse().unwrap();
    let response = fixture.send(request).await;
    assert_eq!((response.status.as_u16(), &response.json()["Error"]["Code"]), (400, &json!("InvalidApiVersion")));
}
