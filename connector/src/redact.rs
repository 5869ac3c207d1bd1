//! Takes secrets out of texts before they are shown.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

/// What stands for a secret.
pub(crate) const MASK: &str = "***";
/// How many encodings may lie over one another, such as a percent-encoded form inside JSON.
const LAYERS_MAX: usize = 4;
/// A cut secret is masked when this much of it is there, or half of it, whichever is more.
const PART_MIN: usize = 8;
/// The shortest encoded secret that is looked for; a shorter one stands in any text by chance.
const ENCODED_MIN: usize = 5;

/// Secrets to look for. Has no `Debug`, since it holds them in several forms.
pub(crate) struct Secrets {
    forms: Vec<Form>,
}

/// One form of a secret, and how it is compared.
struct Form {
    bytes: Vec<u8>,
    same: fn(u8, u8) -> bool,
}

impl Secrets {
    /// Looks for these, empty ones left out.
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let secrets = secrets.into_iter().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty());
        Self { forms: secrets.flat_map(forms).collect() }
    }

    /// `text` with `***` for each secret, be it raw, percent-encoded, escaped as in JSON or HTML, in base64 (alone or inside
    /// something larger), in hexadecimal, cut off at its end, or several of these over one another.
    pub(crate) fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut found = Vec::new();
        let mut layers = vec![Layer::of(text)];
        for _ in 0..LAYERS_MAX {
            let places = |layer| self.forms.iter().flat_map(move |form| form.places(layer));
            found.extend(layers.iter().flat_map(places));
            layers =
                layers.iter().flat_map(|layer| DECODERS.iter().filter_map(|decode| layer.decoded(*decode))).collect();
        }
        if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(without(text, found)) }
    }
}

/// The secret itself, and it in the encodings that [`DECODERS`] do not undo.
fn forms(secret: &str) -> Vec<Form> {
    let bytes = secret.as_bytes();
    let hexadecimal =
        bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| b"0123456789abcdef"[usize::from(digit)]);
    let mut forms = vec![
        Form { bytes: bytes.to_vec(), same: |secret, found| secret == found || (secret == b' ' && found == b'+') },
        Form { bytes: hexadecimal.collect(), same: |secret, found| secret == found.to_ascii_lowercase() },
    ];
    let base64 = (0..3).map(|before| Form {
        bytes: base64_after(before, bytes),
        same: |secret, found| match found {
            b'-' => secret == b'+',
            b'_' => secret == b'/',
            found => secret == found,
        },
    });
    forms.extend(base64);
    forms.retain(|form| form.bytes == bytes || form.bytes.len() >= ENCODED_MIN);
    forms
}

/// The characters of base64 that `secret` alone decides when `before` bytes stand before it.
fn base64_after(before: usize, secret: &[u8]) -> Vec<u8> {
    let whole = [&vec![0; before][..], secret].concat();
    let encoded = STANDARD_NO_PAD.encode(&whole).into_bytes();
    let (first, end) = ((before * 8).div_ceil(6), whole.len() * 8 / 6);
    encoded.get(first..end).unwrap_or_default().to_vec()
}

impl Form {
    /// Where in the text this form stands, whole or cut.
    fn places(&self, layer: &Layer) -> Vec<Range<usize>> {
        let enough = PART_MIN.max(self.bytes.len().div_ceil(2)).min(self.bytes.len());
        let mut places = Vec::new();
        let mut at = 0;
        while at < layer.bytes.len() {
            let alike =
                self.bytes.iter().zip(&layer.bytes[at..]).take_while(|(form, found)| (self.same)(**form, **found));
            let alike = alike.count();
            if alike >= enough {
                places.push(layer.places[at].start..layer.places[at + alike - 1].end);
                at += alike;
            } else {
                at += 1;
            }
        }
        places
    }
}

/// A text under some encodings, with the place in the original that each byte came from.
struct Layer {
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

impl Layer {
    fn of(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), places: (0..text.len()).map(|at| at..at + 1).collect() }
    }

    /// The text under one more encoding; none when nothing is encoded so.
    fn decoded(&self, decode: Decoder) -> Option<Self> {
        let mut inner = Self { bytes: Vec::with_capacity(self.bytes.len()), places: Vec::new() };
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at) {
            let (byte, length) = decode(&self.bytes[at..]).unwrap_or((*byte, 1));
            inner.bytes.push(byte);
            inner.places.push(self.places[at].start..self.places[at + length - 1].end);
            at += length;
        }
        (inner.bytes.len() < self.bytes.len()).then_some(inner)
    }
}

/// The character that an escape at the beginning of a text stands for, and the escape's length.
type Decoder = fn(&[u8]) -> Option<(u8, usize)>;

const DECODERS: [Decoder; 3] = [percent, backslash, entity];

/// As in URLs and forms.
fn percent(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'%', high, low, ..] => Some((digits(&[*high, *low], 16)?, 3)),
        _ => None,
    }
}

/// As in JSON and in most programming languages.
fn backslash(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', b'u', b'0', b'0', high, low, ..] => Some((digits(&[*high, *low], 16)?, 6)),
        [b'\\', b'x', high, low, ..] => Some((digits(&[*high, *low], 16)?, 4)),
        [b'\\', plain @ (b'"' | b'\\' | b'/' | b'\''), ..] => Some((*plain, 2)),
        _ => None,
    }
}

/// As in HTML and XML.
fn entity(text: &[u8]) -> Option<(u8, usize)> {
    const LENGTH_MAX: usize = 8;
    let rest = text.strip_prefix(b"&")?;
    let end = rest.iter().take(LENGTH_MAX).position(|byte| *byte == b';')?;
    let byte = match &rest[..end] {
        b"amp" => b'&',
        b"lt" => b'<',
        b"gt" => b'>',
        b"quot" => b'"',
        b"apos" => b'\'',
        b"sol" => b'/',
        b"plus" => b'+',
        b"equals" => b'=',
        [b'#', b'x' | b'X', hexadecimal @ ..] => digits(hexadecimal, 16)?,
        [b'#', decimal @ ..] => digits(decimal, 10)?,
        _ => return None,
    };
    Some((byte, end + 2))
}

fn digits(text: &[u8], radix: u32) -> Option<u8> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
    u8::try_from(u32::from_str_radix(text, radix).ok()?).ok()
}

fn without(text: &str, mut found: Vec<Range<usize>>) -> String {
    found.sort_by_key(|place| place.start);
    let mut shown = Vec::with_capacity(text.len());
    let mut end = 0;
    for place in found {
        if place.start >= end {
            shown.extend_from_slice(&text.as_bytes()[end..place.start]);
            shown.extend_from_slice(MASK.as_bytes());
        }
        end = end.max(place.end);
    }
    shown.extend_from_slice(&text.as_bytes()[end..]);
    String::from_utf8_lossy(&shown).into_owned()
}

/// Whether `text` may be a token or a secret: long, without a space or a slash, and of letters with digits or capitals between
/// them. Ids of rules and tenants look otherwise.
pub(crate) fn looks_like_secret(text: &str) -> bool {
    const LENGTH_MIN: usize = 20;
    let text = text.trim();
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(kind);
    text.len() >= LENGTH_MIN
        && !text.starts_with("dcr-")
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/')
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
}

/// Whether `text`, which does not have the form of its place, may be a secret that was pasted there: as [`looks_like_secret`], and
/// whatever else is long, without a space, and of many different characters. Ids with a slip in them are not.
pub(crate) fn could_be_secret(text: &str) -> bool {
    let text = text.trim();
    if looks_like_secret(text) {
        return true;
    }
    // An address or a path is judged by its pieces.
    let is_place = text.contains("://") || text.starts_with(['/', '.', '~']);
    let separators: &[char] = if is_place { &['/', '.', ':', '@', '?', '&', '='] } else { &[] };
    text.split(separators).any(is_dense)
}

/// Whether `text` is long and its characters tell much each (Shannon's measure over the text itself).
fn is_dense(text: &str) -> bool {
    const LENGTH_MIN: usize = 16;
    const BITS_MIN: f64 = 3.0;
    let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_id = text.starts_with("dcr-") || (text.matches('-').count() >= 2 && is_hexadecimal(&text.replace('-', "")));
    if text.len() < LENGTH_MIN || is_id || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    digits >= 1 && letters >= 2 && bits_each(text.as_bytes()) >= BITS_MIN
}

fn bits_each(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text {
        counts[usize::from(*byte)] += 1;
    }
    let share = |count: &u32| f64::from(*count) / text.len() as f64;
    counts.iter().filter(|count| **count > 0).map(share).map(|share| -share * share.log2()).sum()
}

/// `address` without user name and password: what stands before its last `@` is masked, be it a URL or not.
pub(crate) fn without_user_info(address: &str) -> Cow<'_, str> {
    let Some((before, host)) = address.rsplit_once('@') else { return Cow::Borrowed(address) };
    let scheme = before.find("://").map_or("", |end| &before[..end + 3]);
    Cow::Owned(format!("{scheme}{MASK}@{host}"))
}

#[cfg(test)]
pub(crate) mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "val8Q~x/+=\"p%40 d&e.f";

    /// Characters around a secret that begin no escape, which would swallow the secret's own.
    const OTHERS: &str = r"[ -$'-\[\]-~]{0,20}";

    fn masked(secret: &str, text: &str) -> String {
        Secrets::new([&SecretString::from(secret)]).mask(text).into_owned()
    }

    /// `secret` as peers may write it.
    pub(crate) fn encodings(secret: &str) -> Vec<(&'static str, String)> {
        let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let each = |format: fn(u8) -> String| secret.bytes().map(format).collect::<String>();
        let all = each(|byte| format!("%{byte:02X}"));
        let json = serde_json::to_string(secret).expect("a string");
        let json = &json[1..json.len() - 1];
        let around = |before: &str| format!("{before}{secret}:and more");
        vec![
            ("raw", secret.to_owned()),
            ("percent, every byte", all.clone()),
            ("percent, lower case", all.to_lowercase()),
            ("percent, twice", all.replace('%', "%25")),
            ("percent, three times", all.replace('%', "%2525")),
            ("JSON", json.to_owned()),
            ("JSON, every character", each(|byte| format!("\\u{byte:04x}"))),
            ("JSON in JSON", json.replace('\\', "\\\\").replace('"', "\\\"")),
            ("a form in JSON", form.replace('%', "\\u0025")),
            ("JSON in a URL", form_urlencoded::byte_serialize(json.as_bytes()).collect()),
            ("HTML", secret.replace('&', "&amp;").replace('"', "&quot;")),
            ("HTML, every character", each(|byte| format!("&#x{byte:x};"))),
            ("HTML, decimal", each(|byte| format!("&#{byte};"))),
            ("base64", STANDARD.encode(secret)),
            ("base64 for URLs", URL_SAFE.encode(secret)),
            ("base64 of something around it", STANDARD.encode(around("u:"))),
            ("base64 of something around it, one further", STANDARD.encode(around("us:"))),
            ("base64 of something around it, two further", STANDARD.encode(around("use:"))),
            ("base64 in a form", form_urlencoded::byte_serialize(STANDARD.encode(secret).as_bytes()).collect()),
            ("hexadecimal", each(|byte| format!("{byte:02x}"))),
            ("hexadecimal, upper case", each(|byte| format!("{byte:02X}"))),
            ("cut", secret[..secret.len() - 3].to_owned()),
            ("a form", form),
        ]
    }

    #[test]
    fn a_secret_is_masked_in_every_encoding() {
        for (name, encoded) in encodings(SECRET) {
            let shown = masked(SECRET, &format!("AADSTS1: client_id=x&client_secret={encoded}&grant=y"));
            assert!(shown.starts_with("AADSTS1: client_id=x&client_secret="), "{name}: {shown}");
            assert!(shown.contains(MASK), "{name}: {shown}");
            // At most what base64 shares with its neighbors is left.
            assert!(shown.len() < "AADSTS1: client_id=x&client_secret=***&grant=y".len() + 30, "{name}: {shown}");
        }
    }

    #[test]
    fn what_is_not_the_secret_stays() {
        for text in
            ["", "AADSTS7000215: Invalid client secret provided.", "100 % of \\u00e9 &nonsense; %zz \\", "Grüße %C3%9C"]
        {
            assert_eq!(masked(SECRET, text), text);
        }
        assert_eq!(masked("", "nothing to hide"), "nothing to hide");
        assert_eq!(masked("ab", "cabin"), "c***in", "short ones in plain only");
        let both = [SecretString::from("first-secret"), SecretString::from("second-secret")];
        assert_eq!(Secrets::new(&both).mask("first-secret, second-secret"), "***, ***");
    }

    #[test]
    fn a_secret_is_told_from_an_id() {
        for secret in ["eyJtaXJvLm9yaWdpbiI6ImV1MDEifQ_audit", "AbC8Q~aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789"] {
            assert!(looks_like_secret(secret), "{secret}");
        }
        for other in [
            "my-rule",
            "dcr-0123456789ABCDEFabcdef0123456789",
            "22222222-2222-2222-2222-222222222222",
            "https://miro.com/app/settings/company/3074457345618265000/",
            "3074457345618265000",
            "state/Miro-1-sentinel.redb",
        ] {
            assert!(!looks_like_secret(other), "{other}");
        }
    }

    #[test]
    fn what_stands_in_the_wrong_place_is_a_secret_when_it_is_dense() {
        for secret in [
            "AbC8Q~aBcDeFgHiJkLmNoPqRsTuVwXyZ0123",
            "9f86d081884c7d659a2feaa0c55ad015",
            "abc8q~abcdefghijklmn",
            "a1/b2+c3/d4+e5/f6+g7==",
            "https://host/9f86d081884c7d659a2feaa0c55ad015",
            "/run/9f86d081884c7d659a2feaa0c55ad015",
        ] {
            assert!(could_be_secret(secret), "{secret}");
        }
        for other in [
            "",
            "127.0.0.1:99999",
            "2026-13-01T00:00:00Z",
            "3074457345618265000",
            "managed-identity-of-tomorrow",
            "22222222-2222-2222-2222-22222222222",
            "0f8fad5b-d9cb-469f-a165-70867728950",
            "dcr-0123456789abcdef0123456789abcdeX",
            "http://miro-ab12.westeurope-1.ingest.monitor.azure.com",
            "the one of yesterday 24 hours",
            "/var/lib/miro-sentinel/state.redb",
        ] {
            assert!(!could_be_secret(other), "{other}");
        }
    }

    #[test]
    fn user_info_is_masked_in_whatever_is_written() {
        for (address, shown) in [
            ("http://proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("http://user:word@proxy.example.com:3128", "http://***@proxy.example.com:3128"),
            ("http://user@proxy.example.com", "http://***@proxy.example.com"),
            ("http://user:w@rd/@proxy.example.com/", "http://***@proxy.example.com/"),
            ("user:word@proxy.example.com:3128", "***@proxy.example.com:3128"),
            ("http:/user:word@proxy", "***@proxy"),
            ("", ""),
        ] {
            assert_eq!(without_user_info(address), shown, "{address}");
        }
    }

    proptest! {
        #[test]
        fn no_secret_survives_any_encoding(secret in "[!-~]{8,40}", before in OTHERS, after in OTHERS) {
            for (name, encoded) in encodings(&secret).into_iter().filter(|(name, _)| *name != "cut") {
                let shown = masked(&secret, &format!("{before}{encoded}{after}"));
                prop_assert!(shown.contains(MASK), "{}: {}", name, shown);
                prop_assert!(!shown.contains(&secret), "{}: {}", name, shown);
            }
        }

        #[test]
        fn any_text_is_taken(text in "(?s:.*)", secret in "(?s:.{0,12})") {
            masked(&secret, &text);
        }
    }
}
