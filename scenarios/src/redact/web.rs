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

    /// An address within `layers` encodings that may still be looked into. An address may hold others, as deep as who writes it likes:
    /// with none left it is replaced as a whole.
    pub(super) fn url_layered(&mut self, url: &str, layers: u8) -> String {
        let Some(inner) = layers.checked_sub(1) else { return self.plain(url) };
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let scheme = if matches!(scheme, "http" | "https") { scheme.to_owned() } else { self.plain(scheme) };
        let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(rest, fragment)| (rest, Some(fragment)));
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let mut out = format!("{scheme}://{}{}", self.authority(authority, inner), self.path(path, inner));
        if let Some(query) = query {
            out.push('?');
            out.push_str(&self.query(query, inner));
        }
        if let Some(fragment) = fragment {
            out.push('#');
            out.push_str(&self.word(fragment, 0));
        }
        out
    }

    /// A method; one that HTTP does not know may be anything.
    pub fn method(&mut self, method: &str) -> String {
        if allow::METHODS.contains(&method) { method.to_owned() } else { self.text(method) }
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
                format!("{}@{host}", self.word(user, layers))
            }
            None => host,
        }
    }

    /// A path, from its first `/`.
    fn path(&mut self, path: &str, layers: u8) -> String {
        let segments: Vec<String> = path.split('/').map(|segment| self.segment(segment, layers)).collect();
        segments.join("/")
    }

    fn segment(&mut self, segment: &str, layers: u8) -> String {
        if allow::SEGMENTS.contains(&segment) {
            return segment.to_owned();
        }
        match percent_decoded(segment) {
            Some(decoded) => percent_encoded(&self.layered(&decoded, layers)),
            None => self.layered(segment, layers),
        }
    }

    fn query(&mut self, query: &str, layers: u8) -> String {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| self.parameter_layered(&name, &value, layers))
            .collect();
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    /// A parameter of an address.
    pub fn parameter(&mut self, name: &str, value: &str) -> (String, String) {
        // As in the address that it is of.
        self.parameter_layered(name, value, LAYERS_MAX - 1)
    }

    fn parameter_layered(&mut self, name: &str, value: &str, layers: u8) -> (String, String) {
        let is_safe = self.is_kept(name) || allow::parameter(name, value, self.around);
        let value = if is_safe { value.to_owned() } else { self.field(name, value, layers) };
        (self.name(name, layers), value)
    }

    /// A header; its name is in lower case afterwards.
    pub fn header(&mut self, name: &str, value: &str) -> Pair {
        let name = name.to_ascii_lowercase();
        let value = if self.is_kept(&name) {
            value.to_owned()
        } else if let Some(safe) = allow::header(&name, value, self.around) {
            safe
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
        Pair { name: self.name(&name, LAYERS_MAX), value }
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
