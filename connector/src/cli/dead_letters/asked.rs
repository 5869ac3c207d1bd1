//! The service that runs: it holds the file, so it is asked at its control socket, or, where there is none, for the list at
//! `telemetry.listen`.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cli::service::{self, Listening};
use crate::cli::{Failure, reachable};
use crate::config::Config;
use crate::control::{Address, Client, DEAD_LETTERS, Dropped, Numbers};
use crate::dead_letters::{LIMIT_MAX, Listed, Resent};
use crate::problem::Code;
use crate::status::StatusProblem;
use crate::telemetry::DEAD_LETTERS_PATH;
use crate::transport::TransportError;
use crate::transport::production::Production;
use crate::{Problem, Transport};

/// The time for one page, and its size: an entry takes some hundred bytes.
const PAGE_WITHIN: Duration = Duration::from_secs(10);
const PAGE_BYTES_MAX: usize = LIMIT_MAX * 8 * 1024;
/// The time for one event; the largest that the connector reads takes 64 MiB.
const EVENT_WITHIN: Duration = Duration::from_mins(1);
const EVENT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// The time for a command: sending again gives up after five minutes.
const COMMAND_WITHIN: Duration = Duration::from_mins(10);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A service that is asked.
pub(super) struct Asked {
    transport: Box<dyn Transport>,
    /// What the paths are put behind.
    list: String,
    commands: Option<String>,
    /// Its name in messages.
    name: String,
    /// The checkpoint file that it holds.
    store: String,
    /// Why there is no control socket, where it is asked elsewhere.
    instead: Option<String>,
}

impl Asked {
    /// The service that holds the checkpoint file.
    pub(super) async fn running(config: &Config) -> Result<Self, Failure> {
        let store = config.store.path.display().to_string();
        let missing = match Address::beside(&config.store.path) {
            Ok(address) if address.path().exists() => {
                let client = Client::new(&address);
                let (name, at) = (client.path().display().to_string(), format!("http://localhost{DEAD_LETTERS}"));
                let commands = Some(at.clone());
                return Ok(Self { transport: Box::new(client), list: at, commands, name, store, instead: None });
            }
            Ok(address) => format!("there is no control socket `{}`", address.path().display()),
            Err(too_long) => too_long.to_string(),
        };
        let listen = config.telemetry.listen.filter(|listen| listen.port() != 0);
        let Some(listen) = listen.map(reachable) else { return Err(held(&store, &missing)) };
        if let Listening::Other(other) = service::find(config).await.listening {
            return Err(held(&store, &format!("{missing}; {other}")));
        }
        Ok(Self {
            transport: Box::new(Production::direct()?),
            list: format!("http://{listen}{DEAD_LETTERS_PATH}"),
            commands: None,
            name: listen.to_string(),
            store,
            instead: Some(missing),
        })
    }

    /// The entries after the number `after`; empty at the end. Anything that is not such a page is an error: it does not mean
    /// that nothing is set aside.
    pub(super) async fn list(&self, after: u64) -> Result<Vec<Listed>, Failure> {
        let url = format!("{}?after={after}&limit={LIMIT_MAX}", self.list);
        let response = self.ask(Method::GET, &url, Bytes::new(), PAGE_BYTES_MAX, PAGE_WITHIN).await?;
        let page = if response.status() == StatusCode::OK { read(response.body(), after) } else { None };
        page.ok_or_else(|| self.not_done(&response))
    }

    /// The event as Miro sent it; none where it is gone.
    pub(super) async fn event(&self, listed: &Listed) -> Result<Option<Bytes>, Failure> {
        let url = format!("{}/{}", self.commands()?, listed.number);
        let most = listed.bytes.clamp(ANSWER_BYTES_MAX, EVENT_BYTES_MAX);
        let response = self.ask(Method::GET, &url, Bytes::new(), most, EVENT_WITHIN).await?;
        match response.status() {
            StatusCode::OK => Ok(Some(response.into_body())),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(self.not_done(&response)),
        }
    }

    /// Removes events for good; says which there were.
    pub(super) async fn remove(&self, numbers: Vec<u64>) -> Result<Dropped, Failure> {
        self.command("drop", &Numbers { numbers }).await
    }

    /// Sends events again, the way the service sends others.
    pub(super) async fn resend(&self, numbers: Vec<u64>) -> Result<Resent, Failure> {
        self.command("resend", &Numbers { numbers }).await
    }

    /// Takes what was removed out of the file as well.
    pub(super) async fn wipe(&self) -> Result<(), Failure> {
        let _done: serde_json::Map<String, serde_json::Value> = self.command("wipe", &()).await?;
        Ok(())
    }

    async fn command<T: DeserializeOwned>(&self, name: &str, what: &impl Serialize) -> Result<T, Failure> {
        let url = format!("{}/{name}", self.commands()?);
        let body = serde_json::to_vec(what).map(Bytes::from).map_err(|error| held(&self.store, &error.to_string()))?;
        let response = self.ask(Method::POST, &url, body, ANSWER_BYTES_MAX, COMMAND_WITHIN).await?;
        let done =
            if response.status() == StatusCode::OK { serde_json::from_slice(response.body()).ok() } else { None };
        done.ok_or_else(|| self.not_done(&response))
    }

    fn commands(&self) -> Result<&str, Failure> {
        self.commands.as_deref().ok_or_else(|| held(&self.store, self.instead.as_deref().unwrap_or_default()))
    }

    async fn ask(
        &self,
        method: Method,
        url: &str,
        body: Bytes,
        body_max: usize,
        within: Duration,
    ) -> Result<Response<Bytes>, Failure> {
        let request =
            http::Request::builder().method(method).uri(url).header(CONTENT_TYPE, "application/json").body(body);
        let request = request.map_err(|error| held(&self.store, &error.to_string()))?;
        match tokio::time::timeout(within, self.transport.send(request, body_max)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error @ TransportError::Connect { .. })) => {
                Err(held(&self.store, &format!("{error}{}", self.aside())))
            }
            Ok(Err(error)) => Err(held(&self.store, &error.to_string())),
            Err(_) => Err(held(&self.store, &format!("there is no response from `{}` within {within:?}", self.name))),
        }
    }

    fn aside(&self) -> String {
        self.instead.as_ref().map(|reason| format!(", and {reason}")).unwrap_or_default()
    }

    /// What the service says of a command that it did not carry out.
    fn not_done(&self, response: &Response<Bytes>) -> Failure {
        let status = response.status();
        let told = serde_json::from_slice::<StatusProblem>(response.body()).ok().filter(|_| status != StatusCode::OK);
        match told.map(|told| told.printable()) {
            Some(StatusProblem { code, subject, cause, next_step }) => {
                let code = Code::named(&code).unwrap_or(Code::StoreUnusable);
                Failure::Problem(Problem { code, subject, cause, next_step })
            }
            None => held(
                &self.store,
                &format!("what `{}` responds is not what was asked for (HTTP {})", self.name, status.as_u16()),
            ),
        }
    }
}

/// Reads a page whose numbers ascend from `after`, so that asking for the next one comes to an end.
fn read(body: &[u8], after: u64) -> Option<Vec<Listed>> {
    let page: Vec<Listed> = serde_json::from_slice(body).ok()?;
    let numbers = std::iter::once(after).chain(page.iter().map(|listed| listed.number));
    let page: Vec<Listed> = numbers.is_sorted_by(|one, next| one < next).then_some(page)?;
    Some(page.into_iter().map(Listed::printable).collect())
}

fn held(store: &str, reason: &str) -> Failure {
    Failure::Problem(Problem {
        code: Code::StoreUnusable,
        subject: "store.path".into(),
        cause: format!("`{store}` is held by another process, and {reason}"),
        next_step: "use the running service's own configuration, as its own user or as root (its log says where its control socket \
                    is, or why there is none), or stop it first"
            .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_page_is_a_page() {
        let entry = |number: u64| {
            format!(r#"{{"number":{number},"stream":"audit","at":"t","reason":"r\u001b[2J","bytes":1,"id":"i"}}"#)
        };
        let (one, two) = (entry(1), entry(2));
        assert_eq!(read(b"[]", 7).map(|page| page.len()), Some(0));
        let page = read(format!("[{one},{two}]").as_bytes(), 0).expect("a page");
        assert_eq!(page.iter().map(|listed| listed.number).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(page[0].reason, "r");
        for (body, after) in [
            (String::new(), 0),
            ("{}".into(), 0),
            ("null".into(), 0),
            (r#"{"dead_letters":[]}"#.into(), 0),
            ("[null]".into(), 0),
            (format!("[{one}"), 0),
            (r#"[{"number":1}]"#.into(), 0),
            ("<html></html>".into(), 0),
            (format!("[{two},{one}]"), 0),
            (format!("[{one},{one}]"), 0),
            (format!("[{one}]"), 1),
        ] {
            assert_eq!(read(body.as_bytes(), after), None, "{body} after {after}");
        }
    }
}
