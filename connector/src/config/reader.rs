//! Reads typed values out of the layers and keeps every finding on the way.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::finding::{Finding, Origin};
use super::key::{AnyKey, Key, Otherwise};
use super::kind::Kind;
use super::layers::{Entry, Layers};
use super::raw::Raw;
use super::secret::{Secret, SecretSource, trimmed};

/// The largest file that holds a secret, in bytes.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

pub(crate) struct Reader<'a> {
    pub(crate) layers: &'a Layers,
    pub(crate) variables: &'a BTreeMap<String, String>,
    pub(crate) findings: Vec<Finding>,
}

impl Reader<'_> {
    /// The value of `key`, or its default. `None` after a finding, or when nothing holds without it.
    pub(crate) fn get<K: Kind>(&mut self, key: &'static Key<K>) -> Option<K::Value> {
        match (self.layers.get(key), key.otherwise) {
            (Some(entry), _) => {
                let entry = entry.clone();
                key.kind.read(&entry.raw).map_err(|problem| self.refuse(key, &entry, problem)).ok()
            }
            (None, Otherwise::Default(literal, _)) => {
                let value = key.kind.read(&Raw::literal(literal));
                Some(value.expect("every default has its key's form, as a test asserts"))
            }
            (None, Otherwise::Nothing(_)) => None,
            (None, Otherwise::Required) => {
                self.missing(key);
                None
            }
        }
    }

    /// The secret that `key` names.
    pub(crate) fn secret(&mut self, key: &'static Key<Secret>) -> Option<SecretString> {
        let source = self.get(key)?;
        let origin = self.origin(key);
        let found = match source {
            SecretSource::Inline(secret) => {
                let warning = Finding::error(key.path, "is written in the file itself", origin.clone()).warning();
                self.findings.push(warning.with_value("***").with_help(format!("use {}", key.allowed())));
                Ok(secret)
            }
            SecretSource::Given(secret) => Ok(secret),
            SecretSource::Variable(name) => match self.variables.get(&name) {
                Some(text) => Ok(trimmed(text).into()),
                None => Err(("names an environment variable that is not set".to_owned(), format!("set `{name}`"))),
            },
            SecretSource::File(path) => read_secret(&path).map_err(|reason| {
                (
                    format!("names a file that could not be read: {reason}"),
                    format!("write the secret into `{}`", path.display()),
                )
            }),
        };
        match found {
            Ok(secret) if is_sendable(&secret) => Some(secret),
            Ok(_) => {
                let finding = Finding::error(key.path, "is empty or holds a space or a control character", origin);
                self.findings.push(finding.with_value("***").with_help("copy the secret again, as one line"));
                None
            }
            Err((problem, help)) => {
                let place = self.layers.get(key).map_or_else(String::new, |entry| key.shown(&entry.raw));
                let finding = Finding::error(key.path, problem, origin).with_value(place);
                self.findings.push(finding.with_allowed(key.allowed()).with_help(help));
                None
            }
        }
    }

    /// Where `key` is set.
    pub(crate) fn origin(&self, key: &dyn AnyKey) -> Origin {
        self.layers.get(key).map_or_else(|| self.layers.absent(key.section()), |entry| entry.origin.clone())
    }

    /// Says that `key` must be set.
    pub(crate) fn missing(&mut self, key: &dyn AnyKey) {
        let finding = Finding::error(key.path(), "is missing", self.layers.absent(key.section()));
        let finding = finding.with_allowed(key.allowed());
        self.findings.push(finding.with_help(format!("write `{} = {}` or the like", key.name(), key.example())));
    }

    fn refuse(&mut self, key: &dyn AnyKey, entry: &Entry, problem: String) {
        let finding = Finding::error(key.path(), problem, entry.origin.clone());
        self.findings.push(finding.with_value(key.shown(&entry.raw)).with_allowed(key.allowed()));
    }
}

/// Whether a secret can stand in a header and is there at all.
fn is_sendable(secret: &SecretString) -> bool {
    let secret = secret.expose_secret();
    !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

fn read_secret(path: &Path) -> Result<SecretString, String> {
    // Read no further than is needed to know that it is too large: a device has no size and no end.
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > SECRET_BYTES_MAX {
        return Err(format!("it is larger than {SECRET_BYTES_MAX} bytes"));
    }
    Ok(trimmed(&text).into())
}
