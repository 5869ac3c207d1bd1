//! The attacks, each a short life of one caller.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::mock::{Prepared, STREAM};
use crate::payloads::Payloads;

/// Connections opened at once by the attack that is about their number.
const CROWD: usize = 600;
/// Answers are read up to this many bytes.
const ANSWER_MAX: u64 = 1024 * 1024;

/// Who is attacked, and with what.
pub(crate) struct Target {
    at: Prepared,
    payloads: Payloads,
    /// One crowd at a time.
    crowd: Semaphore,
}

impl Target {
    pub(crate) fn new(at: Prepared, payloads: Payloads) -> Self {
        Self { at, payloads, crowd: Semaphore::new(1) }
    }

    /// An upload with its head; `more` are further header lines.
    fn upload(&self, more: &str, body: &[u8]) -> Vec<u8> {
        let Prepared { rule, monitor, .. } = &self.at;
        let path = format!("/dataCollectionRules/{rule}/streams/{STREAM}?api-version=2023-01-01");
        request("POST", &path, monitor, &format!("content-length: {}\r\n{more}", body.len()), body)
    }

    fn query(&self, body: &[u8]) -> Vec<u8> {
        let path = format!("/v1/workspaces/{}/query", self.at.workspace_id);
        let more = format!("content-type: application/json\r\nprefer: wait=1\r\ncontent-length: {}\r\n", body.len());
        request("POST", &path, &self.at.log_analytics, &more, body)
    }
}

fn post(path: &str, token: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    request("POST", path, token, &format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len()), body)
}

fn request(method: &str, path: &str, token: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n{more}\r\n");
    [head.as_bytes(), body].concat()
}

/// A way to harm a server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attack {
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
    pub(crate) const ALL: [Self; 17] = [
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

    pub(crate) fn name(self) -> &'static str {
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

    pub(crate) async fn strike(self, target: &Target, random: &mut ChaCha8Rng) -> io::Result<()> {
        let at = &target.at;
        match self {
            Self::RandomBytes => exchange(at.http, &noise(random, 4_096)).await,
            Self::BrokenHandshake => exchange(at.https, &handshake(random)).await,
            Self::GzipBomb => {
                let bomb = target.payloads.bombs.choose(random).expect("there are bombs");
                exchange(at.http, &target.upload("content-encoding: gzip\r\n", bomb)).await
            }
            Self::OddText => {
                let text = target.payloads.texts.choose(random).expect("there are texts");
                let coding = ["", "content-encoding: gzip\r\n", "content-encoding: br\r\n"].choose(random);
                exchange(at.http, &target.upload(coding.unwrap_or(&""), text.as_bytes())).await
            }
            Self::SlowBody => slow_body(target, random).await,
            Self::SlowHead => slow_head(at.http, random).await,
            Self::HugeHead => exchange(at.http, &huge_head(random)).await,
            Self::Pipelined => exchange(at.http, &pipelined(target, random)).await,
            Self::CutShort => cut_short(target, random).await,
            Self::Chunks => exchange(at.http, &chunks(target, random)).await,
            Self::Flipped => exchange(at.http, &flipped(target, random)).await,
            Self::Crowd => crowd(target).await,
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

/// Sends and reads what comes back, up to a bound. Then the connection is dropped.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> io::Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    let (reader, mut writer) = connection.split();
    let mut answer = Vec::new();
    let mut bounded = reader.take(ANSWER_MAX);
    let sent = writer.write_all(bytes);
    // Most answers are one piece; what follows is not waited for.
    let read = async {
        let mut piece = [0; 8_192];
        let read = bounded.read(&mut piece).await?;
        answer.extend_from_slice(&piece[..read]);
        io::Result::Ok(())
    };
    tokio::try_join!(sent, read).map(|_| ())
}

fn noise(random: &mut ChaCha8Rng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; random.random_range(1..=most)];
    random.fill(&mut bytes[..]);
    bytes
}

/// The beginning of a TLS record, and anything after it.
fn handshake(random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    bytes.extend(noise(random, 600));
    bytes
}

async fn slow_body(target: &Target, random: &mut ChaCha8Rng) -> io::Result<()> {
    let mut connection = TcpStream::connect(target.at.http).await?;
    let whole = target.upload("", &vec![b' '; 1_000_000]);
    let (head, body) = whole.split_at(whole.len() - 1_000_000);
    connection.write_all(head).await?;
    for piece in body.chunks(random.random_range(1..5_000)).take(30) {
        connection.write_all(piece).await?;
        tokio::time::sleep(Duration::from_millis(random.random_range(1..300))).await;
    }
    Ok(())
}

async fn slow_head(address: SocketAddr, random: &mut ChaCha8Rng) -> io::Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(b"GET /_control/health HTTP/1.1\r\n").await?;
    for line in 0..random.random_range(1..30) {
        connection.write_all(format!("x-{line}: y\r\n").as_bytes()).await?;
        tokio::time::sleep(Duration::from_millis(random.random_range(1..300))).await;
    }
    Ok(())
}

fn huge_head(random: &mut ChaCha8Rng) -> Vec<u8> {
    let size = random.random_range(1..300_000);
    match random.random_range(0..4) {
        0 => format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(size)),
        1 => format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "y/".repeat(size)),
        2 => format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(size / 8)),
        _ => format!("GET /_control/journal?last={} HTTP/1.1\r\nhost: x\r\n\r\n", "9".repeat(size / 8)),
    }
    .into_bytes()
}

fn pipelined(target: &Target, random: &mut ChaCha8Rng) -> Vec<u8> {
    let good = target.upload("", b"[]");
    let other = b"GET /_control/health HTTP/1.1\r\nhost: x\r\n\r\n".to_vec();
    let odd = target.upload("", b"{");
    (0..random.random_range(2..200))
        .filter_map(|_| [&good, &other, &odd].choose(random).map(|bytes| (*bytes).clone()))
        .flatten()
        .collect()
}

/// A request that ends anywhere, then a farewell or none.
async fn cut_short(target: &Target, random: &mut ChaCha8Rng) -> io::Result<()> {
    let whole = target.upload("content-type: application/json\r\n", &vec![b' '; random.random_range(1..200_000)]);
    let mut connection = TcpStream::connect(target.at.http).await?;
    connection.write_all(&whole[..random.random_range(1..whole.len())]).await?;
    match random.random_range(0..3) {
        0 => connection.shutdown().await,
        // What was sent is unread on the other side: the connection is reset.
        1 => connection.set_zero_linger(),
        _ => Ok(()),
    }
}

fn chunks(target: &Target, random: &mut ChaCha8Rng) -> Vec<u8> {
    let Prepared { rule, monitor, .. } = &target.at;
    let path = format!("/dataCollectionRules/{rule}/streams/{STREAM}?api-version=2023-01-01");
    let endless = format!("{:x}\r\n{}\r\n", 60_000, " ".repeat(60_000)).repeat(30);
    let bodies = [
        "fffffffffffffff\r\n",
        "-1\r\n\r\n",
        "5\r\n[1]\r\n0\r\n\r\n",
        "zz\r\n",
        "2;ext=\"x\"\r\n[]\r\n0\r\ntrailer: x\r\n\r\n",
        &endless,
    ];
    let body = bodies.choose(random).unwrap_or(&"");
    request("POST", &path, monitor, "transfer-encoding: chunked\r\n", body.as_bytes())
}

fn flipped(target: &Target, random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = match random.random_range(0..3) {
        0 => target.upload("content-type: application/json\r\n", b"[{\"id\":\"a\"}]"),
        1 => target.query(br#"{"query":"MiroAuditLogs_CL | count","timespan":"PT1H"}"#),
        _ => post(
            &format!("/{}/oauth2/v2.0/token", target.at.tenant_id),
            "",
            "application/x-www-form-urlencoded",
            b"grant_type=client_credentials",
        ),
    };
    for _ in 0..random.random_range(1..8) {
        let place = random.random_range(0..bytes.len());
        bytes[place] = random.random();
    }
    bytes
}

async fn crowd(target: &Target) -> io::Result<()> {
    let Ok(_alone) = target.crowd.try_acquire() else { return Ok(()) };
    let mut open = Vec::with_capacity(CROWD);
    for _ in 0..CROWD {
        open.push(TcpStream::connect(target.at.http).await?);
    }
    for connection in &mut open {
        // Those too many are closed already.
        drop(connection.write_all(b"POST / HTTP/1.1\r\ncontent-le").await);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(())
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
