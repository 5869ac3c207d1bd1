//! Who may manage resources.

use http::HeaderMap;

use super::path::Target;
use super::{Action, bearer};
use crate::http::Reply;
use crate::identity::Resource;
use crate::identity::token::{Claims, Refusal};
use crate::server::Shared;

/// The caller, by a token for Azure Resource Manager.
pub(super) fn authenticate(shared: &Shared, headers: &HeaderMap) -> Result<Claims, Reply> {
    let tenant_id = &shared.world.identity.tenant_id;
    shared.signer.verify(bearer(headers), Resource::Manager, tenant_id, shared.clock.now()).map_err(|refusal| {
        let (code, message) = match &refusal {
            Refusal::Missing | Refusal::Scheme => {
                ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.".to_owned())
            }
            Refusal::Expired(at) => ("ExpiredAuthenticationToken", format!("The access token expiry UTC time '{at}' is earlier than current UTC time.")),
            Refusal::Audience(audience) => (
                "InvalidAuthenticationTokenAudience",
                format!("The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match 'https://management.core.windows.net/' or 'https://management.azure.com/'."),
            ),
            other => ("InvalidAuthenticationToken", format!("The access token is invalid: {other}.")),
        };
        Reply::error(401, code, message, refusal.to_string())
            .header("www-authenticate", &format!("Bearer authorization_uri=\"https://login.windows.net/{tenant_id}\", error=\"invalid_token\""))
    })
}

/// Lets readers read and contributors change.
pub(super) fn authorize(shared: &Shared, claims: &Claims, action: Action, target: &Target) -> Result<(), Reply> {
    let state = shared.state();
    let app = state.directory.principal(&claims.oid);
    let allowed = app.is_some_and(|app| app.contributor || (action == Action::Read && app.reader));
    if allowed {
        return Ok(());
    }
    let message = format!(
        "The client '{}' with object id '{}' does not have authorization to perform action '{}/{}' over scope '{}' or \
         the scope is invalid. If access was recently granted, please refresh your credentials.",
        claims.appid,
        claims.oid,
        target.kind.arm_type(),
        action.verb(),
        target.id(),
    );
    Err(Reply::error(403, "AuthorizationFailed", &message, &message))
}
