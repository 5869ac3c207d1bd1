//! Miro, Entra ID and the ingestion endpoint, played.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{CONTENT_TYPE, DATE};
use jiff::{SignedDuration, Timestamp};

use crate::cli::args::Output;
use crate::cli::check::report::Report;
use crate::cli::check::trace::Trace;
use crate::cli::check::{Surroundings, walk};
use crate::config::{Config, Sources, example, load};
use crate::transport::{ProxyError, ProxySetting, ProxyTrouble, TransportError};
use crate::{Clock, Exit, Transport};

/// What comes of a request.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// Status, media type and body.
    Says(u16, &'static str, &'static str),
    Certificate,
    Proxy,
    Silence,
}

pub(super) fn json(status: u16, body: &'static str) -> Answer {
    Answer::Says(status, if body.is_empty() { "" } else { "application/json" }, body)
}

pub(super) fn html(status: u16) -> Answer {
    Answer::Says(status, "text/html", "<html>Blocked</html>")
}

impl Answer {
    /// What it shows of itself.
    pub(super) fn shown(&self) -> String {
        let Self::Says(status, media_type, _) = self else { return String::new() };
        format!("HTTP {status} {media_type}").trim_end().to_owned()
    }
}

/// The first answer whose beginning of `METHOD host path` fits.
#[derive(Debug)]
pub(super) struct World {
    answers: Vec<(&'static str, Answer)>,
    /// How far our clock is ahead of everybody else's, in seconds.
    ahead: i64,
    /// How far Miro's clock is ahead of everybody else's, in seconds.
    miro_ahead: i64,
    asked: Mutex<Vec<String>>,
}

const NOW: i64 = 1_790_000_000;
const PAGE: &str =
    r#"{"type":"cursor-list","limit":1,"size":1,"data":[{"id":"1","createdAt":"2026-09-21T14:00:00Z"}]}"#;
const TOKEN_INFO: &str =
    r#"{"scopes":["auditlogs:read","contentlogs:export"],"organization":{"id":"3074457345618265000"}}"#;

impl World {
    pub(super) fn well() -> Self {
        let answers = vec![
            ("GET api.miro.com/v2/audit", json(200, PAGE)),
            ("GET api.miro.com/v2/orgs/3074457345618265000/content-logs", json(200, PAGE)),
            ("GET api.miro.com/v1/oauth-token", json(200, TOKEN_INFO)),
            (
                "POST login.microsoftonline.com/",
                json(200, r#"{"token_type":"Bearer","expires_in":3599,"access_token":"t"}"#),
            ),
            ("POST miro-abcd.westeurope-1.ingest.monitor.azure.com/dataCollectionRules/dcr-", json(204, "")),
            ("GET login.microsoftonline.com/", json(302, "")),
            ("GET ", json(404, "")),
        ];
        Self { answers, ahead: 0, miro_ahead: 0, asked: Mutex::default() }
    }

    pub(super) fn but(mut self, answers: &[(&'static str, Answer)]) -> Self {
        self.answers.splice(0..0, answers.iter().cloned());
        self
    }

    pub(super) fn ahead_by(self, seconds: i64) -> Self {
        Self { ahead: seconds, ..self }
    }

    pub(super) fn with_miro_ahead_by(self, seconds: i64) -> Self {
        Self { miro_ahead: seconds, ..self }
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).unwrap() + SignedDuration::from_secs(self.ahead)
    }
}

impl Transport for World {
    fn send(
        &self,
        request: http::Request<Bytes>,
        _body_max: usize,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let asked = format!("{} {host}{}", request.method(), request.uri().path());
        let (_, answer) = self.answers.iter().find(|(beginning, _)| asked.starts_with(beginning)).expect("an answer");
        let answer = answer.clone();
        self.asked.lock().unwrap().push(asked);
        let date = NOW + if host == "api.miro.com" { self.miro_ahead } else { 0 };
        async move {
            match answer {
                Answer::Silence => std::future::pending().await,
                Answer::Certificate => {
                    Err(TransportError::Tls { host, reason: "invalid peer certificate: UnknownIssuer".into() })
                }
                Answer::Proxy => Err(ProxyError {
                    proxy: "10.0.0.1:3128".into(),
                    setting: ProxySetting::Environment,
                    host,
                    trouble: ProxyTrouble::Unreachable("Connection refused".into()),
                }
                .into()),
                Answer::Says(status, media_type, body) => Ok(response(date, status, media_type, body)),
            }
        }
        .boxed()
    }
}

fn response(date: i64, status: u16, media_type: &str, body: &'static str) -> http::Response<Bytes> {
    let date = Timestamp::from_second(date).unwrap().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let response = http::Response::builder().status(status).header(DATE, date);
    let response = if media_type.is_empty() { response } else { response.header(CONTENT_TYPE, media_type) };
    response.body(Bytes::from_static(body.as_bytes())).unwrap()
}

/// A check that was made.
pub(super) struct Checked {
    pub(super) lines: String,
    pub(super) exit: Exit,
    pub(super) asked: Vec<String>,
    /// What is said beside the report.
    pub(super) aside: Vec<String>,
}

impl Checked {
    /// The line that names this, and the next step where there is one.
    pub(super) fn line_of(&self, name: &str) -> String {
        let mut lines = self.lines.lines().skip_while(|line| !line.contains(name));
        let line = lines.next().unwrap_or_default().to_owned();
        let next = lines.next().filter(|next| next.starts_with(' '));
        next.map_or(line.clone(), |next| format!("{line}\n{next}"))
    }
}

/// The example's configuration, on a machine where nothing else runs.
pub(super) fn config(folder: &std::path::Path) -> Config {
    let secrets = ["MIRO_AUDIT_TOKEN", "MIRO_CONTENT_TOKEN", "AZURE_CLIENT_SECRET"];
    let variables = secrets.map(|name| (name.to_owned(), "secret-value".to_owned()));
    let sources = Sources { file: Some(("example.toml".into(), example())), variables: variables.into() };
    let (mut config, _) = load(&sources).expect("the example is good");
    config.store.path = folder.join("state.redb");
    config.telemetry.listen = None;
    config
}

pub(super) async fn check_in(world: World) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let world = Arc::new(world);
    let aside = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&aside);
    let around = Surroundings {
        network: Arc::clone(&world) as Arc<dyn Transport>,
        clock: Arc::clone(&world) as Arc<dyn Clock>,
        proxy_to: Box::new(|_| None),
        guarded: Vec::new(),
        trace: Trace {
            aside: Arc::new(move |line| noted.lock().unwrap().push(line.to_owned())),
            is_verbose: true,
            patience: Some(Duration::from_secs(2)),
        },
    };
    let report = Report::new(Output { json: true });
    walk(&config(folder.path()), &around, &report).await;
    let lines = report.lines().replace(&folder.path().display().to_string(), "…");
    assert!(!lines.contains("secret-value"), "{lines}");
    let asked = std::mem::take(&mut *world.asked.lock().unwrap());
    let aside = std::mem::take(&mut *aside.lock().unwrap());
    assert!(!aside.concat().contains("secret-value"), "{aside:?}");
    Checked { lines, exit: report.exit(), asked, aside }
}
