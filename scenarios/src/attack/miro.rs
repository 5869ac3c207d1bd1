//! What mock-miro has to bear, each attack a short life of one caller.

use std::io;
use std::net::SocketAddr;

use anyhow::Context;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::wire::{self, exchange, noise, post, request};

/// Where it is, and with which credentials.
pub(super) struct Target {
    at: SocketAddr,
    organization_id: String,
    audit: String,
    content: String,
    /// One crowd at a time.
    crowd: Semaphore,
}

impl Target {
    pub(super) fn new(handshake: &Value) -> anyhow::Result<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned).context("mock-miro printed no credentials");
        Ok(Self {
            at: super::address(&text(&handshake["base_url"])?)?,
            organization_id: text(&handshake["organization_id"])?,
            audit: text(&handshake["tokens"]["audit"])?,
            content: text(&handshake["tokens"]["content"])?,
            crowd: Semaphore::new(1),
        })
    }

    fn page(&self, parameters: &str) -> Vec<u8> {
        let path = format!(
            "/v2/audit/logs?createdAfter=2020-01-01T00:00:00.000Z&createdBefore=2099-01-01T00:00:00.000Z{parameters}"
        );
        request("GET", &path, &self.audit, "", b"")
    }

    fn content_page(&self, parameters: &str) -> Vec<u8> {
        let path = format!(
            "/v2/orgs/{}/content-logs/items?from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z{parameters}",
            self.organization_id
        );
        request("GET", &path, &self.content, "", b"")
    }

    fn form(path: &str, form: &str) -> Vec<u8> {
        post(path, "", "application/x-www-form-urlencoded", form.as_bytes())
    }

    /// What a client would send.
    fn ordinary(&self, random: &mut ChaCha8Rng) -> Vec<u8> {
        match random.random_range(0..3) {
            0 => self.page("&limit=2"),
            1 => self.content_page("&limit=2"),
            _ => Self::form("/v1/oauth/token", "grant_type=refresh_token&client_id=1&client_secret=2&refresh_token=3"),
        }
    }
}

/// A way to harm mock-miro.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attack {
    RandomBytes,
    SlowBody,
    SlowHead,
    HugeHead,
    Pipelined,
    CutShort,
    Chunks,
    Flipped,
    Crowd,
    OddPage,
    LongJournal,
    OddGrant,
    OddControl,
    LargeFault,
    OtherSite,
}

impl Attack {
    pub(super) const ALL: [Self; 15] = [
        Self::RandomBytes,
        Self::SlowBody,
        Self::SlowHead,
        Self::HugeHead,
        Self::Pipelined,
        Self::CutShort,
        Self::Chunks,
        Self::Flipped,
        Self::Crowd,
        Self::OddPage,
        Self::LongJournal,
        Self::OddGrant,
        Self::OddControl,
        Self::LargeFault,
        Self::OtherSite,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::RandomBytes => "miro: random bytes",
            Self::SlowBody => "miro: slow body",
            Self::SlowHead => "miro: slow head",
            Self::HugeHead => "miro: huge head",
            Self::Pipelined => "miro: pipelined requests",
            Self::CutShort => "miro: cut request",
            Self::Chunks => "miro: broken chunks",
            Self::Flipped => "miro: flipped bytes",
            Self::Crowd => "miro: 600 connections",
            Self::OddPage => "miro: odd page",
            Self::LongJournal => "miro: long journal lines",
            Self::OddGrant => "miro: odd grant",
            Self::OddControl => "miro: odd control call",
            Self::LargeFault => "miro: large fault",
            Self::OtherSite => "miro: post of another site",
        }
    }

    pub(super) async fn strike(self, target: &Target, random: &mut ChaCha8Rng) -> io::Result<()> {
        let at = target.at;
        match self {
            Self::RandomBytes => exchange(at, &noise(random, 4_096)).await,
            Self::SlowBody => {
                let more = format!("content-length: {}\r\n", wire::SLOW_BODY);
                wire::slow_body(at, &request("POST", "/v1/oauth/token", "", &more, b""), random).await
            }
            Self::SlowHead => wire::slow_head(at, random).await,
            Self::HugeHead => exchange(at, &wire::huge_head(random)).await,
            Self::Pipelined => {
                let requests = [target.page("&limit=500"), target.page("&cursor=%00"), target.content_page("")];
                exchange(at, &wire::pipelined(&requests, random)).await
            }
            Self::CutShort => {
                let body = vec![b'a'; random.random_range(1..200_000)];
                wire::cut_short(at, &post("/_control/events", "", "application/json", &body), random).await
            }
            Self::Chunks => {
                let more = "transfer-encoding: chunked\r\n";
                let body = wire::broken_chunks(random);
                let path = ["/v1/oauth/token", "/_control/world"].choose(random).unwrap_or(&"/");
                exchange(at, &request("POST", path, "", more, body.as_bytes())).await
            }
            Self::Flipped => exchange(at, &wire::flipped(target.ordinary(random), random)).await,
            Self::Crowd => wire::crowd(at, &target.crowd).await,
            Self::OddPage => exchange(at, &odd_page(target, random)).await,
            Self::LongJournal => {
                let long = "z".repeat(random.random_range(1..60_000));
                exchange(at, &request("GET", &format!("/{long}?{long}"), &target.audit, "", b"")).await
            }
            Self::OddGrant => exchange(at, &odd_grant(random)).await,
            Self::OddControl => exchange(at, &odd_control(random)).await,
            Self::LargeFault => {
                let body = "x".repeat(random.random_range(1..1_000_000));
                let fault = json!({"when": {"call": "revoke_v2"}, "answer": {"status": 500, "body": body}});
                exchange(at, &post("/_control/faults", "", "application/json", fault.to_string().as_bytes())).await
            }
            Self::OtherSite => {
                let path = ["reset", "world", "clock"].choose(random).unwrap_or(&"reset");
                let more = "origin: https://attacker.example\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n";
                exchange(at, &request("POST", &format!("/_control/{path}"), "", more, b"{}")).await
            }
        }
    }
}

/// Parameters that no client sends.
fn odd_page(target: &Target, random: &mut ChaCha8Rng) -> Vec<u8> {
    let emails = "&emails=a@b.c".repeat(random.random_range(1..2_000));
    let odd = [
        "&limit=0",
        "&limit=99999999999999999999",
        "&limit=-1",
        "&cursor=%ff%00",
        "&cursor=2026-01-01T00%3A00%3A00.000000Z%2399999999999999999999-DDB",
        "&sorting=SIDEWAYS",
        "&createdAfter=9999-99-99",
        "&createdBefore=-9999-01-01T00:00:00Z",
        "&board_ids=,,,,,,,,,,,,,,,,,,,,",
        &emails,
    ];
    let parameters = odd.choose(random).unwrap_or(&"");
    if random.random_bool(0.5) { target.page(parameters) } else { target.content_page(parameters) }
}

fn odd_grant(random: &mut ChaCha8Rng) -> Vec<u8> {
    let forms = [
        "grant_type=refresh_token&client_id=%00&client_secret=%ff&refresh_token=".to_owned(),
        format!("grant_type=authorization_code&code={}", "x".repeat(60_000)),
        "grant_type=".repeat(5_000),
        "%".repeat(100),
        "=&=&&&===".repeat(1_000),
    ];
    let form = forms.choose(random).map_or("", String::as_str);
    match random.random_range(0..3) {
        0 => Target::form("/v1/oauth/token", form),
        1 => Target::form("/oauth/authorize", form),
        _ => post("/v2/oauth/revoke", "", "application/json", form.as_bytes()),
    }
}

fn odd_control(random: &mut ChaCha8Rng) -> Vec<u8> {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies = [
        "{".to_owned(),
        "null".to_owned(),
        deep,
        r#"{"scale":1e999}"#.to_owned(),
        r#"{"advance":"99999999999999h"}"#.to_owned(),
        r#"{"log":"audit","generate":99999999999}"#.to_owned(),
        r#"{"log":"audit","generate":1,"over":"-1h"}"#.to_owned(),
        r#"{"toggles":{"siem":true}}"#.to_owned(),
        r#"{"install":{"Odd":{}}}"#.to_owned(),
        r#"{"silent_for":"-99999h"}"#.to_owned(),
        String::from_utf8_lossy(&noise(random, 2_000)).into_owned(),
    ];
    let path = ["world", "clock", "events", "faults/18446744073709551616", "nothing"].choose(random).unwrap_or(&"");
    let body = bodies.choose(random).map_or("", String::as_str);
    post(&format!("/_control/{path}"), "", "application/json", body.as_bytes())
}
