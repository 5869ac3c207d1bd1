//! Base64, percent encoding, Punycode and new guids.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use uuid::Uuid;

use super::arguments::{Arguments, array};
use super::{Context, Function, Param, Returns, punycode};
use crate::{dynamic::Dynamic, types::ColumnType, value::Value};

const TEXT: Param = Param::Is(ColumnType::String);
const STRING: Returns = Returns::Is(ColumnType::String);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new(&["base64_encode_tostring", "base64_encodestring"], &[TEXT], STRING, base64_encode),
    Function::new(&["base64_decode_tostring", "base64_decodestring"], &[TEXT], STRING, base64_decode),
    Function::new(&["base64_decode_toarray"], &[TEXT], Returns::Is(ColumnType::Dynamic), base64_decode_toarray),
    Function::new(&["base64_encode_fromarray"], &[Param::Is(ColumnType::Dynamic)], STRING, base64_encode_fromarray),
    Function::new(&["base64_encode_fromguid"], &[Param::Is(ColumnType::Guid)], STRING, base64_encode_fromguid),
    Function::new(&["base64_decode_toguid"], &[TEXT], Returns::Is(ColumnType::Guid), base64_decode_toguid),
    Function::new(&["url_encode"], &[TEXT], STRING, |_, args| Value::from(percent_encoded(&args.text(0), "+"))),
    Function::new(&["url_encode_component"], &[TEXT], STRING, |_, args| {
        Value::from(percent_encoded(&args.text(0), "%20"))
    }),
    Function::new(&["url_decode"], &[TEXT], STRING, |_, args| Value::from(percent_decoded(&args.text(0)))),
    Function::new(&["punycode_from_string"], &[TEXT], STRING, |_, args| {
        Value::from(punycode::encode(&args.text(0)).unwrap_or_default())
    }),
    Function::new(&["punycode_to_string"], &[TEXT], STRING, |_, args| {
        Value::from(punycode::decode(&args.text(0)).unwrap_or_default())
    }),
    Function::new(&["punycode_domain_to_string"], &[TEXT], STRING, |_, args| {
        Value::from(punycode::domain_to_ascii(&args.text(0)).unwrap_or_default())
    }),
    Function::new(&["punycode_domain_from_string"], &[TEXT], STRING, |_, args| {
        Value::from(punycode::domain_to_unicode(&args.text(0)).unwrap_or_default())
    }),
    Function::new(&["new_guid"], &[], Returns::Is(ColumnType::Guid), new_guid).impure(),
];

fn base64_encode(_: &mut Context<'_>, args: &[Value]) -> Value {
    Value::from(STANDARD.encode(args.text(0).as_bytes()))
}

fn decoded(args: &[Value]) -> Option<Vec<u8>> {
    STANDARD.decode(args.text(0).trim()).ok()
}

/// `""` for what is not base64, or not text inside.
fn base64_decode(_: &mut Context<'_>, args: &[Value]) -> Value {
    Value::from(decoded(args).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
}

fn base64_decode_toarray(_: &mut Context<'_>, args: &[Value]) -> Value {
    decoded(args).map_or(Value::Null, |bytes| array(bytes.into_iter().map(|byte| Dynamic::Long(i64::from(byte)))))
}

fn base64_encode_fromarray(_: &mut Context<'_>, args: &[Value]) -> Value {
    let byte = |item: &Dynamic| match item {
        Dynamic::Long(value) => u8::try_from(*value).ok(),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = args.array(0).and_then(|items| items.iter().map(byte).collect());
    Value::from(bytes.map(|bytes| STANDARD.encode(bytes)).unwrap_or_default())
}

/// The bytes of a guid in .NET's order: its first three groups are little-endian.
fn base64_encode_fromguid(_: &mut Context<'_>, args: &[Value]) -> Value {
    match args.first() {
        Some(Value::Guid(guid)) => Value::from(STANDARD.encode(guid.to_bytes_le())),
        _ => Value::from(""),
    }
}

fn base64_decode_toguid(_: &mut Context<'_>, args: &[Value]) -> Value {
    decoded(args).and_then(|bytes| bytes.try_into().ok()).map(Uuid::from_bytes_le).into()
}

/// As .NET does it: lower-case digits, and `-_.!*()` left alone.
fn percent_encoded(text: &str, space: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push_str(space),
            _ => {
                encoded.push('%');
                push_hex(byte, &mut encoded);
            }
        }
    }
    encoded
}

/// Two lower-case digits.
pub(super) fn push_hex(byte: u8, out: &mut String) {
    for digit in [byte >> 4, byte & 0xf] {
        out.extend(char::from_digit(u32::from(digit), 16));
    }
}

/// Percent signs without two digits after them stay; bytes that are no text become U+FFFD.
pub(super) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = if *byte == b'%' { bytes.get(at + 1..at + 3).and_then(hex_byte) } else { None };
        match (escaped, byte) {
            (Some(escaped), _) => decoded.push(escaped),
            (None, b'+') => decoded.push(b' '),
            (None, byte) => decoded.push(*byte),
        }
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    Some((digit(digits[0])? * 16 + digit(digits[1])?) as u8)
}

/// A random guid of the query's own seeded sequence.
fn new_guid(context: &mut Context<'_>, _: &[Value]) -> Value {
    let mut bits = 0_u128;
    for _ in 0..4 {
        bits = bits << 32 | (context.random() * 4_294_967_296.0) as u128;
    }
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().into()
}
