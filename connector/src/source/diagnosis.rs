//! Why Miro refuses: asked of Miro itself, told in the words of the person who can mend it. Nothing is told as a fact that Miro
//! did not say.

use http::StatusCode;

use super::Source;
use super::budget::{Priority, Told};
use super::error::SourceError;
use super::token_info::TokenInfo;
use crate::peer_text::PeerText;
use crate::problem::Code;
use crate::response::{Foreign, Service};
use crate::{Problem, Stream};

const TOKEN_INFO_BYTES_MAX: usize = 256 * 1024;
/// What the token information is assumed to cost; its level is not documented.
const TOKEN_INFO_WEIGHT: u64 = 100;

impl Source {
    /// Finds out why the log answers `status` although the token was not refused.
    pub(super) async fn diagnose(&self, status: StatusCode) -> SourceError {
        match self.token_info().await {
            Ok(info) => SourceError::refused(self.explain(status, info.as_ref()), info),
            Err(error) => error,
        }
    }

    /// What Miro says of the token; None where it refuses to say anything.
    async fn token_info(&self) -> Result<Option<TokenInfo>, SourceError> {
        let mut reserved = self.budget.reserve(TOKEN_INFO_WEIGHT, Priority::Tail, &self.progress).await?;
        let request = self.token_request()?;
        reserved.call();
        let answer = self.send(request, TOKEN_INFO_BYTES_MAX).await?;
        let told = Told::read(&answer, self.clock.ours());
        let after = reserved.answered(&told);
        let foreign = match answer.status() {
            status if status.is_client_error() => Foreign::error_beside(&answer, Service::Miro),
            _ => Foreign::error(&answer),
        };
        match (answer.status(), foreign) {
            (StatusCode::TOO_MANY_REQUESTS, _) => {
                Err(SourceError::RateLimited { after, waits: after.unwrap_or_default() })
            }
            (_, Some(seen)) => Err(SourceError::Foreign { seen, after }),
            (StatusCode::OK, None) => match TokenInfo::read(answer.body()) {
                Some(info) => Ok(Some(info)),
                None => Err(SourceError::Foreign { seen: Foreign::of(&answer), after }),
            },
            (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED, None) => {
                Err(SourceError::refused(self.token_refused(), None))
            }
            (failing, None) if failing.is_server_error() => Err(SourceError::Failing { status: failing, after }),
            (_, None) => Ok(None),
        }
    }

    fn explain(&self, status: StatusCode, info: Option<&TokenInfo>) -> Problem {
        let has_scope = info.and_then(|info| info.has_scope_of(self.stream));
        if let (Some(false), Some(info)) = (has_scope, info) {
            let other = Stream::ALL.into_iter().find(|stream| *stream != self.stream);
            return match other.filter(|other| info.has_scope_of(*other) == Some(true)) {
                Some(other) => self.tokens_swapped(other),
                None => self.scope_missing(),
            };
        }
        match self.stream {
            Stream::Audit => self.plan_missing(status, has_scope),
            Stream::Content => {
                let configured = self.organization.as_deref().unwrap_or_default();
                match info.and_then(TokenInfo::organization) {
                    Some(actual) if !actual.is(configured) => self.organization_wrong(&self.shown(&actual)),
                    None if status == StatusCode::NOT_FOUND => self.organization_unknown(),
                    Some(_) | None => self.guard_missing(status, has_scope),
                }
            }
        }
    }

    pub(super) fn token_refused(&self) -> Problem {
        let (stream, toggle) = (self.stream, toggle(self.stream));
        Problem::at_miro(
            Code::MiroTokenRefused,
            stream,
            format!(
                "Miro does not know the access token: it is mistyped, expired, revoked or regenerated, its app was uninstalled, or \
                 its {toggle} toggle was switched off, which invalidates it, or off and on again, which makes another"
            ),
            format!(
                "Option 1: in Miro, open company settings > Apps and integrations > Enterprise integrations, see that the {toggle} \
                 toggle is on, and copy its token to `streams.{stream}.access_token`. Option 2 (custom app): in Miro app \
                 settings, see that the access token is Non-expiring, install the app again and copy the new token"
            ),
        )
    }

    fn scope_missing(&self) -> Problem {
        let (scope, toggle) = (self.stream.scope(), toggle(self.stream));
        Problem::at_miro(
            Code::MiroScopeMissing,
            self.stream,
            format!("the access token does not have the scope `{scope}`"),
            format!(
                "Option 1: use the token of the {toggle} toggle (company settings > Apps and integrations > Enterprise \
                 integrations). Option 2 (custom app): in Miro app settings, enable `{scope}`, install the app again and copy \
                 the new token"
            ),
        )
    }

    fn tokens_swapped(&self, other: Stream) -> Problem {
        let (stream, scope) = (self.stream, self.stream.scope());
        Problem::at_miro(
            Code::MiroScopeMissing,
            stream,
            format!(
                "the access token is that of the {other} log: it has the scope `{}` and not `{scope}`: the two tokens look swapped",
                other.scope()
            ),
            format!(
                "swap them: the token of the {} toggle belongs to `streams.{stream}.access_token`, that of the {} toggle to \
                 `streams.{other}.access_token`",
                toggle(stream),
                toggle(other)
            ),
        )
    }

    fn plan_missing(&self, status: StatusCode, has_scope: Option<bool>) -> Problem {
        Problem::at_miro(
            Code::MiroPlanMissing,
            self.stream,
            self.refused_log(
                status,
                has_scope,
                "the organization has no Enterprise Plan, or the user who made the token is not a Company Admin",
            ),
            "ask a Company Admin of an organization on the Enterprise Plan to switch on the SIEM toggle, and copy its token to \
             `streams.audit.access_token`",
        )
    }

    fn guard_missing(&self, status: StatusCode, has_scope: Option<bool>) -> Problem {
        Problem::at_miro(
            Code::MiroGuardMissing,
            self.stream,
            self.refused_log(
                status,
                has_scope,
                "the organization has no Enterprise Guard add-on, or the user who made the token is not a Company Admin",
            ),
            "see whether the organization has Enterprise Guard; if so, let a Company Admin switch on the eDiscovery toggle and copy \
             its token to `streams.content.access_token`, else ask your Miro account manager for the add-on, or remove \
             `[streams.content]` to deliver the audit log alone",
        )
    }

    /// What was seen: the refusal, and the scope only where Miro told it.
    fn refused_log(&self, status: StatusCode, has_scope: Option<bool>, reasons: &str) -> String {
        let (stream, status) = (self.stream, status.as_u16());
        match has_scope {
            Some(_) => {
                format!("the token has the scope, but Miro refuses it the {stream} log (HTTP {status}): {reasons}")
            }
            None => format!(
                "Miro refuses the {stream} log (HTTP {status}) and does not say what the token may do: it has not the scope `{}`, \
                 {reasons}",
                stream.scope()
            ),
        }
    }

    fn organization_wrong(&self, actual: &PeerText) -> Problem {
        let configured = self.organization.as_deref().unwrap_or_default();
        Problem::at_miro(
            Code::MiroOrganizationWrong,
            self.stream,
            format!("{configured} is not the organization of the token, which belongs to {actual}"),
            format!(
                "set `streams.content.organization_id` to \"{actual}\", or use a token of {configured}; the id is the number in \
                 https://miro.com/app/settings/company/…/"
            ),
        )
    }

    fn organization_unknown(&self) -> Problem {
        let configured = self.organization.as_deref().unwrap_or_default();
        Problem::at_miro(
            Code::MiroOrganizationWrong,
            self.stream,
            format!(
                "Miro finds no content log of organization {configured} (HTTP 404), and does not say whose the token is"
            ),
            "set `streams.content.organization_id` to the number in https://miro.com/app/settings/company/…/ of the organization \
             whose token this is",
        )
    }
}

/// The toggle under Enterprise integrations that makes the token of `stream`
/// (<https://help.miro.com/hc/en-us/articles/31325908249362>, read 2026-11-22).
const fn toggle(stream: Stream) -> &'static str {
    match stream {
        Stream::Audit => "SIEM",
        Stream::Content => "eDiscovery",
    }
}
