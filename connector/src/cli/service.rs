//! The service that runs with this configuration: the one that holds its checkpoint. It is asked at the control socket beside that file,
//! and at `telemetry.listen`, where another service may be the one that responds.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use super::reachable;
use crate::Transport;
use crate::config::Config;
use crate::control::{Address, Client, STATUS};
use crate::peer_text::PeerText;
use crate::status::Status;
use crate::store::RedbStore;
use crate::transport::production::Production;

/// A service on this machine responds at once, or something else has its port.
const RESPONDS_WITHIN: Duration = Duration::from_secs(2);
const RESPONSE_BYTES_MAX: usize = 1024 * 1024;

/// What runs on this machine.
#[derive(Debug)]
pub(super) struct Found {
    /// What the service says that holds our checkpoint.
    pub(super) ours: Option<Status>,
    pub(super) listening: Listening,
}

/// Who responds at `telemetry.listen`.
#[derive(Debug)]
pub(super) enum Listening {
    /// Nobody who is a service of this kind.
    Nobody,
    Ours,
    Other(Other),
}

/// A service that holds another checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Other {
    address: SocketAddr,
    /// Its `store.path`, if it tells.
    store: Option<String>,
}

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = self.store.as_deref().map_or_else(
            || "that does not say which checkpoint it holds".to_owned(),
            |store| format!("(store {store})"),
        );
        write!(f, "another miro-sentinel {store} listens at {}", self.address)
    }
}

/// Asks at both places.
pub(super) async fn find(config: &Config) -> Found {
    let at_socket = at_socket(config).await;
    let (at_listen, listening) = at_listen(config, at_socket.is_some()).await;
    Found { ours: at_socket.or(at_listen), listening }
}

/// Asks the service whose control socket lies beside the checkpoint: nobody else has it.
async fn at_socket(config: &Config) -> Option<Status> {
    let client = Client::new(&Address::beside(&config.store.path).ok()?);
    ask(&client, &format!("http://localhost{STATUS}")).await.map(Status::printable)
}

/// Asks whoever is at `telemetry.listen`.
async fn at_listen(config: &Config, has_socket: bool) -> (Option<Status>, Listening) {
    let nobody = (None, Listening::Nobody);
    let Some(address) = config.telemetry.listen.map(reachable) else { return nobody };
    let Ok(network) = Production::direct() else { return nobody };
    let Some(status) = ask(&network, &format!("http://{address}/status")).await else { return nobody };
    let is_ours = match &status.store {
        Some(store) => is_same(Path::new(store), &config.store.path),
        // Of a version that does not tell; ours is not held by two.
        None => !has_socket && RedbStore::is_held(&config.store.path),
    };
    if is_ours {
        (Some(status.printable()), Listening::Ours)
    } else {
        let store = status.store.as_deref().map(|store| PeerText::long(store).into());
        (None, Listening::Other(Other { address, store }))
    }
}

async fn ask(transport: &dyn Transport, url: &str) -> Option<Status> {
    let request = http::Request::get(url).body(Bytes::new()).ok()?;
    let response = transport.send(request, RESPONSE_BYTES_MAX);
    let response = tokio::time::timeout(RESPONDS_WITHIN, response).await.ok()?.ok()?;
    if response.status() == StatusCode::OK { serde_json::from_slice(response.body()).ok() } else { None }
}

/// Whether both paths lead to one file, as far as names say.
fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    whole(one).is_some_and(|one| Some(one) == whole(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_service_is_named_with_its_store() {
        let address = "127.0.0.1:9464".parse().expect("an address");
        let told = |store: Option<&str>| Other { address, store: store.map(Into::into) }.to_string();
        assert_eq!(told(Some("/a/x.redb")), "another miro-sentinel (store /a/x.redb) listens at 127.0.0.1:9464");
        assert_eq!(
            told(None),
            "another miro-sentinel that does not say which checkpoint it holds listens at 127.0.0.1:9464"
        );
    }

    #[test]
    fn one_file_may_have_several_names() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("x"), "").expect("ours");
        std::os::unix::fs::symlink("x", folder.path().join("link")).expect("made");
        let path = |name: &str| folder.path().join(name);
        assert!(is_same(&path("x"), &path("link")) && is_same(&path("./none"), &path("none")));
        assert!(!is_same(&path("x"), &path("none")));
    }
}
