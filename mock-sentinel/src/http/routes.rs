//! Everything that is served, as data: the source of the OpenAPI document and of the responses to near misses.

/// A path with what may be done on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) path: &'static str,
    /// Where the behaviour is described.
    pub(crate) reference: &'static str,
    /// How errors look here.
    pub(crate) errors: ErrorShape,
    pub(crate) operations: &'static [Operation],
}

/// One method of a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) summary: &'static str,
    /// Query parameters, and whether each is required.
    pub(crate) query: &'static [(&'static str, bool)],
    /// The type of the request's body, if there is one.
    pub(crate) body: Option<&'static str>,
    /// Every status returned while no fault is set.
    pub(crate) statuses: &'static [u16],
}

/// The shape of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorShape {
    /// `{"error": {"code", "message"}}`
    Azure,
    /// `{"error", "error_description", "error_codes"}`
    Entra,
    /// `{"error", "error_description"}`, or `{"statusCode", "message"}` on App Service.
    Host,
}

const JSON: Option<&str> = Some("application/json");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

const fn operation(method: &'static str, summary: &'static str, statuses: &'static [u16]) -> Operation {
    Operation { method, summary, query: &[], body: None, statuses }
}

impl Operation {
    const fn query(mut self, query: &'static [(&'static str, bool)]) -> Self {
        self.query = query;
        self
    }

    const fn body(mut self, kind: Option<&'static str>) -> Self {
        self.body = kind;
        self
    }
}

const fn route(
    path: &'static str,
    reference: &'static str,
    errors: ErrorShape,
    operations: &'static [Operation],
) -> Route {
    Route { path, reference, errors, operations }
}

const ENTRA: &str = "OAuth 2.0 client credentials flow";
const DISCOVERY: &str = "OpenID Connect discovery";
const SEARCHES: &str = "Log Analytics saved searches";
const CONTROL: &str = "control plane";
const DIRECTORY: &str = "Microsoft Graph";
const MANAGER: &str = "Azure Resource Manager";
const VERSION: &[(&str, bool)] = &[("api-version", true)];

const fn list(summary: &'static str) -> Operation {
    operation("GET", summary, &[200, 400, 401, 403, 404]).query(&[("api-version", true), ("$filter", false)])
}

const fn read(summary: &'static str) -> Operation {
    operation("GET", summary, &[200, 400, 401, 403, 404]).query(VERSION)
}

/// What can be done to a resource.
const RESOURCE: &[Operation] = &[
    read("Read a resource"),
    operation("HEAD", "Check whether a resource exists", &[204, 400, 401, 403, 404, 405]).query(VERSION),
    operation("PUT", "Create or change a resource", &[200, 201, 400, 401, 403, 404, 405, 408, 409, 413, 503])
        .query(VERSION)
        .body(JSON),
    operation("PATCH", "Change a part of a resource", &[200, 400, 401, 403, 404, 405, 408, 413, 503])
        .query(VERSION)
        .body(JSON),
    operation("DELETE", "Delete a resource", &[200, 204, 400, 401, 403, 404, 405]).query(VERSION),
];

/// All routes.
pub(crate) const ROUTES: &[Route] = &[
    route(
        "/dataCollectionRules/{rule}/streams/{stream}",
        "Logs Ingestion API overview",
        ErrorShape::Azure,
        &[operation("POST", "Upload rows to a stream", &[204, 400, 401, 403, 404, 408, 413, 415, 429, 500, 503])
            .query(&[("api-version", true)])
            .body(JSON)],
    ),
    route(
        "/{tenant}/oauth2/v2.0/token",
        ENTRA,
        ErrorShape::Entra,
        &[operation("POST", "Get a token with a secret or an assertion", &[200, 400, 401, 408, 503]).body(FORM)],
    ),
    route(
        "/{tenant}/oauth2/token",
        ENTRA,
        ErrorShape::Entra,
        &[operation("POST", "Get a token for a resource, at the endpoint of version 1", &[200, 400, 401, 408, 503])
            .body(FORM)],
    ),
    route(
        "/{tenant}/v2.0/.well-known/openid-configuration",
        DISCOVERY,
        ErrorShape::Entra,
        &[operation("GET", "Get the discovery document", &[200, 400])],
    ),
    route(
        "/{tenant}/.well-known/openid-configuration",
        DISCOVERY,
        ErrorShape::Entra,
        &[operation("GET", "Get the discovery document", &[200, 400])],
    ),
    route(
        "/{tenant}/discovery/v2.0/keys",
        DISCOVERY,
        ErrorShape::Entra,
        &[operation("GET", "Get the key set that tokens are signed with", &[200, 400])],
    ),
    route(
        "/{tenant}/discovery/keys",
        DISCOVERY,
        ErrorShape::Entra,
        &[operation("GET", "Get the key set that tokens are signed with", &[200, 400])],
    ),
    route(
        "/common/discovery/instance",
        "Entra instance discovery",
        ErrorShape::Entra,
        &[operation("GET", "Get the aliases of this authority", &[200])],
    ),
    route(
        "/metadata/identity/oauth2/token",
        "managed identity of virtual machines and Azure Arc",
        ErrorShape::Host,
        &[operation("GET", "Get a token of the host's identity", &[200, 400, 401, 500]).query(&[
            ("api-version", true),
            ("resource", true),
            ("client_id", false),
            ("object_id", false),
            ("msi_res_id", false),
        ])],
    ),
    route(
        "/msi/token",
        "managed identity of App Service",
        ErrorShape::Host,
        &[operation("GET", "Get a token of the app's identity", &[200, 400, 401]).query(&[
            ("api-version", true),
            ("resource", true),
            ("client_id", false),
            ("principal_id", false),
            ("mi_res_id", false),
        ])],
    ),
    route(
        "/v1/workspaces/{workspace}/query",
        "Log Analytics query API, request format",
        ErrorShape::Azure,
        &[
            operation("GET", "Run a query", &[200, 204, 400, 401, 403, 404, 429, 504]).query(&[
                ("query", true),
                ("timespan", false),
                ("workspaces", false),
            ]),
            operation("POST", "Run a query", &[200, 204, 400, 401, 403, 404, 408, 429, 503, 504])
                .query(&[("timespan", false)])
                .body(JSON),
        ],
    ),
    route(
        "/v1/$batch",
        "Log Analytics query API, batch queries",
        ErrorShape::Azure,
        &[operation("POST", "Run several queries", &[200, 400, 408, 503]).body(JSON)],
    ),
    route(
        "/metadata/endpoints",
        MANAGER,
        ErrorShape::Azure,
        &[operation("GET", "The hosts of this cloud", &[200, 400]).query(&[("api-version", true)])],
    ),
    route(
        "/v1.0/servicePrincipals",
        DIRECTORY,
        ErrorShape::Azure,
        &[operation("GET", "Find service principals", &[200, 401]).query(&[("$filter", false)])],
    ),
    route(
        "/v1.0/servicePrincipals/{id}",
        DIRECTORY,
        ErrorShape::Azure,
        &[operation("GET", "Read a service principal", &[200, 401, 404])],
    ),
    route(
        "/v1.0/directoryObjects/getByIds",
        DIRECTORY,
        ErrorShape::Azure,
        &[operation("POST", "Find directory objects by their ids", &[200, 400, 401, 408, 503]).body(JSON)],
    ),
    route("/tenants", MANAGER, ErrorShape::Azure, &[list("List the tenants")]),
    route("/subscriptions", MANAGER, ErrorShape::Azure, &[list("List the subscriptions")]),
    route("/subscriptions/{subscription}", MANAGER, ErrorShape::Azure, &[read("Read the subscription")]),
    route("/subscriptions/{subscription}/locations", MANAGER, ErrorShape::Azure, &[list("List the regions")]),
    route("/subscriptions/{subscription}/resources", MANAGER, ErrorShape::Azure, &[list("List the resources")]),
    route(
        "/subscriptions/{subscription}/providers",
        MANAGER,
        ErrorShape::Azure,
        &[list("List the resource providers")],
    ),
    route(
        "/subscriptions/{subscription}/providers/{namespace}",
        MANAGER,
        ErrorShape::Azure,
        &[read("Read a provider")],
    ),
    route(
        "/subscriptions/{subscription}/providers/{namespace}/register",
        MANAGER,
        ErrorShape::Azure,
        &[operation("POST", "Register a resource provider", &[200, 400, 401, 403, 404, 408, 503]).query(VERSION)],
    ),
    route(
        "/subscriptions/{subscription}/providers/{namespace}/{kind}",
        MANAGER,
        ErrorShape::Azure,
        &[list("List resources of a kind")],
    ),
    route(
        "/subscriptions/{subscription}/resourceGroups",
        MANAGER,
        ErrorShape::Azure,
        &[list("List the resource groups")],
    ),
    route("/subscriptions/{subscription}/resourceGroups/{group}", MANAGER, ErrorShape::Azure, RESOURCE),
    route(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}/{kind}",
        MANAGER,
        ErrorShape::Azure,
        &[list("List resources of a kind")],
    ),
    route(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}/{kind}/{name}",
        MANAGER,
        ErrorShape::Azure,
        RESOURCE,
    ),
    route(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Resources/deployments/{name}/validate",
        MANAGER,
        ErrorShape::Azure,
        &[operation("POST", "Check a template", &[200, 400, 401, 403, 404, 408, 503]).query(VERSION).body(JSON)],
    ),
    route(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Resources/deployments/{name}/whatIf",
        MANAGER,
        ErrorShape::Azure,
        &[operation("POST", "Foretell a deployment", &[200, 400, 401, 403, 404, 408, 503]).query(VERSION).body(JSON)],
    ),
    route(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationalInsights/workspaces/{workspace}/tables",
        MANAGER,
        ErrorShape::Azure,
        &[list("List the tables of the workspace")],
    ),
    route(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationalInsights/workspaces/{workspace}/tables/{table}",
        MANAGER,
        ErrorShape::Azure,
        RESOURCE,
    ),
    route(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationalInsights/workspaces/{workspace}/api/query",
        "Log Analytics query API, through Azure Resource Manager",
        ErrorShape::Azure,
        &[
            operation("GET", "Run a query", &[200, 204, 400, 401, 403, 404, 429, 504]).query(&[
                ("api-version", true),
                ("query", true),
                ("timespan", false),
            ]),
            operation("POST", "Run a query", &[200, 204, 400, 401, 403, 404, 408, 429, 503, 504])
                .query(&[("api-version", true), ("timespan", false)])
                .body(JSON),
        ],
    ),
    route(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationalInsights/workspaces/{workspace}/savedSearches",
        SEARCHES,
        ErrorShape::Azure,
        &[operation("GET", "List the saved searches", &[200, 400, 401, 403, 404]).query(&[("api-version", true)])],
    ),
    route(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationalInsights/workspaces/{workspace}/savedSearches/{search}",
        SEARCHES,
        ErrorShape::Azure,
        &[
            operation("GET", "Read a saved search", &[200, 400, 401, 403, 404]).query(&[("api-version", true)]),
            operation("PUT", "Create or change a saved search", &[200, 400, 401, 403, 404, 408, 409, 503])
                .query(&[("api-version", true)])
                .body(JSON),
            operation("DELETE", "Delete a saved search", &[200, 204, 400, 401, 403, 404])
                .query(&[("api-version", true)]),
        ],
    ),
    route("/_control/health", CONTROL, ErrorShape::Azure, &[operation("GET", "Whether the mock is healthy", &[200])]),
    route("/_control/world", CONTROL, ErrorShape::Azure, &[operation("GET", "The world's settings", &[200])]),
    route("/_control/openapi.json", CONTROL, ErrorShape::Azure, &[operation("GET", "This document", &[200])]),
    route(
        "/_control/clock",
        CONTROL,
        ErrorShape::Azure,
        &[
            operation("GET", "The world's time", &[200]),
            operation("POST", "Set, advance, scale or freeze the world's time", &[200, 400]).body(JSON),
        ],
    ),
    route(
        "/_control/faults",
        CONTROL,
        ErrorShape::Azure,
        &[
            operation("GET", "The faults set, with the requests they met and hit", &[200]),
            operation("POST", "Set a fault or a list of them", &[200, 400]).body(JSON),
            operation("DELETE", "End all faults", &[200]),
        ],
    ),
    route(
        "/_control/faults/{number}",
        CONTROL,
        ErrorShape::Azure,
        &[operation("DELETE", "End one fault", &[200, 400, 404])],
    ),
    route("/_control/tables", CONTROL, ErrorShape::Azure, &[operation("GET", "Every table with its counts", &[200])]),
    route(
        "/_control/tables/{table}",
        CONTROL,
        ErrorShape::Azure,
        &[operation("GET", "A table's rows and distinct ids", &[200, 404])],
    ),
    route(
        "/_control/tables/{table}/ids",
        CONTROL,
        ErrorShape::Azure,
        &[operation("GET", "A table's different ids in the order of their first arrival", &[200, 400, 404])
            .query(&[("after", false), ("limit", false)])],
    ),
    route("/_control/rules", CONTROL, ErrorShape::Azure, &[operation("GET", "Every rule with its metrics", &[200])]),
    route(
        "/_control/journal",
        CONTROL,
        ErrorShape::Azure,
        &[operation("GET", "The calls remembered", &[200, 400]).query(&[
            ("after", false),
            ("last", false),
            ("call", false),
            ("refused", false),
        ])],
    ),
    route(
        "/_control/secret",
        CONTROL,
        ErrorShape::Azure,
        &[operation("POST", "Change the default app's client secret", &[204, 400]).body(JSON)],
    ),
    route(
        "/_control/roles",
        CONTROL,
        ErrorShape::Azure,
        &[operation("POST", "Assign or take away the default app's role on a stream's rule", &[204, 400, 404])
            .body(JSON)],
    ),
    route(
        "/_control/assertion",
        CONTROL,
        ErrorShape::Azure,
        &[operation("POST", "Sign an assertion for a federated credential", &[200, 400]).body(JSON)],
    ),
    route("/_control/reset", CONTROL, ErrorShape::Azure, &[operation("POST", "Back to the beginning", &[204])]),
];
