//! The hosts on the way, and what can be wrong with each.

use url::Url;

use super::Surroundings;
use super::place::Place;
use crate::config::{Config, Identity};
use crate::problem::Code;

/// A host, and the codes of what can be wrong on the way to it.
pub(super) struct Host<'a> {
    pub(super) place: Place,
    pub(super) key: &'static str,
    pub(super) url: &'a Url,
    pub(super) failing: Code,
    pub(super) certificate: Code,
    proxy: Option<String>,
}

impl<'a> Host<'a> {
    pub(super) fn miro(config: &'a Config, around: &Surroundings) -> Self {
        let codes = (Code::MiroFailing, Code::MiroCertificateRefused);
        Self::new(Place::Miro, "miro.base_url", &config.miro.base_url, codes, around)
    }

    pub(super) fn authority(config: &'a Config, around: &Surroundings) -> Self {
        let Identity::ClientSecret { authority, .. } = &config.sentinel.identity;
        Self::new(Place::Authority, "sentinel.identity.authority", authority, AZURE, around)
    }

    pub(super) fn endpoint(config: &'a Config, around: &Surroundings) -> Self {
        Self::new(Place::Endpoint, "sentinel.endpoint", &config.sentinel.endpoint, AZURE, around)
    }

    fn new(
        place: Place,
        key: &'static str,
        url: &'a Url,
        (failing, certificate): (Code, Code),
        around: &Surroundings,
    ) -> Self {
        Self { place, key, url, failing, certificate, proxy: (around.proxy_to)(url) }
    }

    pub(super) const fn key(&self) -> &'static str {
        self.key
    }

    /// Host and port, the port where it is named.
    pub(super) fn name(&self) -> &str {
        self.url.authority()
    }

    pub(super) fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The proxy on the way, in words.
    pub(super) fn way(&self) -> String {
        self.proxy.as_ref().map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default()
    }
}

const AZURE: (Code, Code) = (Code::AzureFailing, Code::AzureCertificateRefused);

impl std::fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.key)
    }
}
