use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;
use crate::config::{Sources, example, load};
use crate::transport::TransportError;

/// Plays Miro, Entra ID and the ingestion endpoint: the first answer whose beginning of `METHOD host path` fits.
#[derive(Debug)]
struct World {
    answers: Vec<(&'static str, u16, &'static str)>,
    asked: Mutex<Vec<String>>,
}

impl Transport for World {
    fn send(
        &self,
        request: http::Request<Bytes>,
        _body_max: usize,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        let uri = request.uri();
        let asked = format!("{} {}{}", request.method(), uri.host().unwrap_or_default(), uri.path());
        let found = self.answers.iter().find(|(beginning, ..)| asked.starts_with(beginning));
        let answer = match found {
            Some((_, 0, reason)) => {
                let host = uri.host().unwrap_or_default().to_owned();
                Err(TransportError::Tls { host, reason: (*reason).to_owned() })
            }
            Some((_, status, body)) => Ok(http::Response::builder()
                .status(*status)
                .body(Bytes::from_static(body.as_bytes()))
                .expect("a response")),
            None => Ok(http::Response::builder().status(404).body(Bytes::new()).expect("a response")),
        };
        self.asked.lock().expect("unpoisoned").push(asked);
        async move { answer }.boxed()
    }
}

const PAGE: &str = r#"{"type":"cursor-list","limit":1,"size":0,"data":[]}"#;
const TOKEN_INFO: &str =
    r#"{"scopes":["auditlogs:read","contentlogs:export"],"organization":{"id":"3074457345618265000"}}"#;

const WELL: [(&str, u16, &str); 6] = [
    ("GET api.miro.com/v2/audit", 200, PAGE),
    ("GET api.miro.com/v2/orgs/3074457345618265000/content-logs", 200, PAGE),
    ("GET api.miro.com/v1/oauth-token", 200, TOKEN_INFO),
    ("POST login.microsoftonline.com/", 200, r#"{"token_type":"Bearer","expires_in":3599,"access_token":"t"}"#),
    ("POST miro-abcd.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/dcr-0", 204, ""),
    ("POST miro-abcd.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/dcr-1", 204, ""),
];

/// The lines printed in a world that is well but for `answers`.
async fn lines(answers: &[(&'static str, u16, &'static str)]) -> String {
    let secrets = ["MIRO_AUDIT_TOKEN", "MIRO_CONTENT_TOKEN", "AZURE_CLIENT_SECRET"];
    let variables = secrets.map(|name| (name.to_owned(), "secret-value".to_owned()));
    let sources = Sources { file: Some(("example.toml".into(), example())), variables: variables.into() };
    let (config, _) = load(&sources).expect("the example is good");
    let world = World { answers: answers.iter().chain(&WELL).copied().collect(), asked: Mutex::default() };
    let network: Arc<dyn Transport> = Arc::new(world);
    let printed: String = walk(&config, &network).await.iter().map(line).collect();
    assert!(!printed.contains("secret-value"), "{printed}");
    printed
}

/// What is wrong, without the rest.
async fn wrong(answers: &[(&'static str, u16, &'static str)]) -> String {
    let printed = lines(answers).await;
    let mut wrong: Vec<_> = printed.lines().skip_while(|line| !line.starts_with("wrong")).take(2).collect();
    wrong.push(if printed.matches("wrong").count() > 1 { "(and more)" } else { "" });
    wrong.join("\n").trim_end().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_world_that_is_well_is_a_list_of_ok() {
    insta::assert_snapshot!(lines(&[]).await, @r"
    ok     configuration: every key has an allowed value
    ok     miro.base_url: api.miro.com can be reached
    ok     streams.audit.access_token: Miro knows the token
    ok     streams.audit.access_token: it has the scope auditlogs:read
    ok     streams.audit: plan and permissions let its log be read
    ok     streams.content.access_token: Miro knows the token
    ok     streams.content.access_token: it has the scope contentlogs:export
    ok     streams.content.organization_id: it is the token's organisation
    ok     streams.content: plan and permissions let its log be read
    ok     sentinel.identity.authority: login.microsoftonline.com can be reached
    ok     sentinel.endpoint: miro-abcd.westeurope-1.ingest.monitor.azure.com can be reached
    ok     sentinel.identity: Azure issued a token
    ok     sentinel.rules.audit: the application may send to the stream Custom-MiroAuditLogs_CL
    ok     sentinel.rules.content: the application may send to the stream Custom-MiroContentLogs_CL
    ");
}

#[tokio::test(start_paused = true)]
async fn what_miro_refuses_is_named() {
    insta::assert_snapshot!(wrong(&[
        ("GET api.miro.com/v2/audit", 401, ""),
    ]).await, @r"
    wrong  streams.audit: Miro does not know the access token: it is mistyped, revoked, or its switch was turned off, which kills the token, or off and on again, which makes another [miro-token-refused]
           next: in Miro, open company settings > Apps and integrations > Enterprise integrations, see that SIEM is on, and copy its token to `streams.audit.access_token` (of an app of your own: install it again and copy its token)
    ");
    insta::assert_snapshot!(wrong(&[
        ("GET api.miro.com/v2/orgs", 403, ""),
    ]).await, @r"
    wrong  streams.content: the token has the scope, but Miro shows it no content log: the organisation has no Enterprise Guard, or the token was not made by a Company Admin [miro-guard-missing]
           next: ask your Miro account manager for the Enterprise Guard add-on, or remove `[streams.content]` to deliver the audit log alone
    ");
}

#[tokio::test(start_paused = true)]
async fn what_azure_refuses_is_named() {
    insta::assert_snapshot!(wrong(&[
        ("POST login.microsoftonline.com/", 401, r#"{"error":"invalid_client","error_description":"AADSTS7000215: no.\r\nTrace","error_codes":[7000215]}"#),
    ]).await, @r"
    wrong  sentinel.identity.client_secret: Azure does not accept the client secret of application 33333333-3333-3333-3333-333333333333 (AADSTS7000215) [azure-secret-refused]
           next: copy the secret's value (not its id) from the app registration, Certificates & secrets, into `sentinel.identity.client_secret`
    ");
    insta::assert_snapshot!(wrong(&[
        ("POST miro-abcd.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/dcr-0", 403, ""),
    ]).await, @r"
    wrong  sentinel.identity: the application may not send to the data collection rule `dcr-00000000000000000000000000000000` [azure-role-missing]
           next: assign it the role `Monitoring Metrics Publisher` on the rule; that takes up to 30 minutes to work
    ");
    insta::assert_snapshot!(wrong(&[
        ("POST miro-abcd.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/dcr-1", 404, ""),
    ]).await, @r"
    wrong  sentinel.rules.content: there is no data collection rule `dcr-11111111111111111111111111111111` behind `sentinel.endpoint` [azure-rule-unknown]
           next: copy the rule's immutable id (JSON view of the rule, `immutableId`) to `sentinel.rules.content`, and its logs ingestion address to `sentinel.endpoint`
    ");
    insta::assert_snapshot!(wrong(&[
        ("GET login.microsoftonline.com/", 0, "invalid peer certificate: UnknownIssuer"),
    ]).await, @r"
    wrong  sentinel.identity.authority: the certificate of login.microsoftonline.com was refused: invalid peer certificate: UnknownIssuer [azure-certificate-refused]
           next: if a proxy or a private authority signs it, name its root certificate in `http.ca_file`
    ");
}

#[test]
fn a_wrong_configuration_is_a_report_too() {
    let sources = Sources { file: Some(("x.toml".into(), "[miro]\nbudget_share = 2\n".into())), ..Sources::default() };
    let steps = configuration(&load(&sources).expect_err("mistakes"));
    let first = steps[0].outcome.as_ref().expect_err("an error");
    insta::assert_snapshot!(first, @r"
    miro.budget_share: 2 is out of range (x.toml:2)
      next: allowed: a number over 0 and up to 1, such as 0.8
    ");
    assert_eq!(first.code.exit(), Exit::Configuration);
}
