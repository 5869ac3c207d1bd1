//! The OpenAPI document drives the server: whatever is sent to whatever it lists, the response is one it lists too.

use axum::body::Body;
use http::Request;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use super::fixture::{AUDIT, Fixture, LOG_ANALYTICS, MONITOR, Response, events};
use crate::World;

/// A call as a stranger might make it from the document.
#[derive(Debug, Clone)]
struct Stranger {
    operation: Index,
    segments: Vec<String>,
    values: Vec<Option<String>>,
    token: Token,
    body: Vec<u8>,
    headers: Vec<(&'static str, &'static str)>,
}

#[derive(Debug, Clone, Copy)]
enum Token {
    None,
    Garbage,
    Monitor,
    LogAnalytics,
    Manager,
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(known()),
        1 => "[a-zA-Z0-9_.-]{1,12}",
        1 => "\\PC{1,6}",
    ]
}

/// Values that mean something to some route.
fn known() -> Vec<String> {
    let world = World::default();
    let fixture = Fixture::new();
    let tables_kind = format!("workspaces/{}/tables", world.workspace.name);
    vec![
        world.identity.tenant_id,
        world.identity.apps[0].client_id.clone(),
        world.workspace.id,
        world.workspace.subscription_id,
        world.workspace.resource_group,
        fixture.mock.rule(AUDIT).unwrap(),
        AUDIT.to_owned(),
        "MiroAuditLogs_CL".to_owned(),
        "MiroAuditLogs_CL | count".to_owned(),
        "2023-01-01".to_owned(),
        "2023-03-11".to_owned(),
        "PT1H".to_owned(),
        "https://monitor.azure.com".to_owned(),
        "Microsoft.Insights".to_owned(),
        "Microsoft.OperationalInsights".to_owned(),
        "dataCollectionRules".to_owned(),
        "dataCollectionEndpoints".to_owned(),
        "miro-audit-logs".to_owned(),
        tables_kind,
    ]
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let bodies = [
        String::new(),
        "{}".to_owned(),
        "[]".to_owned(),
        events(&["a", "b"]),
        r#"{"query": "MiroAuditLogs_CL | take 1", "timespan": null}"#.to_owned(),
        r#"{"query": "MiroAuditLogs_CL | where"}"#.to_owned(),
        r#"{"requests": [{"id": "1", "workspace": "w", "body": {"query": "print 1"}}]}"#.to_owned(),
        r#"{"location": "westeurope", "properties": {"dataFlows": [], "destinations": {}}}"#.to_owned(),
        format!("grant_type=client_credentials&client_id=x&client_secret=y&scope={MONITOR}"),
    ];
    prop_oneof![
        4 => select(bodies.map(String::into_bytes).to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

fn strangers() -> impl Strategy<Value = Stranger> {
    let tokens = select(vec![Token::None, Token::Garbage, Token::Monitor, Token::LogAnalytics, Token::Manager]);
    let headers = select(vec![
        ("content-type", "application/json"),
        ("content-type", "text/plain"),
        ("content-encoding", "gzip"),
        ("content-encoding", "br"),
        ("metadata", "true"),
        ("x-identity-header", "mock-identity-header"),
        ("prefer", "include-statistics=true,wait=0"),
        ("x-ms-client-request-id", "not a GUID"),
        ("authorization", "Basic !"),
    ]);
    (
        any::<Index>(),
        proptest::collection::vec(texts(), 6),
        proptest::collection::vec(proptest::option::weighted(0.8, texts()), 6),
        tokens,
        bodies(),
        proptest::collection::vec(headers, 0..3),
    )
        .prop_map(|(operation, segments, values, token, body, headers)| Stranger {
            operation,
            segments,
            values,
            token,
            body,
            headers,
        })
}

/// Every method and path of the document, with its description.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, operations)| {
        let operations = operations.as_object().unwrap();
        operations.iter().map(|(method, described)| (method.to_uppercase(), path.clone(), described.clone()))
    });
    all.collect()
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl Stranger {
    async fn request(&self, fixture: &Fixture, method: &str, path: &str, described: &Value) -> Request<Body> {
        let mut segments = self.segments.iter();
        let mut fill = |segment: &str| match segment.strip_prefix('{') {
            Some(_) => segments.next().map(|text| encoded(text)).unwrap_or_default(),
            None => segment.to_owned(),
        };
        let path: Vec<String> = path.split('/').map(&mut fill).collect();
        let parameters = described["parameters"].as_array().unwrap();
        let names = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap());
        let query: Vec<String> = names
            .zip(&self.values)
            .filter_map(|(name, value)| Some(format!("{}={}", encoded(name), encoded(value.as_ref()?))))
            .collect();
        let mut request = Request::builder().method(method).uri(format!("{}?{}", path.join("/"), query.join("&")));
        let token = match self.token {
            Token::None => None,
            Token::Garbage => Some("Bearer e30.e30.e30".to_owned()),
            Token::Monitor => Some(fixture.bearer(MONITOR).await),
            Token::LogAnalytics => Some(fixture.bearer(LOG_ANALYTICS).await),
            Token::Manager => Some(fixture.bearer("https://management.azure.com/.default").await),
        };
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        request.body(Body::from(self.body.clone())).unwrap()
    }
}

/// Whether a response is what the document says for its status.
fn conforms(response: &Response, described: &Value, document: &Value) -> Result<(), String> {
    let status = response.status.as_u16().to_string();
    let listed = described["responses"].get(&status).ok_or_else(|| format!("status {status} is not listed"))?;
    let body = response.body.as_ref().map_err(ToString::to_string)?;
    let Some(reference) = listed["content"]["application/json"]["schema"]["$ref"].as_str() else { return Ok(()) };
    if body.is_empty() {
        // A zero-length body is the service's own way to say 500, 408 and a broken upload.
        return if ["400", "408", "500"].contains(&status.as_str()) { Ok(()) } else { Err("no body".to_owned()) };
    }
    let json: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
    matches_schema(&json, schema).then_some(()).ok_or_else(|| format!("{json} is not a {reference}"))
}

fn matches_schema(value: &Value, schema: &Value) -> bool {
    let typed = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        _ => true,
    };
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let properties = schema["properties"].as_object().into_iter().flatten();
    typed
        && required.into_iter().all(|name| value.get(name).is_some())
        && properties.into_iter().all(|(name, inner)| value.get(name).is_none_or(|value| matches_schema(value, inner)))
}

#[test]
fn whatever_is_sent_the_answer_is_one_that_the_document_lists() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let document = runtime.block_on(async { Fixture::new().get("/_control/openapi.json").await.json() });
    let operations = operations(&document);
    proptest!(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() }, |(stranger in strangers())| {
        let (method, path, described) = stranger.operation.get(&operations);
        let (response, reason) = runtime.block_on(async {
            let fixture = Fixture::new();
            let request = stranger.request(&fixture, method, path, described).await;
            let response = fixture.send(request).await;
            let reason = fixture.mock.journal().last().map(|entry| entry.reason.clone());
            (response, reason)
        });
        prop_assert!(conforms(&response, described, &document).is_ok(), "{} {}: {:?} {:?} ({:?})", method, path, conforms(&response, described, &document), response, reason);
        if !path.starts_with("/_control") {
            prop_assert!(reason.is_some_and(|reason| !reason.is_empty()));
        }
        prop_assert!(response.header("x-mock-decision").is_some());
    });
}

#[tokio::test]
async fn methods_that_a_path_does_not_take_are_refused_with_those_it_takes() {
    let fixture = Fixture::new();
    let document = fixture.get("/_control/openapi.json").await.json();
    let served = document["paths"].as_object().unwrap().keys().map(|path| {
        path.split('/')
            .map(|segment| if segment.starts_with('{') { "x" } else { segment })
            .collect::<Vec<_>>()
            .join("/")
    });
    let scope = "/subscriptions/s/resourceGroups/miro/providers";
    let more = [
        "/v1/%24batch".to_owned(),
        "/v1/subscriptions/s/query".to_owned(),
        "/providers/Microsoft.Insights".to_owned(),
        format!("{scope}/Microsoft.Insights/dataCollectionRules/a/providers/Microsoft.Authorization/roleAssignments/b"),
    ];
    for path in served.chain(more) {
        for method in ["TRACE", "PROPFIND", "OPTIONS"] {
            let request = http::Request::builder().method(method).uri(&path).header("host", "localhost");
            let response = fixture.send(request.body(axum::body::Body::empty()).unwrap()).await;
            assert_eq!(response.status, 405, "{method} {path}: {response:?}");
            let allowed = response.header("allow").unwrap_or_default();
            assert!(
                allowed.contains("GET") || allowed.contains("POST") || allowed.contains("DELETE"),
                "{path}: {allowed:?}"
            );
            assert_eq!(response.code(), "MethodNotAllowed", "{method} {path}");
        }
    }
}
