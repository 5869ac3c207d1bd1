//! The api-versions that each route takes.

use super::call;
use crate::call::Call;
use crate::http::routes::Route;

/// Those of managed identity on virtual machines, Azure Arc and App Service.
/// Source: the pages on managed identity of each, read 2026-11-22.
const HOSTS: &[&str] = &["2018-02-01", "2019-08-01", "2019-11-01", "2020-06-01"];

/// The versions, of which there are some for every route with the parameter.
pub(super) fn of(route: &Route) -> &'static [&'static str] {
    match call(route) {
        Call::Ingest => crate::ingest::API_VERSIONS,
        Call::Arm => crate::manager::versions_of(route.path),
        _ => HOSTS,
    }
}
