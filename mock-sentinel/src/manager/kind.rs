//! The kinds of resource served, with the api-versions that Azure takes for each.
//!
//! Sources, all read 2026-11-29: the versions that Azure named when it refused one, in the reports given at each list; those
//! published since, from the types generated out of Azure's API specifications (<https://github.com/Azure/bicep-types-az>,
//! `generated/`, commit 1f896de of 2026-08-20). Some versions were published weeks before Azure took them; here each counts from
//! its publication.

use crate::http::Reply;

/// A kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Tenant,
    Subscription,
    Location,
    /// The namespace of a resource provider.
    Provider,
    Group,
    /// Resources of any kind, in lists.
    Any,
    Deployment,
    /// The steps of a deployment.
    DeploymentOperation,
    Workspace,
    Table,
    SavedSearch,
    Rule,
    Endpoint,
    RoleAssignment,
    RoleDefinition,
}

/// <https://github.com/Azure/azure-cli/issues/31964> names all but the first (also `2014-04`, which is no date). That one is
/// published for deployments: `specification/resources/resource-manager/Microsoft.Resources/deployments/stable/2026-06-01` of
/// <https://github.com/Azure/azure-rest-api-specs>.
const RESOURCES: &[&str] = &[
    "2026-06-01",
    "2025-04-01",
    "2025-03-01",
    "2024-11-01",
    "2024-10-01-preview",
    "2024-08-01",
    "2024-07-01",
    "2024-06-01-preview",
    "2024-03-01",
    "2023-07-01",
    "2023-07-01-preview",
    "2023-03-01-preview",
    "2022-12-01",
    "2022-11-01-preview",
    "2022-09-01",
    "2022-06-01",
    "2022-05-01",
    "2022-03-01-preview",
    "2022-01-01",
    "2021-04-01",
    "2021-01-01",
    "2020-10-01",
    "2020-09-01",
    "2020-08-01",
    "2020-07-01",
    "2020-06-01",
    "2020-05-01",
    "2020-01-01",
    "2019-11-01",
    "2019-10-01",
    "2019-09-01",
    "2019-08-01",
    "2019-07-01",
    "2019-06-01",
    "2019-05-10",
    "2019-05-01",
    "2019-03-01",
    "2018-11-01",
    "2018-09-01",
    "2018-08-01",
    "2018-07-01",
    "2018-06-01",
    "2018-05-01",
    "2018-02-01",
    "2018-01-01",
    "2017-12-01",
    "2017-08-01",
    "2017-06-01",
    "2017-05-10",
    "2017-05-01",
    "2017-03-01",
    "2016-09-01",
    "2016-07-01",
    "2016-06-01",
    "2016-02-01",
    "2015-11-01",
    "2015-01-01",
    "2014-04-01-preview",
    "2014-04-01",
    "2014-01-01",
    "2013-03-01",
    "2014-02-26",
];
/// <https://github.com/Azure/azure-powershell/issues/26146> names those until 2023-09-01 (also one private preview); newer ones:
/// `generated/operationalinsights`.
const WORKSPACES: &[&str] = &[
    "2026-03-01",
    "2025-07-01",
    "2025-02-01",
    "2023-09-01",
    "2023-01-01-preview",
    "2022-10-01",
    "2021-12-01-preview",
    "2021-06-01",
    "2020-10-01",
    "2020-08-01",
    "2020-03-01-preview",
    "2017-04-26-preview",
    "2017-03-15-preview",
    "2017-03-03-preview",
    "2017-01-01-preview",
    "2015-11-01-preview",
    "2015-03-20",
];
/// <https://github.com/Azure/azure-sdk-for-python/issues/28161> names those until 2022-10-01, and not the 2020-10-01 that is
/// published; newer ones: `generated/operationalinsights`.
const TABLES: &[&str] = &[
    "2026-03-01",
    "2025-07-01",
    "2025-02-01",
    "2023-09-01",
    "2022-10-01",
    "2021-12-01-preview",
    "2020-08-01",
    "2020-03-01-preview",
    "2017-04-26-preview",
];
/// No refusal that names them was found: these are the published ones, `generated/operationalinsights`, and 2022-10-01, which
/// public templates send (<https://github.com/SecureHats/ASIM_ProjectSchema>). Azure may take others.
const SAVED_SEARCHES: &[&str] = &[
    "2026-03-01",
    "2025-07-01",
    "2025-02-01",
    "2023-09-01",
    "2022-10-01",
    "2020-08-01",
    "2020-03-01-preview",
    "2015-03-20",
];
/// `generated/monitor_1`; 2025-05-11 is the version to ask for where transformations are declared, says
/// <https://github.com/MicrosoftDocs/azure-monitor-docs/blob/main/articles/azure-monitor/data-collection/data-collection-rule-structure.md>.
const RULES: &[&str] =
    &["2025-05-11", "2024-03-11", "2023-03-11", "2022-06-01", "2021-09-01-preview", "2021-04-01", "2019-11-01-preview"];
/// `generated/monitor_1`; <https://github.com/Azure/azure-cli-extensions/issues/4734> also names 2019-11-01-preview.
const ENDPOINTS: &[&str] =
    &["2024-03-11", "2023-03-11", "2022-06-01", "2021-09-01-preview", "2021-04-01", "2019-11-01-preview"];
/// <https://github.com/Azure/azure-sdk-for-java/pull/28334> names all but 2022-04-01, which is published:
/// `generated/authorization`.
const ROLE_ASSIGNMENTS: &[&str] = &[
    "2022-04-01",
    "2022-01-01-preview",
    "2021-04-01-preview",
    "2020-10-01-preview",
    "2020-08-01-preview",
    "2020-04-01-preview",
    "2020-03-01-preview",
    "2019-04-01-preview",
    "2018-12-01-preview",
    "2018-09-01-preview",
    "2018-07-01",
    "2018-01-01-preview",
    "2017-10-01-preview",
    "2017-09-01",
    "2017-05-01",
    "2016-07-01",
    "2015-07-01",
    "2015-06-01",
    "2015-05-01-preview",
    "2014-10-01-preview",
    "2014-07-01-preview",
    "2014-04-01-preview",
];
/// <https://github.com/Azure/azure-sdk-for-java/pull/28334> names those until 2018-07-01; newer ones: `generated/authorization`.
const ROLE_DEFINITIONS: &[&str] = &[
    "2022-05-01-preview",
    "2022-04-01",
    "2018-07-01",
    "2018-01-01-preview",
    "2017-09-01",
    "2017-05-01",
    "2016-07-01",
    "2015-07-01",
    "2015-06-01",
    "2015-05-01-preview",
    "2014-10-01-preview",
    "2014-07-01-preview",
    "2014-04-01-preview",
];

impl Kind {
    /// The types below a namespace: `Microsoft.Insights` and `dataCollectionRules`.
    pub(super) fn of(namespace: &str, types: &[&str]) -> Option<Self> {
        let named = format!("{namespace}/{}", types.join("/"));
        let all = [
            Self::Workspace,
            Self::Table,
            Self::SavedSearch,
            Self::Rule,
            Self::Endpoint,
            Self::RoleAssignment,
            Self::RoleDefinition,
            Self::Deployment,
            Self::DeploymentOperation,
        ];
        all.into_iter().find(|kind| kind.arm_type().eq_ignore_ascii_case(&named))
    }

    /// The kind of resource that a route's path is about; none where it is about no provider's.
    pub(super) fn in_path(path: &str) -> Option<Self> {
        let (_, provided) = path.rsplit_once("/providers/")?;
        let mut segments = provided.split('/');
        let namespace = segments.next()?;
        let types: Vec<&str> = segments.step_by(2).collect();
        // A verb stands where a type would: `workspaces/{name}/query`.
        Self::of(namespace, &types).or_else(|| Self::of(namespace, types.get(..1)?))
    }

    pub(super) fn arm_type(self) -> &'static str {
        match self {
            Self::Tenant => "Microsoft.Resources/tenants",
            Self::Subscription => "Microsoft.Resources/subscriptions",
            Self::Location => "Microsoft.Resources/subscriptions/locations",
            Self::Provider => "Microsoft.Resources/subscriptions/providers",
            Self::Group => "Microsoft.Resources/resourceGroups",
            Self::Any => "Microsoft.Resources/subscriptions/resources",
            Self::Deployment => "Microsoft.Resources/deployments",
            Self::DeploymentOperation => "Microsoft.Resources/deployments/operations",
            Self::Workspace => "Microsoft.OperationalInsights/workspaces",
            Self::Table => "Microsoft.OperationalInsights/workspaces/tables",
            Self::SavedSearch => "Microsoft.OperationalInsights/workspaces/savedSearches",
            Self::Rule => "Microsoft.Insights/dataCollectionRules",
            Self::Endpoint => "Microsoft.Insights/dataCollectionEndpoints",
            Self::RoleAssignment => "Microsoft.Authorization/roleAssignments",
            Self::RoleDefinition => "Microsoft.Authorization/roleDefinitions",
        }
    }

    /// The type that rights name.
    pub(super) fn right_type(self) -> &'static str {
        if self == Self::Group { "Microsoft.Resources/subscriptions/resourceGroups" } else { self.arm_type() }
    }

    pub(super) fn versions(self) -> &'static [&'static str] {
        match self {
            Self::Workspace => WORKSPACES,
            Self::Table => TABLES,
            Self::SavedSearch => SAVED_SEARCHES,
            Self::Rule => RULES,
            Self::Endpoint => ENDPOINTS,
            Self::RoleAssignment => ROLE_ASSIGNMENTS,
            Self::RoleDefinition => ROLE_DEFINITIONS,
            Self::Tenant
            | Self::Subscription
            | Self::Location
            | Self::Provider
            | Self::Group
            | Self::Any
            | Self::Deployment
            | Self::DeploymentOperation => RESOURCES,
        }
    }

    /// Most bytes of a resource as it is kept, so that all of a kind stay bounded together. A bound of this machine.
    pub(super) fn bytes_max(self) -> usize {
        match self {
            Self::RoleAssignment => 16 * 1024,
            Self::Table | Self::SavedSearch => 256 * 1024,
            Self::Rule => 512 * 1024,
            _ => 64 * 1024,
        }
    }

    /// Refuses a version that Azure does not know for this kind, naming those that it does.
    pub(super) fn check_version(self, version: &str, location: &str) -> Result<(), Reply> {
        if self.versions().iter().any(|known| known.eq_ignore_ascii_case(version)) {
            return Ok(());
        }
        let version: String = version.chars().take(64).collect();
        let known = self.versions().join(", ");
        let (code, message) = match self.arm_type().split_once('/') {
            Some((namespace, kind)) if namespace != "Microsoft.Resources" => (
                "NoRegisteredProviderFound",
                format!(
                    "No registered resource provider found for location '{location}' and API version '{version}' for type \
                     '{kind}'. The supported api-versions are '{known}'. The supported locations are '{location}'."
                ),
            ),
            _ => (
                "InvalidApiVersionParameter",
                format!("The api-version '{version}' is invalid. The supported versions are '{known}'."),
            ),
        };
        Err(Reply::error(400, code, &message, &message))
    }
}
