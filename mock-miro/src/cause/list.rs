//! The list of causes.

use super::{Cause, Mistake, Setup};
use crate::log::Log;

const AUDIT: &[Log] = &[Log::Audit];
const CONTENT: &[Log] = &[Log::Content];
const BOTH: &[Log] = &[Log::Audit, Log::Content];

/// Option 2 of the guide: an app whose token does not expire, with both scopes.
const INSTALL: &str = r#"{"install": {"Log Shipper": {}}}"#;
/// The same with an app whose tokens expire.
const INSTALL_EXPIRING: &str = r#"{"install": {"Log Shipper": {"expiring": true}}}"#;

type Changes = &'static [&'static str];

const fn cause(name: &'static str, logs: &'static [Log], changes: Changes, says: &'static str) -> Cause {
    let setup = Setup::EnterpriseIntegrations;
    Cause { name, says, log: logs[0], logs, setup, changes, mistake: None, status: 200, code: "" }
}

/// Requests succeed and return no events.
const fn silent(name: &'static str, logs: &'static [Log], changes: Changes, says: &'static str) -> Cause {
    cause(name, logs, changes, says)
}

const fn denied(name: &'static str, logs: &'static [Log], changes: Changes, says: &'static str) -> Cause {
    Cause { status: 403, code: "insufficientPermissions", ..cause(name, logs, changes, says) }
}

const fn rejected(name: &'static str, logs: &'static [Log], changes: Changes, says: &'static str) -> Cause {
    Cause { status: 401, code: "tokenNotFound", ..cause(name, logs, changes, says) }
}

const fn of_app(cause: Cause) -> Cause {
    Cause { setup: Setup::CustomApp, ..cause }
}

pub(super) static CAUSES: [Cause; 31] = [
    Cause {
        mistake: Some(Mistake::UnknownToken),
        ..rejected("token-invalid", AUDIT, &[], "the token was not issued by Miro")
    },
    Cause {
        mistake: Some(Mistake::UnknownToken),
        ..rejected("content-token-invalid", CONTENT, &[], "the content token was not issued by Miro")
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
    denied("no-guard", CONTENT, &[r#"{"guard": false}"#], "the plan does not include Enterprise Guard"),
    Cause {
        mistake: Some(Mistake::OtherOrganization),
        ..denied("wrong-organization", CONTENT, &[], "the configured organization id is not the token's")
    },
    denied(
        "content-plan-too-small",
        BOTH,
        &[r#"{"plan": "business"}"#],
        "the plan does not include content logs; Guard is an add-on to Enterprise",
    ),
    denied("plan-too-small", BOTH, &[r#"{"plan": "business"}"#], "the plan does not include audit logs"),
    denied(
        "audit-not-company-admin",
        AUDIT,
        &[r#"{"tokens": {"audit": {"role": "member"}}}"#],
        "the audit token was set up by a user who is not a Company Admin",
    ),
    denied(
        "content-not-company-admin",
        CONTENT,
        &[r#"{"tokens": {"content": {"role": "member"}}}"#],
        "the content token was set up by a user who is not a Company Admin",
    ),
    rejected("siem-off", AUDIT, &[r#"{"toggles": {"siem": false}}"#], "an admin turned the SIEM toggle off"),
    rejected(
        "ediscovery-off",
        CONTENT,
        &[r#"{"toggles": {"ediscovery": false}}"#],
        "an admin turned the eDiscovery toggle off",
    ),
    rejected(
        "siem-on-again",
        AUDIT,
        &[r#"{"toggles": {"siem": false}}"#, r#"{"toggles": {"siem": true}}"#],
        "the SIEM toggle was turned off and on again: the configured token is invalid, a new one was issued",
    ),
    rejected(
        "ediscovery-on-again",
        CONTENT,
        &[r#"{"toggles": {"ediscovery": false}}"#, r#"{"toggles": {"ediscovery": true}}"#],
        "the eDiscovery toggle was turned off and on again: the configured token is invalid, a new one was issued",
    ),
    rejected("token-revoked", AUDIT, &[r#"{"tokens": {"audit": {"state": "revoked"}}}"#], "the token was revoked"),
    rejected(
        "content-token-revoked",
        CONTENT,
        &[r#"{"tokens": {"content": {"state": "revoked"}}}"#],
        "the content token was revoked",
    ),
    rejected(
        "token-regenerated",
        AUDIT,
        &[r#"{"tokens": {"audit": {"state": "replaced"}}}"#],
        "the token was regenerated and not updated in the connector",
    ),
    rejected(
        "content-app-uninstalled",
        CONTENT,
        &[r#"{"uninstall": ["eDiscovery"]}"#],
        "the app of the content log was uninstalled",
    ),
    rejected("app-uninstalled", AUDIT, &[r#"{"uninstall": ["SIEM"]}"#], "the app was uninstalled"),
    rejected(
        "token-expired",
        AUDIT,
        &[r#"{"tokens": {"audit": {"expires_at": "2020-01-01T00:00:00Z"}}}"#],
        "the app issues expiring tokens, and this one has expired",
    ),
    silent(
        "collection-not-enabled",
        CONTENT,
        &[r#"{"content_logs_since": "9999-01-01T00:00:00Z"}"#],
        "no admin has enabled content logs: the log is empty",
    ),
    silent(
        "just-connected",
        BOTH,
        &[r#"{"silent_for": "10m"}"#],
        "less than ten minutes have passed since connecting: the logs are still empty",
    ),
    of_app(denied(
        "custom-app-audit-scope-removed",
        AUDIT,
        &[INSTALL, r#"{"tokens": {"Log Shipper-1": {"scopes": ["contentlogs:export"]}}}"#],
        "the app of both logs lacks the scope auditlogs:read",
    )),
    of_app(denied(
        "custom-app-content-scope-removed",
        CONTENT,
        &[INSTALL, r#"{"tokens": {"Log Shipper-1": {"scopes": ["auditlogs:read"]}}}"#],
        "the app of both logs lacks the scope contentlogs:export",
    )),
    of_app(denied(
        "custom-app-not-company-admin",
        BOTH,
        &[INSTALL, r#"{"tokens": {"Log Shipper-1": {"role": "member"}}}"#],
        "the app of both logs was installed by a user who is not a Company Admin",
    )),
    of_app(rejected(
        "custom-app-token-expired",
        BOTH,
        &[INSTALL_EXPIRING, r#"{"tokens": {"Log Shipper-1": {"expires_at": "2020-01-01T00:00:00Z"}}}"#],
        "the app of both logs issues expiring tokens, and this one was not refreshed",
    )),
    of_app(rejected(
        "custom-app-refresh-token-lapsed",
        BOTH,
        &[
            INSTALL_EXPIRING,
            r#"{"tokens": {"Log Shipper-1": {"expires_at": "2020-01-01T00:00:00Z", "refresh_expires_at": "2020-03-01T00:00:00Z"}}}"#,
        ],
        "the token of the app of both logs has expired, and so has its refresh token: the app must be reinstalled",
    )),
    of_app(rejected(
        "custom-app-token-revoked",
        BOTH,
        &[INSTALL, r#"{"tokens": {"Log Shipper-1": {"state": "revoked"}}}"#],
        "the token of both logs was revoked",
    )),
    of_app(rejected(
        "custom-app-token-regenerated",
        BOTH,
        &[INSTALL, INSTALL],
        "the app of both logs was reinstalled: the configured token is invalid, a new one was issued",
    )),
    of_app(rejected(
        "custom-app-uninstalled",
        BOTH,
        &[INSTALL, r#"{"uninstall": ["Log Shipper"]}"#],
        "the app of both logs was uninstalled",
    )),
];
