//! `GET /v2/orgs/{org_id}`: name, plan, licenses.

use serde_json::json;

use super::{Caller, access};
use crate::dataset::Dataset;
use crate::response::{ErrorResponse, Response};
use crate::world::Plan;

pub(super) fn serve(dataset: &Dataset, caller: Caller, org_id: Option<&str>) -> Result<Response, ErrorResponse> {
    let needs = access::Requirements { scope: "organizations:read", guard: false };
    access::may_read(dataset, caller, needs, org_id)?;
    let organization = caller.organization(&dataset.world);
    let body = json!({
        "type": "organization",
        "id": organization.id,
        "name": organization.name,
        "plan": plan_word(organization.plan),
        "fullLicensesPurchased": organization.licenses,
    });
    Ok(Response::json(body.to_string(), "organization"))
}

/// The plan names of <https://github.com/miroapp/api-clients> (its specification, read 2026-11-23). Which of them stands for
/// which plan on sale is not written anywhere; this is a guess.
fn plan_word(plan: Plan) -> &'static str {
    match plan {
        Plan::Free => "free_team_org",
        Plan::Starter => "paid_team_org",
        Plan::Business => "business",
        Plan::Enterprise => "company",
    }
}
