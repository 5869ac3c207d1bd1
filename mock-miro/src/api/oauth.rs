//! OAuth 2.0: authorization codes, access tokens that expire and are renewed, revocation.
//!
//! <https://developers.miro.com/docs/getting-started-with-oauth> and
//! <https://developers.miro.com/reference/oauth-20-authorization-v2>, read 2026-11-22. The messages for rejected codes and refresh
//! tokens are synthetic: no example is published.

mod page;
mod revoke;

pub(crate) use revoke::{revoke_by_body, revoke_by_query};

use std::collections::BTreeMap;

use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::OAuthContext;
use crate::params::Params;
use crate::response::{ErrorResponse, FieldError, Response};
use crate::switches::UsedRefreshToken;
use crate::world::{ACCESS_LIFETIME, App, Organization, Token, TokenState, World, mint};

/// The lifetime of an authorization code.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// The most unused codes; beyond that older ones are dropped.
const CODES_MAX: usize = 1_000;

/// Issued codes that were not used yet.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    waiting: BTreeMap<String, Grant>,
}

/// A grant of a user to an app.
#[derive(Debug)]
struct Grant {
    place: AppPlace,
    user: String,
    team: Option<String>,
    redirect_uri: String,
    expires_at: Timestamp,
}

/// An app of the world, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct AppPlace {
    organization: usize,
    app: usize,
}

impl AppPlace {
    fn organization(self, world: &World) -> &Organization {
        &world.organizations[self.organization]
    }

    fn app(self, world: &World) -> &App {
        &self.organization(world).apps[self.app]
    }
}

fn oauth_error(message: &str, why: impl Into<String>) -> ErrorResponse {
    ErrorResponse::new(StatusCode::UNAUTHORIZED, "oauthError", message, why)
}

fn required<'a>(params: &'a Params<'_>, name: &'static str) -> Result<&'a str, ErrorResponse> {
    let value = params.get(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| ErrorResponse::invalid_parameters(&[FieldError::missing(name)]))
}

fn app_of(world: &World, client_id: &str) -> Result<AppPlace, ErrorResponse> {
    let mut places = world.organizations.iter().enumerate().flat_map(|(organization, held)| {
        held.apps.iter().enumerate().map(move |(nth, app)| (AppPlace { organization, app: nth }, app))
    });
    let found = places.find(|(_, app)| app.client_id == client_id);
    found.map(|(place, _)| place).ok_or_else(|| oauth_error("Client not found.", "client id unknown"))
}

/// Authenticates a client by its secret.
fn authenticated_app(world: &World, client_id: &str, client_secret: &str) -> Result<AppPlace, ErrorResponse> {
    let place = app_of(world, client_id)?;
    if place.app(world).client_secret == client_secret {
        Ok(place)
    } else {
        Err(oauth_error("Client authentication failed.", "client secret wrong"))
    }
}

/// `GET /oauth/authorize`: a page that asks who allows the app.
pub(crate) fn authorize(world: &World, params: &Params<'_>) -> Result<Response, ErrorResponse> {
    let place = asked_app(world, params)?;
    asked_team(place.organization(world), params)?;
    let html = page::consent(place.app(world), place.organization(world), params);
    let response = Response::json(html, "authorization page");
    Ok(response.with(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")))
}

/// The app of a valid authorization request.
fn asked_app(world: &World, params: &Params<'_>) -> Result<AppPlace, ErrorResponse> {
    if required(params, "response_type")? != "code" {
        let wrong = FieldError::invalid("response_type", "response_type must be code");
        return Err(ErrorResponse::invalid_parameters(&[wrong]));
    }
    let place = app_of(world, required(params, "client_id")?)?;
    let redirect_uri = required(params, "redirect_uri")?;
    if !place.app(world).redirect_uris.iter().any(|known| known == redirect_uri) {
        return Err(oauth_error("Redirect URI mismatch.", "redirect uri is not one of the app's"));
    }
    Ok(place)
}

/// The team to install the app in: the one asked for, or the largest.
fn asked_team(organization: &Organization, params: &Params<'_>) -> Result<Option<String>, ErrorResponse> {
    let Some(asked) = params.get("team_id").filter(|asked| !asked.is_empty()) else {
        return Ok(organization.teams.first().map(|team| team.id.clone()));
    };
    if organization.teams.iter().any(|team| team.id == asked) {
        return Ok(Some(asked.to_owned()));
    }
    let wrong = FieldError::invalid("team_id", "team_id must be the id of a team of the organization");
    Err(ErrorResponse::invalid_parameters(&[wrong]))
}

/// `POST /oauth/authorize`: the user allows the app, and the browser is redirected to it with a code.
pub(crate) fn approve(context: &mut OAuthContext<'_>, params: &Params<'_>) -> Result<Response, ErrorResponse> {
    let OAuthContext { world, codes, random, now } = context;
    let place = asked_app(world, params)?;
    let user = required(params, "user")?;
    if place.organization(world).user(user).is_none() {
        let wrong = FieldError::invalid("user", "user must be the id of a user of the organization");
        return Err(ErrorResponse::invalid_parameters(&[wrong]));
    }
    let team = asked_team(place.organization(world), params)?;
    let redirect_uri = required(params, "redirect_uri")?;
    let code = mint(place.organization(world).region, random);
    codes.waiting.retain(|_, grant| *now < grant.expires_at);
    if codes.waiting.len() >= CODES_MAX {
        codes.waiting.pop_first();
    }
    let grant = Grant {
        place,
        user: user.to_owned(),
        team: team.clone(),
        redirect_uri: redirect_uri.to_owned(),
        expires_at: later(*now, CODE_LIFETIME),
    };
    codes.waiting.insert(code.clone(), grant);

    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("code", &code).append_pair("client_id", &place.app(world).client_id);
    if let Some(state) = params.get("state") {
        query.append_pair("state", state);
    }
    if let Some(team) = team {
        query.append_pair("team_id", &team);
    }
    let separator = if redirect_uri.contains('?') { '&' } else { '?' };
    let location = format!("{redirect_uri}{separator}{}", query.finish());
    let location = HeaderValue::from_str(&location)
        .map_err(|_| oauth_error("Redirect URI mismatch.", "redirect uri is not a header value"))?;
    Ok(Response::empty(StatusCode::FOUND, "allowed").with(LOCATION, location))
}

/// `POST /v1/oauth/token`: a code or a refresh token for a pair of tokens.
pub(crate) fn token(context: &mut OAuthContext<'_>, params: &Params<'_>) -> Result<Response, ErrorResponse> {
    let world = &context.world;
    let grant_type = required(params, "grant_type")?;
    let place = authenticated_app(world, required(params, "client_id")?, required(params, "client_secret")?)?;
    match grant_type {
        "authorization_code" => by_code(context, place, params),
        "refresh_token" => by_refresh_token(context, place, params),
        _ => {
            let allowed = "grant_type must be authorization_code or refresh_token";
            Err(ErrorResponse::invalid_parameters(&[FieldError::invalid("grant_type", allowed)]))
        }
    }
}

fn by_code(context: &mut OAuthContext<'_>, place: AppPlace, params: &Params<'_>) -> Result<Response, ErrorResponse> {
    let redirect_uri = required(params, "redirect_uri")?;
    // A code is consumed by its first use, successful or not.
    let grant = context.codes.waiting.remove(required(params, "code")?);
    let grant = grant.filter(|grant| grant.place == place && context.now < grant.expires_at);
    let grant = grant.ok_or_else(|| oauth_error("Authorization code not found.", "code unknown, used or expired"))?;
    if grant.redirect_uri != redirect_uri {
        return Err(oauth_error("Redirect URI mismatch.", "redirect uri is not the one the code was given for"));
    }
    Ok(issue(context, place, grant.user, grant.team))
}

fn by_refresh_token(
    context: &mut OAuthContext<'_>,
    place: AppPlace,
    params: &Params<'_>,
) -> Result<Response, ErrorResponse> {
    let (world, now) = (&mut *context.world, context.now);
    let shown = required(params, "refresh_token")?;
    let grace = world.switches.rotation_grace;
    let app_name = place.app(world).name.clone();
    let tokens = &mut world.organizations[place.organization].tokens;
    let live = tokens.iter_mut().find(|token| {
        token.app == app_name
            && token.state == TokenState::Active
            && token.refresh_token.as_deref() == Some(shown)
            && token.refresh_expires_at.is_none_or(|at| now < at)
    });
    let Some(old) = live else {
        return Err(match world.switches.used_refresh_token {
            UsedRefreshToken::Unauthorized => oauth_error("Refresh token not found.", "refresh token used or expired"),
            UsedRefreshToken::BadRequest => {
                let wrong = FieldError::invalid("refresh_token", "refresh_token is not valid");
                ErrorResponse::invalid_parameters(&[wrong])
            }
        });
    };
    let (user, team) = (old.user.clone(), old.team.clone());
    old.refresh_token = None;
    if grace.is_positive() {
        let until = now.saturating_add(grace).unwrap_or(Timestamp::MAX);
        old.expires_at = Some(old.expires_at.map_or(until, |at| at.min(until)));
    } else {
        old.state = TokenState::Replaced;
    }
    world.organizations[place.organization].drop_oldest_invalid();
    Ok(issue(context, place, user, team))
}

/// Mints a token, or a pair for an app whose tokens expire, and writes the documented response.
fn issue(context: &mut OAuthContext<'_>, place: AppPlace, user: String, team: Option<String>) -> Response {
    let OAuthContext { world, random, now, .. } = context;
    let app = place.app(world).clone();
    let region = place.organization(world).region;
    let value = mint(region, random);
    let refresh_token = app.expiring.then(|| mint(region, random));
    let team_id = team.as_ref().and_then(|id| id.parse::<u64>().ok());
    let mut body = json!({
        "token_type": "bearer",
        "team_id": team_id,
        "user_id": user.parse::<u64>().ok(),
        "access_token": value,
        "scope": app.scopes.join(" "),
    });
    if let Some(refresh_token) = &refresh_token {
        body["refresh_token"] = Value::from(refresh_token.as_str());
        body["expires_in"] = Value::from(ACCESS_LIFETIME.as_secs());
    }
    let organization = &mut world.organizations[place.organization];
    let name = organization.unused_token_name(&app.name);
    organization.tokens.push(Token { name, user, team, ..Token::of_app(&app, value, refresh_token, *now) });
    Response::json(body.to_string(), "tokens issued")
}

/// `now` plus `lifetime`, saturating.
fn later(now: Timestamp, lifetime: SignedDuration) -> Timestamp {
    now.saturating_add(lifetime).unwrap_or(Timestamp::MAX)
}
