//! Saved functions, watchlists and data on addresses, through the router.

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use super::fixture::{AUDIT, Fixture, Response, events};
use crate::World;

const MANAGER: &str = "https://management.azure.com/.default";

/// A parser of sign-ins in the form of ASIM's filtering parsers.
const PARSER: &str = "\
let parser = (starttime: datetime, endtime: datetime, username_has_any: dynamic, disabled: bool) {
    MiroAuditLogs_CL
    | where not(disabled)
    | where (isnull(starttime) or TimeGenerated >= starttime) and (isnull(endtime) or TimeGenerated <= endtime)
    | where array_length(username_has_any) == 0 or ActorUsername_of(id) has_any (username_has_any)
    | project TimeGenerated, EventType = 'Logon', EventOriginalUid = id, ActorUsername = ActorUsername_of(id),
        EventVendor = 'Miro', EventSchema = 'Authentication', EventSchemaVersion = '0.1.4'
};
parser (starttime = starttime, endtime = endtime, username_has_any = username_has_any, disabled = disabled)
// the end
";
const PARAMETERS: &str = "starttime:datetime=datetime(null), endtime:datetime=datetime(null), \
    username_has_any:dynamic=dynamic([]), disabled:bool=False";

fn path(name: &str) -> String {
    let id = World::default().workspace.resource_id();
    format!("{id}/savedSearches{}{name}?api-version=2023-09-01", if name.is_empty() { "" } else { "/" })
}

async fn call(fixture: &Fixture, method: Method, path: &str, body: &Value) -> Response {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", fixture.bearer(MANAGER).await)
        .body(Body::from(body.to_string()));
    fixture.send(request.unwrap()).await
}

fn function(alias: &str, parameters: &str, query: &str) -> Value {
    json!({"etag": "*", "properties": {"category": "Security", "displayName": alias, "functionAlias": alias,
        "functionParameters": parameters, "query": query, "version": 2, "tags": [{"name": "a", "value": "b"}]}})
}

async fn put(fixture: &Fixture, name: &str, body: &Value) -> Response {
    call(fixture, Method::PUT, &path(name), body).await
}

async fn deployed() -> Fixture {
    let fixture = Fixture::new();
    fixture.upload(AUDIT, events(&["ana", "ben"])).await;
    let name_of = function("ActorUsername_of", "id:string", "strcat(id, '@contoso.example')");
    assert_eq!(put(&fixture, "name-of", &name_of).await.status, 200);
    let parser = put(&fixture, "vimAuthenticationMiro", &function("vimAuthenticationMiro", PARAMETERS, PARSER)).await;
    assert_eq!(parser.status, 200, "{parser:?}");
    fixture
}

async fn rows(fixture: &Fixture, query: &str) -> Value {
    let response = fixture.query(&json!({"query": query})).await;
    assert_eq!(response.status, 200, "{query}: {response:?}");
    response.json()["tables"][0]["rows"].clone()
}

#[tokio::test]
async fn a_parser_with_parameters_is_called_through_the_query_api() {
    let fixture = deployed().await;
    for (call, expected) in [
        ("vimAuthenticationMiro", json!(["ana", "ben"])),
        ("vimAuthenticationMiro()", json!(["ana", "ben"])),
        ("vimAuthenticationMiro(username_has_any=dynamic(['ben']))", json!(["ben"])),
        ("vimAuthenticationMiro(starttime=datetime(2026-11-23T13:00:00Z))", json!([])),
        ("vimAuthenticationMiro(disabled=true)", json!([])),
        ("union isfuzzy=true vimAuthenticationMiro(endtime=now()), vimAuthenticationNone", json!(["ana", "ben"])),
    ] {
        let query = format!("{call} | summarize make_list(EventOriginalUid)");
        assert_eq!(rows(&fixture, &query).await[0][0], json!(expected.to_string()), "{query}");
    }
    let query = "vimAuthenticationMiro(username_has_any=dynamic(['ben'])) | project ActorUsername, EventSchemaVersion";
    assert_eq!(rows(&fixture, query).await, json!([["ben@contoso.example", "0.1.4"]]));
}

#[tokio::test]
async fn saved_searches_are_listed_read_changed_and_deleted() {
    let fixture = deployed().await;
    let listed = call(&fixture, Method::GET, &path(""), &Value::Null).await.json();
    assert_eq!(listed["value"].as_array().unwrap().len(), 2);
    let one = call(&fixture, Method::GET, &path("NAME-OF"), &Value::Null).await.json();
    assert_eq!((&one["name"], &one["properties"]["functionAlias"]), (&json!("name-of"), &json!("ActorUsername_of")));
    let mut changed = function("ActorUsername_of", "id:string", "id");
    changed["etag"] = one["etag"].clone();
    assert_eq!(put(&fixture, "name-of", &changed).await.status, 200);
    let stale = put(&fixture, "name-of", &changed).await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (409, "Conflict"));
    assert_eq!(rows(&fixture, "vimAuthenticationMiro | take 1 | project ActorUsername").await, json!([["ana"]]));
    let delete = async || call(&fixture, Method::DELETE, &path("name-of"), &Value::Null).await.status.as_u16();
    assert_eq!((delete().await, delete().await), (200, 204));
    assert_eq!(call(&fixture, Method::GET, &path("name-of"), &Value::Null).await.status, 404);
    let gone = fixture.query(&json!({"query": "vimAuthenticationMiro"})).await;
    assert_eq!(gone.status, 400);
    fixture.mock.reset();
    assert_eq!(call(&fixture, Method::GET, &path(""), &Value::Null).await.json(), json!({"value": []}));
}

#[tokio::test]
async fn what_is_no_function_is_refused_when_it_is_put() {
    let fixture = deployed().await;
    let mut without_query = function("F", "", "print 1");
    without_query["properties"].as_object_mut().unwrap().remove("query");
    for (body, said) in [
        (function("F", "", "T | where"), "'F'"),
        (function("F", "a string", "print 1"), "'F'"),
        (function("F G", "", "print 1"), "'F G' is not a valid name"),
        (without_query, "missing field `query`"),
        (json!([]), "JSON object"),
    ] {
        let response = put(&fixture, "f", &body).await;
        assert_eq!(response.status, 400, "{response:?}");
        assert!(fixture.reason().contains(said), "{}", fixture.reason());
    }
    let taken = put(&fixture, "f", &function("ActorUsername_of", "", "print 1")).await;
    assert_eq!((taken.status.as_u16(), taken.code().as_str()), (409, "Conflict"));
    assert!(fixture.reason().contains("'name-of' has the same functionAlias"), "{}", fixture.reason());
    let bad_version = path("f").replace("2023-09-01", "2099-01-01");
    let response = call(&fixture, Method::PUT, &bad_version, &function("F", "", "print 1")).await;
    assert_eq!(response.code(), "NoRegisteredProviderFound");
    let elsewhere = path("f").replace("/workspaces/", "/workspaces/other-");
    assert_eq!(call(&fixture, Method::GET, &elsewhere, &Value::Null).await.status, 404);
    assert_eq!(call(&fixture, Method::PATCH, &path("f"), &json!({})).await.status, 404);
}

#[tokio::test]
async fn functions_that_call_each_other_in_a_circle_are_named() {
    let fixture = deployed().await;
    put(&fixture, "a", &function("A", "", "B")).await;
    put(&fixture, "b", &function("B", "", "A | take 1")).await;
    let response = fixture.query(&json!({"query": "A"})).await;
    assert_eq!(response.status, 400);
    assert!(response.json().to_string().contains("A -> B -> A"), "{response:?}");
}

fn given(folder: &std::path::Path) -> World {
    std::fs::write(folder.join("hosts.csv"), "name,ip\nana,192.0.2.1\n").unwrap();
    std::fs::write(
        folder.join("geo.csv"),
        "prefix,country,state,city,latitude,longitude\n192.0.2.0/24,Iceland,,Vik,63.4,-19\n",
    )
    .unwrap();
    let yaml = "watchlists: [{alias: Hosts, search_key: ip, file: hosts.csv}, {alias: VIP, search_key: user, rows: [{user: ben}]}]\ngeo: geo.csv\n";
    std::fs::write(folder.join("world.yaml"), yaml).unwrap();
    World::from_file(&folder.join("world.yaml")).unwrap()
}

#[tokio::test]
async fn watchlists_and_places_come_from_the_worlds_files() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Fixture::of(given(folder.path()));
    fixture.upload(AUDIT, events(&["ana", "ben"])).await;
    let query = "_GetWatchlist('hosts') | extend place = geo_info_from_ip_address(SearchKey) | project name, tostring(place.city), LastUpdatedTimeUTC";
    assert_eq!(rows(&fixture, query).await, json!([["ana", "Vik", "2026-11-23T12:00:00Z"]]));
    let query = "MiroAuditLogs_CL | where id in ((_GetWatchlist('vip') | project SearchKey)) | project id";
    assert_eq!(rows(&fixture, query).await, json!([["ben"]]));
    let unknown = fixture.query(&json!({"query": "_GetWatchlist('none')"})).await;
    assert!(unknown.json().to_string().contains("there are: Hosts, VIP"), "{unknown:?}");
}

#[tokio::test]
async fn without_data_on_addresses_the_refusal_says_so() {
    let fixture = deployed().await;
    let response = fixture.query(&json!({"query": "print geo_info_from_ip_address('192.0.2.1')"})).await;
    assert_eq!(response.status, 400);
    assert!(response.json().to_string().contains("needs data on addresses"), "{response:?}");
}

#[tokio::test]
async fn the_readme_shows_a_function_and_a_world_that_are_taken() {
    let readme = include_str!("../../README.md").split("## Functions").nth(1).unwrap();
    let block = |kind: &str| readme.split(kind).nth(1).and_then(|rest| rest.split("```").next()).unwrap().to_owned();
    let fixture = deployed().await;
    let shown: Value = serde_json::from_str(&block("```json\n")).unwrap();
    assert_eq!(put(&fixture, "vimAuthenticationMiro", &shown).await.status, 200);
    assert_eq!(rows(&fixture, &block("```kusto\n")).await, json!([["MiroAuditLogs_CL", 2]]));
    let world = World::from_yaml(&block("```yaml\n"), "README.md").unwrap();
    assert_eq!((world.watchlists.len(), world.geo.is_some()), (2, true));
}
