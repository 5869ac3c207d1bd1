//! What may stand in a path, a query or a header. Names that exist in this world only are listed, so that a tool that generates
//! calls from the document gets further than to "not found".

use serde_json::{Value, json};

use super::{call, versions};
use crate::call::Call;
use crate::http::routes::{Operation, Route};
use crate::state::Shared;

/// The names that the world knows now.
#[derive(Debug, Default)]
pub(crate) struct Known {
    tenants: Vec<String>,
    subscriptions: Vec<String>,
    groups: Vec<String>,
    workspace_names: Vec<String>,
    workspaces: Vec<String>,
    rules: Vec<String>,
    streams: Vec<String>,
    tables: Vec<String>,
}

impl Known {
    /// Those of a world as it is now.
    pub(crate) fn of(shared: &Shared) -> Self {
        let (identity, workspace) = (&shared.world.identity, &shared.world.workspace);
        let state = shared.state();
        Self {
            tenants: vec![identity.tenant_id.clone(), identity.tenant_domain.clone()],
            subscriptions: vec![workspace.subscription_id.clone()],
            groups: vec![workspace.resource_group.clone()],
            workspace_names: vec![workspace.name.clone()],
            workspaces: vec![workspace.id.clone(), workspace.name.clone()],
            rules: state.rules.iter().map(|rule| rule.immutable_id.clone()).collect(),
            streams: state.rules.iter().flat_map(|rule| rule.streams.keys().cloned()).collect(),
            tables: state.tables.iter().map(|(name, _)| name.clone()).collect(),
        }
    }

    fn of_path(&self, route: &Route, name: &str) -> Value {
        let known = match name {
            "tenant" => &self.tenants,
            "subscription" => &self.subscriptions,
            "group" => &self.groups,
            "workspace" if call(route) == Call::Arm => &self.workspace_names,
            "workspace" => &self.workspaces,
            "rule" => &self.rules,
            "stream" => &self.streams,
            "table" => &self.tables,
            "number" => return number(1),
            "namespace" => {
                return json!({"type": "string", "enum": ["Microsoft.Insights", "Microsoft.OperationalInsights"]});
            }
            "kind" => return json!({"type": "string", "examples": ["dataCollectionRules", "workspaces"]}),
            _ => return json!({"type": "string", "minLength": 1}),
        };
        if known.is_empty() {
            return json!({"type": "string", "minLength": 1});
        }
        json!({"type": "string", "enum": known})
    }
}

/// Every parameter of an operation.
pub(super) fn of(route: &Route, operation: &Operation, known: &Known) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| parameter(name, "path", true, known.of_path(route, name)));
    let in_query =
        operation.query.iter().map(|(name, required)| parameter(name, "query", *required, in_query(route, name)));
    let in_header = (call(route) == Call::ManagedIdentity && route.path.starts_with("/metadata/"))
        .then(|| parameter("Metadata", "header", true, json!({"type": "string", "enum": ["true"]})));
    in_path.chain(in_query).chain(in_header).collect()
}

fn in_query(route: &Route, name: &str) -> Value {
    match name {
        "api-version" => json!({"type": "string", "enum": versions::of(route)}),
        "resource" => json!({"type": "string", "enum": [
            "https://monitor.azure.com", "https://api.loganalytics.io", "https://management.azure.com",
        ]}),
        "limit" => json!({"type": "integer", "minimum": 1, "maximum": crate::control::IDS_MAX}),
        "after" if !route.path.ends_with("/ids") => number(0),
        "last" => number(0),
        "refused" => json!({"type": "boolean"}),
        "call" => json!({"type": "string", "enum": crate::CALLS.names}),
        "query" => json!({"type": "string", "minLength": 1, "examples": ["print 1"]}),
        "timespan" => json!({"type": "string", "examples": ["PT1H"]}),
        "workspaces" => json!({"type": "string"}),
        _ => json!({"type": "string", "minLength": 1}),
    }
}

/// A number of an entry or a fault.
fn number(least: u32) -> Value {
    json!({"type": "integer", "minimum": least, "maximum": u64::MAX})
}

#[expect(clippy::needless_pass_by_value, reason = "a schema is written where it is used")]
fn parameter(name: &str, place: &str, required: bool, schema: Value) -> Value {
    json!({"name": name, "in": place, "required": required, "schema": schema})
}
