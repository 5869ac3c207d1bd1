//! The list.

use super::{Cause, Mistake, Setup};
use crate::log::Log;

const AUDIT: &[Log] = &[Log::Audit];
const CONTENT: &[Log] = &[Log::Content];
const BOTH: &[Log] = &[Log::Audit, Log::Content];

/// Option 2 of the guide: an app whose token does not expire, with both scopes.
const INSTALL: &str = r#"{"install": {"Log Shipper": {}}}"#;
/// The same, where the box for tokens that do not expire was not ticked.
const INSTALL_EXPIRING: &str = r#"{"install": {"Log Shipper": {"expiring": true}}}"#;

type Changes = &'static [&'static str];

const fn cause(name: &'static str, logs: &'static [Log], changes: Changes, says: &'static str) -> Cause {
    let setup = Setup::EnterpriseIntegrations;
    Cause { name, says, log: logs[0], logs, setup, changes, mistake: None, status: 200, code: "" }
}

/// Nothing is refused, and nothing is to be seen.
const fn silent(name: &'static str, logs: &'static [Log], changes: Changes, says: &'static str) -> Cause {
    cause(name, logs, changes, says)
}

const fn denied(name: &'static str, logs: &'static [Log], changes: Changes, says: &'static str) -> Cause {
    Cause { status: 403, code: "insufficientPermissions", ..cause(name, logs, changes, says) }
}

const fn dead(name: &'static str, logs: &'static [Log], changes: Changes, says: &'static str) -> Cause {
    Cause { status: 401, code: "tokenNotFound", ..cause(name, logs, changes, says) }
}

const fn of_app(cause: Cause) -> Cause {
    Cause { setup: Setup::CustomApp, ..cause }
}

pub(super) static CAUSES: [Cause; 31] = [
    Cause {
        mistake: Some(Mistake::UnknownToken),
        ..dead("token-invalid", AUDIT, &[], "the token is not one that Miro gave out")
    },
    Cause {
        mistake: Some(Mistake::UnknownToken),
        ..dead("content-token-invalid", CONTENT, &[], "the content token is not one that Miro gave out")
    },
    Cause {
        mistake: Some(Mistake::SwappedTokens),
        ..denied("tokens-swapped", BOTH, &[], "the token of one log is configured for the other")
    },
    denied(
        "audit-scope-missing",
        AUDIT,
        &[r#"{"tokens": {"audit": {"scopes": ["boards:read"]}}}"#],
        "the scope auditlogs:read is not enabled in the app",
    ),
    denied(
        "content-scope-missing",
        CONTENT,
        &[r#"{"tokens": {"content": {"scopes": ["boards:read"]}}}"#],
        "the scope contentlogs:export is not enabled in the app",
    ),
    denied("no-guard", CONTENT, &[r#"{"guard": false}"#], "the plan is without Enterprise Guard"),
    Cause {
        mistake: Some(Mistake::OtherOrganization),
        ..denied("wrong-organization", CONTENT, &[], "the organization id is not the token's")
    },
    denied(
        "content-plan-too-small",
        BOTH,
        &[r#"{"plan": "business"}"#],
        "the plan is without content logs; Guard is an add-on to Enterprise",
    ),
    denied("plan-too-small", BOTH, &[r#"{"plan": "business"}"#], "the plan is without audit logs"),
    denied(
        "audit-not-company-admin",
        AUDIT,
        &[r#"{"tokens": {"audit": {"role": "member"}}}"#],
        "whoever set up the audit token is not a Company Admin",
    ),
    denied(
        "content-not-company-admin",
        CONTENT,
        &[r#"{"tokens": {"content": {"role": "member"}}}"#],
        "whoever set up the content token is not a Company Admin",
    ),
    dead("siem-off", AUDIT, &[r#"{"toggles": {"siem": false}}"#], "an admin switched SIEM off"),
    dead("ediscovery-off", CONTENT, &[r#"{"toggles": {"ediscovery": false}}"#], "an admin switched eDiscovery off"),
    dead(
        "siem-on-again",
        AUDIT,
        &[r#"{"toggles": {"siem": false}}"#, r#"{"toggles": {"siem": true}}"#],
        "SIEM was switched off and on: there is a new token, and the configured one is dead",
    ),
    dead(
        "ediscovery-on-again",
        CONTENT,
        &[r#"{"toggles": {"ediscovery": false}}"#, r#"{"toggles": {"ediscovery": true}}"#],
        "eDiscovery was switched off and on: there is a new token, and the configured one is dead",
    ),
    dead("token-revoked", AUDIT, &[r#"{"tokens": {"audit": {"state": "revoked"}}}"#], "the token was revoked"),
    dead(
        "content-token-revoked",
        CONTENT,
        &[r#"{"tokens": {"content": {"state": "revoked"}}}"#],
        "the content token was revoked",
    ),
    dead(
        "token-regenerated",
        AUDIT,
        &[r#"{"tokens": {"audit": {"state": "replaced"}}}"#],
        "the token was regenerated and not updated in the connector",
    ),
    dead(
        "content-app-uninstalled",
        CONTENT,
        &[r#"{"uninstall": ["eDiscovery"]}"#],
        "the app of the content log was uninstalled",
    ),
    dead("app-uninstalled", AUDIT, &[r#"{"uninstall": ["SIEM"]}"#], "the app was uninstalled"),
    dead(
        "token-expired",
        AUDIT,
        &[r#"{"tokens": {"audit": {"expires_at": "2020-01-01T00:00:00Z"}}}"#],
        "the app gives out expiring tokens, and this one has expired",
    ),
    silent(
        "collection-not-enabled",
        CONTENT,
        &[r#"{"content_logs_since": "9999-01-01T00:00:00Z"}"#],
        "no admin has turned the collection of content logs on: there is nothing to see",
    ),
    silent(
        "just-connected",
        BOTH,
        &[r#"{"silent_for": "10m"}"#],
        "less than ten minutes have passed since connecting: nothing is visible yet",
    ),
    of_app(denied(
        "custom-app-audit-scope-removed",
        AUDIT,
        &[INSTALL, r#"{"tokens": {"Log Shipper-1": {"scopes": ["contentlogs:export"]}}}"#],
        "the one app of both logs is without the scope auditlogs:read",
    )),
    of_app(denied(
        "custom-app-content-scope-removed",
        CONTENT,
        &[INSTALL, r#"{"tokens": {"Log Shipper-1": {"scopes": ["auditlogs:read"]}}}"#],
        "the one app of both logs is without the scope contentlogs:export",
    )),
    of_app(denied(
        "custom-app-not-company-admin",
        BOTH,
        &[INSTALL, r#"{"tokens": {"Log Shipper-1": {"role": "member"}}}"#],
        "whoever installed the one app of both logs is not a Company Admin",
    )),
    of_app(dead(
        "custom-app-token-expired",
        BOTH,
        &[INSTALL_EXPIRING, r#"{"tokens": {"Log Shipper-1": {"expires_at": "2020-01-01T00:00:00Z"}}}"#],
        "the one app of both logs gives out expiring tokens, and nobody renewed this one",
    )),
    of_app(dead(
        "custom-app-refresh-token-lapsed",
        BOTH,
        &[
            INSTALL_EXPIRING,
            r#"{"tokens": {"Log Shipper-1": {"expires_at": "2020-01-01T00:00:00Z", "refresh_expires_at": "2020-03-01T00:00:00Z"}}}"#,
        ],
        "the token of the one app has expired, and so has what would renew it: the app has to be installed again",
    )),
    of_app(dead(
        "custom-app-token-revoked",
        BOTH,
        &[INSTALL, r#"{"tokens": {"Log Shipper-1": {"state": "revoked"}}}"#],
        "the one token of both logs was revoked",
    )),
    of_app(dead(
        "custom-app-token-regenerated",
        BOTH,
        &[INSTALL, INSTALL],
        "the one app was installed again: there is a new token, and the configured one is dead",
    )),
    of_app(dead(
        "custom-app-uninstalled",
        BOTH,
        &[INSTALL, r#"{"uninstall": ["Log Shipper"]}"#],
        "the one app of both logs was uninstalled",
    )),
];
