//! What must come of each class of responses on each call, by the public documentation.
//!
//! - A response that is not the service's is never a success, and proves nothing about credentials, roles, rules or plans:
//!   it is somebody between us and the service. The specification of the ingestion service knows 204 without a body
//!   (<https://learn.microsoft.com/en-us/azure/azure-monitor/logs/logs-ingestion-api-overview>, read 2026-11-29), that of
//!   Miro a JSON object with an array `data` (<https://developers.miro.com/reference/enterprise-get-audit-logs>, read
//!   2026-11-22), that of the identity service a JSON object with `access_token`
//!   (<https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow>, read 2026-11-22).
//! - So every row below but the first reads alike: what fails is that end, whatever the status says.

use super::classes::{Call, Class};

/// What must be seen while a class lasts on one call. When it ends, everything must be delivered.
#[derive(Debug)]
pub(super) struct Expected {
    /// What `/readyz` must say: the status where there was one, else any reason.
    pub(super) named: &'static str,
    /// The exit code of `check`.
    pub(super) check: i32,
    /// The exit codes that `run --once --within` may have.
    pub(super) once: &'static [i32],
}

/// Everything works.
const WELL: Expected = Expected { named: "ready", check: 0, once: &[0] };
/// Any reason will do: there was no status.
const UNNAMED: &str = "";

/// Miro, or what stands before it, fails.
const fn miro(named: &'static str) -> Expected {
    Expected { named, check: 5, once: &[5, 7] }
}

/// Azure, or what stands before it, fails.
const fn azure(named: &'static str) -> Expected {
    Expected { named, check: 6, once: &[6, 7] }
}

/// A row: audit, content, token, ingestion.
pub(super) struct Row(pub(super) Class, pub(super) [Expected; 4]);

/// A class that shows the same status on every call.
const fn everywhere(class: Class, named: &'static str) -> Row {
    Row(class, [miro(named), miro(named), azure(named), azure(named)])
}

/// A class of 2xx: at Miro and the identity service the body is what is wrong, of an upload the status is named.
const fn not_meant(class: Class, upload: &'static str) -> Row {
    Row(class, [miro(UNNAMED), miro(UNNAMED), azure(UNNAMED), azure(upload)])
}

pub(super) const TABLE: [Row; 17] = [
    Row(Class::Right, [WELL, WELL, WELL, WELL]),
    everywhere(Class::Html200, "HTTP 200"),
    everywhere(Class::Html403, "HTTP 403"),
    everywhere(Class::Html404, "HTTP 404"),
    everywhere(Class::Html407, "HTTP 407"),
    everywhere(Class::Html502, "HTTP 502"),
    everywhere(Class::Redirect, "HTTP 302"),
    not_meant(Class::NoPage, "HTTP 200"),
    not_meant(Class::ErrorIn200, "HTTP 200"),
    not_meant(Class::Empty200, "HTTP 200"),
    not_meant(Class::Accepted, "HTTP 20"),
    everywhere(Class::Cut, UNNAMED),
    everywhere(Class::Slow, UNNAMED),
    everywhere(Class::Silent, UNNAMED),
    everywhere(Class::Garbage, UNNAMED),
    everywhere(Class::Huge, UNNAMED),
    everywhere(Class::Endless, UNNAMED),
];

/// Causes that none of these responses proves.
pub(super) const INVENTED: [&str; 14] = [
    "miro-token-refused",
    "miro-scope-missing",
    "miro-guard-missing",
    "miro-plan-missing",
    "miro-organization-wrong",
    "azure-secret-refused",
    "azure-application-unknown",
    "azure-tenant-unknown",
    "azure-identity-refused",
    "azure-role-missing",
    "azure-rule-unknown",
    "azure-stream-unknown",
    "azure-token-refused",
    "azure-refuses-everything",
];

/// The expected cell of `class` on `call`.
pub(super) fn expected(class: Class, call: Call) -> &'static Expected {
    let row = TABLE.iter().find(|row| row.0 == class).expect("every class has a row");
    let column = Call::ALL.iter().position(|each| *each == call).expect("every call has a column");
    &row.1[column]
}

#[test]
fn the_table_has_a_row_for_every_class() {
    let rows: Vec<_> = TABLE.iter().map(|row| row.0).collect();
    assert_eq!(rows, Class::ALL);
}
