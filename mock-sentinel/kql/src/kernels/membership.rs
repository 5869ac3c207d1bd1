//! `in`, `has_any`, `has_all`.

use hashbrown::HashSet;

use super::{compare::for_each_text, key::ValueKey};
use crate::{
    column::cells::{Cells, bool_column},
    dynamic::Dynamic,
    functions::conversion::convert,
    plan::MembershipTest,
    terms,
    types::ColumnType,
    value::Value,
};

/// The items, ready to be asked.
enum Items {
    /// Equality by value.
    Equal(HashSet<ValueKey>),
    /// Texts, compared one by one.
    Texts(MembershipTest, Vec<String>),
}

impl Items {
    fn new(test: MembershipTest, kind: ColumnType, values: impl Iterator<Item = Value>) -> Self {
        let values = values.flat_map(|value| spread(&value, kind));
        match test {
            MembershipTest::Equal => Self::Equal(values.map(ValueKey::new).collect()),
            _ => Self::Texts(test, values.map(|value| value.to_text().into_owned()).collect()),
        }
    }

    fn hold(&self, value: &Value) -> bool {
        match self {
            Self::Equal(items) => !value.is_null() && items.contains(&ValueKey::new(value.clone())),
            Self::Texts(..) => self.hold_text(&value.to_text()),
        }
    }

    fn hold_text(&self, text: &str) -> bool {
        match self {
            Self::Equal(items) => items.contains(&ValueKey::new(Value::string(text))),
            Self::Texts(MembershipTest::HasAll, items) => items.iter().all(|item| terms::has(text, item, false)),
            Self::Texts(MembershipTest::HasAny, items) => items.iter().any(|item| terms::has(text, item, false)),
            Self::Texts(_, items) => items.iter().any(|item| terms::equal_ci(text, item)),
        }
    }
}

/// An array stands for its items; each becomes the operand's type.
fn spread(value: &Value, kind: ColumnType) -> Vec<Value> {
    match value {
        Value::Dynamic(Dynamic::Array(array)) => {
            array.items().iter().map(|item| convert(&Value::dynamic(item.clone()), kind)).collect()
        }
        _ => vec![convert(value, kind)],
    }
}

/// Tests every row's operand, of type `kind`, against the items.
pub(super) fn membership(
    test: MembershipTest,
    negated: bool,
    operand: &Cells,
    kind: ColumnType,
    items: &[Cells],
    len: usize,
) -> Cells {
    let constant = items.iter().all(|item| matches!(item, Cells::One(_)));
    if !constant {
        let at = |row| {
            let items = Items::new(test, kind, items.iter().map(|item| item.value(row)));
            Some(items.hold(&operand.value(row)) != negated)
        };
        return bool_column(len, at).into();
    }
    let items = Items::new(test, kind, items.iter().map(|item| item.value(0)));
    match operand {
        Cells::One(value) => Cells::One(Value::Bool(items.hold(value) != negated)),
        Cells::Many(column) => for_each_text(column, |text| items.hold_text(text) != negated)
            .unwrap_or_else(|| bool_column(len, |row| Some(items.hold(&column.value(row)) != negated)))
            .into(),
    }
}
