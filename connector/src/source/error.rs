//! Why there is no page, and what happens next.

use std::time::Duration;

use http::StatusCode;

use super::budget::Blocked;
use super::token_info::TokenInfo;
use crate::Problem;
use crate::peer_text::PeerText;
use crate::problem::Code;
use crate::response::Foreign;
use crate::retry::{Failure, Next};
use crate::transport::TransportError;

/// What a failure at Miro may ask of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceAction {
    /// The place in the result is lost: read the window from its beginning.
    RestartWindow,
}

/// Why Miro gave no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// 429.
    #[error("Miro's rate limit is reached: HTTP 429{}", asks_to_wait(*.after))]
    RateLimited {
        /// The wait that was named, as far as it is kept.
        after: Option<Duration>,
        /// How long it takes until the next call, by what is known of the budget.
        waits: Duration,
    },
    /// Nobody may call yet, and this run does not wait that long.
    #[error("Miro asks to be called no earlier than in {left:.0?}")]
    Blocked { left: Duration },
    /// Something that is not Miro answered in its place.
    #[error("something between us and Miro responds: {seen}")]
    Foreign { seen: Foreign, after: Option<Duration> },
    /// 5xx.
    #[error("Miro is failing: HTTP {status}{}", asks_to_wait(*.after))]
    Failing { status: StatusCode, after: Option<Duration> },
    /// 200 with something else than a page.
    #[error("something between us and Miro responds: {seen}, {reason}")]
    NotAPage { seen: Foreign, reason: String },
    /// The cursor is unknown, expired or not wanted.
    #[error("Miro refuses its own cursor: HTTP {status}")]
    CursorRefused { status: StatusCode },
    /// The page size is too large.
    #[error("Miro refuses pages of {refused} events")]
    LimitRefused { refused: usize },
    /// The token, its scope, the plan or the organisation.
    #[error("Miro refuses: {}", .0.problem.cause)]
    Refused(Box<Refused>),
    /// Anything else.
    #[error("Miro responds with HTTP {status}{}", .code.as_ref().map(|code| format!(" `{code}`")).unwrap_or_default())]
    Unexpected { status: StatusCode, code: Option<PeerText> },
}

/// A refusal that somebody has to mend.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) problem: Problem,
    /// What Miro said of the token, if it was asked and said something.
    pub(super) token: Option<TokenInfo>,
}

impl SourceError {
    pub(super) fn refused(problem: Problem, token: Option<TokenInfo>) -> Self {
        Self::Refused(Box::new(Refused { problem, token }))
    }
}

/// The part of an error text that tells a wait worth knowing.
fn asks_to_wait(after: Option<Duration>) -> String {
    match after {
        Some(after) if after >= Duration::from_mins(1) => format!(", and asks to wait {after:.0?}"),
        Some(_) | None => String::new(),
    }
}

impl From<Blocked> for SourceError {
    fn from(Blocked { left }: Blocked) -> Self {
        Self::Blocked { left }
    }
}

impl SourceError {
    /// True when no whole page came in time.
    pub(super) fn is_slow(&self) -> bool {
        matches!(self, Self::Transport(TransportError::TimedOut { .. }))
    }

    /// True when the connection broke.
    pub(super) fn is_cut(&self) -> bool {
        matches!(self, Self::Transport(TransportError::Cut { .. }))
    }
}

impl Failure for SourceError {
    type Action = SourceAction;

    fn next(&self) -> Next<SourceAction> {
        match self {
            Self::Transport(TransportError::Tls { .. }) => Next::Block(self.lasting()),
            Self::Transport(
                TransportError::Connect { .. }
                | TransportError::Proxy(_)
                | TransportError::Cut { .. }
                | TransportError::TimedOut { .. }
                | TransportError::TooLarge { .. }
                | TransportError::Invalid { .. },
            )
            | Self::NotAPage { .. }
            | Self::LimitRefused { .. }
            | Self::Unexpected { .. } => Next::Retry { after: None },
            Self::RateLimited { after, .. } | Self::Failing { after, .. } | Self::Foreign { after, .. } => {
                Next::Retry { after: *after }
            }
            Self::Blocked { left } => Next::Retry { after: Some(*left) },
            Self::CursorRefused { .. } => Next::Act(SourceAction::RestartWindow),
            Self::Refused(refused) => Next::Block(refused.problem.clone()),
        }
    }

    fn waits(&self) -> Option<Duration> {
        if let Self::RateLimited { waits, .. } = self { Some(*waits) } else { None }
    }

    fn lasting(&self) -> Problem {
        let (code, next_step) = match self {
            Self::Refused(refused) => return refused.problem.clone(),
            Self::Transport(TransportError::Proxy(error)) => return error.problem(Code::MiroFailing),
            Self::Foreign { seen, .. } if seen.is_proxy_login() => return seen.proxy_login(Code::MiroFailing),
            Self::Transport(TransportError::Tls { .. }) => (
                Code::MiroCertificateRefused,
                "set `http.ca_file` to the root certificate of the proxy or server in between, or replace its certificate",
            ),
            Self::Foreign { .. } | Self::NotAPage { .. } => (
                Code::MiroFailing,
                "see what responds in Miro's place: a proxy, a filter, a sign-in page; let this machine through to the host of \
                 `miro.base_url`",
            ),
            Self::Transport(TransportError::Connect { .. } | TransportError::Invalid { .. }) => (
                Code::MiroFailing,
                "check `miro.base_url`, `http.proxy` and that this machine may open connections to it",
            ),
            Self::Transport(
                TransportError::Cut { .. } | TransportError::TimedOut { .. } | TransportError::TooLarge { .. },
            )
            | Self::RateLimited { .. }
            | Self::Blocked { .. }
            | Self::Failing { .. }
            | Self::CursorRefused { .. }
            | Self::LimitRefused { .. }
            | Self::Unexpected { .. } => (
                Code::MiroFailing,
                "see https://status.miro.com and what stands between this machine and Miro; nothing is lost meanwhile",
            ),
        };
        Problem { code, subject: "miro.base_url".to_owned(), cause: self.to_string(), next_step: next_step.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_means_try_again_and_never_drop() {
        let odd = SourceError::Unexpected { status: StatusCode::IM_A_TEAPOT, code: None };
        assert_eq!(odd.next(), Next::Retry { after: None });
        assert_eq!(odd.to_string(), "Miro responds with HTTP 418 I'm a teapot");
        let seen = Foreign::of(&http::Response::new(()));
        assert_eq!(SourceError::NotAPage { seen, reason: "x".into() }.next(), Next::Retry { after: None });
    }
}
