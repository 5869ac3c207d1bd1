//! `GET /v1/oauth-token`: whose token it is and what it may do.

use serde_json::{Value, json};

use super::Caller;
use crate::dataset::Dataset;
use crate::response::Response;
use crate::switches::Presence;
use crate::world::Team;

pub(super) fn serve(dataset: &Dataset, caller: Caller) -> Response {
    let (organization, token) = (caller.organization(&dataset.world), caller.token(&dataset.world));
    let user = organization.user(&token.user);
    let user = json!({"type": "user", "name": user.map(|user| user.name.as_str()), "id": token.user});
    let of_token = |team: &&Team| token.team.as_ref().is_none_or(|id| *id == team.id);
    let team = organization
        .teams
        .iter()
        .find(of_token)
        .map_or(Value::Null, |team| json!({"type": "team", "name": team.name, "id": team.id}));
    let mut body = json!({
        "type": "oauth-token",
        "team": team,
        "createdBy": user,
        "user": user,
        "scopes": token.scopes,
    });
    if dataset.world.switches.token_info_organization == Presence::Present {
        body["organization"] = json!({"type": "organization", "name": organization.name, "id": organization.id});
    }
    Response::json(body.to_string(), "token information")
}
