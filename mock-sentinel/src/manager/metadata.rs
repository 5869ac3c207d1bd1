//! `/metadata/endpoints`: from which a tool learns the hosts of a cloud. Under the mock's own address, all hosts are the one
//! that the caller reached. A caller who reached an Azure name (`--tls-name azure`) is in Azure's public cloud, whose hosts each
//! have their own name: audiences of tokens are made of them.
//!
//! Shapes by api-version: what azure-cli 2.91 reads, tried 2026-11-29, and for 2022-09-01 what the Terraform provider reads
//! (`sdk/internal/metadata/client.go` of <https://github.com/hashicorp/go-azure-sdk>, read 2026-11-29). Which version first responds
//! with one cloud alone instead of a list is a guess; the shape of 2015-01-01 is not confirmed. Azure's hosts: those of the public
//! cloud as known on 2026-11-29, not read from the service.

use axum::extract::{Extension, Request};
use http::HeaderMap;
use http::header::HOST;
use serde_json::{Value, json};

use crate::http::{Reply, query};
use crate::identity::entra::{Scheme, authority};
use crate::tls::is_azure_host;

/// Needs no token, since none can be obtained before.
pub(super) async fn endpoints(scheme: Option<Extension<Scheme>>, request: Request) -> Reply {
    let hosts = Hosts::of(scheme, request.headers());
    let version = query::get(request.uri().query(), "api-version").unwrap_or_default();
    let document = match version.as_str() {
        "" => {
            let message = "The api-version query parameter (?api-version=) is required for all requests.";
            return Reply::error(400, "MissingApiVersionParameter", message, message);
        }
        "2015-01-01" => oldest(&hosts),
        // Versions are dates, so that they compare as texts.
        version if version < "2022-09-01" => Value::from(vec![cloud(&hosts)]),
        _ => cloud(&hosts),
    };
    Reply::json(200, &document, "cloud metadata")
}

/// The hosts of a cloud.
struct Hosts {
    name: &'static str,
    portal: String,
    login: String,
    manager: String,
    gallery: String,
    graph: String,
    microsoft_graph: String,
    log_analytics: String,
    media: String,
    batch: String,
    sql_management: String,
    image_aliases: String,
    data_lake: String,
    suffixes: Value,
}

impl Hosts {
    fn of(scheme: Option<Extension<Scheme>>, headers: &HeaderMap) -> Self {
        let named = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if is_azure_host(named) { Self::azure() } else { Self::own(&authority(scheme, headers)) }
    }

    fn azure() -> Self {
        Self {
            name: "AzureCloud",
            portal: "https://portal.azure.com".to_owned(),
            login: "https://login.microsoftonline.com".to_owned(),
            manager: "https://management.azure.com/".to_owned(),
            gallery: "https://gallery.azure.com/".to_owned(),
            graph: "https://graph.windows.net/".to_owned(),
            microsoft_graph: "https://graph.microsoft.com/".to_owned(),
            log_analytics: "https://api.loganalytics.io".to_owned(),
            media: "https://rest.media.azure.net".to_owned(),
            batch: "https://batch.core.windows.net/".to_owned(),
            sql_management: "https://management.core.windows.net:8443/".to_owned(),
            image_aliases: "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main/arm-compute/quickstart-templates/aliases.json".to_owned(),
            data_lake: "https://datalake.azure.net/".to_owned(),
            suffixes: json!({
                "acrLoginServer": "azurecr.io",
                "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
                "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
                "keyVaultDns": "vault.azure.net",
                "sqlServerHostname": "database.windows.net",
                "storage": "core.windows.net",
            }),
        }
    }

    fn own(host: &str) -> Self {
        let host = || host.to_owned();
        Self {
            name: "MockSentinel",
            portal: host(),
            login: host(),
            manager: host(),
            gallery: host(),
            graph: host(),
            microsoft_graph: host(),
            log_analytics: host(),
            media: host(),
            batch: host(),
            sql_management: host(),
            image_aliases: host(),
            data_lake: host(),
            suffixes: json!({
                "acrLoginServer": "azurecr.invalid",
                "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.invalid",
                "azureDataLakeStoreFileSystem": "azuredatalakestore.invalid",
                "keyVaultDns": "vault.invalid",
                "sqlServerHostname": "database.invalid",
                "storage": "core.invalid",
            }),
        }
    }
}

fn oldest(hosts: &Hosts) -> Value {
    json!({
        "galleryEndpoint": hosts.gallery,
        "graphEndpoint": hosts.graph,
        "portalEndpoint": hosts.portal,
        "authentication": {"loginEndpoint": hosts.login, "audiences": ["https://management.core.windows.net/"]},
    })
}

fn cloud(hosts: &Hosts) -> Value {
    json!({
        "name": hosts.name,
        "portal": hosts.portal,
        "authentication": {
            "loginEndpoint": hosts.login,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": hosts.manager,
        "gallery": hosts.gallery,
        "graph": hosts.graph,
        "graphAudience": "https://graph.windows.net/",
        "microsoftGraphResourceId": hosts.microsoft_graph,
        "logAnalyticsResourceId": hosts.log_analytics,
        "logAnalyticslogAnalyticsResourceId": hosts.log_analytics,
        "media": hosts.media,
        "batch": hosts.batch,
        "sqlManagement": hosts.sql_management,
        "vmImageAliasDoc": hosts.image_aliases,
        "activeDirectoryDataLake": hosts.data_lake,
        "suffixes": hosts.suffixes,
    })
}
