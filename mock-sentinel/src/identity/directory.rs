//! The tenant's applications and the secrets that are valid now.

use crate::world::{App, Identity};

use super::aadsts::Aadsts;

/// The tenant as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    pub(crate) tenant_id: String,
    pub(crate) tenant_domain: String,
    apps: Vec<App>,
}

impl Directory {
    pub(crate) fn new(identity: &Identity) -> Self {
        Self {
            tenant_id: identity.tenant_id.clone(),
            tenant_domain: identity.tenant_domain.clone(),
            apps: identity.apps.clone(),
        }
    }

    /// Whether a URL's tenant segment names this tenant.
    pub(crate) fn check_tenant(&self, named: &str) -> Result<(), Aadsts> {
        if named.eq_ignore_ascii_case(&self.tenant_id) || named.eq_ignore_ascii_case(&self.tenant_domain) {
            Ok(())
        } else {
            Err(Aadsts::TenantNotFound(named.chars().take(128).collect()))
        }
    }

    pub(crate) fn app(&self, client_id: &str) -> Result<&App, Aadsts> {
        self.find(client_id).ok_or_else(|| Aadsts::AppNotFound {
            client_id: client_id.chars().take(128).collect(),
            tenant: self.tenant_domain.clone(),
        })
    }

    /// The app that a token's `oid` claim is about.
    pub(crate) fn principal(&self, object_id: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.object_id.eq_ignore_ascii_case(object_id))
    }

    /// The app that speaks when none is named: the first.
    pub(crate) fn default_app(&self) -> Option<&App> {
        self.apps.first()
    }

    pub(crate) fn default_app_mut(&mut self) -> Option<&mut App> {
        self.apps.first_mut()
    }

    pub(crate) fn apps(&self) -> &[App] {
        &self.apps
    }

    fn find(&self, client_id: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.client_id.eq_ignore_ascii_case(client_id))
    }
}

/// Whether a secret opens an app.
pub(crate) fn check_secret(app: &App, secret: &str) -> Result<(), Aadsts> {
    if secret == app.client_secret {
        Ok(())
    } else if app.expired_secret.as_deref() == Some(secret) {
        Err(Aadsts::ExpiredSecret { client_id: app.client_id.clone() })
    } else {
        Err(Aadsts::WrongSecret { client_id: app.client_id.clone() })
    }
}
