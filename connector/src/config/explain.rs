//! Which layer set what.

use super::finding::{Finding, Findings};
use super::key::Otherwise;
use super::keys::{self, KEYS};
use super::kind::Kind as _;
use super::layers::Layers;
use super::load::scope_of;
use super::misplaced::Pasted;
use super::raw::Raw;
use super::sources::Sources;
use crate::redact::MASK;

/// One key, the value that holds and what set it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Explained {
    /// Section and name.
    pub key: &'static str,
    /// The value as TOML, `***` for what must not be shown; none when nothing is set.
    pub value: Option<String>,
    /// The file and line, the environment variable, or `default`.
    pub set_by: String,
    /// What is allowed, where the value is masked because it may be a secret in the wrong place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
}

/// Every key with the value that holds, checked or not.
///
/// # Errors
///
/// When the file is not TOML.
pub fn explain(sources: &Sources) -> Result<Vec<Explained>, Findings> {
    let mut findings: Vec<Finding> = Vec::new();
    let layers = sources.layers(&mut findings);
    if findings.iter().any(|finding| finding.key.is_empty()) {
        return Err(Findings(findings));
    }
    let pasted = Pasted::read(sources, &layers);
    let explained = KEYS.iter().map(|key| match layers.get(*key) {
        Some(entry) => {
            let value = Some(pasted.masked(*key, &layers, &key.resolved(&entry.raw)));
            let is_misplaced = !Pasted::is_for_secrets(*key) && value.as_deref() == Some(MASK);
            let wanted = is_misplaced.then(|| key.allowed());
            Explained { key: key.path(), value, set_by: entry.origin.to_string(), wanted }
        }
        None => match key.otherwise() {
            Otherwise::Default(literal, _) => Explained {
                key: key.path(),
                value: Some(key.resolved(&Raw::literal(literal))),
                set_by: "default".into(),
                wanted: None,
            },
            Otherwise::Nothing(_) if key.path() == keys::SCOPE.path => Explained {
                key: key.path(),
                value: followed_scope(&layers),
                set_by: format!("follows from {}", keys::AUTHORITY.path),
                wanted: None,
            },
            Otherwise::Nothing(without) => {
                Explained { key: key.path(), value: None, set_by: format!("not set ({without})"), wanted: None }
            }
            Otherwise::Required => Explained { key: key.path(), value: None, set_by: "not set".into(), wanted: None },
        },
    });
    Ok(explained.collect())
}

/// The scope that holds when none is set; none while the authority is wrong.
fn followed_scope(layers: &Layers) -> Option<String> {
    let authority = match (layers.get(&keys::AUTHORITY), keys::AUTHORITY.otherwise) {
        (Some(entry), _) => keys::AUTHORITY.kind.read(&entry.raw),
        (None, Otherwise::Default(literal, _)) => keys::AUTHORITY.kind.read(&Raw::literal(literal)),
        (None, Otherwise::Nothing(_) | Otherwise::Required) => return None,
    };
    Some(Raw::Text(scope_of(&authority.ok()?).to_owned()).shown())
}
