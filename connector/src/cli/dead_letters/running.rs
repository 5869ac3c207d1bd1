//! `dead-letters list` while the service runs: it holds the file, so it is asked.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::cli::{Failure, reachable};
use crate::config::Config;
use crate::problem::Code;
use crate::telemetry::dead_letters::{LIMIT_MAX, Listed, PATH};
use crate::transport::production::Production;
use crate::{Problem, Transport};

/// The time for one page, and its size: an entry takes some hundred bytes.
const PAGE_WITHIN: Duration = Duration::from_secs(10);
const PAGE_BYTES_MAX: usize = LIMIT_MAX * 8 * 1024;

/// Calls `each` for every event set aside, oldest first, as the process at `telemetry.listen` lists them.
pub(super) async fn for_each(
    config: &Config,
    mut each: impl FnMut(&Listed) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let address = match config.telemetry.listen {
        Some(listen) if listen.port() != 0 => reachable(listen),
        Some(_) | None => return Err(held(config, "`telemetry.listen` names no port to ask it at")),
    };
    let network = Production::direct()?;
    let mut after = 0;
    loop {
        let page = page(&network, address, after).await.map_err(|reason| held(config, &reason))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.number;
        page.iter().try_for_each(&mut each)?;
    }
}

/// The entries after the number `after`; empty at the end. Anything that is not such a page is an error: it does not mean
/// that nothing is set aside.
async fn page(network: &dyn Transport, address: SocketAddr, after: u64) -> Result<Vec<Listed>, String> {
    let url = format!("http://{address}{PATH}?after={after}&limit={LIMIT_MAX}");
    let request = http::Request::get(&url).body(Bytes::new()).map_err(|error| error.to_string())?;
    let response = match tokio::time::timeout(PAGE_WITHIN, network.send(request, PAGE_BYTES_MAX)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(error.to_string()),
        Err(_) => return Err(format!("there is no response from {address} within {PAGE_WITHIN:?}")),
    };
    if response.status() != http::StatusCode::OK {
        return Err(format!("{address} responds HTTP {}", response.status().as_u16()));
    }
    read(response.body(), after).ok_or_else(|| format!("the response of {address} is not a list of dead letters"))
}

/// Reads a page whose numbers ascend from `after`, so that asking for the next one comes to an end.
fn read(body: &[u8], after: u64) -> Option<Vec<Listed>> {
    let page: Vec<Listed> = serde_json::from_slice(body).ok()?;
    let numbers = std::iter::once(after).chain(page.iter().map(|listed| listed.number));
    let page: Vec<Listed> = numbers.is_sorted_by(|one, next| one < next).then_some(page)?;
    Some(page.into_iter().map(Listed::printable).collect())
}

fn held(config: &Config, reason: &str) -> Failure {
    Failure::Problem(Problem {
        code: Code::StoreUnusable,
        subject: "store.path".into(),
        cause: format!("`{}` is held by another process, and {reason}", config.store.path.display()),
        next_step:
            "use the running service's own configuration, whose `telemetry.listen` it responds at, or stop it first"
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
