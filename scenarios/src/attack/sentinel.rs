//! What mock-sentinel has to bear, each attack a short life of one caller.

use std::io;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use tokio::sync::Semaphore;

use super::payloads::Payloads;
use super::prepare::{Prepared, STREAM};
use super::wire::{self, exchange, noise, post, request};

/// Who is attacked, and with what.
pub(super) struct Target {
    at: Prepared,
    payloads: Payloads,
    /// One crowd at a time.
    crowd: Semaphore,
}

impl Target {
    pub(super) fn new(at: Prepared, payloads: Payloads) -> Self {
        Self { at, payloads, crowd: Semaphore::new(1) }
    }

    /// An upload with its head; `more` are further header lines.
    fn upload(&self, more: &str, body: &[u8]) -> Vec<u8> {
        let Prepared { rule, monitor, .. } = &self.at;
        let path = format!("/dataCollectionRules/{rule}/streams/{STREAM}?api-version=2023-01-01");
        request("POST", &path, monitor, &format!("content-length: {}\r\n{more}", body.len()), body)
    }

    /// What a client would send.
    fn ordinary(&self, random: &mut ChaCha8Rng) -> Vec<u8> {
        match random.random_range(0..3) {
            0 => self.upload("content-type: application/json\r\n", b"[{\"id\":\"a\"}]"),
            1 => self.query(br#"{"query":"MiroAuditLogs_CL | count","timespan":"PT1H"}"#),
            _ => post(
                &format!("/{}/oauth2/v2.0/token", self.at.tenant_id),
                "",
                "application/x-www-form-urlencoded",
                b"grant_type=client_credentials",
            ),
        }
    }

    fn query(&self, body: &[u8]) -> Vec<u8> {
        let path = format!("/v1/workspaces/{}/query", self.at.workspace_id);
        let more = format!("content-type: application/json\r\nprefer: wait=1\r\ncontent-length: {}\r\n", body.len());
        request("POST", &path, &self.at.log_analytics, &more, body)
    }
}

/// A way to harm a server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attack {
    RandomBytes,
    BrokenHandshake,
    GzipBomb,
    OddText,
    SlowBody,
    SlowHead,
    HugeHead,
    Pipelined,
    CutShort,
    Chunks,
    Flipped,
    Crowd,
    OddQuery,
    OddBatch,
    OddToken,
    OddResource,
    OddControl,
}

impl Attack {
    pub(super) const ALL: [Self; 17] = [
        Self::RandomBytes,
        Self::BrokenHandshake,
        Self::GzipBomb,
        Self::OddText,
        Self::SlowBody,
        Self::SlowHead,
        Self::HugeHead,
        Self::Pipelined,
        Self::CutShort,
        Self::Chunks,
        Self::Flipped,
        Self::Crowd,
        Self::OddQuery,
        Self::OddBatch,
        Self::OddToken,
        Self::OddResource,
        Self::OddControl,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RandomBytes => "random bytes",
            Self::BrokenHandshake => "broken TLS handshake",
            Self::GzipBomb => "gzip bomb",
            Self::OddText => "odd JSON",
            Self::SlowBody => "slow body",
            Self::SlowHead => "slow head",
            Self::HugeHead => "huge head",
            Self::Pipelined => "pipelined requests",
            Self::CutShort => "cut request",
            Self::Chunks => "broken chunks",
            Self::Flipped => "flipped bytes",
            Self::Crowd => "600 connections",
            Self::OddQuery => "odd query",
            Self::OddBatch => "odd batch",
            Self::OddToken => "odd token request",
            Self::OddResource => "odd resource",
            Self::OddControl => "odd control call",
        }
    }

    pub(super) async fn strike(self, target: &Target, random: &mut ChaCha8Rng) -> io::Result<()> {
        let at = &target.at;
        match self {
            Self::RandomBytes => exchange(at.http, &noise(random, 4_096)).await,
            Self::BrokenHandshake => exchange(at.https, &wire::handshake(random)).await,
            Self::GzipBomb => {
                let bomb = target.payloads.bombs.choose(random).expect("there are bombs");
                exchange(at.http, &target.upload("content-encoding: gzip\r\n", bomb)).await
            }
            Self::OddText => {
                let text = target.payloads.texts.choose(random).expect("there are texts");
                let coding = ["", "content-encoding: gzip\r\n", "content-encoding: br\r\n"].choose(random);
                exchange(at.http, &target.upload(coding.unwrap_or(&""), text.as_bytes())).await
            }
            Self::SlowBody => {
                let whole = target.upload("", &vec![b' '; wire::SLOW_BODY]);
                wire::slow_body(at.http, &whole[..whole.len() - wire::SLOW_BODY], random).await
            }
            Self::SlowHead => wire::slow_head(at.http, random).await,
            Self::HugeHead => exchange(at.http, &wire::huge_head(random)).await,
            Self::Pipelined => {
                let health = b"GET /_control/health HTTP/1.1\r\nhost: x\r\n\r\n".to_vec();
                let requests = [target.upload("", b"[]"), health, target.upload("", b"{")];
                exchange(at.http, &wire::pipelined(&requests, random)).await
            }
            Self::CutShort => {
                let body = vec![b' '; random.random_range(1..200_000)];
                wire::cut_short(at.http, &target.upload("content-type: application/json\r\n", &body), random).await
            }
            Self::Chunks => exchange(at.http, &chunks(target, random)).await,
            Self::Flipped => exchange(at.http, &wire::flipped(target.ordinary(random), random)).await,
            Self::Crowd => wire::crowd(at.http, &target.crowd).await,
            Self::OddQuery => {
                let query = target.payloads.queries.choose(random).expect("there are queries");
                exchange(at.http, &target.query(json!({"query": query}).to_string().as_bytes())).await
            }
            Self::OddBatch => {
                let query = target.payloads.queries.choose(random).expect("there are queries");
                let item = |id: usize| json!({"id": id, "workspace": at.workspace_id, "headers": {"Prefer": "wait=1"}, "body": {"query": query}});
                let batch = json!({"requests": (0..random.random_range(0..120)).map(item).collect::<Vec<_>>()});
                let body = batch.to_string();
                exchange(at.http, &post("/v1/$batch", &at.log_analytics, "application/json", body.as_bytes())).await
            }
            Self::OddToken => exchange(at.http, &odd_token(target, random)).await,
            Self::OddResource => exchange(at.http, &odd_resource(target, random)).await,
            Self::OddControl => {
                let path = ["faults", "clock", "secret", "roles", "assertion", "nothing"].choose(random).unwrap_or(&"");
                let body = noise(random, 2_000);
                exchange(at.http, &post(&format!("/_control/{path}"), "", "application/json", &body)).await
            }
        }
    }
}

fn chunks(target: &Target, random: &mut ChaCha8Rng) -> Vec<u8> {
    let Prepared { rule, monitor, .. } = &target.at;
    let path = format!("/dataCollectionRules/{rule}/streams/{STREAM}?api-version=2023-01-01");
    request("POST", &path, monitor, "transfer-encoding: chunked\r\n", wire::broken_chunks(random).as_bytes())
}

fn odd_token(target: &Target, random: &mut ChaCha8Rng) -> Vec<u8> {
    let forms = [
        format!("grant_type=client_credentials&client_id={}", "x".repeat(60_000)),
        "grant_type=client_credentials&scope=https%3A%2F%2Fmonitor.azure.com%2F.default&client_id=%00&client_secret=%ff".to_owned(),
        format!("client_assertion={0}.{0}.{0}&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&grant_type=client_credentials", "e30".repeat(2_000)),
        "a=".repeat(30_000),
        "%".repeat(100),
    ];
    let form = forms.choose(random).expect("there are forms");
    post(
        &format!("/{}/oauth2/v2.0/token", target.at.tenant_id),
        "",
        "application/x-www-form-urlencoded",
        form.as_bytes(),
    )
}

/// A template whose variables double a text forty times over.
fn odd_template() -> String {
    let mut variables = serde_json::Map::new();
    variables.insert("t0".to_owned(), json!("x".repeat(1_000)));
    for step in 1..40 {
        let before = step - 1;
        let doubled = format!("[concat(variables('t{before}'), variables('t{before}'))]");
        variables.insert(format!("t{step}"), json!(doubled));
    }
    let resource = json!({"type": "Microsoft.Insights/dataCollectionEndpoints", "name": "[variables('t39')]"});
    json!({"properties": {"template": {"variables": variables, "resources": [resource]}}}).to_string()
}

fn odd_resource(target: &Target, random: &mut ChaCha8Rng) -> Vec<u8> {
    let Prepared { group, manager, .. } = &target.at;
    let kinds = [
        ("Microsoft.Insights/dataCollectionRules/odd", "2023-03-11"),
        ("Microsoft.Insights/dataCollectionEndpoints/odd", "2023-03-11"),
        ("Microsoft.OperationalInsights/workspaces/miro-workspace/tables/Odd_CL", "2022-10-01"),
        ("Microsoft.Authorization/roleAssignments/0dd00000-0000-4000-8000-000000000001", "2022-04-01"),
        ("Microsoft.Resources/deployments/odd", "2022-09-01"),
        ("Microsoft.Compute/virtualMachines/odd", "2022-09-01"),
    ];
    let bodies = [
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "{\"properties\":null}".to_owned(),
        json!({"location": "westeurope", "properties": {"schema": {"name": "Odd_CL", "columns":
            (0..600).map(|n| json!({"name": format!("c{n}"), "type": "string"})).collect::<Vec<_>>()}}}).to_string(),
        json!({"location": "westeurope", "properties": {"streamDeclarations": {"Custom-X": {"columns": [{"name": "a", "type": "string"}]}},
            "destinations": {"logAnalytics": [{"name": "la"}]},
            "dataFlows": [{"streams": ["Custom-X"], "destinations": ["la"], "transformKql": "source | ".repeat(5_000)}]}}).to_string(),
        format!("{{\"properties\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000)),
        odd_template(),
    ];
    let ((kind, version), body) =
        (kinds.choose(random).expect("there are kinds"), bodies.choose(random).expect("there are bodies"));
    let path = format!("{group}/providers/{kind}?api-version={version}");
    request("PUT", &path, manager, &format!("content-length: {}\r\n", body.len()), body.as_bytes())
}
