//! Secrets: named in the configuration, held elsewhere.

use std::path::PathBuf;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::kind::Kind;
use super::raw::{Raw, absolute_path};
use crate::redact::{MASK, looks_like_secret};

/// Where a secret is held.
pub(crate) enum SecretSource {
    /// In the file itself, which is taken with a warning.
    Inline(SecretString),
    /// Given by the environment variable that overrides the key.
    Given(SecretString),
    /// In this environment variable.
    Variable(String),
    /// In this file.
    File(PathBuf),
}

/// A secret: `{ env = "NAME" }` or `{ file = "path" }`.
pub(crate) struct Secret;

impl Kind for Secret {
    type Value = SecretSource;

    fn read(&self, raw: &Raw) -> Result<SecretSource, String> {
        match raw {
            Raw::Text(text) => Ok(SecretSource::Inline(text.as_str().into())),
            Raw::Variable(text) => Ok(SecretSource::Given(text.as_str().into())),
            Raw::Table(fields) => match fields.as_slice() {
                [(name, Raw::Text(text))] if name == "env" && !text.is_empty() => {
                    Ok(SecretSource::Variable(text.clone()))
                }
                [(name, Raw::Text(text))] if name == "file" && !text.is_empty() => {
                    Ok(SecretSource::File(PathBuf::from(text)))
                }
                _ => Err("names no place where the secret is held".into()),
            },
            Raw::Integer(_) | Raw::Float(_) | Raw::Flag(_) | Raw::Time(_) | Raw::List(_) => {
                Err("names no place where the secret is held".into())
            }
        }
    }

    fn allowed(&self) -> String {
        "{ env = \"NAME\" } or { file = \"path\" }".into()
    }

    fn schema(&self) -> Value {
        let held_in = |place: &str| {
            json!({
                "type": "object", "additionalProperties": false, "required": [place],
                "properties": {place: {"type": "string", "minLength": 1}}
            })
        };
        json!({"oneOf": [held_in("env"), held_in("file"), {"type": "string", "minLength": 1}]})
    }

    fn shown(&self, raw: &Raw) -> String {
        match self.read(raw) {
            Ok(SecretSource::Variable(name)) if !is_name(&name) => place("env"),
            Ok(SecretSource::File(path)) if looks_like_secret(&path.to_string_lossy()) => place("file"),
            Ok(SecretSource::Variable(_) | SecretSource::File(_)) => raw.shown(),
            Ok(SecretSource::Inline(_) | SecretSource::Given(_)) | Err(_) => MASK.into(),
        }
    }

    fn resolved(&self, raw: &Raw) -> String {
        match self.read(raw) {
            Ok(SecretSource::File(path)) if !looks_like_secret(&path.to_string_lossy()) => {
                let path = Raw::Text(absolute_path(&path.display().to_string()));
                Raw::Table(vec![("file".to_owned(), path)]).shown_whole()
            }
            Ok(_) | Err(_) => self.shown(raw),
        }
    }
}

/// Whether `text` is the name of a variable, and not the secret that belongs into it.
pub(crate) fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !looks_like_secret(text)
}

/// A place of a kind, without its name: that is the secret itself.
fn place(kind: &str) -> String {
    format!("{{ {kind} = \"{MASK}\" }}")
}
