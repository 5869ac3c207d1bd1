//! JSON in and out.

use std::{fmt, sync::Arc};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Dynamic, Properties};
use crate::text;

pub(super) fn read(text: &str) -> Option<Dynamic> {
    serde_json::from_str(text).ok()
}

impl<'de> Deserialize<'de> for Dynamic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Dynamic;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Dynamic, E> {
        Ok(Dynamic::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Dynamic, E> {
        Ok(Dynamic::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Dynamic, E> {
        Ok(Dynamic::Long(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Dynamic, E> {
        Ok(i64::try_from(value).map_or(Dynamic::Real(value as f64), Dynamic::Long))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Dynamic, E> {
        Ok(Dynamic::Real(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Dynamic, E> {
        Ok(Dynamic::string(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Dynamic, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Dynamic::array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Dynamic, A::Error> {
        let mut properties = Properties::default();
        while let Some((name, value)) = map.next_entry::<Arc<str>, Dynamic>()? {
            properties.insert(name, value);
        }
        Ok(Dynamic::bag(properties))
    }
}

pub(super) fn write(value: &Dynamic, out: &mut String) {
    match value {
        Dynamic::Null => out.push_str("null"),
        Dynamic::Bool(true) => out.push_str("true"),
        Dynamic::Bool(false) => out.push_str("false"),
        Dynamic::Long(value) => out.push_str(&value.to_string()),
        Dynamic::Real(value) if value.is_finite() => out.push_str(&text::real(*value)),
        Dynamic::String(value) => text::json_string(value, out),
        Dynamic::Real(value) => text::json_string(text::unbounded(*value), out),
        Dynamic::Decimal(_) | Dynamic::DateTime(_) | Dynamic::Timespan(_) | Dynamic::Guid(_) => {
            text::json_string(&value.to_text(), out);
        }
        Dynamic::Array(array) => {
            out.push('[');
            for (at, item) in array.items().iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Dynamic::Bag(bag) => {
            out.push('{');
            for (at, (name, item)) in bag.properties().iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                text::json_string(name, out);
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
    }
}
