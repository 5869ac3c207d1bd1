//! The tenant, its one subscription, the region and the resource providers: what tools look at before they do anything.

use serde_json::{Value, json};

use super::Call;
use super::kind::Kind;
use super::path::Target;
use crate::roles::reaches;

/// The resource providers of what is served, with their types.
const PROVIDERS: [(&str, &[Kind]); 4] = [
    ("Microsoft.Authorization", &[Kind::RoleAssignment, Kind::RoleDefinition]),
    ("Microsoft.Insights", &[Kind::Rule, Kind::Endpoint]),
    ("Microsoft.OperationalInsights", &[Kind::Workspace, Kind::Table]),
    ("Microsoft.Resources", &[Kind::Subscription, Kind::Group, Kind::Deployment]),
];

pub(super) fn find(call: &Call<'_>) -> Option<Value> {
    match call.target.kind {
        Kind::Subscription => is_visible(call).then(|| subscription(call)),
        Kind::Provider => {
            let (name, kinds) = PROVIDERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&call.target.name))?;
            Some(provider(call, name, kinds))
        }
        _ => None,
    }
}

pub(super) fn list(call: &Call<'_>) -> Vec<Value> {
    match call.target.kind {
        Kind::Tenant => vec![tenant(call)],
        Kind::Subscription if is_visible(call) => vec![subscription(call)],
        Kind::Location => vec![location(call)],
        Kind::Provider => PROVIDERS.iter().map(|(name, kinds)| provider(call, name, kinds)).collect(),
        _ => Vec::new(),
    }
}

/// A principal with a role on the subscription or in it sees it.
fn is_visible(call: &Call<'_>) -> bool {
    let own = call.shared.world.workspace.subscription();
    call.shared.state().roles.of(&call.claims.oid).any(|role| reaches(&own, &role.scope) || reaches(&role.scope, &own))
}

fn subscription(call: &Call<'_>) -> Value {
    let id = &call.shared.world.workspace.subscription_id;
    json!({
        "id": format!("/subscriptions/{id}"),
        "subscriptionId": id,
        "tenantId": call.shared.world.identity.tenant_id,
        "displayName": "mock-sentinel",
        "state": "Enabled",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"
        },
    })
}

fn tenant(call: &Call<'_>) -> Value {
    let identity = &call.shared.world.identity;
    json!({
        "id": format!("/tenants/{}", identity.tenant_id),
        "tenantId": identity.tenant_id,
        "countryCode": "NL",
        "displayName": identity.tenant_domain,
        "defaultDomain": identity.tenant_domain,
        "domains": [identity.tenant_domain],
        "tenantCategory": "Home",
        "tenantType": "AAD",
    })
}

fn location(call: &Call<'_>) -> Value {
    let name = &call.shared.world.workspace.location;
    json!({
        "id": format!("{}/locations/{name}", call.target.scope),
        "name": name,
        "type": "Region",
        "displayName": name,
        "regionalDisplayName": name,
        "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
    })
}

/// All providers are registered from the start.
fn provider(call: &Call<'_>, name: &str, kinds: &[Kind]) -> Value {
    let location = &call.shared.world.workspace.location;
    let types = kinds.iter().map(|kind| {
        let (_, kind_name) = kind.arm_type().split_once('/').unwrap_or_default();
        json!({"resourceType": kind_name, "locations": [location], "apiVersions": kind.versions(), "capabilities": "None"})
    });
    json!({
        "id": Target::new(Kind::Provider, call.shared.world.workspace.subscription(), name).id(),
        "namespace": name,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": types.collect::<Vec<_>>(),
    })
}
