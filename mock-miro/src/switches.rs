//! What the public record leaves open, each a named switch with a default and the reason for it.

mod catalogue;
mod check;

pub use catalogue::SwitchInfo;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Behavior that Miro does not document. [`Switches::catalogue`] lists each with the reason for its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// How the last page of the audit log says that it is the last.
    pub audit_last_cursor: LastCursor,
    /// How the last page of the content log says that it is the last.
    pub content_last_cursor: LastCursor,
    /// What follows a last page that is exactly full.
    pub full_last_page: FullLastPage,
    /// Whether `createdAfter` and `from` include their own instant.
    pub lower_bound: Bound,
    /// Whether `createdBefore` and `to` include their own instant.
    pub upper_bound: Bound,
    /// The largest `limit` of the audit log.
    pub audit_limit_max: u32,
    /// What a `limit` outside the bounds gives.
    pub limit_out_of_bounds: OutOfBounds,
    /// What a start older than the log reaches gives.
    pub start_beyond_reach: OutOfBounds,
    /// What a window whose end is not after its start gives.
    pub empty_window: EmptyWindow,
    /// The widest window, if there is a limit.
    pub window_max: Option<SignedDuration>,
    /// How long a cursor is good for, if not for ever.
    pub cursor_lifetime: Option<SignedDuration>,
    /// Whether a cursor may be used with other bounds than it was given for.
    pub cursor_binding: CursorBinding,
    /// What a cursor that was never given out, or was cut at its `#`, gives.
    pub malformed_cursor: MalformedCursor,
    /// The status for a cursor that has expired or belongs to other bounds.
    pub refused_cursor: RefusedCursor,
    /// In which order events of one millisecond come.
    pub tie_order: TieOrder,
    /// How many events of a page come again at the start of the next.
    pub page_overlap: u32,
    /// How long after it happened every event becomes visible.
    pub ingestion_delay: SignedDuration,
    /// How credits come back.
    pub credit_model: CreditModel,
    /// Who shares one budget of credits.
    pub credit_owner: CreditOwner,
    /// Whether a 429 carries `Retry-After`, and in which form.
    pub retry_after: RetryAfterForm,
    /// Which answers carry the `X-RateLimit-*` headers.
    pub rate_headers: RateHeaders,
    /// The unit of `X-RateLimit-Reset`.
    pub rate_reset_unit: ResetUnit,
    /// The status for an organization that is not the token's.
    pub wrong_organization: WrongOrganization,
    /// The `code` of a 403.
    pub forbidden_code: ForbiddenCode,
    /// Whether `?access_token=` is accepted in place of the header.
    pub token_in_query: TokenInQuery,
    /// The status of the token information for a token that is not valid.
    pub token_info_invalid: TokenInfoInvalid,
    /// Whether the token information names the organization.
    pub token_info_organization: Presence,
    /// How long an access token outlives its renewal.
    pub rotation_grace: SignedDuration,
    /// The answer to a refresh token that was used before or has expired.
    pub used_refresh_token: UsedRefreshToken,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            audit_last_cursor: LastCursor::Absent,
            content_last_cursor: LastCursor::Empty,
            full_last_page: FullLastPage::Ends,
            lower_bound: Bound::Inclusive,
            upper_bound: Bound::Exclusive,
            audit_limit_max: 500,
            limit_out_of_bounds: OutOfBounds::BadRequest,
            start_beyond_reach: OutOfBounds::Clip,
            empty_window: EmptyWindow::EmptyPage,
            window_max: None,
            cursor_lifetime: None,
            cursor_binding: CursorBinding::Free,
            malformed_cursor: MalformedCursor::FirstPage,
            refused_cursor: RefusedCursor::BadRequest,
            tie_order: TieOrder::Arrival,
            page_overlap: 0,
            ingestion_delay: SignedDuration::ZERO,
            credit_model: CreditModel::FixedWindow,
            credit_owner: CreditOwner::UserAndApp,
            retry_after: RetryAfterForm::Off,
            rate_headers: RateHeaders::EveryAnswer,
            rate_reset_unit: ResetUnit::Seconds,
            wrong_organization: WrongOrganization::Forbidden,
            forbidden_code: ForbiddenCode::InsufficientPermissions,
            token_in_query: TokenInQuery::Accepted,
            token_info_invalid: TokenInfoInvalid::BadRequest,
            token_info_organization: Presence::Present,
            rotation_grace: SignedDuration::ZERO,
            used_refresh_token: UsedRefreshToken::Unauthorized,
        }
    }
}

/// How a last page marks itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastCursor {
    /// No `cursor` member.
    Absent,
    /// `"cursor": null`.
    Null,
    /// `"cursor": ""`.
    Empty,
}

/// What follows a full last page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FullLastPage {
    /// It is marked as the last.
    Ends,
    /// It has a cursor, which leads to an empty page.
    EmptyPageFollows,
}

/// Whether a bound belongs to the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// It does.
    Inclusive,
    /// It does not.
    Exclusive,
}

/// What a value outside its bounds gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutOfBounds {
    /// The nearest allowed value is used.
    Clip,
    /// 400 `invalidParameters`.
    BadRequest,
}

/// What a window without extent gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyWindow {
    /// A page without events.
    EmptyPage,
    /// 400 `invalidParameters`.
    BadRequest,
}

/// What a cursor is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CursorBinding {
    /// It works with any bounds.
    Free,
    /// With bounds other than its own it gives 400.
    ToItsBounds,
}

/// What a cursor that cannot be read gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MalformedCursor {
    /// The first page again.
    FirstPage,
    /// 400 `invalidParameters`.
    BadRequest,
}

/// The status for a cursor that is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedCursor {
    /// 400 `invalidParameters`.
    BadRequest,
    /// 409 `conflict` from the audit log, for which alone that status is documented; 400 from the others.
    Conflict,
}

/// The order within a millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieOrder {
    /// As they were stored.
    Arrival,
    /// The other way round.
    Reversed,
}

/// How credits are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditModel {
    /// All of them at the start of each minute.
    FixedWindow,
    /// A steady trickle up to the ceiling.
    Continuous,
    /// What was spent comes back a minute later, to the second.
    SlidingWindow,
}

/// Whose credits they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditOwner {
    /// One budget for all tokens of a user in an app.
    UserAndApp,
    /// One budget a token.
    Token,
}

/// How a 429 says when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfterForm {
    /// Not at all, apart from `X-RateLimit-Reset`.
    Off,
    /// In seconds.
    Seconds,
    /// As an HTTP date.
    HttpDate,
}

/// Which answers carry rate headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateHeaders {
    /// All.
    EveryAnswer,
    /// Those with status 200 only.
    Successes,
}

/// The unit of the reset instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetUnit {
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
}

/// The answer to a foreign organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongOrganization {
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
}

/// The `code` of a 403.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForbiddenCode {
    /// `insufficientPermissions`.
    InsufficientPermissions,
    /// `forbiddenAccess`.
    ForbiddenAccess,
}

/// Whether the query string may carry the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenInQuery {
    /// It may.
    Accepted,
    /// It is not looked at.
    Ignored,
}

/// The answer to an invalid token at the token information.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenInfoInvalid {
    /// 400, as its specification says.
    BadRequest,
    /// 401, as everywhere else.
    Unauthorized,
}

/// Whether a member is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is.
    Present,
    /// It is not.
    Absent,
}

/// The answer to a refresh token that does not work any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsedRefreshToken {
    /// 401 `oauthError`.
    Unauthorized,
    /// 400 `invalidParameters`.
    BadRequest,
}
