//! Authentication and authorization.

use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use crate::dataset::Dataset;
use crate::log::Log;
use crate::operation::Guarded;
use crate::params::Params;
use crate::response::ErrorResponse;
use crate::switches::{CreditOwner, ForbiddenCode, Switches, TokenInQuery, TokenInfoInvalid, WrongOrganization};
use crate::world::{Organization, Plan, Role, Token, TokenState, World};

/// A token of the world, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) organization: usize,
    pub(crate) token: usize,
}

impl Caller {
    pub(crate) fn organization(self, world: &World) -> &Organization {
        &world.organizations[self.organization]
    }

    pub(crate) fn token(self, world: &World) -> &Token {
        &self.organization(world).tokens[self.token]
    }
}

/// The token value that a request carries.
pub(crate) fn credentials<'a>(headers: &'a HeaderMap, params: &'a Params<'_>, switches: &Switches) -> Option<&'a str> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let in_query = match switches.token_in_query {
        TokenInQuery::Accepted => params.get("access_token"),
        TokenInQuery::Ignored => None,
    };
    bearer.or(in_query).filter(|value| !value.is_empty())
}

/// Finds the token of that value, valid or not.
pub(crate) fn identify(world: &World, value: &str) -> Option<Caller> {
    world.organizations.iter().enumerate().find_map(|(organization, org)| {
        let token = org.tokens.iter().position(|token| token.value == value)?;
        Some(Caller { organization, token })
    })
}

/// The key of the rate limit that this token counts against.
pub(crate) fn budget(world: &World, caller: Caller) -> String {
    let token = caller.token(world);
    match world.switches.credit_owner {
        CreditOwner::UserAndApp => format!("{}/{}/{}", caller.organization, token.user, token.app),
        CreditOwner::Token => format!("{}/{}", caller.organization, token.name),
    }
}

/// Authenticates a request: its token must be known and valid.
pub(crate) fn authenticate(
    world: &World,
    guarded: Guarded,
    caller: Option<Caller>,
    has_token: bool,
    now: Timestamp,
) -> Result<Caller, ErrorResponse> {
    let status = invalid_token_status(guarded, &world.switches);
    let not_found = |why: &str| ErrorResponse::new(status, "tokenNotFound", "The access token was not found", why);
    let Some(caller) = caller else {
        let not_provided = || {
            ErrorResponse::new(status, "tokenNotProvided", "No access token was provided", "no token in the request")
        };
        return Err(if has_token { not_found("token unknown") } else { not_provided() });
    };
    match invalid_reason(caller.token(world), now) {
        None => Ok(caller),
        Some(why) => Err(not_found(why)),
    }
}

fn invalid_token_status(guarded: Guarded, switches: &Switches) -> StatusCode {
    match (guarded, switches.token_info_invalid) {
        (Guarded::TokenInfo, TokenInfoInvalid::BadRequest) => StatusCode::BAD_REQUEST,
        (_, _) => StatusCode::UNAUTHORIZED,
    }
}

/// Why a token is invalid, if it is.
fn invalid_reason(token: &Token, now: Timestamp) -> Option<&'static str> {
    match token.state {
        TokenState::Active if token.expires_at.is_some_and(|at| at <= now) => Some("token expired"),
        TokenState::Active => None,
        TokenState::Revoked => Some("token revoked"),
        TokenState::SwitchedOff => Some("token's integration turned off"),
        TokenState::Uninstalled => Some("token's app uninstalled"),
        TokenState::Replaced => Some("token replaced by a newer one"),
    }
}

/// What an operation requires of a token and its organization, beyond the Enterprise plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Requirements {
    pub(super) scope: &'static str,
    pub(super) guard: bool,
}

impl Requirements {
    pub(super) fn of(log: Log) -> Self {
        Self { scope: log.scope(), guard: log != Log::Audit }
    }
}

/// Authorizes the caller to read from the organization in the path.
pub(super) fn may_read(
    dataset: &Dataset,
    caller: Caller,
    required: Requirements,
    org_id: Option<&str>,
) -> Result<(), ErrorResponse> {
    let world = &dataset.world;
    let (organization, token) = (caller.organization(world), caller.token(world));
    let forbidden = |why: String| Err(forbidden(&world.switches, why));
    let Requirements { scope, guard } = required;
    if !token.scopes.iter().any(|held| held == scope) {
        return forbidden(format!("scope missing: {scope}"));
    }
    if let Some(asked) = org_id.filter(|asked| *asked != organization.id) {
        let why = format!("wrong organization: {asked} is not the token's");
        return Err(match world.switches.wrong_organization {
            WrongOrganization::Forbidden => self::forbidden(&world.switches, why),
            WrongOrganization::NotFound => {
                ErrorResponse::new(StatusCode::NOT_FOUND, "notFound", "The organization was not found", why)
            }
        });
    }
    if organization.plan != Plan::Enterprise {
        return forbidden(format!("plan {:?} is not enough", organization.plan));
    }
    if guard && !organization.guard {
        return forbidden("no Enterprise Guard".to_owned());
    }
    match organization.user(&token.user).map(|user| user.role) {
        Some(Role::CompanyAdmin) => Ok(()),
        Some(Role::Member) | None => forbidden("the installer is not a Company Admin".to_owned()),
    }
}

fn forbidden(switches: &Switches, why: String) -> ErrorResponse {
    let code = match switches.forbidden_code {
        ForbiddenCode::InsufficientPermissions => "insufficientPermissions",
        ForbiddenCode::ForbiddenAccess => "forbiddenAccess",
    };
    ErrorResponse::new(StatusCode::FORBIDDEN, code, "You do not have access to this resource", why)
}
