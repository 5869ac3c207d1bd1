//! Authentication and authorization of resource calls.

use http::HeaderMap;
use jiff::SignedDuration;

use super::bearer;
use super::kind::Kind;
use super::path::{Aim, Target};
use crate::http::Reply;
use crate::identity::Resource;
use crate::identity::token::{Claims, Refusal};
use crate::roles::Right;
use crate::state::Shared;

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

/// Refuses what no role of the caller allows. Tenants, subscriptions and role definitions are shown to every caller: the lists
/// hold what it may see.
pub(super) fn authorize(shared: &Shared, claims: &Claims, verb: &str, aim: &Aim) -> Result<(), Reply> {
    let target = aim.target();
    let is_open = matches!(target.kind, Kind::Tenant | Kind::Subscription | Kind::Location | Kind::RoleDefinition);
    if is_open && verb == "read" {
        return Ok(());
    }
    let scope = if matches!(aim, Aim::All(_)) { target.scope.clone() } else { target.id() };
    let action = format!("{}/{verb}", target.kind.right_type());
    if may(shared, claims, &action, &scope) {
        return Ok(());
    }
    let message = format!(
        "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope '{scope}' or \
         the scope is invalid. If access was recently granted, please refresh your credentials.",
        claims.appid, claims.oid,
    );
    Err(Reply::error(403, "AuthorizationFailed", &message, &message))
}

/// The same for a resource of a template.
pub(super) fn authorize_write(shared: &Shared, claims: &Claims, target: &Target) -> Result<(), Reply> {
    authorize(shared, claims, "write", &Aim::One(target.clone()))
}

fn may(shared: &Shared, claims: &Claims, action: &str, scope: &str) -> bool {
    let now = shared.clock.now();
    shared.state().roles.allow(&claims.oid, Right::Action(action), scope, now, SignedDuration::ZERO)
}
