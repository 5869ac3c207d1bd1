//! Calls to Azure Resource Manager through the router.

use axum::body::Body;
use http::{Method, Request};
use serde_json::Value;

use super::fixture::{Fixture, Response};
use crate::World;

pub(super) const MANAGER: &str = "https://management.azure.com/.default";

pub(super) fn subscription() -> String {
    World::default().workspace.subscription()
}

pub(super) fn group() -> String {
    World::default().workspace.group()
}

pub(super) fn workspace_id() -> String {
    World::default().workspace.resource_id()
}

pub(super) fn table_id(name: &str) -> String {
    format!("{}/tables/{name}", workspace_id())
}

pub(super) fn rule_id(name: &str) -> String {
    format!("{}/providers/Microsoft.Insights/dataCollectionRules/{name}", group())
}

pub(super) fn role_id(scope: &str, number: u8) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/0f0f0f0f-0000-4000-8000-0000000000{number:02}")
}

/// An api-version that is right for the resource.
fn version(id: &str) -> &'static str {
    let id = id.to_ascii_lowercase();
    if id.ends_with("/register") {
        "2022-12-01"
    } else if id.contains("microsoft.authorization") {
        "2022-04-01"
    } else if id.contains("microsoft.insights") {
        "2023-03-11"
    } else if id.contains("microsoft.operationalinsights") {
        "2023-09-01"
    } else {
        "2022-12-01"
    }
}

pub(super) async fn call(fixture: &Fixture, method: Method, id: &str, body: &Value) -> Response {
    call_at(fixture, method, &format!("{id}?api-version={}", version(id)), body).await
}

pub(super) async fn get(fixture: &Fixture, id: &str) -> Response {
    call(fixture, Method::GET, id, &Value::Null).await
}

/// With the query of the caller's own.
pub(super) async fn call_at(fixture: &Fixture, method: Method, url: &str, body: &Value) -> Response {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header("host", "127.0.0.1:8443")
        .header("content-type", "application/json")
        .header("authorization", fixture.bearer(MANAGER).await)
        .body(Body::from(body));
    fixture.send(request.unwrap()).await
}
