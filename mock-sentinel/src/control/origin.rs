//! Keeps web pages of other sites away from the control plane.
//!
//! A page can send a POST with any body to any address that its reader's browser reaches, this machine's loopback among them,
//! without asking (<https://fetch.spec.whatwg.org/#cors-safelisted-method>, read 2026-11-29). Browsers say so in two headers;
//! programs send neither. The content type proves nothing: `curl --data` sends that of a form.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, Uri};

use crate::http::Reply;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// The most characters of a header that a message repeats.
const SHOWN_MAX: usize = 80;

/// Passes on what no page of another site sent.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let Some(site) = foreign(request.headers()) else { return next.run(request).await };
    let message = format!(
        "A web page of another site ({site}) sent this. The control plane takes requests of programs and of its own site only: \
         send it without a browser, or from a page of this address."
    );
    Reply::error(403, "CrossSiteRequest", &message, &message).into_response()
}

/// What says that a page of another site sent the request.
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

/// A header of a stranger, short and without control characters.
fn shown(text: &str) -> String {
    text.chars().filter(|char| char.is_ascii_graphic() || *char == ' ').take(SHOWN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_other_sites_are_told_from_programs_and_own_pages() {
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
            let named =
                headers.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
            assert_eq!(foreign(&named.collect()).is_some(), is_foreign, "{headers:?}");
        }
    }
}
