//! `and`, `or`, `not`, tests for absence, and choices.

use crate::{
    column::cells::{Cells, Side, bool_column},
    column::{Arena, Column, ColumnBuilder, Data, Strings},
    plan::NullTest,
    types::ColumnType,
    value::Value,
};

/// Three-valued `and`: false wins over null, null over true.
pub(super) fn and(all: &[Cells], len: usize) -> Cells {
    fold(all, len, false)
}

/// Three-valued `or`: true wins over null, null over false.
pub(super) fn or(all: &[Cells], len: usize) -> Cells {
    fold(all, len, true)
}

fn fold(all: &[Cells], len: usize, decisive: bool) -> Cells {
    let sides: Vec<Side<'_, bool>> = all.iter().map(Cells::bools).collect();
    let combine = |row: usize| {
        let mut outcome = Some(!decisive);
        for side in &sides {
            match side.get(row) {
                Some(value) if value == decisive => return Some(decisive),
                Some(_) => {}
                None => outcome = None,
            }
        }
        outcome
    };
    if all.iter().all(|cells| matches!(cells, Cells::One(_))) {
        return Cells::One(combine(0).into());
    }
    bool_column(len, combine).into()
}

/// `not(x)`: null stays null.
pub(super) fn not(operand: &Cells, len: usize) -> Cells {
    match operand {
        Cells::One(value) => Cells::One(value.as_bool().map(|value| !value).into()),
        Cells::Many(_) => {
            let side = operand.bools();
            bool_column(len, |row| side.get(row).map(|value| !value)).into()
        }
    }
}

/// `isnull`, `isempty` and their opposites.
pub(super) fn test(test: NullTest, operand: &Cells, len: usize) -> Cells {
    let (empty_counts, wanted) = match test {
        NullTest::Null => (false, true),
        NullTest::Present => (false, false),
        NullTest::Empty => (true, true),
        NullTest::Filled => (true, false),
    };
    match operand {
        Cells::One(value) => Cells::One(Value::Bool((value.is_null() || empty_counts && is_empty(value)) == wanted)),
        Cells::Many(column) => bool_column(len, |row| {
            let absent = match &column.data {
                Data::String(strings) => empty_counts && strings.get(row).is_empty(),
                _ if column.is_null(row) => true,
                Data::Json(strings) => empty_counts && strings.get(row) == "\"\"",
                Data::Tree(_) => empty_counts && is_empty(&column.value(row)),
                _ => false,
            };
            Some(absent == wanted)
        })
        .into(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Dynamic(crate::Dynamic::String(text)) => text.is_empty(),
        _ => false,
    }
}

/// The value of the first branch whose condition is true, else the last one.
pub(super) fn choose(branches: &[(Cells, Cells)], otherwise: &Cells, kind: ColumnType, len: usize) -> Cells {
    let conditions: Vec<Side<'_, bool>> = branches.iter().map(|(condition, _)| condition.bools()).collect();
    let chosen = |row: usize| {
        let at = conditions.iter().position(|condition| condition.get(row) == Some(true));
        at.map_or(otherwise, |at| &branches[at].1)
    };
    if branches.iter().all(|(condition, _)| matches!(condition, Cells::One(_))) {
        return chosen(0).clone();
    }
    if kind == ColumnType::String
        && let Some(column) = choose_texts(branches, otherwise, &conditions, len)
    {
        return column.into();
    }
    let mut builder = ColumnBuilder::with_capacity(kind, len);
    for row in 0..len {
        match chosen(row) {
            Cells::One(value) => builder.push(value),
            Cells::Many(column) => builder.push_cell(column, row),
        }
    }
    builder.finish().into()
}

fn choose_texts(
    branches: &[(Cells, Cells)],
    otherwise: &Cells,
    conditions: &[Side<'_, bool>],
    len: usize,
) -> Option<Column> {
    let texts = branches.iter().map(|(_, value)| value.strings()).collect::<Option<Vec<_>>>()?;
    let otherwise = otherwise.strings()?;
    let mut arena = Arena::with_capacity(len, 0);
    for row in 0..len {
        let at = conditions.iter().position(|condition| condition.get(row) == Some(true));
        arena.push(at.map_or(&otherwise, |at| &texts[at]).get(row));
    }
    Some(Column::full(Data::String(Strings::Plain(arena))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_unknown() {
        let [yes, no, unknown] =
            [Cells::One(Value::Bool(true)), Cells::One(Value::Bool(false)), Cells::One(Value::Null)];
        assert_eq!(and(&[unknown.clone(), no.clone()], 1).value(0), Value::Bool(false));
        assert_eq!(and(&[unknown.clone(), yes.clone()], 1).value(0), Value::Null);
        assert_eq!(or(&[unknown.clone(), yes], 1).value(0), Value::Bool(true));
        assert_eq!(or(&[unknown.clone(), no], 1).value(0), Value::Null);
        assert_eq!(not(&unknown, 1).value(0), Value::Null);
    }
}
