//! Why Miro refuses: asked of Miro itself, told in the words of the person who can mend it.

use http::StatusCode;
use serde::Deserialize;

use super::Source;
use super::budget::{Priority, Told};
use super::error::SourceError;
use crate::problem::Code;
use crate::response::Foreign;
use crate::{Problem, Stream};

const TOKEN_INFO_BYTES_MAX: usize = 256 * 1024;
/// What the token information is assumed to cost; its level is not documented.
const TOKEN_INFO_WEIGHT: u64 = 100;

/// What the token is and may do (<https://developers.miro.com/reference/get-access-token-context>, read 2026-11-22).
#[derive(Debug, Deserialize)]
struct TokenInfo {
    /// Absent is not empty: where no scopes are told, none is known to be missing.
    #[serde(default)]
    scopes: Option<Vec<String>>,
    #[serde(default)]
    organization: Option<Organization>,
}

#[derive(Debug, Deserialize)]
struct Organization {
    #[serde(default)]
    id: Option<serde_json::Value>,
}

impl TokenInfo {
    fn organization(&self) -> Option<String> {
        match self.organization.as_ref()?.id.as_ref()? {
            serde_json::Value::String(id) => Some(id.clone()),
            serde_json::Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }
}

impl Source {
    /// Finds out why the log answers `status` although the token was not refused.
    pub(super) async fn diagnose(&self, status: StatusCode) -> Result<Problem, SourceError> {
        let mut reserved = self.budget.reserve(TOKEN_INFO_WEIGHT, Priority::Tail, &self.progress).await?;
        let request = self.token_request()?;
        reserved.call();
        let answer = self.send(request, TOKEN_INFO_BYTES_MAX).await?;
        let told = Told::read(&answer, self.clock.ours());
        let after = reserved.answered(&told);
        match (answer.status(), Foreign::error(&answer)) {
            (StatusCode::TOO_MANY_REQUESTS, _) => Err(SourceError::RateLimited { after }),
            (_, Some(seen)) => Err(SourceError::Foreign { seen, after }),
            (StatusCode::OK, None) => match serde_json::from_slice::<TokenInfo>(answer.body()) {
                Ok(info) => Ok(self.explain(status, Some(&info))),
                Err(_) => Err(SourceError::Foreign { seen: Foreign::of(&answer), after }),
            },
            (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED, None) => Ok(self.token_refused()),
            (failing, None) if failing.is_server_error() => Err(SourceError::Failing { status: failing, after }),
            (_, None) => Ok(self.explain(status, None)),
        }
    }

    fn explain(&self, status: StatusCode, info: Option<&TokenInfo>) -> Problem {
        let scope = self.stream.scope();
        if let Some(info) = info
            && let Some(scopes) = &info.scopes
            && !scopes.iter().any(|granted| granted == scope)
        {
            return self.scope_missing();
        }
        match self.stream {
            Stream::Audit => self.plan_missing(),
            Stream::Content => {
                let configured = self.organization.as_deref().unwrap_or_default();
                match info.and_then(TokenInfo::organization).map(|id| self.shown(&id)) {
                    Some(actual) if actual != configured => self.organization_wrong(Some(&actual)),
                    Some(_) => self.guard_missing(),
                    None if status == StatusCode::NOT_FOUND => self.organization_wrong(None),
                    None => self.guard_missing(),
                }
            }
        }
    }

    pub(super) fn token_refused(&self) -> Problem {
        Problem::at_miro(
            Code::MiroTokenRefused,
            self.stream,
            "Miro does not know the access token: it is mistyped, revoked, or its switch was turned off, which kills \
             the token, or off and on again, which makes another",
            format!(
                "in Miro, open company settings > Apps and integrations > Enterprise integrations, see that {} is on, \
                 and copy its token to `streams.{}.access_token` (of an app of your own: install it again and copy its token)",
                switch(self.stream),
                self.stream
            ),
        )
    }

    fn scope_missing(&self) -> Problem {
        let scope = self.stream.scope();
        Problem::at_miro(
            Code::MiroScopeMissing,
            self.stream,
            format!("the access token does not have the scope `{scope}`"),
            format!(
                "use the token of the {} switch (company settings > Apps and integrations > Enterprise integrations), \
                 or enable `{scope}` in your app, install it again and copy the new token",
                switch(self.stream)
            ),
        )
    }

    fn plan_missing(&self) -> Problem {
        Problem::at_miro(
            Code::MiroPlanMissing,
            self.stream,
            "the token has the scope, but Miro shows it no audit log: the organisation has no Enterprise plan, or the \
             token was not made by a Company Admin",
            "ask a Company Admin of an Enterprise organisation to switch on SIEM and copy its token to \
             `streams.audit.access_token`",
        )
    }

    fn guard_missing(&self) -> Problem {
        Problem::at_miro(
            Code::MiroGuardMissing,
            self.stream,
            "the token has the scope, but Miro shows it no content log: the organisation has no Enterprise Guard, or \
             the token was not made by a Company Admin",
            "ask your Miro account manager for the Enterprise Guard add-on, or remove `[streams.content]` to deliver \
             the audit log alone",
        )
    }

    fn organization_wrong(&self, actual: Option<&str>) -> Problem {
        let configured = self.organization.as_deref().unwrap_or_default();
        let belongs = actual.map(|actual| format!(": the token belongs to {actual}")).unwrap_or_default();
        let set = actual.map_or_else(|| "the number".to_owned(), |actual| format!("\"{actual}\", the number"));
        Problem::at_miro(
            Code::MiroOrganizationWrong,
            self.stream,
            format!("{configured} is not the token's organisation{belongs}"),
            format!(
                "set `streams.content.organization_id` to {set} in https://miro.com/app/settings/company/…/ of the \
                 organisation whose token this is"
            ),
        )
    }
}

const fn switch(stream: Stream) -> &'static str {
    match stream {
        Stream::Audit => "SIEM",
        Stream::Content => "eDiscovery",
    }
}
