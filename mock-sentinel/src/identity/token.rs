//! Access tokens: JSON Web Tokens signed with RS256, with the claims that Entra ID puts in its v1 tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Resource;

/// The key that signs tokens. It protects nothing: it is the same in every copy of this program, so that a world and
/// a seed give the same tokens on every machine.
const SIGNING_KEY: &[u8] = include_bytes!("signing-key.der");
/// Names the key in tokens and in the published key set.
const KEY_ID: &str = "mock-sentinel-1";
/// How far clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// No token of ours is longer.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Signs and checks tokens.
#[derive(Debug)]
pub(crate) struct Signer {
    key: KeyPair,
    random: SystemRandom,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) aud: String,
    pub(crate) iss: String,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) appid: String,
    /// How the app proved itself: "1" with a secret, "2" with an assertion.
    pub(crate) appidacr: String,
    pub(crate) idp: String,
    pub(crate) oid: String,
    pub(crate) sub: String,
    pub(crate) tid: String,
    pub(crate) uti: String,
    pub(crate) ver: String,
}

/// The subject and audience of a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant<'a> {
    pub(crate) tenant_id: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) object_id: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) proof: Proof,
    pub(crate) life: SignedDuration,
    pub(crate) now: Timestamp,
    pub(crate) unique: Uuid,
}

/// How an app proved itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// A client secret.
    Secret,
    /// A signed assertion, or the host it runs on.
    Assertion,
}

/// Why a token was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no Authorization header")]
    Missing,
    #[error("the Authorization header is not a Bearer token")]
    Scheme,
    #[error("the token is not a JWT signed with RS256")]
    Kind,
    #[error("the token's signature does not match: it was changed, or another issuer signed it")]
    Signature,
    #[error("the token expired at {0}")]
    Expired(Timestamp),
    #[error("the token is not valid before {0}")]
    NotYet(Timestamp),
    #[error("the token is for audience {0:?}")]
    Audience(String),
    #[error("the token is of tenant {0:?}")]
    Tenant(String),
}

impl Signer {
    pub(crate) fn new() -> Self {
        let key = KeyPair::from_pkcs8(SIGNING_KEY).expect("the key in the source is a valid RSA key");
        Self { key, random: SystemRandom::new() }
    }

    /// A token for this grant.
    pub(crate) fn mint(&self, grant: &Grant<'_>) -> String {
        let issued = grant.now.as_second();
        let claims = Claims {
            aud: grant.audience.to_owned(),
            iss: format!("https://sts.windows.net/{}/", grant.tenant_id),
            iat: issued,
            nbf: issued,
            exp: issued.saturating_add(grant.life.as_secs()),
            appid: grant.client_id.to_owned(),
            appidacr: if grant.proof == Proof::Secret { "1" } else { "2" }.to_owned(),
            idp: format!("https://sts.windows.net/{}/", grant.tenant_id),
            oid: grant.object_id.to_owned(),
            sub: grant.object_id.to_owned(),
            tid: grant.tenant_id.to_owned(),
            uti: URL_SAFE_NO_PAD.encode(grant.unique.as_bytes()),
            ver: "1.0".to_owned(),
        };
        self.sign(&serde_json::to_vec(&claims).expect("claims are plain strings and numbers"))
    }

    /// An assertion as another issuer would sign it, for worlds that trust this key.
    pub(crate) fn assertion(
        &self,
        issuer: &str,
        subject: &str,
        audience: &str,
        now: Timestamp,
        life: SignedDuration,
    ) -> String {
        let issued = now.as_second();
        let claims = json!({
            "iss": issuer,
            "sub": subject,
            "aud": audience,
            "iat": issued,
            "nbf": issued,
            "exp": issued.saturating_add(life.as_secs()),
        });
        self.sign(claims.to_string().as_bytes())
    }

    fn sign(&self, payload: &[u8]) -> String {
        self.sign_with_header(&json!({"typ": "JWT", "alg": "RS256", "kid": KEY_ID, "x5t": KEY_ID}), payload)
    }

    pub(crate) fn sign_with_header(&self, header: &Value, payload: &[u8]) -> String {
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &self.random, signed.as_bytes(), &mut signature)
            .expect("the signature fits the buffer of the modulus' length");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What an `Authorization` header proves, for calls to `resource` in the tenant.
    pub(crate) fn verify(
        &self,
        header: Option<&str>,
        resource: Resource,
        tenant_id: &str,
        now: Timestamp,
    ) -> Result<Claims, Refusal> {
        let (scheme, token) = header.ok_or(Refusal::Missing)?.trim().split_once(' ').ok_or(Refusal::Scheme)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::Scheme);
        }
        let claims = self.open(token.trim())?;
        let instant = |second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        if now >= instant(claims.exp) {
            return Err(Refusal::Expired(instant(claims.exp)));
        }
        if now.saturating_add(SKEW).unwrap_or(now) < instant(claims.nbf) {
            return Err(Refusal::NotYet(instant(claims.nbf)));
        }
        if Resource::named(&claims.aud) != Some(resource) {
            return Err(Refusal::Audience(claims.aud));
        }
        if !claims.tid.eq_ignore_ascii_case(tenant_id) {
            return Err(Refusal::Tenant(claims.tid));
        }
        Ok(claims)
    }

    /// The claims of a token that this key signed.
    fn open(&self, token: &str) -> Result<Claims, Refusal> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Refusal::Kind);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Kind)?;
        let (header, payload) = signed.split_once('.').ok_or(Refusal::Kind)?;
        let header: Value = decode(header).and_then(|text| serde_json::from_slice(&text).ok()).ok_or(Refusal::Kind)?;
        if header["alg"] != "RS256" {
            return Err(Refusal::Kind);
        }
        let signature = decode(signature).ok_or(Refusal::Signature)?;
        let public = PublicKeyComponents::<Vec<u8>>::from(self.key.public());
        public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).map_err(|_| Refusal::Signature)?;
        decode(payload).and_then(|text| serde_json::from_slice(&text).ok()).ok_or(Refusal::Kind)
    }

    /// The key set published by the discovery document.
    pub(crate) fn key_set(&self, issuer: &str) -> Value {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.key.public());
        json!({"keys": [{
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": KEY_ID,
            "x5t": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(&public.n),
            "e": URL_SAFE_NO_PAD.encode(&public.e),
            "issuer": issuer,
        }]})
    }
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "tenant-1";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn bearer(signer: &Signer, audience: &str) -> String {
        let grant = Grant {
            tenant_id: TENANT,
            client_id: "client-1",
            object_id: "object-1",
            audience,
            proof: Proof::Secret,
            life: SignedDuration::from_secs(60),
            now: at(1_000),
            unique: Uuid::nil(),
        };
        format!("Bearer {}", signer.mint(&grant))
    }

    #[test]
    fn a_token_is_good_for_its_audience_until_it_expires() {
        let signer = Signer::new();
        for audience in ["https://monitor.azure.com", "https://monitor.azure.com/"] {
            let header = bearer(&signer, audience);
            let check = |now| signer.verify(Some(&header), Resource::Monitor, TENANT, at(now));
            assert_eq!(check(1_059).unwrap().oid, "object-1");
            assert_eq!(check(1_060), Err(Refusal::Expired(at(1_060))));
            assert_eq!(check(600), Err(Refusal::NotYet(at(1_000))));
        }
        let header = bearer(&signer, "https://monitor.azure.com");
        let elsewhere = signer.verify(Some(&header), Resource::LogAnalytics, TENANT, at(1_000));
        assert_eq!(elsewhere, Err(Refusal::Audience("https://monitor.azure.com".to_owned())));
        let foreign = signer.verify(Some(&header), Resource::Monitor, "tenant-2", at(1_000));
        assert_eq!(foreign, Err(Refusal::Tenant(TENANT.to_owned())));
    }

    #[test]
    fn what_is_not_our_untouched_token_is_refused_by_kind() {
        let signer = Signer::new();
        let good = bearer(&signer, "https://monitor.azure.com");
        let (head, signature) = good.rsplit_once('.').unwrap();
        let (header, _) = head.split_once('.').unwrap();
        let forged =
            format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(r#"{"aud":"https://monitor.azure.com"}"#));
        let unsigned = format!("Bearer {}.e30.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        for (header, refusal) in [
            (None, Refusal::Missing),
            (Some("static-token"), Refusal::Scheme),
            (Some("Basic YTpi"), Refusal::Scheme),
            (Some("Bearer opaque"), Refusal::Kind),
            (Some(unsigned.as_str()), Refusal::Kind),
            (Some(forged.as_str()), Refusal::Signature),
        ] {
            assert_eq!(signer.verify(header, Resource::Monitor, TENANT, at(1_000)), Err(refusal), "{header:?}");
        }
    }
}
