//! Reads typed values out of the layers and keeps every finding on the way.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::finding::{Finding, Origin};
use super::key::{AnyKey, Key, Otherwise};
use super::kind::Kind;
use super::layers::{Entry, Layers};
use super::raw::Raw;
use super::secret::{Secret, SecretSource, is_name};
use super::{pasted, rights};
use crate::bounded_file;
use crate::redact::{MASK, looks_like_secret};

/// The largest file that holds a secret, in bytes.
pub(crate) const SECRET_BYTES_MAX: u64 = 64 * 1024;

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
            SecretSource::Inline(text) => {
                let warning = Finding::error(key.path, "is written in the file itself", origin.clone()).warning();
                self.findings.push(warning.with_value(MASK).with_help(format!("use {}", key.allowed())));
                Ok(pasted::secret(text.expose_secret()))
            }
            SecretSource::Given(text) => Ok(pasted::secret(text.expose_secret())),
            SecretSource::Variable(name) => match self.variables.get(&name) {
                Some(text) => Ok(pasted::secret(text)),
                None if !is_name(&name) => Err((
                    "names no environment variable, but what may be the secret itself".to_owned(),
                    "put it into a variable, and write the variable's name here".to_owned(),
                )),
                None => Err(("names an environment variable that is not set".to_owned(), format!("set `{name}`"))),
            },
            SecretSource::File(path) => {
                self.findings.extend(rights::warning(key.path, &path, origin.clone()));
                let read = bounded_file::read(&path, SECRET_BYTES_MAX);
                read.map(|bytes| pasted::secret(&pasted::text(&bytes)?)).map_err(|reason| {
                    let help = if looks_like_secret(&path.to_string_lossy()) {
                        "put the secret into a file, and write the file's path here".to_owned()
                    } else {
                        format!("write the secret into `{}`", path.display())
                    };
                    (format!("names a file that could not be read: {reason}"), help)
                })
            }
        };
        match found {
            Ok(Ok(secret)) => Some(secret),
            Ok(Err(flaw)) => {
                let finding = Finding::error(key.path, flaw.to_string(), origin).with_value(self.place(key));
                self.findings.push(finding.with_help("copy the value again: it is one line of plain characters"));
                None
            }
            Err((problem, help)) => {
                let finding = Finding::error(key.path, problem, origin).with_value(self.place(key));
                self.findings.push(finding.with_allowed(key.allowed()).with_help(help));
                None
            }
        }
    }

    /// Where the secret of `key` is held, or a mask.
    fn place(&self, key: &dyn AnyKey) -> String {
        self.layers.get(key).map_or_else(|| MASK.to_owned(), |entry| key.shown(&entry.raw))
    }

    /// Where `key` is set.
    pub(crate) fn origin(&self, key: &dyn AnyKey) -> Origin {
        self.layers.get(key).map_or_else(|| self.layers.absent(key.section()), |entry| entry.origin.clone())
    }

    /// Says that `key` must be set.
    pub(crate) fn missing(&mut self, key: &dyn AnyKey) {
        if self.layers.is_misspelt(key.path()) {
            return;
        }
        let finding = Finding::error(key.path(), "is missing", self.layers.absent(key.section()));
        let finding = finding.with_allowed(key.allowed());
        self.findings.push(finding.with_help(format!("write `{} = {}` or the like", key.name(), key.example())));
    }

    fn refuse(&mut self, key: &dyn AnyKey, entry: &Entry, problem: String) {
        let finding = Finding::error(key.path(), problem, entry.origin.clone());
        self.findings.push(finding.with_value(key.shown(&entry.raw)).with_allowed(key.allowed()));
    }
}
