//! Telling whether two tables are the same for the purpose of a case.

use super::{Case, Rows};
use crate::{Dynamic, Table, Value};

/// How far reals may be apart, relatively, unless the case says otherwise.
const TOLERANCE: f64 = 1e-9;

/// The first difference between what was expected and what came.
pub(super) fn difference(case: &Case, expected: &Rows, got: &Table) -> Option<String> {
    let expected = match expected.to_table() {
        Ok(expected) => expected,
        Err(why) => return Some(why),
    };
    if let Some(why) = columns_differ(case, &expected, got) {
        return Some(why);
    }
    if expected.len() != got.len() {
        return Some(format!("{} rows instead of {}: {}", got.len(), expected.len(), shown(got)));
    }
    let same = Sameness { tolerance: case.tolerance.unwrap_or(TOLERANCE), sets: case.array_order_free };
    let (wanted, mut found): (Vec<_>, Vec<_>) = (expected.rows().collect(), got.rows().collect());
    for (at, row) in wanted.iter().enumerate() {
        let place = if case.ordered {
            same.rows(row, &found[at]).then_some(at)
        } else {
            found.iter().position(|candidate| same.rows(row, candidate))
        };
        match place {
            None => return Some(format!("row {at} {} is missing: {}", texts(row), shown(got))),
            Some(place) if !case.ordered => {
                found.swap_remove(place);
            }
            Some(_) => {}
        }
    }
    None
}

fn columns_differ(case: &Case, expected: &Table, got: &Table) -> Option<String> {
    let describe = |table: &Table| {
        let columns = table.schema().columns().iter();
        let columns = columns.map(|column| {
            if case.types_lenient { column.name.to_string() } else { format!("{}:{}", column.name, column.kind) }
        });
        columns.collect::<Vec<_>>().join(", ")
    };
    let (wanted, found) = (describe(expected), describe(got));
    (wanted != found).then(|| format!("columns ({found}) instead of ({wanted})"))
}

fn texts(row: &[Value]) -> String {
    let cells: Vec<String> = row.iter().map(|value| value.to_dynamic().to_json()).collect();
    format!("[{}]", cells.join(","))
}

fn shown(table: &Table) -> String {
    let rows: Vec<String> = table.rows().take(8).map(|row| texts(&row)).collect();
    format!("got {}", rows.join(" "))
}

struct Sameness {
    tolerance: f64,
    sets: bool,
}

impl Sameness {
    fn rows(&self, wanted: &[Value], found: &[Value]) -> bool {
        wanted.len() == found.len() && wanted.iter().zip(found).all(|(wanted, found)| self.values(wanted, found))
    }

    fn values(&self, wanted: &Value, found: &Value) -> bool {
        match (wanted, found) {
            (Value::Null, Value::Null) => true,
            (Value::Dynamic(wanted), Value::Dynamic(found)) => self.trees(wanted, found),
            _ => match (wanted.as_real(), found.as_real()) {
                (Some(wanted), Some(found)) => self.reals(wanted, found),
                _ => wanted.to_text() == found.to_text() && wanted.is_null() == found.is_null(),
            },
        }
    }

    fn reals(&self, wanted: f64, found: f64) -> bool {
        wanted == found
            || wanted.is_nan() && found.is_nan()
            || (wanted - found).abs() <= self.tolerance * wanted.abs().max(found.abs())
    }

    fn trees(&self, wanted: &Dynamic, found: &Dynamic) -> bool {
        match (wanted, found) {
            (Dynamic::Array(wanted), Dynamic::Array(found)) => self.arrays(wanted.items(), found.items()),
            (Dynamic::Bag(wanted), Dynamic::Bag(found)) => {
                let (wanted, found) = (wanted.properties(), found.properties());
                wanted.len() == found.len()
                    && wanted.iter().all(|(name, value)| found.get(name).is_some_and(|other| self.trees(value, other)))
            }
            _ => match (wanted.as_real(), found.as_real()) {
                (Some(wanted), Some(found)) => self.reals(wanted, found),
                _ => wanted.to_text() == found.to_text() && wanted.is_null() == found.is_null(),
            },
        }
    }

    fn arrays(&self, wanted: &[Dynamic], found: &[Dynamic]) -> bool {
        if wanted.len() != found.len() {
            return false;
        }
        if !self.sets {
            return wanted.iter().zip(found).all(|(wanted, found)| self.trees(wanted, found));
        }
        let mut left: Vec<&Dynamic> = found.iter().collect();
        wanted.iter().all(|wanted| {
            let at = left.iter().position(|found| self.trees(wanted, found));
            at.map(|at| left.swap_remove(at)).is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ColumnType;

    #[test]
    fn reals_may_differ_a_little_and_sets_in_order() {
        let same = Sameness { tolerance: TOLERANCE, sets: true };
        assert!(same.values(&Value::Real(0.3), &Value::Real(0.1 + 0.2)));
        assert!(!same.values(&Value::Real(0.3), &Value::Real(0.300_001)));
        let tree = |json| Dynamic::from_json(json).unwrap();
        assert!(same.trees(&tree("[1,2]"), &tree("[2,1]")));
        assert!(!same.trees(&tree("[1,1]"), &tree("[1,2]")));
        assert!(!same.values(&Value::missing(ColumnType::Long), &Value::from("")));
    }
}
