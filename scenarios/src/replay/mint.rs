//! Fresh credentials: the recorded ones are pseudonyms, and were for another time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rand::RngExt as _;
use serde_json::Value;

use crate::json_text::{self, Path, Rewriter};

/// Lifetime of a token whose response does not say one, in seconds.
const LIFETIME: i64 = 3_599;
/// Bytes of an RSA signature.
const SIGNATURE_BYTES: usize = 256;

/// A credential that opens nothing.
pub(super) fn secret(length: usize) -> String {
    let mut random = rand::rng();
    (0..length).map(|_| char::from(random.sample(rand::distr::Alphanumeric))).collect()
}

/// The response of a token endpoint with a token that is valid from now on.
pub(super) fn response(body: &str, now: Timestamp) -> String {
    let lifetime =
        serde_json::from_str::<Value>(body).ok().and_then(|body| body["expires_in"].as_i64()).unwrap_or(LIFETIME);
    json_text::rewrite(body, &mut Fresh { now: now.as_second(), lifetime })
}

struct Fresh {
    now: i64,
    lifetime: i64,
}

impl Rewriter for Fresh {
    fn key(&mut self, _: &Path<'_>, _: &str) -> Option<String> {
        None
    }

    fn text(&mut self, path: &Path<'_>, text: &str) -> Option<String> {
        let is_token = matches!(path.dotted().as_str(), "access_token" | "refresh_token" | "id_token");
        is_token.then(|| self.token(text))
    }

    fn number(&mut self, _: &Path<'_>, _: &str) -> Option<String> {
        None
    }

    fn broken(&mut self, _: &Path<'_>, rest: &str) -> String {
        rest.to_owned()
    }
}

impl Fresh {
    /// A token with the same claims and other times, signed by nobody; of one without claims, another as long.
    fn token(&self, recorded: &str) -> String {
        let parts: Vec<&str> = recorded.split('.').collect();
        let [header, claims, _] = parts.as_slice() else { return secret(recorded.len()) };
        let claims = URL_SAFE_NO_PAD.decode(claims).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let Some(Value::Object(mut claims)) = claims else { return secret(recorded.len()) };
        for (claim, time) in [("iat", self.now), ("nbf", self.now), ("exp", self.now.saturating_add(self.lifetime))] {
            claims.insert(claim.to_owned(), time.into());
        }
        let mut signature = [0; SIGNATURE_BYTES];
        rand::rng().fill(&mut signature[..]);
        let claims = URL_SAFE_NO_PAD.encode(Value::Object(claims).to_string());
        format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_new_and_lives_from_now() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"exp":1,"tid":"t"}"#);
        let body = format!(r#"{{"access_token":"e30.{claims}.c2ln","expires_in":60}}"#);
        let now = Timestamp::from_second(1_000).unwrap();
        let seen: Value = serde_json::from_str(&response(&body, now)).unwrap();
        let token = seen["access_token"].as_str().unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        assert_eq!(claims, serde_json::json!({"exp": 1_060, "iat": 1_000, "nbf": 1_000, "tid": "t"}));
        assert_eq!((parts[0], seen["expires_in"].as_i64()), ("e30", Some(60)));
        assert_eq!(secret(20).len(), 20);
    }
}
