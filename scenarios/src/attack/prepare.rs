//! mock-sentinel made ready for an attack: whatever is uploaded meets a rule that drops every row.

use std::net::SocketAddr;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// The stream whose rows are all dropped.
pub(super) const STREAM: &str = "Custom-Hostile";

/// What attacks need to know.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) http: SocketAddr,
    pub(super) https: SocketAddr,
    pub(super) tenant_id: String,
    pub(super) workspace_id: String,
    /// Resources are put below this id.
    pub(super) group: String,
    /// The immutable id of the rule that drops every row.
    pub(super) rule: String,
    pub(super) monitor: String,
    pub(super) log_analytics: String,
    pub(super) manager: String,
}

/// The control plane and the resources of a mock-sentinel.
pub(super) struct Sentinel<'a> {
    pub(super) handshake: &'a Value,
    pub(super) client: &'a reqwest::Client,
}

impl Sentinel<'_> {
    fn text(&self, key: &str) -> String {
        self.handshake[key].as_str().unwrap_or_default().to_owned()
    }

    /// Gets tokens and deploys the rule that drops every row.
    pub(super) async fn prepare(&self) -> anyhow::Result<Prepared> {
        let world = self.get("/_control/world").await?;
        let workspace = &world["workspace"];
        let named = |key: &str| workspace[key].as_str().unwrap_or_default();
        let group = format!("/subscriptions/{}/resourceGroups/{}", named("subscription_id"), named("resource_group"));
        let manager = self.token("https://management.azure.com/.default").await?;
        let rule = format!("{group}/providers/Microsoft.Insights/dataCollectionRules/hostile");
        let columns = json!([{"name": "id", "type": "string"}, {"name": "event", "type": "string"}, {"name": "details", "type": "dynamic"}]);
        let resource = json!({"location": workspace["location"], "kind": "Direct", "properties": {
            "streamDeclarations": {STREAM: {"columns": columns}},
            "destinations": {"logAnalytics": [{"name": "la", "workspaceResourceId":
                format!("{group}/providers/Microsoft.OperationalInsights/workspaces/{}", named("name"))}]},
            "dataFlows": [{"streams": [STREAM], "destinations": ["la"], "outputStream": "Custom-MiroAuditLogs_CL",
                "transformKql": "source | where 1 == 2 | project TimeGenerated = now(), id, event, details"}]}});
        let deployed = self.put(&rule, "2023-03-11", &manager, &resource).await?;
        let immutable_id = deployed["properties"]["immutableId"].as_str().context("the rule has an id")?.to_owned();
        let role =
            format!("{rule}/providers/Microsoft.Authorization/roleAssignments/5ab5c41b-0000-4000-8000-000000000001");
        let definition = "/providers/Microsoft.Authorization/roleDefinitions/3913510d-42f4-4e42-8a64-420c390055eb";
        let assignment = json!({"properties": {"principalId": world["identity"]["apps"][0]["object_id"],
            "principalType": "ServicePrincipal", "roleDefinitionId": definition}});
        self.put(&role, "2022-04-01", &manager, &assignment).await?;
        let monitor = self.token("https://monitor.azure.com/.default").await?;
        self.store_a_row(&monitor).await?;
        Ok(Prepared {
            http: super::address(&self.text("http_url"))?,
            https: super::address(&self.text("https_url"))?,
            tenant_id: self.text("tenant_id"),
            workspace_id: self.text("workspace_id"),
            group,
            rule: immutable_id,
            monitor,
            log_analytics: self.token("https://api.loganalytics.io/.default").await?,
            manager,
        })
    }

    /// An empty workspace answers every query at once.
    async fn store_a_row(&self, token: &str) -> anyhow::Result<()> {
        let stream = "Custom-MiroAuditLogs_CL";
        let rule = self.handshake["rules"][stream].as_str().unwrap_or_default();
        let path = format!("/dataCollectionRules/{rule}/streams/{stream}?api-version=2023-01-01");
        let url = format!("{}{path}", self.text("http_url"));
        let answer = self.client.post(url).bearer_auth(token).body("[{\"id\":\"first\"}]").send().await?;
        ensure!(answer.status().as_u16() == 204, "the first row: {}", answer.status());
        Ok(())
    }

    /// How many rows its tables hold.
    pub(super) async fn rows(&self) -> anyhow::Result<u64> {
        let tables = self.get("/_control/tables").await?;
        Ok(tables.as_object().into_iter().flatten().filter_map(|(_, table)| table["count"].as_u64()).sum())
    }

    /// How many calls it remembers, and how many of them failed by a mistake of its own.
    pub(super) async fn calls(&self) -> anyhow::Result<(usize, u64)> {
        let journal = self.get("/_control/journal").await?;
        let entries = journal["entries"].as_array().cloned().unwrap_or_default();
        let own = |entry: &&Value| entry["reason"].as_str().is_some_and(|why| why.contains("mistake of its own"));
        Ok((entries.len(), entries.iter().filter(own).count() as u64))
    }

    async fn token(&self, scope: &str) -> anyhow::Result<String> {
        let url = format!("{}/{}/oauth2/v2.0/token", self.text("http_url"), self.text("tenant_id"));
        // The default secret holds characters that a form must encode.
        let secret = self.text("client_secret").replace('+', "%2B");
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={secret}&scope={scope}",
            self.text("client_id")
        );
        let request = self.client.post(url).header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer: Value = serde_json::from_slice(&request.send().await?.bytes().await?)?;
        answer["access_token"].as_str().map(str::to_owned).with_context(|| format!("no token: {answer}"))
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.client.get(format!("{}{path}", self.text("http_url"))).send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    async fn put(&self, id: &str, version: &str, token: &str, resource: &Value) -> anyhow::Result<Value> {
        let url = format!("{}{id}?api-version={version}", self.text("http_url"));
        let answer = self.client.put(url).bearer_auth(token).body(resource.to_string()).send().await?;
        let status = answer.status();
        let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
        ensure!(status.is_success(), "{id}: {status} {body}");
        Ok(body)
    }
}
