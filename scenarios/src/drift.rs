//! What has changed between two recordings: fields, their types, statuses and headers of the responses to each call.

mod name;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::har::{Entry, Har, Outcome};
use name::{is_of_data, shown};

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The call, such as `miro.audit_logs`; of errors, with `(error)` behind it.
    pub call: String,
    /// What kind of thing differs.
    pub what: What,
    /// Which, such as `data[].createdAt`; empty where it is the call.
    pub name: String,
    /// How it was; none where it came.
    pub was: Option<String>,
    /// How it is; none where it went.
    pub is: Option<String>,
}

/// What can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum What {
    Call,
    Status,
    Header,
    Field,
    Type,
}

impl std::fmt::Display for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.what {
            What::Call => "call",
            What::Status => "status",
            What::Header => "header",
            What::Field => "field",
            What::Type => "type",
        };
        write!(f, "{}: {what}", self.call)?;
        if !self.name.is_empty() {
            write!(f, " {}", self.name)?;
        }
        match (&self.was, &self.is) {
            (Some(was), Some(is)) => write!(f, " was {was}, is {is}"),
            (None, Some(is)) => write!(f, " came ({is})"),
            (Some(was), None) => write!(f, " went ({was})"),
            (None, None) => Ok(()),
        }
    }
}

/// The responses to a call, by what can differ in them.
#[derive(Debug, Default)]
struct Shape {
    statuses: BTreeSet<String>,
    headers: BTreeSet<String>,
    fields: BTreeMap<String, BTreeSet<&'static str>>,
}

/// Names of fields in one document beyond this are not told apart.
const FIELDS_MAX: usize = 100_000;

/// What differs in `newer`.
pub fn drift(older: &Har, newer: &Har) -> Vec<Drift> {
    let (older, newer) = (shapes(older), shapes(newer));
    let calls: BTreeSet<&String> = older.keys().chain(newer.keys()).collect();
    let mut drifts = Vec::new();
    for call in calls {
        match (older.get(call), newer.get(call)) {
            (Some(was), Some(is)) => compare(call, was, is, &mut drifts),
            (was, is) => {
                let recorded = |shape: Option<&Shape>| shape.map(|_| "recorded".to_owned());
                drifts.push(Drift {
                    call: call.clone(),
                    what: What::Call,
                    name: String::new(),
                    was: recorded(was),
                    is: recorded(is),
                });
            }
        }
    }
    drifts
}

fn shapes(har: &Har) -> BTreeMap<String, Shape> {
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    for entry in har.log.entries.iter().filter(|entry| entry.outcome() == Outcome::Delivered) {
        let Some(call) = entry.call() else { continue };
        let is_error = entry.response.status >= 400;
        let name = if is_error { format!("{} (error)", call.name()) } else { call.name().to_owned() };
        shapes.entry(name).or_default().add(entry);
    }
    shapes
}

impl Shape {
    fn add(&mut self, entry: &Entry) {
        self.statuses.insert(entry.response.status.to_string());
        let names = entry.response.headers.iter().map(|pair| pair.name.to_ascii_lowercase());
        // HTTP/2 has pseudo headers, which begin with a colon.
        self.headers.extend(names.filter(|name| !name.starts_with(':')).map(|name| shown(&name).into_owned()));
        let body = entry.response.content.text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let mut open: Vec<(String, Value)> = body.map(|body| (String::new(), body)).into_iter().collect();
        while let Some((path, value)) = open.pop() {
            if self.fields.len() >= FIELDS_MAX {
                return;
            }
            self.fields.entry(path.clone()).or_default().insert(kind(&value));
            match value {
                Value::Object(fields) => {
                    open.extend(fields.into_iter().map(|(key, value)| (joined(&path, &key), value)));
                }
                Value::Array(values) => open.extend(values.into_iter().map(|value| (format!("{path}[]"), value))),
                _ => {}
            }
        }
    }
}

fn joined(path: &str, key: &str) -> String {
    let key = shown(key);
    if path.is_empty() { key.into_owned() } else { format!("{path}.{key}") }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn compare(call: &str, was: &Shape, is: &Shape, drifts: &mut Vec<Drift>) {
    let mut add = |what, name: &str, was: Option<String>, is: Option<String>| {
        drifts.push(Drift { call: call.to_owned(), what, name: name.to_owned(), was, is });
    };
    for (what, was, is) in [(What::Status, &was.statuses, &is.statuses), (What::Header, &was.headers, &is.headers)] {
        was.difference(is).for_each(|name| add(what, name, Some("present".to_owned()), None));
        is.difference(was).for_each(|name| add(what, name, None, Some("present".to_owned())));
    }
    let kinds = |kinds: &BTreeSet<&str>| kinds.iter().copied().collect::<Vec<_>>().join(" or ");
    let paths: BTreeSet<&String> = was.fields.keys().chain(is.fields.keys()).collect();
    for path in paths {
        match (was.fields.get(path), is.fields.get(path)) {
            // Fields of one shape: that one has another type cannot be told from one that came or went.
            (Some(was), Some(is)) if is_of_data(path) => {
                was.difference(is).for_each(|kind| add(What::Field, path, Some((*kind).to_owned()), None));
                is.difference(was).for_each(|kind| add(What::Field, path, None, Some((*kind).to_owned())));
            }
            (Some(was), Some(is)) if was != is => add(What::Type, path, Some(kinds(was)), Some(kinds(is))),
            (Some(_), Some(_)) => {}
            (was, is) => add(What::Field, path, was.map(kinds), is.map(kinds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn har(status: u16, header: &str, body: &str) -> Har {
        let body = crate::json_text::quoted(body);
        let text = format!(
            r#"{{"log":{{"entries":[{{"startedDateTime":"2026-11-29T10:00:00Z","request":{{"method":"GET","url":"https://api.miro.com/v2/audit/logs"}},
            "response":{{"status":{status},"headers":[{{"name":"{header}"}}],"content":{{"text":{body}}}}}}}]}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn what_came_went_or_changed_is_told_and_values_are_not() {
        let was = har(200, "X-Old", r#"{"data":[{"id":"1","at":5,"gone":true}]}"#);
        assert_eq!(
            drift(
                &was,
                &har(200, "x-old", r#"{"data":[{"id":"2","at":6,"gone":false},{"id":"3","at":6,"gone":false}]}"#)
            ),
            []
        );
        let is = har(203, "X-New", r#"{"data":[{"id":"1","at":"5","new":{"a":1}}]}"#);
        let told: Vec<String> = drift(&was, &is).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "miro.audit_logs: status 200 went (present)",
                "miro.audit_logs: status 203 came (present)",
                "miro.audit_logs: header x-old went (present)",
                "miro.audit_logs: header x-new came (present)",
                "miro.audit_logs: type data[].at was number, is text",
                "miro.audit_logs: field data[].gone went (boolean)",
                "miro.audit_logs: field data[].new came (object)",
                "miro.audit_logs: field data[].new.a came (number)",
            ]
        );
        let error = har(429, "X-Old", r#"{"code":"x"}"#);
        let told: Vec<String> = drift(&was, &error).iter().map(ToString::to_string).collect();
        assert_eq!(told, ["miro.audit_logs: call went (recorded)", "miro.audit_logs (error): call came (recorded)"]);
    }

    #[test]
    fn a_new_field_with_digits_in_its_name_came_and_is_no_change_of_type() {
        let was = har(200, "X-Old", r#"{"data":[{"mfa2Factor":5,"sha256":"x","at":1}]}"#);
        let is =
            har(200, "X-Old", r#"{"data":[{"qwe9Asdfgh":7,"abc734":"y","at":1,"zxc5Vbnmlo":true,"level3":{"b":1}}]}"#);
        let told: Vec<String> = drift(&was, &is).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "miro.audit_logs: field data[].<a9> came (object)",
                "miro.audit_logs: field data[].<a9>.b came (number)",
                "miro.audit_logs: field data[].<a9Aa> came (boolean)",
            ]
        );
        let is = har(200, "X-Old", r#"{"data":[{"sha256":"x","at":"1"}]}"#);
        let told: Vec<String> = drift(&was, &is).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "miro.audit_logs: field data[].<a9Aa> went (number)",
                "miro.audit_logs: type data[].at was number, is text",
            ]
        );
    }
}
