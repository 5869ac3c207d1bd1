//! Revocation, in both versions. The app stays installed; the refresh token is revoked too.

use http::StatusCode;
use serde::Deserialize;

use super::{authenticated_app, required};
use crate::params::Params;
use crate::response::{ErrorResponse, FieldError, Response};
use crate::world::{Token, TokenState, World};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    access_token: String,
    client_id: String,
    client_secret: String,
}

/// `POST /v1/oauth/revoke?access_token=…`, deprecated.
pub(crate) fn revoke_by_query(world: &mut World, params: &Params<'_>) -> Result<Response, ErrorResponse> {
    let value = required(params, "access_token")?;
    let mut tokens = world.organizations.iter_mut().flat_map(|organization| &mut organization.tokens);
    let live = tokens.find(|token| token.value == value && token.state == TokenState::Active);
    live.map(revoke).ok_or_else(|| {
        ErrorResponse::invalid_parameters(&[FieldError::invalid("access_token", "access_token is not valid")])
    })
}

/// `POST /v2/oauth/revoke`, with a JSON body.
pub(crate) fn revoke_by_body(world: &mut World, body: &[u8]) -> Result<Response, ErrorResponse> {
    let not_found = |why: String| ErrorResponse::new(StatusCode::NOT_FOUND, "notFound", "The token was not found", why);
    let body: Body =
        serde_json::from_slice(body).map_err(|error| not_found(format!("body not as documented: {error}")))?;
    let place =
        authenticated_app(world, &body.client_id, &body.client_secret).map_err(|error| not_found(error.decision))?;
    let app = place.app(world).name.clone();
    let mut tokens = world.organizations[place.organization].tokens.iter_mut();
    let live =
        tokens.find(|token| token.app == app && token.value == body.access_token && token.state == TokenState::Active);
    live.map(revoke).ok_or_else(|| not_found("token unknown or invalid".to_owned()))
}

fn revoke(token: &mut Token) -> Response {
    token.state = TokenState::Revoked;
    token.refresh_token = None;
    Response::empty(StatusCode::NO_CONTENT, "token revoked")
}
