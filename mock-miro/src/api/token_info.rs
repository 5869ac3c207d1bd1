//! `GET /v1/oauth-token`: whose token it is and what it may do.

use serde_json::{Value, json};

use super::Caller;
use crate::answer::Answer;
use crate::state::Holdings;
use crate::world::Team;

pub(super) fn serve(holdings: &Holdings, caller: Caller) -> Answer {
    let (organization, token) = (caller.organization(&holdings.world), caller.token(&holdings.world));
    let user = organization.user(&token.user);
    let user = json!({"type": "user", "name": user.map(|user| user.name.as_str()), "id": token.user});
    let of_token = |team: &&Team| token.team.as_ref().is_none_or(|id| *id == team.id);
    let team = organization
        .teams
        .iter()
        .find(of_token)
        .map_or(Value::Null, |team| json!({"type": "team", "name": team.name, "id": team.id}));
    let body = json!({
        "type": "oauth-token",
        "organization": {"type": "organization", "name": organization.name, "id": organization.id},
        "team": team,
        "createdBy": user,
        "user": user,
        "scopes": token.scopes,
    });
    Answer::json(body.to_string(), "token information")
}
