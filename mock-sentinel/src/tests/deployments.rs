//! Deployments that fail: nothing is changed by what cannot be resolved, and what fails on the way is kept.

use http::Method;
use serde_json::{Value, json};

use super::arm::{call, get, group, workspace_id};
use super::fixture::Fixture;

fn deployment() -> String {
    format!("{}/providers/Microsoft.Resources/deployments/d", group())
}

fn table() -> Value {
    let columns = json!([{"name": "TimeGenerated", "type": "datetime"}]);
    let name = format!("{}/Fresh_CL", workspace_id().rsplit('/').next().unwrap());
    json!({"type": "Microsoft.OperationalInsights/workspaces/tables", "apiVersion": "2022-10-01", "name": name,
        "properties": {"schema": {"name": "Fresh_CL", "columns": columns}}})
}

fn nested(template: &Value) -> Value {
    json!({"type": "Microsoft.Resources/deployments", "name": "inner", "properties": {"template": template}})
}

fn body(template: &Value) -> Value {
    json!({"properties": {"mode": "Incremental", "template": template}})
}

async fn has_table(fixture: &Fixture) -> bool {
    get(fixture, &format!("{}/tables/Fresh_CL", workspace_id())).await.status == 200
}

#[tokio::test]
async fn a_template_that_cannot_be_resolved_changes_nothing() {
    let bad = "[newGuid()]";
    let output = |value: &str| json!({"o": {"type": "string", "value": value}});
    let rule =
        |location: &str| json!({"type": "Microsoft.Insights/dataCollectionRules", "name": "r", "location": location});
    let search = json!({"type": "Microsoft.OperationalInsights/workspaces/savedSearches", "name": "miro-lab/s"});
    for template in [
        json!({"resources": [table()], "outputs": output(bad)}),
        json!({"resources": [table()], "outputs": output("[concat(reference('Fresh_CL').plan, newGuid())]")}),
        json!({"resources": [table()], "outputs": output("[newGuid(reference('Fresh_CL').plan)]")}),
        json!({"resources": [table()], "outputs": output("[reference('Other_CL').plan]")}),
        json!({"resources": [table(), nested(&json!({"resources": [], "outputs": output(bad)}))]}),
        json!({"resources": [table(), nested(&json!({"resources": [rule(bad)]}))]}),
        json!({"resources": [table(), rule("nowhere")]}),
        json!({"resources": [table(), rule("westeurope")]}),
        json!({"resources": [table(), search]}),
    ] {
        let fixture = Fixture::new();
        for (method, path) in [(Method::POST, format!("{}/validate", deployment())), (Method::PUT, deployment())] {
            let refused = call(&fixture, method, &path, &body(&template)).await;
            assert!(refused.status.is_client_error(), "{template}: {}", fixture.reason());
        }
        assert!(!has_table(&fixture).await, "{template}");
        assert_eq!(get(&fixture, &deployment()).await.status, 404, "{template}");
    }
}

#[tokio::test]
async fn what_fails_on_the_way_is_kept_with_its_error() {
    let rule = json!({"type": "Microsoft.Insights/dataCollectionRules", "name": "r", "location": "westeurope", "properties": {
        "streamDeclarations": {"Custom-S": {"columns": [{"name": "TimeGenerated", "type": "datetime"}]}},
        "destinations": {"logAnalytics": [{"workspaceResourceId": workspace_id(), "name": "w"}]},
        "dataFlows": [{"streams": ["Custom-S"], "destinations": ["w"], "outputStream": "Custom-Absent_CL"}]}});
    let output = json!({"o": {"type": "string", "value": "[reference('Fresh_CL').absent]"}});
    for (template, code) in [
        (json!({"resources": [table(), rule]}), "InvalidPayload"),
        (json!({"resources": [table()], "outputs": output}), "InvalidTemplate"),
    ] {
        let fixture = Fixture::new();
        let refused = call(&fixture, Method::PUT, &deployment(), &body(&template)).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, code), "{}", fixture.reason());
        let kept = get(&fixture, &deployment()).await.json();
        assert_eq!(kept["properties"]["provisioningState"], "Failed");
        assert_eq!(kept["properties"]["error"]["code"], "DeploymentFailed");
        assert_eq!(kept["properties"]["error"]["details"][0], refused.json()["error"]);
        assert!(has_table(&fixture).await, "what was put before stays, as in Azure");
        let mended = body(&json!({"resources": [table()]}));
        assert_eq!(call(&fixture, Method::PUT, &deployment(), &mended).await.status, 200);
        let kept = get(&fixture, &deployment()).await.json();
        assert_eq!(
            (&kept["properties"]["provisioningState"], &kept["properties"]["error"]),
            (&json!("Succeeded"), &Value::Null)
        );
    }
}

#[tokio::test]
async fn a_template_may_name_things_by_unique_string() {
    let fixture = Fixture::new();
    let output = json!({"o": {"type": "string", "value": "[concat('t', uniqueString(resourceGroup().id, 'x'))]"}});
    let template = json!({"resources": [], "outputs": output});
    let mut values = Vec::new();
    for _ in 0..2 {
        let made = call(&fixture, Method::PUT, &deployment(), &body(&template)).await.json();
        values.push(made["properties"]["outputs"]["o"]["value"].as_str().unwrap().to_owned());
    }
    assert_eq!(values[0].len(), 14);
    assert_eq!(values[0], values[1]);
}
