//! What tools ask of Azure Resource Manager around a deployment: lists, existence, changes, versions, templates.

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use super::arm::{MANAGER, call, call_at, get, group, rule_id, subscription, table_id, workspace_id};
use super::fixture::{AUDIT_TABLE, Fixture};
use crate::{App, World};

fn names(list: &Value) -> Vec<&str> {
    list["value"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn lists_hold_what_the_world_has() {
    let fixture = Fixture::new();
    let rules = ["miro-audit-logs", "miro-content-logs"];
    for (path, expected) in [
        (format!("{}/providers/Microsoft.Insights/dataCollectionRules", group()), &rules[..]),
        (format!("{}/providers/Microsoft.Insights/dataCollectionRules", subscription()), &rules[..]),
        (format!("{}/providers/Microsoft.Insights/dataCollectionEndpoints", group()), &["miro-logs"]),
        (format!("{}/providers/Microsoft.OperationalInsights/workspaces", subscription()), &["miro-workspace"]),
        (format!("{}/resourceGroups", subscription()), &["miro"]),
        (format!("{}/locations", subscription()), &["westeurope"]),
    ] {
        let response = get(&fixture, &path).await;
        assert_eq!((response.status.as_u16(), names(&response.json())), (200, expected.to_vec()), "{path}");
    }
    let tables = get(&fixture, &format!("{}/tables", workspace_id())).await.json();
    assert!(names(&tables).contains(&AUDIT_TABLE) && names(&tables).contains(&"DCRLogErrors"), "{tables}");
    let subscriptions = get(&fixture, "/subscriptions").await.json();
    assert_eq!(subscriptions["value"][0]["state"], "Enabled");
    assert_eq!(get(&fixture, "/tenants").await.json()["value"][0]["defaultDomain"], "contoso.example");
    let providers = get(&fixture, &format!("{}/providers", subscription())).await.json();
    assert_eq!(providers["value"].as_array().unwrap().len(), 4);
    let register = format!("{}/providers/Microsoft.Insights/register", subscription());
    let registered = call(&fixture, Method::POST, &register, &Value::Null).await.json();
    assert_eq!(registered["registrationState"], "Registered");
}

#[tokio::test]
async fn head_responds_204_for_what_exists_and_404_for_what_does_not() {
    let fixture = Fixture::new();
    for (path, status) in [
        (group(), 204),
        (rule_id("miro-audit-logs"), 204),
        (workspace_id(), 204),
        (rule_id("nobody"), 404),
        (format!("{}/resourceGroups/nobody", subscription()), 404),
    ] {
        let response = call(&fixture, Method::HEAD, &path, &Value::Null).await;
        assert_eq!((response.status.as_u16(), response.body.unwrap().len()), (status, 0), "{path}");
    }
}

#[tokio::test]
async fn what_is_read_can_be_put_back() {
    let fixture = Fixture::new();
    let endpoint = format!("{}/providers/Microsoft.Insights/dataCollectionEndpoints/miro-logs", group());
    for id in [workspace_id(), endpoint, rule_id("miro-audit-logs"), table_id(AUDIT_TABLE), group()] {
        let read = get(&fixture, &id).await;
        assert_eq!(read.status, 200, "{id}");
        let put = call(&fixture, Method::PUT, &id, &read.json()).await;
        assert_eq!((put.status.as_u16(), put.json()), (200, read.json()), "{id}: {}", fixture.reason());
    }
}

#[tokio::test]
async fn patch_changes_what_it_names_and_leaves_the_rest() {
    let fixture = Fixture::new();
    let before = get(&fixture, &rule_id("miro-audit-logs")).await.json();
    for id in [rule_id("miro-audit-logs"), workspace_id(), group()] {
        let patched = call(&fixture, Method::PATCH, &id, &json!({"tags": {"team": "soc"}})).await;
        assert_eq!((patched.status.as_u16(), patched.json()["tags"]["team"].as_str()), (200, Some("soc")), "{id}");
        let refused = call(&fixture, Method::PATCH, &id, &json!({"tags": {"team": 1}})).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "InvalidTags"));
    }
    assert_eq!(get(&fixture, &rule_id("miro-audit-logs")).await.json()["properties"], before["properties"]);
    let longer = json!({"properties": {"retentionInDays": 60}});
    for method in [Method::PATCH, Method::PUT] {
        let table = call(&fixture, method, &table_id(AUDIT_TABLE), &longer).await.json();
        assert_eq!(table["properties"]["retentionInDays"], 60, "{table}");
        assert_eq!(table["properties"]["schema"]["columns"].as_array().unwrap().len(), 20);
    }
    let missing = call(&fixture, Method::PATCH, &rule_id("nobody"), &json!({"tags": {}})).await;
    assert_eq!(missing.code(), "ResourceNotFound");
    let without = call(&fixture, Method::PUT, &table_id("New_CL"), &longer).await;
    assert!(without.json()["error"]["message"].as_str().unwrap().contains("'properties.schema' is required"));
}

#[tokio::test]
async fn versions_and_values_of_closed_lists_are_checked() {
    let fixture = Fixture::new();
    for (path, version, code, named) in [
        (rule_id("miro-audit-logs"), "2099-01-01", "NoRegisteredProviderFound", "2024-03-11, 2023-03-11"),
        (table_id(AUDIT_TABLE), "2023-03-11", "NoRegisteredProviderFound", "2022-10-01"),
        (group(), "2099-01-01", "InvalidApiVersionParameter", "2022-09-01"),
        ("/subscriptions".to_owned(), "soon", "InvalidApiVersionParameter", "'soon' is invalid"),
    ] {
        let response = call_at(&fixture, Method::GET, &format!("{path}?api-version={version}"), &Value::Null).await;
        assert_eq!((response.status.as_u16(), response.code().as_str()), (400, code), "{path}");
        assert!(response.json()["error"]["message"].as_str().unwrap().contains(named), "{response:?}");
    }
    let endpoint = format!("{}/providers/Microsoft.Insights/dataCollectionEndpoints/new", group());
    let odd = json!({"location": "westeurope", "properties": {"networkAcls": {"publicNetworkAccess": "Yes please"}}});
    let refused = call(&fixture, Method::PUT, &endpoint, &odd).await.json();
    assert!(
        refused["error"]["message"].as_str().unwrap().contains("Enabled, Disabled, SecuredByPerimeter"),
        "{refused}"
    );
    let odd = json!({"properties": {"publicNetworkAccessForQuery": "no"}});
    assert_eq!(call(&fixture, Method::PATCH, &workspace_id(), &odd).await.code(), "InvalidParameter");
}

#[tokio::test]
async fn what_is_too_large_to_be_kept_is_refused() {
    let fixture = Fixture::new();
    let long = "x".repeat(70_000);
    let role = super::arm::role_id(&group(), 1);
    for id in
        [group(), workspace_id(), role, format!("{}/providers/Microsoft.Insights/dataCollectionEndpoints/e", group())]
    {
        let body = json!({"location": "westeurope", "properties": {"description": long}});
        let refused = call(&fixture, Method::PUT, &id, &body).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (413, "RequestEntityTooLarge"), "{id}");
    }
    let deployment = format!("{}/providers/Microsoft.Resources/deployments/large", group());
    let template = json!({"resources": [], "outputs": {"o": {"type": "string", "value": long}}});
    let body = json!({"properties": {"template": template}});
    assert_eq!(call(&fixture, Method::PUT, &deployment, &body).await.status, 413);
}

#[tokio::test]
async fn groups_are_made_and_deleted_and_stay_empty() {
    let fixture = Fixture::new();
    let extra = format!("{}/resourcegroups/extra", subscription());
    let body = json!({"location": "West Europe", "tags": {"a": "b"}});
    assert_eq!(call(&fixture, Method::PUT, &extra, &body).await.status, 201);
    assert_eq!(call(&fixture, Method::PUT, &extra, &body).await.status, 200);
    let elsewhere = call(&fixture, Method::PUT, &extra, &json!({"location": "eastus"})).await;
    assert_eq!((elsewhere.status.as_u16(), elsewhere.code().as_str()), (409, "InvalidResourceGroupLocation"));
    let rules = format!("{extra}/providers/Microsoft.Insights/dataCollectionRules");
    assert_eq!(get(&fixture, &rules).await.json(), json!({"value": []}));
    assert_eq!(get(&fixture, &format!("{rules}/miro-audit-logs")).await.code(), "ResourceNotFound");
    let put = call(&fixture, Method::PUT, &format!("{rules}/r"), &json!({"location": "westeurope"})).await;
    assert_eq!(put.code(), "ResourceGroupNotServed");
    assert_eq!(call(&fixture, Method::DELETE, &format!("{rules}/miro-audit-logs"), &Value::Null).await.status, 204);
    assert!(fixture.mock.rule("Custom-MiroAuditLogs_CL").is_some());
    assert_eq!(call(&fixture, Method::DELETE, &extra, &Value::Null).await.status, 200);
    assert_eq!(get(&fixture, &extra).await.code(), "ResourceGroupNotFound");
    assert_eq!(call(&fixture, Method::DELETE, &group(), &Value::Null).await.status, 405);
}

#[tokio::test]
async fn the_hosts_of_the_cloud_are_public() {
    let fixture = Fixture::new();
    let ask = async |version: &str| {
        let request =
            Request::get(format!("/metadata/endpoints?api-version={version}")).header("host", "127.0.0.1:8443");
        fixture.send(request.body(Body::empty()).unwrap()).await.json()
    };
    assert_eq!(ask("2015-01-01").await["authentication"]["loginEndpoint"], "https://127.0.0.1:8443");
    assert_eq!(ask("2020-06-01").await[0]["resourceManager"], "https://127.0.0.1:8443");
    assert_eq!(ask("2022-09-01").await["logAnalyticsResourceId"], "https://127.0.0.1:8443");
}

#[tokio::test]
async fn under_an_azure_name_the_cloud_is_azures_own() {
    let fixture = Fixture::new();
    let ask = async |host: &str, version: &str| {
        let request = Request::get(format!("/metadata/endpoints?api-version={version}")).header("host", host);
        fixture.send(request.body(Body::empty()).unwrap()).await.json()
    };
    for host in ["management.azure.com", "Management.Azure.com:443"] {
        let cloud = ask(host, "2022-09-01").await;
        assert_eq!(cloud["name"], "AzureCloud");
        assert_eq!(cloud["authentication"]["loginEndpoint"], "https://login.microsoftonline.com");
        assert_eq!(cloud["resourceManager"], "https://management.azure.com/");
        assert_eq!(cloud["logAnalyticsResourceId"], "https://api.loganalytics.io");
        assert_eq!(cloud["microsoftGraphResourceId"], "https://graph.microsoft.com/");
    }
    assert_eq!(ask("management.azure.com", "2020-06-01").await[0]["graph"], "https://graph.windows.net/");
    let oldest = ask("management.azure.com", "2015-01-01").await;
    assert_eq!(oldest["authentication"]["loginEndpoint"], "https://login.microsoftonline.com");
    let own = ask("management.azure.com.lab.example", "2022-09-01").await;
    assert_eq!(own["resourceManager"], "https://management.azure.com.lab.example");
}

#[tokio::test]
async fn the_directory_finds_service_principals_by_application_and_object() {
    let fixture = Fixture::new();
    let app = App::default();
    let filter = format!("$filter=servicePrincipalNames/any(c:c%20eq%20'{}')", app.client_id);
    let found = call_at(&fixture, Method::GET, &format!("/v1.0/servicePrincipals?{filter}"), &Value::Null).await.json();
    assert_eq!(found["value"][0]["id"], app.object_id);
    let one = call_at(&fixture, Method::GET, &format!("/v1.0/servicePrincipals/{}", app.object_id), &Value::Null).await;
    assert_eq!(one.json()["appId"], app.client_id);
    let ids = json!({"ids": [app.object_id, "nobody"]});
    let several = call_at(&fixture, Method::POST, "/v1.0/directoryObjects/getByIds", &ids).await.json();
    assert_eq!(several["value"].as_array().unwrap().len(), 1);
    let bare = fixture.get("/v1.0/servicePrincipals").await;
    assert_eq!((bare.status.as_u16(), bare.code().as_str()), (401, "InvalidAuthenticationToken"));
}

#[tokio::test]
async fn our_own_templates_deploy_as_their_command_says() {
    let mut world = World::default();
    world.add_table("t.json", include_str!("../../../connector/deploy/arm/tables.json"));
    let fixture = Fixture::of(world);
    assert!(fixture.mock.rule("Custom-MiroAuditLogs_CL").is_none());
    let template: Value = serde_json::from_str(include_str!("../../../connector/deploy/arm/rules.json")).unwrap();
    let id = format!("{}/providers/Microsoft.Resources/deployments/rules", group());
    let principal = App::default().object_id;
    let body = json!({"properties": {"mode": "Incremental", "template": template, "parameters": {
        "workspaceResourceId": {"value": workspace_id()}, "principalId": {"value": principal}}}});
    let valid = call(&fixture, Method::POST, &format!("{id}/validate"), &body).await;
    assert_eq!(valid.status, 200, "{}", fixture.reason());
    assert!(fixture.mock.rule("Custom-MiroAuditLogs_CL").is_none(), "validation puts nothing");
    let foretold = call(&fixture, Method::POST, &format!("{id}/whatIf"), &body).await.json();
    assert_eq!(foretold["properties"]["changes"][0]["changeType"], "Create");
    for status in [201, 200] {
        let response = call(&fixture, Method::PUT, &id, &body).await;
        assert_eq!(response.status, status, "{}", fixture.reason());
        let outputs = response.json()["properties"]["outputs"].clone();
        assert_eq!(outputs["endpoint"]["value"], "https://127.0.0.1:8443");
        assert_eq!(outputs["auditRule"]["value"], json!(fixture.mock.rule("Custom-MiroAuditLogs_CL").unwrap()));
    }
    assert_eq!(fixture.upload("Custom-MiroAuditLogs_CL", "[]").await.status, 204, "{}", fixture.reason());
    let unknown = json!({"properties": {"template": {"resources": []}, "parameters": {"x": {"value": 1}}}});
    assert_eq!(call(&fixture, Method::PUT, &id, &unknown).await.code(), "InvalidTemplate");
    let other = json!({"properties": {"template": {"resources": [{"type": "Microsoft.Compute/disks", "name": "d"}]}}});
    let refused = call(&fixture, Method::PUT, &id, &other).await.json();
    assert!(
        refused["error"]["message"].as_str().unwrap().contains("'Microsoft.Compute/disks' is not served"),
        "{refused}"
    );
}

#[tokio::test]
async fn expressions_in_files_are_resolved_or_named() {
    let fixture = Fixture::new();
    let rule = get(&fixture, &rule_id("miro-audit-logs")).await.json();
    assert_eq!(rule["location"], "westeurope");
    let endpoint = rule["properties"]["dataCollectionEndpointId"].as_str().unwrap();
    assert_eq!(get(&fixture, endpoint).await.status, 200);
    let mut world = World::default();
    world.add_rule(
        "odd.json",
        r#"{"resources": [{"type": "Microsoft.Insights/dataCollectionRules", "name": "[newGuid()]"}]}"#,
    );
    let refused = crate::MockSentinel::new(world, std::sync::Arc::new(crate::SystemClock)).unwrap_err().to_string();
    assert_eq!(
        refused,
        "odd.json: InvalidTemplate: Unable to process template language expressions at 'resources[0].name': '[newGuid()]': the \
         function 'newGuid' is not served by this mock."
    );
}

#[tokio::test]
async fn the_workspace_is_queried_through_the_manager() {
    let fixture = Fixture::new();
    let body = json!({"query": format!("{AUDIT_TABLE} | count")});
    for path in ["api/query", "query"] {
        let url = format!("{}/{path}?api-version=2020-08-01", workspace_id());
        let response = call_at(&fixture, Method::POST, &url, &body).await;
        assert_eq!(response.json()["tables"][0]["rows"], json!([[0]]), "{}", fixture.reason());
        let by_url = call_at(&fixture, Method::GET, &format!("{url}&query=print%201"), &Value::Null).await;
        assert_eq!(by_url.json()["tables"][0]["rows"], json!([[1]]));
    }
    let by_resource = Request::post(format!("/v1{}/query", workspace_id()))
        .header("authorization", fixture.bearer(super::fixture::LOG_ANALYTICS).await)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    assert_eq!(fixture.send(by_resource.unwrap()).await.json()["tables"][0]["rows"], json!([[0]]));
    let wrong = Request::post(format!("/v1{}/query", workspace_id()))
        .header("authorization", fixture.bearer(MANAGER).await)
        .body(Body::from(body.to_string()));
    assert_eq!(fixture.send(wrong.unwrap()).await.code(), "InvalidAuthenticationTokenAudience");
}
