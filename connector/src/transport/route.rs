//! The way to a host: straight, or through a proxy.

use std::error::Error as StdError;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use super::{ProxySetting, ProxyTrouble, is_loopback};
use crate::config::Http;

/// The proxies to use, `http.proxy` or the environment's. What leads to this machine never goes through one: a proxy
/// elsewhere would answer for its own machine, and see the tokens meant for ours.
#[derive(Debug)]
pub(super) struct Route {
    matcher: Matcher,
    setting: ProxySetting,
}

/// A proxy on the way to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proxy {
    /// Its host and port.
    pub(super) address: String,
    /// Whether the proxy itself shows a certificate.
    pub(super) is_secure: bool,
    /// What names it.
    pub(super) setting: ProxySetting,
}

impl Route {
    /// `http.proxy` for every host; without it, the proxies of HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY.
    pub(super) fn new(http: &Http) -> Self {
        match &http.proxy {
            Some(proxy) => Self { matcher: Matcher::builder().all(proxy.as_str()).build(), setting: ProxySetting::Key },
            None => Self { matcher: Matcher::from_system(), setting: ProxySetting::Environment },
        }
    }

    /// The proxy on the way to `url`, if there is one.
    pub(super) fn proxy(&self, url: &Url) -> Option<Proxy> {
        if is_loopback(url) {
            return None;
        }
        let found = self.matcher.intercept(&url.as_str().parse().ok()?)?;
        let proxy = found.uri();
        let is_secure = proxy.scheme() == Some(&http::uri::Scheme::HTTPS);
        let port = proxy.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        Some(Proxy { address: format!("{}:{port}", proxy.host()?), is_secure, setting: self.setting })
    }
}

impl Proxy {
    /// What the proxy made of the request to connect, when that failed in `causes`. The library's error has no public type,
    /// only a text (hyper-util 0.1.21, `client/legacy/connect/proxy/tunnel.rs`).
    pub(super) fn refusal<'a>(mut causes: impl Iterator<Item = &'a (dyn StdError + 'static)>) -> Option<ProxyTrouble> {
        let told = causes.find_map(|cause| cause.to_string().strip_prefix("tunnel error: ").map(str::to_owned))?;
        match told.as_str() {
            "proxy authorization required" => Some(ProxyTrouble::WantsCredentials),
            "unsuccessful" => Some(ProxyTrouble::Refuses),
            "unexpected end of file" => Some(ProxyTrouble::Closes),
            "failed to create underlying connection" => None,
            other => Some(ProxyTrouble::Fails(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(proxy: &str) -> Route {
        Route { matcher: Matcher::builder().all(proxy).build(), setting: ProxySetting::Key }
    }

    fn url(text: &str) -> Url {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn what_leads_to_this_machine_never_goes_through_a_proxy() {
        let route = through("http://proxy.example.com:3128");
        for host in [
            "127.0.0.1",
            "127.0.0.1:8443",
            "127.0.0.2",
            "127.255.255.254:1",
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "[::1]",
            "[::1]:9464",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "localhost",
            "LocalHost:80",
            "localhost.",
            "miro.localhost",
            "a.b.localhost:443",
        ] {
            for scheme in ["http", "https"] {
                assert_eq!(route.proxy(&url(&format!("{scheme}://{host}/path"))), None, "{scheme}://{host}");
            }
        }
    }

    #[test]
    fn whatever_else_goes_through_the_proxy() {
        let route = through("http://user:word@proxy.example.com");
        let proxy =
            Some(Proxy { address: "proxy.example.com:80".into(), is_secure: false, setting: ProxySetting::Key });
        for host in [
            "api.miro.com",
            "128.0.0.1",
            "126.255.255.255",
            "0.0.0.0",
            "[::2]",
            "[::ffff:10.0.0.1]",
            "localhost.example.com",
            "notlocalhost",
            "127.0.0.1.example.com",
        ] {
            assert_eq!(route.proxy(&url(&format!("https://{host}/path"))), proxy, "{host}");
        }
        let secure = through("https://proxy.example.com").proxy(&url("https://api.miro.com"));
        assert_eq!(
            secure,
            Some(Proxy { address: "proxy.example.com:443".into(), is_secure: true, setting: ProxySetting::Key })
        );
    }
}
