//! The query API through the router.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use super::arm::{call, table_id};
use super::fixture::{AUDIT, AUDIT_TABLE, Fixture, LOG_ANALYTICS, MONITOR, NOW, events};
use crate::World;

async fn stocked() -> Fixture {
    let fixture = Fixture::new();
    assert_eq!(fixture.upload(AUDIT, events(&["a", "b"])).await.status, 204);
    fixture
}

async fn with_prefer(fixture: &Fixture, query: &str, prefer: &str) -> Value {
    let request = Request::post(format!("/v1/workspaces/{}/query", fixture.mock.workspace_id()))
        .header("authorization", fixture.bearer(LOG_ANALYTICS).await)
        .header("content-type", "application/json; charset=utf-8")
        .header("prefer", prefer)
        .body(Body::from(json!({"query": query, "timespan": null, "workspaces": null}).to_string()));
    fixture.send(request.unwrap()).await.json()
}

#[tokio::test]
async fn a_table_is_returned_with_its_columns_and_cells() {
    let fixture = stocked().await;
    let query = format!(
        "{AUDIT_TABLE} | project id, createdAt, details, n = 1, r = 0.5, b = true, s = 1h, g = guid(00000000-0000-0000-0000-000000000001), d = parse_json('{{\"x\": [1]}}') | sort by id asc | take 1"
    );
    let response = fixture.query(&json!({"query": query})).await;
    assert_eq!(response.status, 200, "{response:?}");
    let table = &response.json()["tables"][0];
    assert_eq!(table["name"], "PrimaryResult");
    let types: Vec<_> =
        table["columns"].as_array().unwrap().iter().map(|column| column["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["string", "datetime", "dynamic", "long", "real", "bool", "timespan", "guid", "dynamic"]);
    let row = json!([
        "a",
        "2026-11-23T11:59:00Z",
        null,
        1,
        0.5,
        true,
        "01:00:00",
        "00000000-0000-0000-0000-000000000001",
        "{\"x\":[1]}"
    ]);
    assert_eq!(table["rows"], json!([row]));
}

#[tokio::test]
async fn a_query_may_come_by_url() {
    let fixture = stocked().await;
    let path = format!("/v1/workspaces/{}/query?query={AUDIT_TABLE}%20%7C%20count", fixture.mock.workspace_id());
    let request = Request::get(path).header("authorization", fixture.bearer(LOG_ANALYTICS).await).body(Body::empty());
    assert_eq!(fixture.send(request.unwrap()).await.json()["tables"][0]["rows"], json!([[2]]));
}

#[tokio::test]
async fn timespans_in_body_and_url_intersect() {
    let fixture = stocked().await;
    let count = async |body: &str, url: &str| {
        let request = Request::post(format!("/v1/workspaces/{}/query?timespan={url}", fixture.mock.workspace_id()))
            .header("authorization", fixture.bearer(LOG_ANALYTICS).await)
            .header("content-type", "application/json")
            .body(Body::from(json!({"query": format!("{AUDIT_TABLE} | count"), "timespan": body}).to_string()));
        fixture.send(request.unwrap()).await.json()["tables"][0]["rows"][0][0].clone()
    };
    assert_eq!(count("PT3600.0S", "").await, 2);
    assert_eq!(count("PT30S", "").await, 0);
    assert_eq!(count("P1D", "PT30S").await, 0);
    assert_eq!(count("2026-11-23T11:00:00.000Z/PT7200.0S", "P1D").await, 2);
    assert_eq!(count("2026-11-20/2026-11-21", "2026-11-22/2026-11-24").await, 0);
}

#[tokio::test]
async fn preferences_add_what_was_asked_for() {
    let fixture = stocked().await;
    let query =
        format!("{AUDIT_TABLE} | summarize count() by category | render piechart with (title = \"By category\")");
    let plain = with_prefer(&fixture, &query, "").await;
    assert_eq!(plain.as_object().unwrap().keys().collect::<Vec<_>>(), ["tables"]);
    let full = with_prefer(&fixture, &query, "wait=30,include-statistics=true,include-render=true").await;
    assert_eq!(
        (&full["render"]["visualization"], &full["render"]["title"]),
        (&json!("piechart"), &json!("By category"))
    );
    assert!(full["statistics"]["query"].is_object());
}

#[tokio::test]
async fn a_workspace_with_tables_returns_no_rows_and_one_without_responds_204() {
    let fixture = Fixture::new();
    for query in [AUDIT_TABLE, "print 1"] {
        assert_eq!(fixture.query(&json!({"query": query})).await.status, 200, "{query}");
    }
    for (switch, status) in [(true, 204), (false, 200)] {
        let mut world = World::default();
        world.query.empty_workspace_is_204 = switch;
        world.add_rule("none.json", r#"{"type": "Microsoft.Insights/dataCollectionEndpoints", "name": "e"}"#);
        let fixture = Fixture::of(world);
        for table in ["MiroAuditLogs_CL", "MiroContentLogs_CL"] {
            call(&fixture, http::Method::DELETE, &table_id(table), &Value::Null).await;
        }
        assert_eq!(fixture.query(&json!({"query": "print 1"})).await.status, status, "{}", fixture.reason());
    }
}

#[tokio::test]
async fn more_rows_than_the_limit_are_a_partial_response() {
    let mut world = World::default();
    world.query.rows_max = 1;
    let fixture = Fixture::of(world);
    fixture.upload(AUDIT, events(&["a", "b"])).await;
    let response = fixture.query(&json!({"query": AUDIT_TABLE})).await;
    assert_eq!(response.status, 200);
    let body = response.json();
    assert_eq!(body["tables"][0]["rows"].as_array().unwrap().len(), 1);
    assert_eq!(body["error"]["code"], "PartialError");
    assert_eq!(body["error"]["details"][0]["innererror"]["code"], "-2133196797");
}

#[tokio::test]
async fn more_bytes_than_the_limit_are_a_partial_response() {
    let mut world = World::default();
    world.query.bytes_max = 40_000;
    let fixture = Fixture::of(world);
    let rows: Vec<Value> =
        (0..30).map(|n| json!({"id": n.to_string(), "createdAt": NOW, "details": {"x": "y".repeat(4_000)}})).collect();
    fixture.upload(AUDIT, Value::from(rows).to_string()).await;
    let response = fixture.query(&json!({"query": AUDIT_TABLE})).await;
    assert_eq!(response.status, 200);
    let length = response.body.as_ref().unwrap().len();
    assert!((35_000..42_000).contains(&length), "{length}");
    let body = response.json();
    assert!((8..10).contains(&body["tables"][0]["rows"].as_array().unwrap().len()));
    assert_eq!(body["error"]["code"], "PartialError");
    let inner = &body["error"]["details"][0]["innererror"];
    assert_eq!(inner["code"], "-2133196797");
    assert!(inner["message"].as_str().unwrap().contains("40000 bytes"), "{inner}");
    assert!(fixture.reason().contains("partial: "), "{}", fixture.reason());
}

#[tokio::test]
async fn a_query_that_takes_too_long_responds_504() {
    let mut world = World::default();
    world.query.time_max = jiff::SignedDuration::from_millis(1);
    let fixture = Fixture::of(world);
    fixture.upload(AUDIT, events(&["a"])).await;
    let query = "range x from 1 to 100000000 step 1 | summarize sum(x) by x % 7";
    for prefer in ["", "wait=600"] {
        let response = with_prefer(&fixture, query, prefer).await;
        assert_eq!(response["error"]["code"], "GatewayTimeout", "{response}");
    }
    assert_eq!(fixture.mock.journal().last().unwrap().status, 504);
}

#[tokio::test]
async fn only_time_responds_504_and_every_other_bound_400() {
    let mut world = World::default();
    world.query.memory_max = 4 << 20;
    let fixture = Fixture::of(world);
    fixture.upload(AUDIT, events(&["a"])).await;
    let nested = format!("print {}1{}", "(".repeat(200), ")".repeat(200));
    for (query, code) in [
        ("range x from 1 to 1000000 step 1 | sort by x", "LIM0007"),
        ("range x from 1 to 20000 step 1 | evaluate pivot(x)", "LIM0005"),
        (
            "MiroAuditLogs_CL | extend k = 1 | join kind=inner (range y from 1 to 1000000 step 1 | extend k = 1) on k",
            "LIM0007",
        ),
        (&nested, "LIM0002"),
    ] {
        let response = fixture.query(&json!({"query": query, "timespan": "P1000D"})).await;
        assert_eq!((response.status.as_u16(), response.code().as_str()), (400, "BadArgumentError"), "{query}");
        let inner = response.json()["error"]["innererror"].clone();
        assert_eq!((&inner["code"], &inner["innererror"]["code"]), (&json!("LimitError"), &json!(code)), "{query}");
        let has_place = (inner["innererror"]["line"].is_null(), fixture.reason().contains("line:position"));
        let expected = if code == "LIM0002" { (false, true) } else { (true, false) };
        assert_eq!(has_place, expected, "only the parser knows where a bound was hit: {inner}, {}", fixture.reason());
    }
}

#[tokio::test]
async fn every_table_of_a_query_is_returned_in_order() {
    let fixture = stocked().await;
    let tables = |response: &Value| -> Vec<(String, usize)> {
        let tables = response["tables"].as_array().unwrap().iter();
        tables.map(|t| (t["name"].as_str().unwrap().to_owned(), t["rows"].as_array().unwrap().len())).collect()
    };
    let query = format!("print 1; {AUDIT_TABLE} | take 1 | as Named; {AUDIT_TABLE} | fork (take 0) Other = (count)");
    let response = fixture.query(&json!({"query": query})).await.json();
    let named = |name: &str, rows| (name.to_owned(), rows);
    let expected = [named("PrimaryResult", 1), named("Named", 1), named("PrimaryResult", 0), named("Other", 1)];
    assert_eq!(tables(&response), expected);
    let statistics = with_prefer(&fixture, &query, "include-statistics=true").await;
    assert_eq!(statistics["statistics"]["query"]["datasetStatistics"].as_array().unwrap().len(), 4);
    let refused = fixture.query(&json!({"query": "NoSuchTable | where nope > 1; print x = 2"})).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "BadArgumentError"));
    let mut world = World::default();
    world.query.table_names = crate::TableNames::Primary;
    world.query.empty_workspace_is_204 = false;
    let response = Fixture::of(world).query(&json!({"query": "print 1 | as Named; print 2"})).await.json();
    assert_eq!(tables(&response), [named("PrimaryResult", 1), named("PrimaryResult", 1)]);
}

#[tokio::test]
async fn tables_behind_the_bound_of_bytes_have_their_columns() {
    let mut world = World::default();
    world.query.bytes_max = 3_000;
    world.query.empty_workspace_is_204 = false;
    let query = "range x from 1 to 1000 step 1; print y = 1";
    let body = Fixture::of(world).query(&json!({"query": query})).await.json();
    assert!((100..1000).contains(&body["tables"][0]["rows"].as_array().unwrap().len()));
    assert_eq!(body["tables"][1]["columns"][0]["name"], "y");
    assert_eq!(body["tables"][1]["rows"], json!([]));
    assert_eq!(body["error"]["code"], "PartialError");
}

#[tokio::test]
async fn the_worlds_longest_time_bounds_queries_that_ask_for_none() {
    let mut world = World::default();
    world.query.time_max = jiff::SignedDuration::from_millis(1);
    let fixture = Fixture::of(world);
    fixture.upload(AUDIT, events(&["a"])).await;
    let response =
        fixture.query(&json!({"query": "range x from 1 to 100000000 step 1 | summarize sum(x) by x % 7"})).await;
    assert_eq!((response.status.as_u16(), response.code().as_str()), (504, "GatewayTimeout"));
}

#[tokio::test]
async fn errors_name_the_place_in_the_query() {
    let fixture = stocked().await;
    let syntax = fixture.query(&json!({"query": "MiroAuditLogs_CL | where ("})).await;
    assert_eq!((syntax.status.as_u16(), syntax.code().as_str()), (400, "BadArgumentError"));
    let inner = syntax.json()["error"]["innererror"].clone();
    assert_eq!(inner["code"], "SyntaxError");
    assert_eq!((&inner["innererror"]["code"], &inner["innererror"]["line"]), (&json!("SYN0002"), &json!(1)));
    let semantic = fixture.query(&json!({"query": "MiroAuditLogs_CL | project nothing"})).await;
    let inner = semantic.json()["error"]["innererror"].clone();
    assert_eq!(inner["code"], "SemanticError");
    assert!(inner["innererror"]["code"].as_str().unwrap().starts_with("SEM"), "{inner}");
}

#[tokio::test]
async fn every_refusal_has_its_status_and_code() {
    let mut world = World::default();
    world.identity.apps.push(crate::App {
        client_id: "writer".to_owned(),
        object_id: "writer-object".to_owned(),
        client_secret: "w".to_owned(),
        reader: false,
        ..crate::App::default()
    });
    let fixture = Fixture::of(world);
    let good = fixture.bearer(LOG_ANALYTICS).await;
    let monitor = fixture.bearer(MONITOR).await;
    let tenant = fixture.mock.credentials().tenant_id;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "writer"),
        ("client_secret", "w"),
        ("scope", LOG_ANALYTICS),
    ];
    let writer =
        format!("Bearer {}", fixture.token_form(&tenant, &form).await.json()["access_token"].as_str().unwrap());
    let id = fixture.mock.workspace_id();
    let tampered = format!("{}AAAA", &good[..good.len() - 4]);
    for (workspace, token, body, status, code) in [
        (id.as_str(), "", "{}", 401, "AuthenticationFailed"),
        (&id, "Bearer opaque", "{\"query\":\"x\"}", 403, "InvalidAuthenticationToken"),
        (&id, &monitor, "{\"query\":\"x\"}", 403, "InvalidAuthenticationTokenAudience"),
        (&id, &tampered, "{\"query\":\"x\"}", 403, "InvalidTokenError"),
        (&id, &writer, "{\"query\":\"x\"}", 403, "InsufficientAccessError"),
        ("elsewhere", &good, "{\"query\":\"x\"}", 404, "WorkspaceNotFoundError"),
        (&id, &good, "{}", 400, "BadArgumentError"),
        (&id, &good, "{", 400, "BadArgumentError"),
        (&id, &good, "{\"query\":\"x\",\"timespan\":\"soon\"}", 400, "BadArgumentError"),
    ] {
        // An empty query would be refused before the token is looked at.
        let body = if token.is_empty() { "{\"query\":\"x\"}" } else { body };
        fixture.upload(AUDIT, events(&["a"])).await;
        let mut request =
            Request::post(format!("/v1/workspaces/{workspace}/query")).header("content-type", "application/json");
        if !token.is_empty() {
            request = request.header("authorization", token);
        }
        let response = fixture.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        assert_eq!((response.status.as_u16(), response.code().as_str()), (status, code), "{}", fixture.reason());
    }
    let request =
        Request::post(format!("/v1/workspaces/{id}/query")).header("authorization", &good).body(Body::from("{}"));
    let bare = fixture.send(request.unwrap()).await;
    assert_eq!((bare.status.as_u16(), bare.body.unwrap().len()), (200, 0));
}

#[tokio::test]
async fn a_batch_returns_each_query_by_its_id() {
    let fixture = stocked().await;
    let workspace = fixture.mock.workspace_id();
    let item = |id: &str, body: Value| json!({"id": id, "headers": {"Prefer": ""}, "body": body, "method": "POST", "path": "/query", "workspace": workspace});
    let count = json!({"query": format!("{AUDIT_TABLE} | count"), "timespan": null, "workspaces": null});
    let requests = json!({"requests": [
        item("1", count.clone()),
        item("2", json!(count.to_string())),
        item("3", json!({"query": "nonsense |"})),
    ]});
    for path in ["/v1/$batch", "/v1/%24batch"] {
        let request = Request::post(path)
            .header("authorization", fixture.bearer(LOG_ANALYTICS).await)
            .header("content-type", "application/json")
            .body(Body::from(requests.to_string()));
        let responses = fixture.send(request.unwrap()).await.json()["responses"].clone();
        let statuses: Vec<_> =
            responses.as_array().unwrap().iter().map(|response| response["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, [200, 200, 400], "{responses}");
        assert_eq!(responses[1]["body"]["tables"][0]["rows"], json!([[2]]));
        assert_eq!(responses[2]["id"], "3");
    }
}
