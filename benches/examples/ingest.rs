//! What an upload costs, measured in process: rows of the audit stream through its transform into the table.
//!
//! `cargo run --release -p benches --example ingest [rows]` prints rows per second of processor time, the memory that a million rows
//! take, and how long the program beside this one takes to start. Times and memory are read from `/proc`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use axum::body::Body;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Request;
use http_body_util::BodyExt;
use mock_sentinel::{Clock, MockSentinel, SystemClock, World};
use tower::ServiceExt;

const STREAM: &str = "Custom-MiroAuditLogs_CL";
/// Rows of one upload, as clients pack them.
const UPLOAD_ROWS: usize = 3_000;
/// The kernel counts processor time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let rows: usize = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse()).context("rows: a number")?;
    let mut world = World::default();
    world.ingestion.bytes_per_minute = u64::MAX;
    let mock = MockSentinel::new(world, Arc::new(SystemClock))?;
    let token = token(&mock).await?;
    let uploads = rows.div_ceil(UPLOAD_ROWS);
    let (processor, memory) = (processor_seconds()?, resident_mebibytes()?);
    let mut making = 0.0;
    let mut bytes = 0;
    for upload in 0..uploads {
        let begun = processor_seconds()?;
        let text = events(upload);
        bytes += text.len();
        let body = gzip(text.as_bytes())?;
        making += processor_seconds()? - begun;
        send(&mock, &token, body).await?;
    }
    let took = processor_seconds()? - processor - making;
    let stored = mock.table_count("MiroAuditLogs_CL").context("the table is there")?.count as f64;
    let grown = resident_mebibytes()? - memory;
    let mut out = std::io::stdout();
    writeln!(out, "rows: {stored} of {} bytes on average", bytes / (uploads * UPLOAD_ROWS))?;
    writeln!(out, "processor: {took:.2} s, {:.0} rows per processor second", stored / took)?;
    writeln!(out, "memory: {grown:.1} MiB, {:.1} MiB per million rows", grown * 1_000_000.0 / stored)?;
    match start() {
        Ok(milliseconds) => writeln!(out, "start: {milliseconds:.1} ms at worst of 10")?,
        Err(error) => writeln!(out, "start: not measured: {error:#}")?,
    }
    Ok(())
}

/// An array of events as Miro sends them.
fn events(upload: usize) -> String {
    let now = SystemClock.now().strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string();
    let event = |row: usize| {
        let id = upload * UPLOAD_ROWS + row;
        format!(
            r#"{{"id":"{id}","event":"board_opened","category":"board","type":"user","createdAt":"{now}","createdBy":{{"type":"user","id":"{user}","name":"User {user}","email":"user{user}@example.com"}},"object":{{"type":"board","id":"b{id}","name":"Board {id}"}},"context":{{"ip":"192.0.2.{ip}","team":{{"id":"t{ip}","name":"Team {ip}"}},"organization":{{"id":"o1","name":"Example"}}}},"details":{{"role":"editor","authType":"sso"}}}}"#,
            user = id % 977,
            ip = id % 250,
        )
    };
    format!("[{}]", (0..UPLOAD_ROWS).map(event).collect::<Vec<_>>().join(","))
}

fn gzip(text: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text)?;
    Ok(encoder.finish()?)
}

async fn token(mock: &MockSentinel) -> anyhow::Result<String> {
    let credentials = mock.credentials();
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", &credentials.client_id)
        .append_pair("client_secret", &credentials.client_secret)
        .append_pair("scope", "https://monitor.azure.com/.default")
        .finish();
    let request = Request::post(format!("/{}/oauth2/v2.0/token", credentials.tenant_id)).body(Body::from(form))?;
    let body = mock.router().oneshot(request).await?.into_body().collect().await?.to_bytes();
    let answer: serde_json::Value = serde_json::from_slice(&body)?;
    Ok(answer["access_token"].as_str().context("a token was given")?.to_owned())
}

async fn send(mock: &MockSentinel, token: &str, body: Vec<u8>) -> anyhow::Result<()> {
    let rule = mock.rule(STREAM).context("the rule is there")?;
    let request = Request::post(format!("/dataCollectionRules/{rule}/streams/{STREAM}?api-version=2023-01-01"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-encoding", "gzip")
        .body(Body::from(body))?;
    let status = mock.router().oneshot(request).await?.status();
    ensure!(status == 204, "an upload was answered {status}");
    Ok(())
}

/// Processor time of this process so far, of both kinds.
fn processor_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th figures after it.
    let after = stat.rsplit_once(')').context("/proc/self/stat has a name")?.1;
    let ticks = after.split_whitespace().skip(11).take(2).filter_map(|figure| figure.parse::<f64>().ok());
    Ok(ticks.sum::<f64>() / TICKS_PER_SECOND)
}

fn resident_mebibytes() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("/proc/self/status has VmRSS")?;
    let kibibytes: f64 = line.split_whitespace().next().context("VmRSS has a figure")?.parse()?;
    Ok(kibibytes / 1024.0)
}

/// From the start of the program to the line that says it listens, the worst of ten.
fn start() -> anyhow::Result<f64> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(std::path::Path::parent).context("cargo's layout")?;
    let program = folder.join("mock-sentinel");
    ensure!(program.exists(), "{} is not built", program.display());
    let mut worst = 0.0_f64;
    for _ in 0..10 {
        let begun = Instant::now();
        let mut child = Command::new(&program).arg("serve").stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        BufReader::new(stdout).read_line(&mut String::new())?;
        worst = worst.max(begun.elapsed().as_secs_f64() * 1_000.0);
        child.kill()?;
        child.wait()?;
    }
    Ok(worst)
}
