//! Tells requests that a web page of another site sent from those of programs and of a server's own pages.
//!
//! A page can send a POST with any body to any address its reader's browser reaches, this machine's loopback among them, without
//! asking (<https://fetch.spec.whatwg.org/#cors-safelisted-method>, read 2026-11-29). Browsers say so in two headers; programs send
//! neither. The content type proves nothing: `curl --data` sends that of a form.

use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, Uri};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// The most characters of an untrusted header that are shown.
const SHOWN_MAX: usize = 80;

/// The header that identifies a cross-site request, at most 80 printable characters of it. None for programs and same-origin pages.
pub fn cross_site(headers: &HeaderMap) -> Option<String> {
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
            assert_eq!(cross_site(&map).is_some(), is_foreign, "{headers:?}");
        }
    }
}
