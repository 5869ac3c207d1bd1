//! The world: a tenant with its apps, a workspace, and a setting for everything that is not publicly documented.

mod check;
mod defaults;
mod read;
mod size;

use std::collections::BTreeMap;
use std::path::PathBuf;

use faults::Fault;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::arm::Setting;

pub use read::WorldError;

/// Everything that decides how the mock answers. The default is a tenant with one app that may do all it needs,
/// one workspace, and our own Miro tables and rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct World {
    /// Where the world's clock starts; without it, at the clock handed in.
    pub clock: Option<Timestamp>,
    /// Seed of request ids, trace ids and of what faults draw.
    pub seed: u64,
    /// Entra ID: the tenant and its apps.
    pub identity: Identity,
    /// The Log Analytics workspace.
    pub workspace: Workspace,
    /// The data collection endpoint.
    pub ingestion: Ingestion,
    /// The query API.
    pub query: Query,
    /// ARM JSON files with tables, relative to the world's file.
    pub tables: Vec<PathBuf>,
    /// ARM JSON files with data collection rules, relative to the world's file.
    pub rules: Vec<PathBuf>,
    /// Values of template parameters in these files, by name. What a file gives no default for and is not here gets what its name
    /// plainly means (`location`, `workspaceName`, `workspaceResourceId`, …), or is refused.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Watchlists, for `_GetWatchlist`.
    pub watchlists: Vec<WatchlistSource>,
    /// A CSV file, relative to the world's file, of `prefix,country,state,city,latitude,longitude`: what
    /// `geo_info_from_ip_address` knows. Without it, queries with that function are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geo: Option<PathBuf>,
    /// Trouble set from the start.
    pub faults: Vec<Fault>,
    /// How many calls the journal remembers.
    pub journal_entries: usize,
    /// The texts of the files named by `tables` and `rules`, and what else was loaded.
    #[serde(skip)]
    pub(crate) resources: Resources,
}

/// Texts of files, each with its name in messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Resources {
    pub(crate) tables: Vec<Document>,
    pub(crate) rules: Vec<Document>,
    /// Those of the watchlists that name a file, by their number.
    pub(crate) watchlists: BTreeMap<usize, Document>,
    pub(crate) geo: Option<Document>,
}

/// A watchlist of Sentinel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchlistSource {
    /// What queries call it by; its case does not matter.
    pub alias: String,
    /// The column whose values stand in `SearchKey` too.
    pub search_key: String,
    /// A CSV file with a row of names, relative to the world's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Rows, in place of a file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<serde_json::Map<String, serde_json::Value>>,
}

/// One text, ARM JSON or CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Entra ID: one tenant and its apps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// The tenant's id.
    pub tenant_id: String,
    /// A verified domain that URLs may use instead of the id.
    pub tenant_domain: String,
    /// Applications with a service principal in the tenant.
    pub apps: Vec<App>,
    /// How long a token is valid. Entra gives 3,599 s without the CP1 capability.
    pub token_life: SignedDuration,
    /// Statuses of AADSTS codes other than the likeliest, for codes whose status is not published: `{700016: 401}`.
    pub statuses: BTreeMap<u32, u16>,
    /// How hosts with a managed identity respond.
    pub managed: Managed,
    /// The same for clients that declare the CP1 capability.
    pub token_life_cp1: SignedDuration,
}

/// An application and its service principal.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct App {
    /// Display name.
    pub name: String,
    /// The application (client) id.
    pub client_id: String,
    /// The service principal's object id, which roles are assigned to.
    pub object_id: String,
    /// The valid client secret.
    pub client_secret: String,
    /// A secret that has expired: AADSTS7000222.
    pub expired_secret: Option<String>,
    /// Certificates as PEM text, whose keys may sign the app's assertions.
    pub certificates: Vec<String>,
    /// Other issuers whose assertions authenticate the app: workload identity federation.
    pub federations: Vec<Federation>,
    /// Whether the app holds Monitoring Metrics Publisher on every rule from the start.
    pub publisher: bool,
    /// Whether the app may read the workspace.
    pub reader: bool,
    /// Whether the app may change resources.
    pub contributor: bool,
}

/// A federated credential: an issuer whose assertions authenticate an app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Federation {
    /// `iss` of the assertion.
    pub issuer: String,
    /// `sub` of the assertion.
    pub subject: String,
    /// `aud` of the assertion.
    #[serde(default = "federation_audience")]
    pub audience: String,
    /// The issuer's key set (JWKS); without it, assertions made by `POST /_control/assertion` are accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<serde_json::Value>,
}

fn federation_audience() -> String {
    "api://AzureADTokenExchange".to_owned()
}

/// Hosts with a managed identity. The identity is the default app's, or that of the app that the caller selects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Managed {
    /// What `X-IDENTITY-HEADER` must hold on App Service (`IDENTITY_HEADER` there).
    pub identity_header: String,
    /// How long a token is valid.
    pub token_life: SignedDuration,
    /// Azure Arc's agent; without it, only IMDS and App Service respond.
    pub arc: Option<ArcHost>,
}

/// Azure Arc's agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArcHost {
    /// Where it writes the files that callers must read. Clients insist on `/var/opt/azcmagent/tokens`.
    pub token_folder: PathBuf,
}

/// The Log Analytics workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Workspace {
    /// The workspace (customer) id.
    pub id: String,
    /// The resource's name.
    pub name: String,
    /// Azure subscription of all resources.
    pub subscription_id: String,
    /// Resource group of all resources.
    pub resource_group: String,
    /// Azure region.
    pub location: String,
}

/// The data collection endpoint: limits and what Azure's public record leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ingestion {
    /// Most bytes of a request's body on the wire.
    #[serde(deserialize_with = "size::bytes")]
    pub wire_bytes_max: u64,
    /// Most bytes of a body after inflation.
    #[serde(deserialize_with = "size::bytes")]
    pub inflated_bytes_max: u64,
    /// The longest value of one field.
    #[serde(deserialize_with = "size::bytes")]
    pub field_max: usize,
    /// What `field_max` counts. The limits page says 64 KB and no more.
    pub field_unit: FieldUnit,
    /// What becomes of values of another JSON type than their column's.
    pub wrong_types: WrongTypes,
    /// Oldest `TimeGenerated` kept, counted back from the receive time.
    pub oldest: SignedDuration,
    /// Newest `TimeGenerated` kept, counted on from the receive time.
    pub newest: SignedDuration,
    /// Most calls a rule takes in a minute.
    pub calls_per_minute: u64,
    /// Most bytes a rule takes in a minute, on the wire and inflated alike.
    #[serde(deserialize_with = "size::bytes")]
    pub bytes_per_minute: u64,
    /// Whether the rules' diagnostic setting sends their errors to DCRLogErrors.
    pub log_errors: bool,
    /// How long after a role was assigned it has no effect yet. Azure: up to 30 minutes.
    pub role_delay: SignedDuration,
    /// How long rows stay invisible to queries.
    pub visible_after: SignedDuration,
    /// How long after a table was put its first rows stay invisible. Azure: up to 15 minutes.
    pub new_table_visible_after: SignedDuration,
    /// Most bytes, uncompressed, that the workspace keeps in a day of UTC. What comes after is lost although uploads
    /// succeed, and `_LogOperation` says so once a day. No cap unless given.
    #[serde(deserialize_with = "size::some_bytes")]
    pub daily_cap_bytes: Option<u64>,
    /// Whether `error` and `code` of the response to an unknown api-version are written with capitals, as seen on a metrics
    /// host.
    pub capitalised_version_error: bool,
    /// Responses whose status or code is not publicly known.
    pub answers: UnknownAnswers,
}

/// What the limit of a field's value counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldUnit {
    /// Bytes of UTF-8.
    #[default]
    Bytes,
    /// Code units of UTF-16, two for each character outside of the basic plane.
    Utf16,
}

/// What becomes of values of another JSON type than their column's; no vendor statement was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongTypes {
    /// They are converted where that is possible, else null.
    #[default]
    Convert,
    /// They are null, `""` in string columns.
    Null,
}

/// Status and code of responses that no public source shows; the defaults are the likeliest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnknownAnswers {
    /// No, expired or foreign token.
    pub unauthenticated: StatusCode,
    /// A token that is not a JSON Web Token of Entra ID.
    pub wrong_token_kind: StatusCode,
    /// An upload of zero bytes. The .NET client's live tests of 2022 saw 500 without a body.
    pub empty_body: StatusCode,
    /// An object or array for a column of another type on its way into an Auxiliary table.
    pub nested_value: StatusCode,
    /// Rows further apart than an Auxiliary table takes in one call.
    pub time_spread: StatusCode,
    /// A stream that the rule does not declare.
    pub unknown_stream: StatusCode,
    /// A content coding other than gzip.
    pub unknown_encoding: StatusCode,
    /// A gzip body that cannot be inflated.
    pub invalid_gzip: StatusCode,
    /// A body that is not JSON. The .NET client's live tests expect 204.
    pub invalid_json: StatusCode,
    /// A body that is too big after inflation.
    pub inflated_too_big: StatusCode,
    /// More calls or bytes than a rule may take in a minute.
    pub throttled: StatusCode,
}

/// A status with the error code that goes with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusCode {
    /// HTTP status.
    pub status: u16,
    /// `error.code`; when empty, the response has no body.
    #[serde(default)]
    pub code: String,
}

/// The query API's limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// Most rows of a response; more are cut with a partial error.
    pub rows_max: usize,
    /// Queries that are admitted at the same time; two of them compute, the others wait for these.
    pub concurrent_max: usize,
    /// Queries that may wait for a slot; further ones get 429.
    pub queue_max: usize,
    /// How long a query waits for a slot before it gets 429.
    pub queue_wait: SignedDuration,
    /// Queries that one principal may send in 30 seconds; further ones get 429.
    pub per_thirty_seconds: u64,
    /// Most bytes of a response's body, before any compression; the rows beyond are cut with a partial error.
    #[serde(deserialize_with = "size::bytes")]
    pub bytes_max: usize,
    /// How long a query may run unless `Prefer: wait` says otherwise; then the response is 504.
    pub time_default: SignedDuration,
    /// The longest that any query may run, whatever `Prefer: wait` says; that is honored up to Azure's ten minutes.
    pub time_max: SignedDuration,
    /// Most bytes that the intermediate results of one query may take; beyond them the response is 400. A bound of this
    /// machine, not of the service's record.
    #[serde(deserialize_with = "size::bytes")]
    pub memory_max: usize,
    /// What the tables of a response go by when the query names them. Pages on batches and on `fork` say that tools show the
    /// names that `as` gives; which member carries them in this API is not documented.
    pub table_names: TableNames,
    /// Whether a workspace without a table and without a row, in which no data was ever placed, responds 204.
    pub empty_workspace_is_204: bool,
}

/// What the tables of a query's response go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableNames {
    /// As the query names them with `as` or `fork name=(…)`; all others are `PrimaryResult`.
    #[default]
    AsNamed,
    /// All are `PrimaryResult`.
    Primary,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("name", &self.name)
            .field("client_id", &self.client_id)
            .field("object_id", &self.object_id)
            .field("client_secret", &"***")
            .field("publisher", &self.publisher)
            .field("reader", &self.reader)
            .finish_non_exhaustive()
    }
}

impl World {
    /// Where templates are deployed.
    pub(crate) fn setting(&self) -> Setting {
        let workspace = &self.workspace;
        Setting {
            tenant_id: self.identity.tenant_id.clone(),
            subscription_id: workspace.subscription_id.clone(),
            resource_group: workspace.resource_group.clone(),
            location: workspace.location.clone(),
            workspace_name: workspace.name.clone(),
            workspace_id: workspace.resource_id(),
            parameters: BTreeMap::new(),
            infers: false,
        }
    }
}

impl Workspace {
    /// Whether a caller means this workspace: by id, name or ARM id.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        [&self.id, &self.name, &self.resource_id()].into_iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The subscription's ARM id.
    pub(crate) fn subscription(&self) -> String {
        format!("/subscriptions/{}", self.subscription_id)
    }

    /// The resource group's ARM id.
    pub(crate) fn group(&self) -> String {
        format!("{}/resourceGroups/{}", self.subscription(), self.resource_group)
    }

    /// The workspace's ARM id.
    pub(crate) fn resource_id(&self) -> String {
        format!("{}/providers/Microsoft.OperationalInsights/workspaces/{}", self.group(), self.name)
    }

    /// A data collection rule's ARM id.
    pub(crate) fn rule_resource_id(&self, rule: &str) -> String {
        format!("{}/providers/Microsoft.Insights/dataCollectionRules/{rule}", self.group())
    }
}
