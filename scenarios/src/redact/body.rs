//! Bodies: JSON, forms, and what is neither.

use super::allow::{self, Side};
use super::text::LAYERS_MAX;
use super::{Kind, Redactor};
use crate::json_text::{self, Path, Rewriter};

/// Rewrites one document.
struct Document<'a> {
    redactor: &'a mut Redactor,
    side: Side,
    is_token: bool,
    layers: u8,
}

impl Redactor {
    /// A request's body.
    pub fn request_body(&mut self, media_type: &str, body: &str) -> String {
        if media_type.starts_with("application/x-www-form-urlencoded") {
            return self.form(body);
        }
        self.body(body, Side::Request)
    }

    /// A response's body.
    pub fn response_body(&mut self, body: &str) -> String {
        self.body(body, Side::Response)
    }

    fn body(&mut self, body: &str, side: Side) -> String {
        if json_text::looks_like_json(body) {
            self.json(body, side, LAYERS_MAX)
        } else if body.trim_start().starts_with('<') {
            self.markup(body)
        } else {
            self.text(body)
        }
    }

    pub(super) fn json(&mut self, json: &str, side: Side, layers: u8) -> String {
        json_text::rewrite(json, &mut Document { redactor: self, side, is_token: false, layers })
    }

    /// The claims of a JSON Web Token.
    pub(super) fn claims(&mut self, json: &str, layers: u8) -> String {
        // One layer, for the addresses among them; none where a token lies in another.
        let layers = layers.min(1);
        json_text::rewrite(json, &mut Document { redactor: self, side: Side::Request, is_token: true, layers })
    }

    fn form(&mut self, body: &str) -> String {
        let pairs = form_urlencoded::parse(body.as_bytes()).map(|(name, value)| {
            let (safe, shown) = (self.is_kept(&name) || allow::form(&name, &value), self.name(&name, LAYERS_MAX));
            let value = if safe { value.into_owned() } else { self.field(&name, &value, LAYERS_MAX) };
            (shown, value)
        });
        let pairs: Vec<(String, String)> = pairs.collect();
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    /// A page: the names of its elements stay, and everything else is replaced.
    fn markup(&mut self, page: &str) -> String {
        let mut out = String::with_capacity(page.len());
        for part in page.split_inclusive(['<', '>']) {
            let inner = part.trim_end_matches(['<', '>']);
            let after_bracket = out.ends_with('<');
            let name = inner.trim_start_matches(['/', '!']);
            let word = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            if after_bracket && ELEMENTS.iter().any(|known| word.eq_ignore_ascii_case(known)) {
                let head = inner.len() - name.len() + word.len();
                out.push_str(&inner[..head]);
                out.push_str(&self.text(&inner[head..]));
            } else {
                out.push_str(&self.text(inner));
            }
            out.push_str(&part[inner.len()..]);
        }
        out
    }

    /// The value of a field that is not safe.
    pub(super) fn field(&mut self, name: &str, value: &str, layers: u8) -> String {
        if allow::is_credential(name) {
            self.count(if allow::is_token(name) { Kind::Token } else { Kind::Secret });
        }
        if name == "cursor" && !value.is_empty() {
            self.count(Kind::Cursor);
        }
        self.layered(value, layers)
    }

    /// The name of a field; one that looks like data is replaced.
    pub(super) fn name(&mut self, name: &str, layers: u8) -> String {
        if is_plain_name(name) || self.is_kept(name) {
            return name.to_owned();
        }
        self.count(Kind::Key);
        self.layered(name, layers)
    }
}

/// Whether a field's name is a name, and not data: letters, few enough.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'$');
    name.len() <= NAME_BYTES_MAX && name.bytes().all(is_plain)
}

/// A longer name of a field is data.
const NAME_BYTES_MAX: usize = 60;

/// Elements whose names stay.
const ELEMENTS: [&str; 24] = [
    "html", "head", "title", "meta", "link", "style", "script", "body", "div", "span", "p", "a", "h1", "h2", "h3",
    "center", "hr", "br", "form", "input", "table", "tr", "td", "doctype",
];

impl Rewriter for Document<'_> {
    fn key(&mut self, _: &Path<'_>, key: &str) -> Option<String> {
        Some(self.redactor.name(key, self.layers)).filter(|name| name != key)
    }

    fn text(&mut self, path: &Path<'_>, text: &str) -> Option<String> {
        let place = path.dotted();
        let is_safe = self.redactor.is_kept(path.last())
            || allow::text(self.side, &place, text, self.redactor.around)
            || (self.is_token && Redactor::is_safe_claim(&place, text));
        (!is_safe).then(|| self.redactor.field(path.last(), text, self.layers))
    }

    fn number(&mut self, path: &Path<'_>, number: &str) -> Option<String> {
        let is_safe = self.redactor.is_kept(path.last())
            || allow::number(self.side, &path.dotted(), number, self.redactor.around);
        (!is_safe).then(|| self.redactor.number(number))
    }

    fn broken(&mut self, _: &Path<'_>, rest: &str) -> String {
        // A quote that begins what is cut off is no part of the value.
        match rest.strip_prefix('"') {
            Some(cut) => format!("\"{}", self.redactor.layered(cut, 0)),
            None => self.redactor.layered(rest, 0),
        }
    }
}
