//! Members and items of dynamic values, and conversions.
//!
//! Dynamic columns of tables are JSON text. A path into one is followed in the text, and `tostring` of what is found
//! copies it out, so that no tree is built for the common `tostring(a.b.c)`.

use std::borrow::Cow;

use crate::{
    column::cells::{Cells, column_of_longs, long_cells, value_column},
    column::{Arena, Column, ColumnBuilder, Data, Strings, tree_of},
    dynamic::{Dynamic, Scanned},
    functions::conversion::{convert, unwrapped},
    time::DateTime,
    types::ColumnType,
    value::Value,
};

/// One step into a dynamic value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Name(&'a str),
    Item(i64),
}

impl Step<'_> {
    fn in_text<'t>(&self, text: Scanned<'t>) -> Option<Scanned<'t>> {
        match self {
            Step::Name(name) => text.property(name),
            Step::Item(index) => text.item(*index),
        }
    }

    pub(super) fn in_tree(&self, tree: &Dynamic) -> Dynamic {
        match self {
            Step::Name(name) => tree.property(name),
            Step::Item(index) => tree.item(*index),
        }
    }
}

fn follow<'t>(steps: &[Step<'_>], text: &'t str) -> Option<Scanned<'t>> {
    let found = steps.iter().try_fold(Scanned(text), |text, step| step.in_text(text))?;
    (!found.is_null()).then_some(found)
}

fn follow_tree(steps: &[Step<'_>], tree: &Dynamic) -> Dynamic {
    match steps {
        [] => tree.clone(),
        [first, rest @ ..] => rest.iter().fold(first.in_tree(tree), |tree, step| step.in_tree(&tree)),
    }
}

/// What a path leads to, as dynamic values.
pub(super) fn path(target: &Cells, steps: &[Step<'_>], len: usize) -> Cells {
    let column = match target {
        Cells::One(Value::Dynamic(tree)) => return Cells::One(Value::dynamic(follow_tree(steps, tree))),
        Cells::One(_) => return Cells::One(Value::Null),
        Cells::Many(column) => column,
    };
    if let Data::Json(strings) = &column.data {
        let mut builder = ColumnBuilder::with_capacity(ColumnType::Dynamic, len);
        for row in 0..len {
            match (!column.is_null(row)).then(|| follow(steps, strings.get(row))).flatten() {
                Some(found) => builder.push_checked_json(found.0),
                None => builder.push_null(),
            }
        }
        return builder.finish().into();
    }
    value_column(ColumnType::Dynamic, len, |row| match column.value(row) {
        Value::Dynamic(tree) => Value::dynamic(follow_tree(steps, &tree)),
        _ => Value::Null,
    })
    .into()
}

/// Whether a path leads to something.
pub(super) fn path_is_null(target: &Cells, steps: &[Step<'_>], len: usize) -> Option<Column> {
    let Cells::Many(column) = target else { return None };
    let Data::Json(strings) = &column.data else { return None };
    let nulls = (0..len).map(|row| column.is_null(row) || follow(steps, strings.get(row)).is_none()).collect();
    Some(Column::full(Data::Bool(nulls)))
}

/// `tostring` of what a path leads to.
pub(super) fn path_text(target: &Cells, steps: &[Step<'_>], len: usize) -> Option<Column> {
    let Cells::Many(column) = target else { return None };
    let Data::Json(strings) = &column.data else { return None };
    let mut arena = Arena::with_capacity(len, 0);
    for row in 0..len {
        if !column.is_null(row)
            && let Some(found) = follow(steps, strings.get(row))
        {
            arena.buffer().push_str(&text_of(found));
        }
        arena.end();
    }
    Some(Column::full(Data::String(Strings::Plain(arena))))
}

/// The bare text of a value inside JSON text.
fn text_of(found: Scanned<'_>) -> Cow<'_, str> {
    if let Some(text) = found.plain_string() {
        return Cow::Borrowed(text);
    }
    let first = found.0.as_bytes().first();
    if matches!(first, Some(b'{' | b'[')) && !found.0.contains('\\') || matches!(first, Some(b't' | b'f')) {
        return Cow::Borrowed(found.0);
    }
    Cow::Owned(tree_of(found.0).to_text())
}

/// What an index that is an expression of its own leads to.
pub(super) fn index(target: &Cells, index: &Cells, len: usize) -> Cells {
    let at = |row: usize| {
        let Value::Dynamic(tree) = target.value(row) else { return Value::Null };
        let key = match index.value(row) {
            Value::Dynamic(key) => unwrapped(&key),
            key => key,
        };
        Value::dynamic(match (key.as_str(), key.as_long()) {
            (Some(name), _) => tree.property(name),
            (_, Some(index)) => tree.item(index),
            _ => Dynamic::Null,
        })
    };
    if let (Cells::One(_), Cells::One(_)) = (target, index) {
        return Cells::One(at(0));
    }
    value_column(ColumnType::Dynamic, len, at).into()
}

/// The cells as another type.
pub(super) fn conversion(cells: &Cells, to: ColumnType, len: usize) -> Cells {
    match cells {
        Cells::One(value) => Cells::One(convert(value, to)),
        Cells::Many(column) if column.kind() == to => cells.clone(),
        Cells::Many(column) => converted(column, to, len).into(),
    }
}

fn converted(column: &Column, to: ColumnType, len: usize) -> Column {
    match (&column.data, to) {
        (Data::String(strings), ColumnType::DateTime) => {
            let ticks = each_text(strings, |text| DateTime::parse(text).map(DateTime::ticks));
            let (cells, valid) = long_cells(len, ticks);
            column_of_longs(to, cells, valid)
        }
        (Data::Json(_), ColumnType::String) => path_text(&Cells::Many(std::sync::Arc::new(column.clone())), &[], len)
            .unwrap_or_else(|| value_column(to, len, |row| convert(&column.value(row), to))),
        (Data::Int(cells), ColumnType::Long) => {
            Column::new(Data::Long(cells.iter().map(|cell| i64::from(*cell)).collect()), column.valid.clone())
        }
        (Data::Long(cells), ColumnType::Real) => {
            Column::new(Data::Real(cells.iter().map(|cell| *cell as f64).collect()), column.valid.clone())
        }
        (Data::String(strings), ColumnType::Dynamic) => parsed(strings),
        _ => value_column(to, len, |row| convert(&column.value(row), to)),
    }
}

/// A function of the string in each row; strings of a dictionary are evaluated once.
fn each_text<'a, T: Copy + 'a>(strings: &'a Strings, of: impl Fn(&str) -> T + 'a) -> Box<dyn Fn(usize) -> T + 'a> {
    match strings {
        Strings::Coded(coded) if coded.distinct.len() < coded.codes.len() => {
            let known: Vec<T> = (0..coded.distinct.len()).map(|at| of(coded.distinct.get(at))).collect();
            Box::new(move |row| known[usize::from(coded.codes[row])])
        }
        _ => Box::new(move |row| of(strings.get(row))),
    }
}

/// `parse_json`: checked text stays text.
fn parsed(strings: &Strings) -> Column {
    let mut builder = ColumnBuilder::with_capacity(ColumnType::Dynamic, strings.len());
    for text in strings.iter() {
        if text.is_empty() {
            builder.push_null();
        } else {
            builder.push_json(text);
        }
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(rows: &[&str]) -> Cells {
        let mut builder = ColumnBuilder::new(ColumnType::Dynamic);
        for row in rows {
            builder.push_json(row);
        }
        builder.finish().into()
    }

    #[test]
    fn text_and_tree_lead_to_the_same() {
        let rows = [
            r#"{"a":{"b":"x"}}"#,
            r#"{"a":{"b":1.0}}"#,
            r#"{"a":null}"#,
            "null",
            "[1]",
            r#"{"a":{"b":{"c":"\u00e9"}}}"#,
            r#"{"a":{"b":true}}"#,
            r#"{"a":{"b":"q\"uote"}}"#,
        ];
        let steps = [Step::Name("a"), Step::Name("b")];
        let from_text = path_text(&json(&rows), &steps, rows.len()).unwrap();
        for (row, text) in rows.iter().enumerate() {
            let tree = Dynamic::from_json(text).unwrap();
            assert_eq!(from_text.str(row), Some(follow_tree(&steps, &tree).to_text().as_str()), "{text}");
        }
        let nulls = path_is_null(&json(&rows), &steps[..1], rows.len()).unwrap();
        assert_eq!(nulls.value(2), Value::Bool(true));
        assert_eq!(nulls.value(0), Value::Bool(false));
    }
}
