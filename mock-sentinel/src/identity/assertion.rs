//! Client assertions: JSON Web Tokens that an app, or another issuer on its behalf, signs instead of sending a secret.
//!
//! Sources: the Entra page on certificate credentials and on workload identity federation; recorded requests of the
//! Python and JavaScript clients, which write times as fractions and sign with RS256 or PS256; read 2026-11-22.

use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use serde::Deserialize;
use serde_json::Value;
use webpki::EndEntityCert;
use webpki::ring::{RSA_PKCS1_2048_8192_SHA256 as PKCS1, RSA_PSS_2048_8192_SHA256_LEGACY_KEY as PSS};

use super::aadsts::Aadsts;
use super::token::{Signer, decode};
use crate::world::{App, Federation};

/// How far the clocks of the app and of Entra ID may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// No assertion is longer.
const BYTES_MAX: usize = 16 * 1024;

/// An assertion, split and decoded but not yet believed.
#[derive(Debug)]
pub(super) struct Assertion<'a> {
    header: Header,
    claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    x5t: Option<String>,
    #[serde(default, rename = "x5t#S256")]
    x5t_s256: Option<String>,
    #[serde(default)]
    kid: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    /// A NumericDate may have a fraction.
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
}

/// What an assertion is checked against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expectation<'a> {
    pub(super) app: &'a App,
    /// `/{tenant}/oauth2/v2.0/token` and the other paths that an audience may end with.
    pub(super) tenant_id: &'a str,
    pub(super) tenant_domain: &'a str,
    pub(super) now: Timestamp,
}

impl<'a> Assertion<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if text.len() > BYTES_MAX {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            header: serde_json::from_slice(&decode(header)?).ok()?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
            signed,
            signature: decode(signature)?,
        })
    }

    /// Checks the assertion as one that the app signed itself, or else as one of an issuer that the app trusts.
    pub(super) fn check(&self, expected: &Expectation<'_>, signer: &Signer) -> Result<(), Aadsts> {
        if self.claims.iss.eq_ignore_ascii_case(&expected.app.client_id) {
            self.check_certificate(expected)
        } else {
            self.check_federation(expected, signer)
        }
    }

    fn check_certificate(&self, expected: &Expectation<'_>) -> Result<(), Aadsts> {
        let client_id = expected.app.client_id.clone();
        let certificate = expected
            .app
            .certificates
            .iter()
            .filter_map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).ok())
            .find(|certificate| self.names(certificate))
            .ok_or(Aadsts::AssertionKey { client_id: client_id.clone() })?;
        let algorithm = self.certificate_algorithm().ok_or(Aadsts::AssertionKey { client_id: client_id.clone() })?;
        EndEntityCert::try_from(&certificate)
            .and_then(|parsed| parsed.verify_signature(algorithm, self.signed.as_bytes(), &self.signature))
            .map_err(|_| Aadsts::AssertionKey { client_id: client_id.clone() })?;
        if !self.claims.sub.eq_ignore_ascii_case(&client_id) {
            return Err(Aadsts::AssertionIssuer { client_id });
        }
        if !self.is_for_token_endpoint(expected) {
            return Err(Aadsts::AssertionAudience { audience: self.audience_text() });
        }
        self.check_time(expected.now)
    }

    /// Whether the header names this certificate, by either thumbprint or by key id.
    fn names(&self, certificate: &CertificateDer<'_>) -> bool {
        let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate);
        let sha256 = digest(&SHA256, certificate);
        let is =
            |named: Option<&String>, print: &[u8]| named.is_some_and(|named| decode(named).as_deref() == Some(print));
        is(self.header.x5t.as_ref(), sha1.as_ref())
            || is(self.header.x5t_s256.as_ref(), sha256.as_ref())
            || self.header.kid.as_ref().is_some_and(|kid| is_hex_of(kid, sha1.as_ref()))
    }

    fn certificate_algorithm(&self) -> Option<&'static dyn SignatureVerificationAlgorithm> {
        match self.header.alg.as_str() {
            "RS256" => Some(PKCS1),
            "PS256" => Some(PSS),
            _ => None,
        }
    }

    fn check_federation(&self, expected: &Expectation<'_>, signer: &Signer) -> Result<(), Aadsts> {
        let trusted = expected.app.federations.iter().filter(|trust| trust.issuer == self.claims.iss);
        let mut trusted = trusted.peekable();
        if trusted.peek().is_none() {
            return Err(Aadsts::FederatedIssuer { issuer: short(&self.claims.iss) });
        }
        let trust = trusted
            .find(|trust| trust.subject == self.claims.sub)
            .ok_or_else(|| Aadsts::FederatedSubject { subject: short(&self.claims.sub) })?;
        if !self.audiences().any(|audience| audience == trust.audience) {
            return Err(Aadsts::AssertionAudience { audience: self.audience_text() });
        }
        if !self.is_signed_by(trust, signer) {
            return Err(Aadsts::AssertionKey { client_id: expected.app.client_id.clone() });
        }
        self.check_time(expected.now)
    }

    /// Whether a key of the issuer signed it: one of its key set, or ours when it has none.
    fn is_signed_by(&self, trust: &Federation, signer: &Signer) -> bool {
        let own = signer.key_set("");
        let keys = trust.keys.as_ref().unwrap_or(&own)["keys"].as_array().cloned().unwrap_or_default();
        keys.iter().any(|key| self.is_signed_with(key).unwrap_or(false))
    }

    fn is_signed_with(&self, key: &Value) -> Option<bool> {
        let part = |name: &str| decode(key[name].as_str()?);
        let public = PublicKeyComponents { n: part("n")?, e: part("e")? };
        let message = self.signed.as_bytes();
        let verified = match self.header.alg.as_str() {
            "RS256" => public.verify(&RSA_PKCS1_2048_8192_SHA256, message, &self.signature),
            "PS256" => public.verify(&RSA_PSS_2048_8192_SHA256, message, &self.signature),
            _ => return None,
        };
        Some(verified.is_ok())
    }

    fn check_time(&self, now: Timestamp) -> Result<(), Aadsts> {
        let seconds = now.as_duration().as_secs_f64();
        let skew = SKEW.as_secs_f64();
        let early = self.claims.nbf.is_some_and(|nbf| seconds + skew < nbf);
        if early || seconds >= self.claims.exp + skew { Err(Aadsts::AssertionTime { now }) } else { Ok(()) }
    }

    /// Whether an audience is this tenant's token endpoint or issuer, on whatever host it is reached.
    fn is_for_token_endpoint(&self, expected: &Expectation<'_>) -> bool {
        self.audiences().any(|audience| {
            let path = audience.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
            let (tenant, endpoint) = path.and_then(|path| path.split_once('/')).unwrap_or_default();
            let ours = [expected.tenant_id, expected.tenant_domain].iter().any(|own| own.eq_ignore_ascii_case(tenant));
            ours && ["oauth2/v2.0/token", "oauth2/token", "v2.0"].contains(&endpoint.trim_end_matches('/'))
        })
    }

    fn audiences(&self) -> impl Iterator<Item = &str> {
        let list = self.claims.aud.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().chain(std::iter::once(&self.claims.aud)).filter_map(Value::as_str)
    }

    fn audience_text(&self) -> String {
        short(&self.audiences().collect::<Vec<_>>().join(" "))
    }
}

/// Whether a text is these bytes in hex digits.
fn is_hex_of(text: &str, bytes: &[u8]) -> bool {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| char::from_digit(half.into(), 16));
    text.len() == 2 * bytes.len() && digits.eq(text.chars().map(|digit| Some(digit.to_ascii_lowercase())))
}

/// Enough of a text from outside for a message.
fn short(text: &str) -> String {
    text.chars().take(256).collect()
}
