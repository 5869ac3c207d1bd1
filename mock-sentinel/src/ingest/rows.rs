//! A JSON array of objects into columns, in one pass over the text and without a tree in between.

use std::fmt;

use hashbrown::HashMap;
use kql::{Batch, BatchBuilder, ColumnType, Schema};
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::cells;
use crate::world::WrongTypes;

/// The most rows that are handed over at once, so that a body of very many tiny rows takes little memory besides them.
const BATCH_ROWS: usize = 32_768;

/// What a body held.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// An array: its objects were handed over as rows.
    Rows(Counted),
    /// Some other JSON value, of which nothing is stored.
    NotAnArray,
}

/// What else was in the array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    /// Elements of the array that were no objects.
    pub(super) not_objects: u64,
    /// Values of columns that the stream does not declare.
    pub(super) undeclared: u64,
    /// The first column that held an object or array without being dynamic.
    pub(super) nested: Option<usize>,
}

/// Whether a body is JSON at all, without looking at what it holds.
pub(super) fn check(text: &[u8]) -> Result<(), String> {
    let mut deserializer = serde_json::Deserializer::from_str(as_text(text)?);
    IgnoredAny::deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())
}

/// Reads a body's rows as the columns of a stream, handing them over batch by batch. They count only if the whole body
/// turns out to be JSON.
pub(super) fn parse(
    text: &[u8],
    schema: &Schema,
    wrong_types: WrongTypes,
    hand_over: &mut dyn FnMut(Batch),
) -> Result<Parsed, String> {
    let mut deserializer = serde_json::Deserializer::from_str(as_text(text)?);
    let columns = schema.columns().iter().enumerate().map(|(index, column)| (&*column.name, index)).collect();
    let body = Body { schema, columns, wrong_types, hand_over };
    let parsed = deserializer.deserialize_any(body).map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(parsed)
}

fn as_text(text: &[u8]) -> Result<&str, String> {
    Ok(std::str::from_utf8(text).map_err(|error| error.to_string())?.trim_start_matches('\u{feff}'))
}

/// Reads the whole body.
struct Body<'s> {
    schema: &'s Schema,
    columns: HashMap<&'s str, usize>,
    wrong_types: WrongTypes,
    hand_over: &'s mut dyn FnMut(Batch),
}

impl<'de> Visitor<'de> for Body<'_> {
    type Value = Parsed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Parsed, A::Error> {
        let mut builder = BatchBuilder::new(self.schema.clone());
        let mut cells: Vec<Option<&'de RawValue>> = vec![None; self.schema.len()];
        let (mut not_objects, mut undeclared, mut nested) = (0, 0, None);
        while let Some(row) = elements.next_element_seed(Row { columns: &self.columns, cells: &mut cells })? {
            let Some(unknown) = row else {
                not_objects += 1;
                continue;
            };
            undeclared += unknown;
            for (index, cell) in cells.iter_mut().enumerate() {
                let column = builder.column(index);
                nested = nested.or(cell.filter(|value| self.is_nested(index, value)).map(|_| index));
                match cell.take() {
                    Some(value) if self.takes(index, value) => cells::push(column, self.schema.kind(index), value),
                    _ => column.push_null(),
                }
            }
            builder.end_row();
            if builder.len() == BATCH_ROWS {
                (self.hand_over)(std::mem::replace(&mut builder, BatchBuilder::new(self.schema.clone())).finish());
            }
        }
        if !builder.is_empty() {
            (self.hand_over)(builder.finish());
        }
        Ok(Parsed::Rows(Counted { not_objects, undeclared, nested }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Parsed, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Parsed::NotAnArray)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Parsed, E> {
        Ok(Parsed::NotAnArray)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Parsed, E> {
        Ok(Parsed::NotAnArray)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Parsed, E> {
        Ok(Parsed::NotAnArray)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Parsed, E> {
        Ok(Parsed::NotAnArray)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Parsed, E> {
        Ok(Parsed::NotAnArray)
    }

    fn visit_unit<E: Error>(self) -> Result<Parsed, E> {
        Ok(Parsed::NotAnArray)
    }
}

impl Body<'_> {
    fn is_nested(&self, column: usize, value: &RawValue) -> bool {
        value.get().starts_with(['{', '[']) && self.schema.kind(column) != ColumnType::Dynamic
    }

    /// Whether a value goes into its column, converted or as it is.
    fn takes(&self, column: usize, value: &RawValue) -> bool {
        self.wrong_types == WrongTypes::Convert || cells::is_of(self.schema.kind(column), value)
    }
}

/// Reads one element into `cells`, the last value of a repeated key winning. Gives the number of undeclared values, or
/// `None` for an element that is not an object.
struct Row<'s, 'de> {
    columns: &'s HashMap<&'s str, usize>,
    cells: &'s mut [Option<&'de RawValue>],
}

impl<'de> DeserializeSeed<'de> for Row<'_, 'de> {
    type Value = Option<u64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<u64>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Row<'_, 'de> {
    type Value = Option<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Option<u64>, A::Error> {
        let mut undeclared = 0;
        while let Some(column) = entries.next_key_seed(Key { columns: self.columns })? {
            if let Some(index) = column {
                self.cells[index] = Some(entries.next_value()?);
            } else {
                entries.next_value::<IgnoredAny>()?;
                undeclared += 1;
            }
        }
        Ok(Some(undeclared))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Option<u64>, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Option<u64>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<u64>, E> {
        Ok(None)
    }
}

/// Reads a key as the index of its column.
struct Key<'s> {
    columns: &'s HashMap<&'s str, usize>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<usize>, E> {
        Ok(self.columns.get(key).copied())
    }
}

#[cfg(test)]
mod tests {
    use kql::Value;

    use super::*;

    fn schema() -> Schema {
        Schema::new([("id", ColumnType::String), ("n", ColumnType::Long), ("bag", ColumnType::Dynamic)])
    }

    fn read(text: &[u8]) -> Result<(Vec<Batch>, Parsed), String> {
        let mut batches = Vec::new();
        let parsed = parse(text, &schema(), WrongTypes::Convert, &mut |batch| batches.push(batch))?;
        Ok((batches, parsed))
    }

    #[track_caller]
    fn rows(text: &str) -> (Batch, Counted) {
        let (mut batches, parsed) = read(text.as_bytes()).unwrap();
        let Parsed::Rows(counted) = parsed else { panic!("{text} is an array") };
        (batches.pop().unwrap_or_else(|| Batch::empty(schema())), counted)
    }

    #[test]
    fn declared_columns_are_kept_and_all_else_is_dropped() {
        let (batch, counted) = rows(r#"[{"n": 7, "other": {"x": [1, 2]}, "\u0069d": "a"}, {"id": "b", "id": "c"}]"#);
        assert_eq!((batch.len(), counted.undeclared, counted.not_objects), (2, 1, 0));
        assert_eq!(batch.row(0), [Value::from("a"), Value::from(7_i64), Value::Null]);
        assert_eq!(batch.row(1), [Value::from("c"), Value::Null, Value::Null]);
    }

    #[test]
    fn elements_that_are_no_objects_are_no_rows() {
        let (batch, counted) = rows(r#"[null, 1, -1, 1.5, "x", true, [{"id": "in"}], {}]"#);
        assert_eq!((batch.len(), counted.not_objects), (1, 7));
    }

    #[test]
    fn very_many_rows_come_in_batches() {
        let text = format!("[{}{{}}]", "{},".repeat(2 * BATCH_ROWS));
        let (batches, _) = read(text.as_bytes()).unwrap();
        let lengths: Vec<_> = batches.iter().map(Batch::len).collect();
        assert_eq!(lengths, [BATCH_ROWS, BATCH_ROWS, 1]);
    }

    #[test]
    fn what_is_no_array_has_no_rows() {
        for text in [r#"{"id": "a"}"#, "\"text\"", "1", "-1", "1.5", "true", "null"] {
            assert_eq!(read(text.as_bytes()).unwrap().1, Parsed::NotAnArray, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_with_the_place() {
        for text in ["", "[{]", "[{\"id\": \"a\"}", "[]]", "{}{}", "nonsense", "[1,]"] {
            let text = text.as_bytes();
            assert!(read(text).unwrap_err().contains("line 1"), "{text:?}");
            assert!(check(text).is_err(), "{text:?}");
        }
        assert!(read(b"[\xff]").is_err() && check(b"[\xff]").is_err());
    }
}
