//! What Miro's refusals mean: the HTTP status first, the code in the body second.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;

use super::error::SourceError;
use super::{LIMIT_SAFE, PageRequest, Source};
use crate::peer_text::{PeerText, Received};
use crate::redact::Secrets;
use crate::response::{Foreign, Service};

/// A longer code is none of Miro's.
const CODE_CHARS_MAX: usize = 60;

/// Miro's error object, as far as it matters; a gateway's answer is something else
/// (<https://developers.miro.com/reference/errors>, read 2026-11-22).
#[derive(Debug, Default, Deserialize)]
struct Told {
    #[serde(default)]
    code: Option<Received>,
    #[serde(default)]
    message: Option<Received>,
    #[serde(default)]
    context: Option<Context>,
}

#[derive(Debug, Default, Deserialize)]
struct Context {
    #[serde(default)]
    fields: Option<Vec<Field>>,
}

#[derive(Debug, Deserialize)]
struct Field {
    #[serde(default)]
    field: Option<Received>,
}

impl Told {
    fn read(body: &Bytes) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// True when the refusal is about the query parameter `name`.
    fn blames(&self, name: &str) -> bool {
        let fields = self.context.iter().flat_map(|context| context.fields.iter().flatten());
        let mut fields = fields.filter_map(|field| field.field.as_ref());
        fields.any(|field| field.is(name))
            || [&self.code, &self.message].into_iter().flatten().any(|text| text.mentions(name))
    }

    /// The code, if it is one that can be repeated: short and of letters.
    fn code(&self) -> Option<&str> {
        self.code.as_ref()?.code(CODE_CHARS_MAX)
    }
}

impl Source {
    /// What Miro said, as it can be shown: whoever answers knows the token.
    pub(super) fn shown(&self, said: &Received) -> PeerText {
        said.masked(&Secrets::new([&self.token]))
    }

    /// What `answer`, which is no page, means for what was asked; `wait` is the wait to be kept because of it.
    pub(super) async fn refusal(
        &self,
        answer: &Response<Bytes>,
        foreign: Option<Foreign>,
        ask: PageRequest<'_>,
        wait: Option<Duration>,
    ) -> SourceError {
        let status = answer.status();
        let told = Told::read(answer.body());
        let (limit, with_cursor) = (ask.limit, ask.cursor.is_some());
        match (status, foreign) {
            (StatusCode::TOO_MANY_REQUESTS, _) => {
                self.progress.rate_limited();
                let waits = self.budget.wait(Self::weight(self.stream), super::priority(ask.kind));
                SourceError::RateLimited { after: wait, waits }
            }
            (_, Some(seen)) => SourceError::Foreign { seen, after: wait },
            // A page comes with 200 and nothing else: 206 is a part of one, 204 none.
            (status, None) if status.is_success() => SourceError::Foreign { seen: Foreign::of(answer), after: wait },
            (StatusCode::BAD_REQUEST, None) if with_cursor && told.blames("cursor") => {
                SourceError::CursorRefused { status }
            }
            (StatusCode::BAD_REQUEST, None) if limit > LIMIT_SAFE => SourceError::LimitRefused { refused: limit },
            (StatusCode::BAD_REQUEST, None) if with_cursor => SourceError::CursorRefused { status },
            // What a cursor that has expired is answered with is not documented. Read from its beginning, a span loses nothing.
            (status, None) if with_cursor && may_mean_the_cursor(status) => SourceError::CursorRefused { status },
            (StatusCode::UNAUTHORIZED, None) => SourceError::refused(self.token_refused(), None),
            (StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, None) => {
                match Foreign::error_beside(answer, Service::Miro) {
                    Some(seen) => SourceError::Foreign { seen, after: wait },
                    None => self.diagnose(status).await,
                }
            }
            (status, None) if status.is_server_error() => SourceError::Failing { status, after: wait },
            (status, None) => {
                SourceError::Unexpected { status, code: told.code().map(|code| self.shown(&Received::new(code))) }
            }
        }
    }
}

/// Refusals that are neither about the token nor about when to call.
fn may_mean_the_cursor(status: StatusCode) -> bool {
    let about_something_else = [
        StatusCode::UNAUTHORIZED,
        StatusCode::PAYMENT_REQUIRED,
        StatusCode::FORBIDDEN,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    status.is_client_error() && !about_something_else.contains(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_short_word_is_repeated_as_a_code() {
        let code = |code: &str| {
            let told = Told::read(&Bytes::from(serde_json::json!({ "code": code }).to_string()));
            told.code().map(str::to_owned)
        };
        assert_eq!(code("2dot0004"), Some("2dot0004".to_owned()));
        assert_eq!(code(&"x".repeat(60)), Some("x".repeat(60)));
        for other in ["the event of jane@example.com", "a-b", "é", &"x".repeat(61)] {
            assert_eq!(code(other), None, "{other}");
        }
        assert_eq!(Told::read(&Bytes::from_static(b"<html>")).code(), None);
    }
}
