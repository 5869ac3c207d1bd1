//! Secrets that stand a second time where something else belongs: whatever the form of that place is, they are not shown.

use secrecy::{ExposeSecret as _, SecretString};

use super::finding::Finding;
use super::key::{AnyKey, Key};
use super::keys::{self, KEYS};
use super::kind::Kind as _;
use super::layers::Layers;
use super::pasted;
use super::reader::SECRET_BYTES_MAX;
use super::secret::{Secret, SecretSource};
use super::sources::Sources;
use crate::bounded_file;
use crate::redact::{MASK, Secrets};

/// A shorter secret stands in any text by chance.
const LENGTH_MIN: usize = 8;

/// The secrets of a configuration, each with the key that it belongs to.
pub(super) struct Pasted(Vec<(&'static str, SecretString)>);

impl Pasted {
    /// Reads what secrets there are; what cannot be read is told elsewhere. Files are read once more, pipes are not.
    pub(super) fn read(sources: &Sources, layers: &Layers) -> Self {
        let secrets = [&keys::AUDIT.access_token, &keys::CONTENT.access_token, &keys::CLIENT_SECRET];
        Self(secrets.into_iter().filter_map(|key| Some((key.path, secret(key, sources, layers)?))).collect())
    }

    /// Adds a finding for each key whose value is a secret of another key, and masks secrets in all `findings`.
    pub(super) fn judge(&self, layers: &Layers, findings: &mut Vec<Finding>) {
        for (key, owner) in KEYS.iter().filter_map(|key| Some((*key, self.owner(*key, layers)?))) {
            findings.retain(|finding| finding.key != key.path());
            let origin = layers.get(key).map_or_else(|| layers.absent(key.section()), |entry| entry.origin.clone());
            let finding = Finding::error(key.path(), format!("is the secret of `{owner}`"), origin);
            findings.push(finding.with_value(MASK).with_allowed(key.allowed()));
        }
        let secrets = Secrets::new(self.0.iter().map(|(_, secret)| secret));
        for finding in findings {
            let texts = [Some(&mut finding.problem), finding.value.as_mut(), finding.help.as_mut()];
            for text in texts.into_iter().flatten() {
                *text = secrets.mask(text).into_owned();
            }
        }
    }

    /// `shown`, a value of `key`, as it can be shown.
    pub(super) fn masked(&self, key: &dyn AnyKey, layers: &Layers, shown: &str) -> String {
        let secrets = Secrets::new(self.0.iter().map(|(_, secret)| secret));
        if self.owner(key, layers).is_some() { MASK.to_owned() } else { secrets.mask(shown).into_owned() }
    }

    /// Whether a secret belongs under `key`.
    pub(super) fn is_for_secrets(key: &dyn AnyKey) -> bool {
        [keys::AUDIT.access_token.path, keys::CONTENT.access_token.path, keys::CLIENT_SECRET.path].contains(&key.path())
    }

    /// Whose secret the value of `key` is, if `key` is not one for secrets.
    fn owner(&self, key: &dyn AnyKey, layers: &Layers) -> Option<&'static str> {
        if Self::is_for_secrets(key) {
            return None;
        }
        let entry = layers.get(key)?;
        let text = pasted::trimmed(entry.raw.text()?);
        self.0.iter().find(|(_, secret)| secret.expose_secret() == text).map(|(owner, _)| *owner)
    }
}

fn secret(key: &Key<Secret>, sources: &Sources, layers: &Layers) -> Option<SecretString> {
    let text = match key.kind.read(&layers.get(key)?.raw).ok()? {
        SecretSource::Inline(text) | SecretSource::Given(text) => text.expose_secret().to_owned(),
        SecretSource::Variable(name) => sources.variables.get(&name)?.clone(),
        SecretSource::File(path) if bounded_file::irregular(&path).is_none() => {
            pasted::text(&bounded_file::read(&path, SECRET_BYTES_MAX).ok()?).ok()?
        }
        SecretSource::File(_) => return None,
    };
    pasted::secret(&text).ok().filter(|secret| secret.expose_secret().len() >= LENGTH_MIN)
}
