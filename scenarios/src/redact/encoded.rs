//! Values inside other texts: percent-encoded, in base64, in JSON Web Tokens.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Kind, Redactor, allow, shape};
use crate::json_text;

/// A shorter word is not taken for base64: it may be one by chance.
const BASE64_MIN: usize = 12;

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The text under percent-encoding; none where nothing is encoded.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let is_escape = |at: usize| {
        let digits = text.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let is_encoded = text.match_indices('%').any(|(at, _)| is_escape(at));
    let decoded = is_encoded.then(|| percent_decode_str(text).decode_utf8().ok()).flatten()?;
    Some(decoded.into_owned())
}

pub(super) fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

fn engine(is_url: bool, is_padded: bool) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true)
        .with_encode_padding(is_padded);
    GeneralPurpose::new(if is_url { &alphabet::URL_SAFE } else { &alphabet::STANDARD }, config)
}

impl Redactor {
    /// What a text in base64 or a JSON Web Token becomes; none where it is neither.
    pub(super) fn encoded(&mut self, text: &str, layers: u8) -> Option<String> {
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=.".contains(&byte)) {
            return None;
        }
        let parts: Vec<&str> = text.split('.').collect();
        match parts.as_slice() {
            [header, claims, signature] => self.jwt(header, claims, signature, layers),
            [word] => self.base64(word, layers),
            _ => None,
        }
    }

    fn jwt(&mut self, header: &str, claims: &str, signature: &str, layers: u8) -> Option<String> {
        let part = |text: &str| {
            let bytes = engine(true, false).decode(text).ok()?;
            String::from_utf8(bytes).ok().filter(|text| json_text::looks_like_json(text))
        };
        let header = part(header)?;
        let claims = part(claims).unwrap_or_default();
        self.count(Kind::Token);
        let header = self.claims(&header, layers);
        let claims = self.claims(&claims, layers);
        let signature = self.pseudonyms.of(signature, |random| shape::alike(signature, &[], random));
        let encode = |text: String| engine(true, false).encode(text);
        Some(format!("{}.{}.{signature}", encode(header), encode(claims)))
    }

    fn base64(&mut self, text: &str, layers: u8) -> Option<String> {
        if text.len() < BASE64_MIN {
            return None;
        }
        let is_url = text.contains(['-', '_']);
        let bytes = engine(is_url, false).decode(text).ok()?;
        let inner = String::from_utf8(bytes).ok()?;
        if inner.contains(char::is_control) || !inner.is_ascii() && !inner.contains(|c: char| c.is_ascii_alphanumeric())
        {
            return None;
        }
        let replaced = self.layered(&inner, layers);
        (replaced != inner).then(|| engine(is_url, text.ends_with('=')).encode(replaced))
    }

    /// Whether a field of a JSON Web Token may stay.
    pub(super) fn is_safe_claim(path: &str, value: &str) -> bool {
        allow::jwt(path, value)
    }
}
