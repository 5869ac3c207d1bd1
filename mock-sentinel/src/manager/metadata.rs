//! `/metadata/endpoints`: from which a tool learns the hosts of a cloud. All hosts are the one that the caller reached.
//!
//! Shapes by api-version: what azure-cli 2.91 reads, tried 2026-11-29, and for 2022-09-01 what the Terraform provider reads
//! (`sdk/internal/metadata/client.go` of <https://github.com/hashicorp/go-azure-sdk>, read 2026-11-29). Which version first answers
//! with one cloud alone instead of a list is a guess; the shape of 2015-01-01 is not confirmed.

use axum::extract::{Extension, Request};
use serde_json::{Value, json};

use crate::http::{Reply, query};
use crate::identity::entra::{Scheme, authority};

/// Answers without a token, since none can be had before.
pub(super) async fn endpoints(scheme: Option<Extension<Scheme>>, request: Request) -> Reply {
    let host = authority(scheme, request.headers());
    let version = query::get(request.uri().query(), "api-version").unwrap_or_default();
    let document = match version.as_str() {
        "" => {
            let message = "The api-version query parameter (?api-version=) is required for all requests.";
            return Reply::error(400, "MissingApiVersionParameter", message, message);
        }
        "2015-01-01" => oldest(&host),
        // Versions are dates, so that they compare as texts.
        version if version < "2022-09-01" => Value::from(vec![cloud(&host)]),
        _ => cloud(&host),
    };
    Reply::json(200, &document, "endpoints of the cloud")
}

fn authentication(host: &str) -> Value {
    json!({
        "loginEndpoint": host,
        "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
        "tenant": "common",
        "identityProvider": "AAD",
    })
}

fn oldest(host: &str) -> Value {
    json!({
        "galleryEndpoint": host,
        "graphEndpoint": host,
        "portalEndpoint": host,
        "authentication": {"loginEndpoint": host, "audiences": ["https://management.core.windows.net/"]},
    })
}

fn cloud(host: &str) -> Value {
    json!({
        "name": "MockSentinel",
        "portal": host,
        "authentication": authentication(host),
        "resourceManager": host,
        "gallery": host,
        "graph": host,
        "graphAudience": "https://graph.windows.net/",
        "microsoftGraphResourceId": host,
        "logAnalyticsResourceId": host,
        "logAnalyticslogAnalyticsResourceId": host,
        "media": host,
        "batch": host,
        "sqlManagement": host,
        "vmImageAliasDoc": host,
        "activeDirectoryDataLake": host,
        "suffixes": {
            "acrLoginServer": "azurecr.invalid",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.invalid",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.invalid",
            "keyVaultDns": "vault.invalid",
            "sqlServerHostname": "database.invalid",
            "storage": "core.invalid",
        },
    })
}
