//! What is tried, and what must come of it.

use std::io::Write;

use anyhow::{Context, bail, ensure};
use azure_core::credentials::{Secret, TokenCredential};
use azure_identity::{
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use serde_json::{Value, json};

use crate::{Lab, Table};

const STREAM: &str = "Custom-MiroAuditLogs_CL";
const TABLE: &str = "MiroAuditLogs_CL";
const MONITOR: &str = "https://monitor.azure.com/.default";
const LOG_ANALYTICS: &str = "https://api.loganalytics.io/.default";
/// An id that no tenant and no app has.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Everything but App Service.
pub(crate) async fn all(lab: &Lab, table: &mut Table) -> anyhow::Result<()> {
    table.row("secret credential, rows counted by a query", secret(lab).await)?;
    table.row("workload identity credential", workload_identity(lab).await)?;
    table.row("managed identity, IMDS", managed_identity(lab, "imds").await)?;
    let wrong = Changed { secret: Some("wrong"), ..Changed::default() };
    table.row("token: wrong secret", refused(lab, &wrong, "AADSTS7000215").await)?;
    let unknown = Changed { client: Some(NOBODY), ..Changed::default() };
    table.row("token: unknown app", refused(lab, &unknown, "AADSTS700016").await)?;
    let elsewhere = Changed { tenant: Some(NOBODY), ..Changed::default() };
    table.row("token: unknown tenant", refused(lab, &elsewhere, "AADSTS90002").await)?;
    table
        .row("token: 429 with Retry-After is retried", retried(lab, &json!({"status": 429, "retry_after": 1})).await)?;
    table.row("token: 503 is retried", retried(lab, &json!({"status": 503})).await)?;
    table.row("token: an authority without TLS", plain_authority(lab))
}

/// App Service, whose environment this process must have.
pub(crate) async fn app_service(lab: &Lab, table: &mut Table) -> anyhow::Result<()> {
    table.row("managed identity, App Service", managed_identity(lab, "app-service").await)
}

/// What differs from credentials that are right.
#[derive(Default)]
struct Changed<'a> {
    tenant: Option<&'a str>,
    client: Option<&'a str>,
    secret: Option<&'a str>,
}

fn credential(
    lab: &Lab,
    authority: &str,
    changed: &Changed<'_>,
) -> azure_core::Result<std::sync::Arc<ClientSecretCredential>> {
    let or = |changed: Option<&str>, key: &str| changed.map_or_else(|| lab.text(key), str::to_owned);
    let secret = Secret::new(or(changed.secret, "client_secret"));
    let options = ClientSecretCredentialOptions { client_options: lab.options(authority) };
    let tenant = or(changed.tenant, "tenant_id");
    ClientSecretCredential::new(&tenant, or(changed.client, "client_id"), secret, Some(options))
}

async fn secret(lab: &Lab) -> anyhow::Result<String> {
    let credential = credential(lab, &lab.text("authority"), &Changed::default())?;
    let ids: Vec<String> = (0..100).map(|n| format!("rust-{n}")).collect();
    upload(lab, credential.as_ref(), &ids).await?;
    let token = credential.get_token(&[LOG_ANALYTICS], None).await?;
    let query = json!({"query": format!("{TABLE} | where id startswith 'rust-' | count"), "timespan": "P1D"});
    let request = lab.transport.client().post(lab.text("query_url")).bearer_auth(token.token.secret());
    let answer = request.header("content-type", "application/json").body(query.to_string()).send().await?;
    let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
    ensure!(body["tables"][0]["rows"] == json!([[100]]), "{body}");
    Ok("uploaded, 100 rows counted".to_owned())
}

async fn workload_identity(lab: &Lab) -> anyhow::Result<String> {
    let order = json!({"issuer": "https://issuer.example", "subject": "system:serviceaccount:miro:connector",
        "audience": "api://AzureADTokenExchange"});
    let signed = control(lab, "assertion", &order).await?;
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(signed["assertion"].as_str().context("no assertion was signed")?.as_bytes())?;
    let credential = WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
        credential_options: ClientAssertionCredentialOptions { client_options: lab.options(&lab.text("authority")) },
        client_id: Some(lab.text("client_id")),
        tenant_id: Some(lab.text("tenant_id")),
        token_file_path: Some(file.path().to_owned()),
    }))?;
    upload(lab, credential.as_ref(), &["federated".to_owned()]).await
}

async fn managed_identity(lab: &Lab, id: &str) -> anyhow::Result<String> {
    let client_options = lab.options(&lab.text("authority"));
    let options = ManagedIdentityCredentialOptions { client_options, ..ManagedIdentityCredentialOptions::default() };
    let credential = ManagedIdentityCredential::new(Some(options))?;
    upload(lab, credential.as_ref(), &[id.to_owned()]).await
}

async fn refused(lab: &Lab, changed: &Changed<'_>, code: &str) -> anyhow::Result<String> {
    let before = tokens_asked(lab).await?.len();
    let credential = credential(lab, &lab.text("authority"), changed)?;
    let Err(error) = credential.get_token(&[MONITOR], None).await else { bail!("a token was given") };
    let asked = tokens_asked(lab).await?.split_off(before);
    ensure!(asked.len() == 1, "asked {} times", asked.len());
    let reason = asked[0]["reason"].as_str().unwrap_or_default();
    ensure!(reason.starts_with(code), "{reason}");
    // What the library makes of Entra's text is its own affair.
    let said = if error.to_string().contains(code) { "said by the library" } else { "in the mock's journal" };
    Ok(format!("{:?}, not retried, {code} {said}", error.kind()))
}

async fn retried(lab: &Lab, answer: &Value) -> anyhow::Result<String> {
    let before = tokens_asked(lab).await?.len();
    control(lab, "faults", &json!({"when": {"call": "sentinel.token"}, "answer": answer})).await?;
    credential(lab, &lab.text("authority"), &Changed::default())?.get_token(&[MONITOR], None).await?;
    let asked = tokens_asked(lab).await?.len() - before;
    ensure!(asked == 2, "asked {asked} times");
    Ok("2 attempts".to_owned())
}

fn plain_authority(lab: &Lab) -> anyhow::Result<String> {
    match credential(lab, &lab.text("http_url"), &Changed::default()) {
        Ok(_) => bail!("the library took it"),
        Err(error) => Ok(format!("refused by the library: {error}")),
    }
}

/// Uploads one row for each id with a token of this credential.
async fn upload(lab: &Lab, credential: &dyn TokenCredential, ids: &[String]) -> anyhow::Result<String> {
    let token = credential.get_token(&[MONITOR], None).await?;
    let now = control_now(lab).await?;
    let rows: Vec<Value> =
        ids.iter().map(|id| json!({"id": id, "event": "sign_in", "createdAt": now, "details": {}})).collect();
    let (endpoint, rule) = (lab.text("endpoint"), lab.rule(STREAM));
    let url = format!("{endpoint}/dataCollectionRules/{rule}/streams/{STREAM}?api-version=2023-01-01");
    let request = lab.transport.client().post(url).bearer_auth(token.token.secret());
    let request = request.header("content-type", "application/json").body(Value::from(rows).to_string());
    let answer = request.send().await?;
    ensure!(answer.status().as_u16() == 204, "status {}", answer.status());
    Ok("uploaded".to_owned())
}

async fn control_now(lab: &Lab) -> anyhow::Result<Value> {
    let answer = lab.transport.client().get(format!("{}/clock", lab.text("control_url"))).send().await?;
    let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
    Ok(body["now"].clone())
}

/// The journal's entries of the token endpoint.
async fn tokens_asked(lab: &Lab) -> anyhow::Result<Vec<Value>> {
    let url = format!("{}/journal?call=sentinel.token", lab.text("control_url"));
    let answer = lab.transport.client().get(url).send().await?;
    let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
    Ok(body["entries"].as_array().cloned().unwrap_or_default())
}

async fn control(lab: &Lab, path: &str, body: &Value) -> anyhow::Result<Value> {
    let url = format!("{}/{path}", lab.text("control_url"));
    let answer = lab.transport.client().post(url).body(body.to_string()).send().await?;
    ensure!(answer.status().is_success(), "{path}: {}", answer.status());
    let text = answer.bytes().await?;
    Ok(if text.is_empty() { Value::Null } else { serde_json::from_slice(&text)? })
}
