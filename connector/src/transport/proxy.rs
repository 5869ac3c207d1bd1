//! What a proxy on the way to a host did in place of letting a request through.

use crate::Problem;
use crate::problem::Code;

/// A proxy that let no connection to a host come about. Its text names the proxy, and never its user or password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not connect to {}", told(.proxy, .host, .trouble))]
pub struct ProxyError {
    /// Its host and port.
    pub proxy: String,
    /// What names it.
    pub setting: ProxySetting,
    /// The host that lies behind it.
    pub host: String,
    /// What it did.
    pub trouble: ProxyTrouble,
}

/// What a proxy did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyTrouble {
    /// Nothing: there is no connection to it, for this reason.
    Unreachable(String),
    /// It asked for a user name and password, or for others: HTTP 407.
    WantsCredentials,
    /// It refused to connect to the host.
    Refuses,
    /// It closed the connection.
    Closes,
    /// Anything else, as the network says it.
    Fails(String),
}

/// What names a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxySetting {
    /// The key `http.proxy`.
    Key,
    /// The environment variables `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY`.
    Environment,
}

fn told(proxy: &str, host: &str, trouble: &ProxyTrouble) -> String {
    match trouble {
        ProxyTrouble::Unreachable(reason) => format!("the proxy {proxy}: {reason}; it is the way to {host}"),
        ProxyTrouble::WantsCredentials => {
            format!("{host}: the proxy {proxy} wants another user name and password (HTTP 407)")
        }
        ProxyTrouble::Refuses => format!("{host}: the proxy {proxy} refuses to connect"),
        ProxyTrouble::Closes => format!("{host}: the proxy {proxy} closed the connection"),
        ProxyTrouble::Fails(reason) => format!("{host}: the proxy {proxy} failed: {reason}"),
    }
}

impl ProxySetting {
    const fn name(self) -> &'static str {
        match self {
            Self::Key => "`http.proxy`",
            Self::Environment => "the environment variable HTTPS_PROXY (or HTTP_PROXY, ALL_PROXY)",
        }
    }
}

impl ProxyError {
    /// The problem to tell, with the code of the host that cannot be reached because of it.
    pub(crate) fn problem(&self, code: Code) -> Problem {
        let (setting, host) = (self.setting.name(), &self.host);
        let next_step = match self.trouble {
            ProxyTrouble::Unreachable(_) => format!("check that the proxy runs, and its address in {setting}"),
            ProxyTrouble::WantsCredentials => format!("put the proxy's user and password into {setting}"),
            ProxyTrouble::Refuses => format!("let the proxy connect this machine to {host}, or check {setting}"),
            ProxyTrouble::Closes | ProxyTrouble::Fails(_) => {
                format!("check that {setting} names a proxy that takes CONNECT to {host}, and its scheme")
            }
        };
        Problem { code, subject: "http.proxy".to_owned(), cause: self.to_string(), next_step }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_is_the_subject_and_its_setting_the_next_step() {
        for (trouble, setting, expected) in [
            (ProxyTrouble::Unreachable("refused".into()), ProxySetting::Environment, "HTTPS_PROXY"),
            (ProxyTrouble::WantsCredentials, ProxySetting::Key, "put the proxy's user and password into `http.proxy`"),
            (ProxyTrouble::Refuses, ProxySetting::Key, "to api.miro.com"),
            (ProxyTrouble::Closes, ProxySetting::Key, "`http.proxy`"),
        ] {
            let error = ProxyError { proxy: "10.0.0.1:3128".into(), setting, host: "api.miro.com".into(), trouble };
            let problem = error.problem(Code::MiroFailing);
            assert_eq!(problem.subject, "http.proxy");
            assert!(problem.cause.contains("the proxy 10.0.0.1:3128"), "{problem}");
            assert!(problem.next_step.contains(expected), "{problem}");
        }
    }
}
