//! Azure Resource Manager through the router: what is deployed can be deployed here first.

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use super::arm::{MANAGER, call, group, rule_id, table_id, workspace_id};
use super::fixture::{AUDIT_TABLE, Fixture, MONITOR};
use crate::World;

const PUBLISHER: &str = "3913510d-42f4-4e42-8a64-420c390055eb";

fn table(columns: &[(&str, &str)]) -> Value {
    let columns: Vec<_> = columns.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
    json!({"properties": {"plan": "Analytics", "schema": {"name": "Acme_CL", "columns": columns}}})
}

fn rule(transform: &str) -> Value {
    json!({"location": "westeurope", "kind": "Direct", "properties": {
        "streamDeclarations": {"Custom-Acme": {"columns": [{"name": "id", "type": "string"}]}},
        "destinations": {"logAnalytics": [{"name": "la", "workspaceResourceId": workspace_id()}]},
        "dataFlows": [{"streams": ["Custom-Acme"], "destinations": ["la"], "transformKql": transform,
            "outputStream": "Custom-Acme_CL"}]}})
}

#[tokio::test]
async fn a_table_a_rule_and_a_role_are_put_and_then_take_rows() {
    let fixture = Fixture::new();
    let columns = [("TimeGenerated", "datetime"), ("id", "string")];
    let created = call(&fixture, Method::PUT, &table_id("Acme_CL"), &table(&columns)).await;
    assert_eq!(created.status, 200, "clients of tables take 200 and 202 only: {created:?}");
    assert_eq!(created.json()["properties"]["provisioningState"], "Succeeded");
    let created = call(&fixture, Method::PUT, &rule_id("acme"), &rule("source | extend TimeGenerated = now()")).await;
    assert_eq!(created.status, 201, "{created:?}");
    let properties = created.json()["properties"].clone();
    assert_eq!(properties["endpoints"]["logsIngestion"], "https://127.0.0.1:8443");
    let immutable_id = properties["immutableId"].as_str().unwrap().to_owned();
    let again = call(&fixture, Method::GET, &rule_id("ACME"), &Value::Null).await.json();
    assert_eq!(again["properties"]["immutableId"], immutable_id);

    let upload = async || {
        let request =
            Request::post(format!("/dataCollectionRules/{immutable_id}/streams/Custom-Acme?api-version=2023-01-01"))
                .header("authorization", fixture.bearer(MONITOR).await)
                .body(Body::from(r#"[{"id": "a"}]"#));
        fixture.send(request.unwrap()).await.status.as_u16()
    };
    assert_eq!(upload().await, 403, "a new rule has no roles");
    let assignment = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/0f0f0f0f-0000-4000-8000-000000000001",
        rule_id("acme")
    );
    let principal = World::default().identity.apps[0].object_id.clone();
    let role = json!({"properties": {"principalId": principal, "principalType": "ServicePrincipal",
        "roleDefinitionId": format!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{PUBLISHER}")}});
    assert_eq!(call(&fixture, Method::PUT, &assignment, &role).await.status, 201);
    assert_eq!(upload().await, 204);
    let twin = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/1f1f1f1f-0000-4000-8000-000000000001",
        rule_id("acme")
    );
    assert_eq!(call(&fixture, Method::PUT, &twin, &role).await.code(), "RoleAssignmentExists");
    assert_eq!(call(&fixture, Method::DELETE, &assignment, &Value::Null).await.status, 200);
    assert_eq!(upload().await, 403);

    let wider = [("TimeGenerated", "datetime"), ("added", "long"), ("id", "string")];
    assert_eq!(call(&fixture, Method::PUT, &table_id("Acme_CL"), &table(&wider)).await.status, 200);
    assert_eq!(fixture.mock.ids("Acme_CL"), ["a"]);
    assert_eq!(call(&fixture, Method::DELETE, &rule_id("acme"), &Value::Null).await.status, 200);
    assert_eq!(upload().await, 404);
    assert_eq!(call(&fixture, Method::DELETE, &table_id("Acme_CL"), &Value::Null).await.status, 200);
    assert_eq!(call(&fixture, Method::DELETE, &table_id("Acme_CL"), &Value::Null).await.status, 204);
}

#[tokio::test]
async fn what_was_loaded_can_be_read() {
    let fixture = Fixture::new();
    let workspace = call(&fixture, Method::GET, &workspace_id(), &Value::Null).await.json();
    assert_eq!(workspace["properties"]["customerId"], fixture.mock.workspace_id());
    let table = call(&fixture, Method::GET, &table_id(AUDIT_TABLE), &Value::Null).await.json();
    assert_eq!(table["properties"]["schema"]["columns"].as_array().unwrap().len(), 20);
    let rule = call(&fixture, Method::GET, &rule_id("miro-audit-logs"), &Value::Null).await.json();
    assert_eq!(rule["type"], "Microsoft.Insights/dataCollectionRules");
}

#[tokio::test]
async fn rules_are_validated_as_azure_validates_them() {
    let fixture = Fixture::new();
    let columns = [("TimeGenerated", "datetime"), ("id", "long")];
    let missing = call(&fixture, Method::PUT, &rule_id("acme"), &rule("source | extend TimeGenerated = now()")).await;
    assert_eq!((missing.status.as_u16(), missing.code().as_str()), (400, "InvalidPayload"));
    let detail = missing.json()["error"]["details"][0].clone();
    assert_eq!(
        detail,
        json!({"code": "InvalidOutputTable", "target": "properties.dataFlows[0]",
            "message": "Table for output stream 'Custom-Acme_CL' is not available for destination 'la'."})
    );
    call(&fixture, Method::PUT, &table_id("Acme_CL"), &table(&columns)).await;
    let clash =
        call(&fixture, Method::PUT, &rule_id("acme"), &rule("source | extend TimeGenerated = now()")).await.json();
    assert_eq!(clash["error"]["details"][0]["code"], "InvalidTransformOutput");
    let broken = call(&fixture, Method::PUT, &rule_id("acme"), &rule("source | wher")).await.json();
    let detail = &broken["error"]["details"][0];
    assert_eq!(detail["target"], "properties.dataFlows[0]");
    assert!(
        detail["message"].as_str().unwrap().starts_with("Error occurred while compiling query in query: S"),
        "{detail}"
    );
    let changed = [("TimeGenerated", "datetime"), ("id", "string")];
    let refused = call(&fixture, Method::PUT, &table_id("Acme_CL"), &table(&changed)).await;
    assert!(refused.json()["error"]["message"].as_str().unwrap().contains("cannot change from long to string"));
}

#[tokio::test]
async fn endpoints_are_the_host_that_was_reached() {
    let fixture = Fixture::new();
    let id = format!("{}/providers/Microsoft.Insights/dataCollectionEndpoints/dce1", group());
    assert_eq!(call(&fixture, Method::GET, &id, &Value::Null).await.code(), "ResourceNotFound");
    assert_eq!(call(&fixture, Method::PUT, &id, &json!({})).await.code(), "LocationRequired");
    let body = json!({"location": "westeurope", "properties": {"networkAcls": {"publicNetworkAccess": "Enabled"}}});
    assert_eq!(call(&fixture, Method::PUT, &id, &body).await.status, 201);
    let endpoint = call(&fixture, Method::GET, &id, &Value::Null).await.json();
    assert_eq!(endpoint["properties"]["logsIngestion"]["endpoint"], "https://127.0.0.1:8443");
}

#[tokio::test]
async fn callers_need_a_token_for_the_manager_and_permission() {
    let mut world = World::default();
    world.identity.apps[0].contributor = false;
    let fixture = Fixture::of(world);
    let denied = call(&fixture, Method::PUT, &rule_id("acme"), &rule("source | extend TimeGenerated = now()")).await;
    assert_eq!((denied.status.as_u16(), denied.code().as_str()), (403, "AuthorizationFailed"));
    assert_eq!(call(&fixture, Method::GET, &rule_id("miro-audit-logs"), &Value::Null).await.status, 200);
    for (query, token, status, code) in [
        ("?api-version=2023-03-11", String::new(), 401, "AuthenticationFailed"),
        ("?api-version=2023-03-11", fixture.bearer(MONITOR).await, 401, "InvalidAuthenticationTokenAudience"),
        ("", fixture.bearer(MANAGER).await, 400, "MissingApiVersionParameter"),
        ("?api-version=latest", fixture.bearer(MANAGER).await, 400, "InvalidApiVersionParameter"),
    ] {
        let mut request = Request::get(format!("{}{query}", rule_id("miro-audit-logs")));
        if !token.is_empty() {
            request = request.header("authorization", token);
        }
        let response = fixture.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((response.status.as_u16(), response.code().as_str()), (status, code));
    }
}

#[tokio::test]
async fn a_rule_shares_its_region_and_names_an_endpoint_that_is_there() {
    let fixture = Fixture::new();
    call(&fixture, Method::PUT, &table_id("Acme_CL"), &table(&[("TimeGenerated", "datetime"), ("id", "string")])).await;
    let endpoint_id = format!("{}/providers/Microsoft.Insights/dataCollectionEndpoints/dce", group());
    let mut acme = rule("source | extend TimeGenerated = now()");
    acme["location"] = json!("eastus");
    let elsewhere = call(&fixture, Method::PUT, &rule_id("acme"), &acme).await;
    assert_eq!((elsewhere.status.as_u16(), elsewhere.code().as_str()), (400, "InvalidLocation"));
    acme["location"] = json!("West Europe");
    acme["properties"]["dataCollectionEndpointId"] = json!(endpoint_id);
    let missing = call(&fixture, Method::PUT, &rule_id("acme"), &acme).await;
    assert_eq!(missing.json()["error"]["details"][0]["code"], "InvalidDataCollectionEndpoint");
    call(&fixture, Method::PUT, &endpoint_id, &json!({"location": "westeurope"})).await;
    assert_eq!(call(&fixture, Method::PUT, &rule_id("acme"), &acme).await.status, 201, "{}", fixture.reason());
    acme["properties"]["dataFlows"][0]["transform"] = json!([{"kql": "source"}]);
    let stages = call(&fixture, Method::PUT, &rule_id("acme"), &acme).await;
    assert_eq!(stages.json()["error"]["details"][0]["code"], "InvalidDataFlow");
}

#[tokio::test]
async fn a_workspace_takes_five_hundred_custom_tables() {
    let fixture = Fixture::new();
    let mut last = None;
    for number in 0..500 {
        let mut table = table(&[("TimeGenerated", "datetime")]);
        let name = format!("T{number}_CL");
        table["properties"]["schema"]["name"] = json!(name);
        last = Some(call(&fixture, Method::PUT, &table_id(&name), &table).await);
    }
    let refused = last.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "ResourceLimitExceeded"));
    assert!(fixture.reason().contains("at most 500 are allowed"), "{}", fixture.reason());
}

#[tokio::test]
async fn the_first_rows_of_a_new_table_take_their_time_to_show() {
    let mut world = World::default();
    world.ingestion.new_table_visible_after = jiff::SignedDuration::from_mins(15);
    let fixture = Fixture::of(world);
    call(&fixture, Method::PUT, &table_id("Acme_CL"), &table(&[("TimeGenerated", "datetime"), ("id", "string")])).await;
    let put =
        call(&fixture, Method::PUT, &rule_id("acme"), &rule("source | extend TimeGenerated = now()")).await.json();
    let id = put["properties"]["immutableId"].as_str().unwrap();
    fixture.mock.assign_role("Custom-Acme");
    let request = Request::post(format!("/dataCollectionRules/{id}/streams/Custom-Acme?api-version=2023-01-01"))
        .header("authorization", fixture.bearer(MONITOR).await)
        .body(Body::from(r#"[{"id": "a"}]"#));
    assert_eq!(fixture.send(request.unwrap()).await.status, 204, "{}", fixture.reason());
    assert_eq!(fixture.rows("Acme_CL | count"), [["0"]]);
    fixture.advance(900);
    assert_eq!(fixture.rows("Acme_CL | count"), [["1"]]);
}

/// Every place in a JSON value, the value itself first.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(object) => object.iter().for_each(|(key, inner)| places(inner, &format!("{at}/{key}"), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inner)| places(inner, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

#[tokio::test]
async fn whatever_stands_wherever_in_a_resource_the_answer_is_azures() {
    let fixture = Fixture::new();
    let principal = &World::default().identity.apps[0].object_id;
    let role = json!({"properties": {"principalId": principal, "principalType": "ServicePrincipal",
        "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{PUBLISHER}")}});
    let role_id = format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/0dd0dd0d-0000-4000-8000-000000000001",
        rule_id("odd")
    );
    let endpoint_id = format!("{}/providers/Microsoft.Insights/dataCollectionEndpoints/odd", group());
    let endpoint = json!({"location": "westeurope", "tags": {"a": "b"}, "properties": {"networkAcls": {"publicNetworkAccess": "Enabled"}}});
    let mut acme = rule("source | extend TimeGenerated = now()");
    acme["properties"]["dataCollectionEndpointId"] = Value::Null;
    for (id, good) in [
        (table_id("Acme_CL"), table(&[("TimeGenerated", "datetime"), ("id", "string")])),
        (rule_id("odd"), acme),
        (endpoint_id, endpoint),
        (role_id, role),
    ] {
        assert!(call(&fixture, Method::PUT, &id, &good).await.status.is_success(), "{id}: {}", fixture.reason());
        let mut found = Vec::new();
        places(&good, "", &mut found);
        for place in found {
            for odd in [json!(null), json!(true), json!(-1), json!(""), json!("x"), json!([]), json!({}), json!([[]])] {
                let mut bad = good.clone();
                *bad.pointer_mut(&place).unwrap() = odd.clone();
                let response = call(&fixture, Method::PUT, &id, &bad).await;
                let body = response.json();
                let shaped = if response.status.is_success() { &body["id"] } else { &body["error"]["code"] };
                assert!(!response.status.is_server_error() && shaped.is_string(), "{id}{place} = {odd}: {response:?}");
                assert!(call(&fixture, Method::GET, &id, &Value::Null).await.status.is_success());
            }
        }
        assert!(call(&fixture, Method::PUT, &id, &good).await.status.is_success(), "{id}: {}", fixture.reason());
    }
}
