//! Behavior that Miro does not document: named switches, each with a default and the reason for it.

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
    /// The response to a `limit` out of bounds.
    pub limit_out_of_bounds: OutOfBounds,
    /// The response to a start before the retention of the log.
    pub start_beyond_reach: OutOfBounds,
    /// The response to a window whose end is not after its start.
    pub empty_window: EmptyWindow,
    /// The widest window, if there is a limit.
    pub window_max: Option<SignedDuration>,
    /// How long a cursor is valid; without limit if `None`.
    pub cursor_lifetime: Option<SignedDuration>,
    /// Whether a cursor may be used with other bounds than it was given for.
    pub cursor_binding: CursorBinding,
    /// The response to a cursor that was never issued, or was cut at its `#`.
    pub malformed_cursor: MalformedCursor,
    /// The status for a cursor that has expired or belongs to other bounds.
    pub refused_cursor: RefusedCursor,
    /// In which order events of one millisecond come.
    pub tie_order: TieOrder,
    /// How many events of a page come again at the start of the next.
    pub page_overlap: u32,
    /// The delay until an event becomes visible.
    pub ingestion_delay: SignedDuration,
    /// How credits are replenished.
    pub credit_model: CreditModel,
    /// Who shares a rate limit.
    pub credit_owner: CreditOwner,
    /// Whether a 429 has `Retry-After`, and in which form.
    pub retry_after: RetryAfterForm,
    /// Which responses have the `X-RateLimit-*` headers.
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
    /// How long an access token stays valid after it is refreshed.
    pub rotation_grace: SignedDuration,
    /// The response to a refresh token that was used before or has expired.
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

/// How the last page is marked.
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

/// Whether a bound is part of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// It is.
    Inclusive,
    /// It is not.
    Exclusive,
}

/// The response to a value out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutOfBounds {
    /// The nearest allowed value is used.
    Clip,
    /// 400 `invalidParameters`.
    BadRequest,
}

/// The response to an empty window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyWindow {
    /// A page without events.
    EmptyPage,
    /// 400 `invalidParameters`.
    BadRequest,
}

/// Which windows a cursor is valid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CursorBinding {
    /// Any.
    Free,
    /// Only its own; 400 for others.
    ToItsBounds,
}

/// The response to a malformed cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MalformedCursor {
    /// The first page again.
    FirstPage,
    /// 400 `invalidParameters`.
    BadRequest,
}

/// The status for a rejected cursor.
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
    /// In reverse.
    Reversed,
}

/// How credits are replenished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditModel {
    /// All of them at the start of each minute.
    FixedWindow,
    /// Continuously, up to the limit.
    Continuous,
    /// Spent credits return after a minute, to the second.
    SlidingWindow,
}

/// Who shares a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditOwner {
    /// All tokens of a user in an app.
    UserAndApp,
    /// Each token has its own.
    Token,
}

/// The form of `Retry-After` in a 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfterForm {
    /// None; only `X-RateLimit-Reset`.
    Off,
    /// In seconds.
    Seconds,
    /// As an HTTP date.
    HttpDate,
}

/// Which responses have rate limit headers.
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

/// The response to the id of another organization.
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
    /// It is ignored.
    Ignored,
}

/// The response of the token information endpoint to an invalid token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenInfoInvalid {
    /// 400, as its specification says.
    BadRequest,
    /// 401, as everywhere else.
    Unauthorized,
}

/// Whether a member is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is.
    Present,
    /// It is not.
    Absent,
}

/// The response to a refresh token that is no longer valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsedRefreshToken {
    /// 401 `oauthError`.
    Unauthorized,
    /// 400 `invalidParameters`.
    BadRequest,
}
