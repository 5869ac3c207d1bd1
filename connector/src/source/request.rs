//! Requests to Miro.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use secrecy::ExposeSecret;

use super::Source;
use super::error::SourceError;
use crate::Stream;
use crate::interval::{Interval, after, before};
use crate::ledger::Cursor;
use crate::time::{query_form, step};
use crate::transport::TransportError;

impl Source {
    /// Asks for a page of `interval`, oldest first, at `cursor`.
    ///
    /// The window is wider than the interval by the smallest step of the filter on either side: whether Miro
    /// includes its bounds is not documented.
    pub(super) fn page_request(
        &self,
        interval: Interval,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<http::Request<Bytes>, SourceError> {
        let from = query_form(self.stream, before(interval.from(), step(self.stream)));
        let to = query_form(self.stream, after(interval.to(), step(self.stream)));
        let mut url = self.base_url.clone();
        let (since, until, ascending) = match (self.stream, &self.organization) {
            (Stream::Content, Some(organization)) => {
                url.set_path(&format!("/v2/orgs/{organization}/content-logs/items"));
                ("from", "to", "asc")
            }
            (Stream::Audit | Stream::Content, _) => {
                url.set_path("/v2/audit/logs");
                ("createdAfter", "createdBefore", "ASC")
            }
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(since, &from).append_pair(until, &to);
        query.append_pair("limit", &limit.to_string()).append_pair("sorting", ascending);
        if let Some(Cursor(cursor)) = cursor {
            // Encoded: an audit cursor holds `#`, which would end the query.
            query.append_pair("cursor", cursor);
        }
        url.set_query(Some(&query.finish()));
        self.get(&url)
    }

    /// Asks what the token is and may do (<https://developers.miro.com/reference/get-access-token-context>, read 2026-11-22).
    pub(super) fn token_request(&self) -> Result<http::Request<Bytes>, SourceError> {
        let mut url = self.base_url.clone();
        url.set_path("/v1/oauth-token");
        self.get(&url)
    }

    fn get(&self, url: &url::Url) -> Result<http::Request<Bytes>, SourceError> {
        let bearer = format!("Bearer {}", self.token.expose_secret());
        let mut bearer = HeaderValue::try_from(bearer).unwrap_or_else(|_| HeaderValue::from_static("Bearer ?"));
        bearer.set_sensitive(true);
        http::Request::get(url.as_str())
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, bearer)
            .body(Bytes::new())
            .map_err(|error| {
                // A cursor that makes the target longer than a request may have: refused earlier, and no reason to panic.
                let host = url.host_str().unwrap_or_default().to_owned();
                TransportError::Invalid { host, reason: error.to_string() }.into()
            })
    }
}
