//! Keeps web pages of other sites away from the control plane.
//!
//! A page can send a POST with any body to any address its reader's browser reaches, this machine's loopback among them, without
//! asking (<https://fetch.spec.whatwg.org/#cors-safelisted-method>, read 2026-11-29). Browsers say so in two headers; programs send
//! neither.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, StatusCode, Uri};

use super::ControlError;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses cross-site requests of browsers.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    match foreign(request.headers()) {
        None => next.run(request).await,
        Some(site) => {
            let reason = format!(
                "cross-site request from {site} refused: the control plane accepts requests from programs and same-origin pages only; \
                 send the request without a browser, or from a page of this address"
            );
            ControlError(StatusCode::FORBIDDEN, reason).into_response()
        }
    }
}

/// The header that identifies a cross-site request.
fn foreign(headers: &HeaderMap) -> Option<String> {
    let text =
        |name: &HeaderName| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    if let Some(site) = text(&SEC_FETCH_SITE).filter(|site| site != "same-origin" && site != "none") {
        return Some(shown(&format!("Sec-Fetch-Site: {site}")));
    }
    let origin = text(&ORIGIN)?;
    let authority = origin.parse::<Uri>().ok().and_then(|uri| Some(uri.authority()?.as_str().to_ascii_lowercase()));
    let is_own = authority.is_some() && authority == text(&HOST).map(|host| host.to_ascii_lowercase());
    (!is_own).then(|| shown(&format!("Origin: {origin}")))
}

/// An untrusted header value, shortened and without control characters.
fn shown(text: &str) -> String {
    const SHOWN_MAX: usize = 80;
    text.chars().filter(|letter| letter.is_ascii_graphic() || *letter == ' ').take(SHOWN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_site_requests_are_detected() {
        for (headers, is_foreign) in [
            (&[("host", "127.0.0.1:4010")][..], false),
            (&[("host", "127.0.0.1:4010"), ("origin", "http://127.0.0.1:4010")], false),
            (&[("host", "LOCALHOST:1"), ("origin", "http://localhost:1"), ("sec-fetch-site", "same-origin")], false),
            (&[("host", "localhost:1"), ("sec-fetch-site", "none")], false),
            (&[("host", "localhost:1"), ("origin", "http://localhost:2")], true),
            (&[("host", "localhost:1"), ("origin", "https://example.com")], true),
            (&[("host", "localhost:1"), ("origin", "null")], true),
            (&[("host", "localhost:1"), ("sec-fetch-site", "cross-site")], true),
            (&[("host", "localhost:1"), ("sec-fetch-site", "same-site")], true),
            (&[("origin", "http://localhost:1")], true),
        ] {
            let map: HeaderMap = headers
                .iter()
                .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
                .collect();
            assert_eq!(foreign(&map).is_some(), is_foreign, "{headers:?}");
        }
    }
}
