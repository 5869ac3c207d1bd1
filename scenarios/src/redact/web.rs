//! Addresses, headers and variables.

use super::encoded::{percent_decoded, percent_encoded};
use super::text::LAYERS_MAX;
use super::{Kind, Redactor, allow};
use crate::har::Pair;

impl Redactor {
    /// An address: its host, the parts of its path and its parameters, each by itself.
    pub fn url(&mut self, url: &str) -> String {
        self.url_layered(url, LAYERS_MAX)
    }

    pub(super) fn url_layered(&mut self, url: &str, layers: u8) -> String {
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let scheme = if matches!(scheme, "http" | "https") { scheme.to_owned() } else { self.plain(scheme) };
        let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(rest, fragment)| (rest, Some(fragment)));
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let mut out = format!("{scheme}://{}{}", self.authority(authority, layers), self.path(path));
        if let Some(query) = query {
            out.push('?');
            out.push_str(&self.query(query));
        }
        if let Some(fragment) = fragment {
            out.push('#');
            out.push_str(&self.word(fragment, 0));
        }
        out
    }

    fn authority(&mut self, authority: &str, layers: u8) -> String {
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let is_port =
            |port: &str| !port.is_empty() && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if is_port(port) => (host, format!(":{port}")),
            _ => (host, String::new()),
        };
        let host = self.host(host) + &port;
        match user {
            Some(user) => {
                self.count(Kind::Secret);
                format!("{}@{host}", self.word(user, layers.saturating_sub(1)))
            }
            None => host,
        }
    }

    /// A path, from its first `/`.
    pub fn path(&mut self, path: &str) -> String {
        let segments: Vec<String> = path.split('/').map(|segment| self.segment(segment)).collect();
        segments.join("/")
    }

    fn segment(&mut self, segment: &str) -> String {
        if allow::SEGMENTS.contains(&segment) {
            return segment.to_owned();
        }
        match percent_decoded(segment) {
            Some(decoded) => percent_encoded(&self.text(&decoded)),
            None => self.text(segment),
        }
    }

    fn query(&mut self, query: &str) -> String {
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(query.as_bytes()).map(|(name, value)| self.parameter(&name, &value)).collect();
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    /// A parameter of an address.
    pub fn parameter(&mut self, name: &str, value: &str) -> (String, String) {
        let is_safe = allow::parameter(name, value) || self.is_kept(name);
        let value = if is_safe { value.to_owned() } else { self.field(name, value, LAYERS_MAX) };
        (self.name(name), value)
    }

    /// A header; its name is in lower case afterwards.
    pub fn header(&mut self, name: &str, value: &str) -> Pair {
        let name = name.to_ascii_lowercase();
        let value = if allow::header(&name, value) || self.is_kept(&name) {
            value.to_owned()
        } else {
            match name.as_str() {
                "authorization" | "proxy-authorization" => self.authorization(value),
                "cookie" | "set-cookie" => {
                    self.count(Kind::Cookie);
                    self.text(value)
                }
                _ => self.text(value),
            }
        };
        Pair { name: self.name(&name), value }
    }

    fn authorization(&mut self, value: &str) -> String {
        self.count(Kind::Token);
        match value.split_once(' ') {
            Some((scheme, credentials)) if SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
                format!("{scheme} {}", self.text(credentials))
            }
            _ => self.text(value),
        }
    }
}

const SCHEMES: [&str; 4] = ["Bearer", "Basic", "Digest", "Negotiate"];
