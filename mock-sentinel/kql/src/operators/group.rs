//! Giving every distinct key a number.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use crate::{
    column::cells::{Cells, column_of_longs},
    column::{Arena, Bitmap, Column, ColumnBuilder, Data, Strings},
    kernels::key::{ValueKey, real_bits},
    types::ColumnType,
    value::Value,
};

/// Numbers the distinct rows of some key columns, in the order they first appear.
#[derive(Debug)]
pub(super) struct Grouper {
    columns: Vec<Interner>,
    /// From the second column on: the number of (group so far, value of this column).
    levels: Vec<Level>,
}

#[derive(Debug, Default)]
struct Level {
    known: HashMap<u64, u32>,
    /// For each group of this level, the group of the level before and the value's number.
    parts: Vec<(u32, u32)>,
}

impl Grouper {
    pub(super) fn new(kinds: impl IntoIterator<Item = ColumnType>) -> Self {
        let columns: Vec<Interner> = kinds.into_iter().map(Interner::new).collect();
        let levels = columns.iter().skip(1).map(|_| Level::default()).collect();
        Self { columns, levels }
    }

    /// How many distinct keys there are.
    pub(super) fn len(&self) -> usize {
        match (self.levels.last(), self.columns.first()) {
            (Some(level), _) => level.parts.len(),
            (None, Some(column)) => column.len(),
            (None, None) => 1,
        }
    }

    /// The bytes held, roughly.
    pub(super) fn bytes(&self) -> usize {
        let levels: usize = self.levels.iter().map(|level| level.parts.len() * 24).sum();
        levels + self.columns.iter().map(Interner::bytes).sum::<usize>()
    }

    /// The number of each row's key.
    pub(super) fn number(&mut self, keys: &[Cells], len: usize) -> Vec<u32> {
        let mut numbers: Option<Vec<u32>> = None;
        for (at, (column, cells)) in self.columns.iter_mut().zip(keys).enumerate() {
            let values = column.number(cells, len);
            numbers = Some(match numbers {
                None => values,
                Some(so_far) => self.levels[at - 1].combine(so_far, &values),
            });
        }
        numbers.unwrap_or_else(|| vec![0; len])
    }

    /// The key columns, a row for each distinct key.
    pub(super) fn keys(&self) -> Vec<Column> {
        let groups = self.len();
        let mut picked: Vec<Vec<u32>> = vec![vec![0; groups]; self.columns.len()];
        for group in 0..groups {
            let mut number = group as u32;
            for at in (1..self.columns.len()).rev() {
                let (before, value) = self.levels[at - 1].parts[number as usize];
                picked[at][group] = value;
                number = before;
            }
            if let Some(first) = picked.first_mut() {
                first[group] = number;
            }
        }
        self.columns.iter().zip(&picked).map(|(column, rows)| column.values().gather(rows)).collect()
    }
}

impl Level {
    fn combine(&mut self, mut groups: Vec<u32>, values: &[u32]) -> Vec<u32> {
        for (group, value) in groups.iter_mut().zip(values) {
            let key = (u64::from(*group) << 32) | u64::from(*value);
            let (known, parts) = (&mut self.known, &mut self.parts);
            *group = *known.entry(key).or_insert_with(|| {
                parts.push((*group, *value));
                parts.len() as u32 - 1
            });
        }
        groups
    }
}

/// Numbers the distinct values of one column.
#[derive(Debug)]
enum Interner {
    Texts {
        known: HashTable<u32>,
        hasher: DefaultHashBuilder,
        texts: Arena,
    },
    /// Values that fit 64 bits.
    Bits {
        kind: ColumnType,
        known: HashMap<Option<u64>, u32>,
        bits: Vec<Option<u64>>,
    },
    Values {
        kind: ColumnType,
        known: HashMap<ValueKey, u32>,
        values: Vec<Value>,
    },
}

impl Interner {
    fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::String => {
                Self::Texts { known: HashTable::new(), hasher: DefaultHashBuilder::default(), texts: Arena::default() }
            }
            ColumnType::Bool
            | ColumnType::Int
            | ColumnType::Long
            | ColumnType::Real
            | ColumnType::DateTime
            | ColumnType::Timespan => Self::Bits { kind, known: HashMap::new(), bits: Vec::new() },
            ColumnType::Decimal | ColumnType::Guid | ColumnType::Dynamic => {
                Self::Values { kind, known: HashMap::new(), values: Vec::new() }
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Texts { texts, .. } => texts.len(),
            Self::Bits { bits, .. } => bits.len(),
            Self::Values { values, .. } => values.len(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Texts { texts, .. } => texts.bytes() + texts.len() * 8,
            Self::Bits { bits, .. } => bits.len() * 48,
            Self::Values { values, .. } => values.len() * 128,
        }
    }

    fn number(&mut self, cells: &Cells, len: usize) -> Vec<u32> {
        match self {
            Self::Texts { .. } => self.number_texts(cells, len),
            Self::Bits { kind, .. } => match *kind {
                ColumnType::Real => {
                    let reals = cells.reals();
                    let bits = |row| reals.and_then(|reals| reals.get(row)).map(real_bits);
                    (0..len).map(|row| self.number_bits(bits(row))).collect()
                }
                ColumnType::Bool => {
                    let bools = cells.bools();
                    (0..len).map(|row| self.number_bits(bools.get(row).map(u64::from))).collect()
                }
                _ => {
                    let longs = cells.longs();
                    self.number_longs(len, |row| longs.and_then(|longs| longs.get(row)).map(|value| value as u64))
                }
            },
            Self::Values { known, values, .. } => (0..len)
                .map(|row| {
                    let value = cells.value(row);
                    *known.entry(ValueKey::new(value.clone())).or_insert_with(|| {
                        values.push(value);
                        values.len() as u32 - 1
                    })
                })
                .collect(),
        }
    }

    /// Runs of equal values, which sorted and binned columns are full of, are looked up once.
    fn number_longs(&mut self, len: usize, bits: impl Fn(usize) -> Option<u64>) -> Vec<u32> {
        let mut last: Option<(Option<u64>, u32)> = None;
        let number = |row| {
            let bits = bits(row);
            match last {
                Some((known, number)) if known == bits => number,
                _ => {
                    let number = self.number_bits(bits);
                    last = Some((bits, number));
                    number
                }
            }
        };
        (0..len).map(number).collect()
    }

    fn number_bits(&mut self, value: Option<u64>) -> u32 {
        let Self::Bits { known, bits, .. } = self else { return 0 };
        *known.entry(value).or_insert_with(|| {
            bits.push(value);
            bits.len() as u32 - 1
        })
    }

    fn number_texts(&mut self, cells: &Cells, len: usize) -> Vec<u32> {
        match cells {
            Cells::Many(column) => match &column.data {
                Data::String(Strings::Coded(coded)) if coded.distinct.len() < len => {
                    let mut numbers: Vec<Option<u32>> = vec![None; coded.distinct.len()];
                    coded
                        .codes
                        .iter()
                        .map(|code| {
                            let code = usize::from(*code);
                            *numbers[code].get_or_insert_with(|| self.number_text(coded.distinct.get(code)))
                        })
                        .collect()
                }
                Data::String(strings) => strings.iter().map(|text| self.number_text(text)).collect(),
                _ => vec![self.number_text(""); len],
            },
            Cells::One(value) => vec![self.number_text(&value.to_text()); len],
        }
    }

    fn number_text(&mut self, text: &str) -> u32 {
        let Self::Texts { known, hasher, texts } = self else { return 0 };
        let hash = hasher.hash_one(text);
        if let Some(number) = known.find(hash, |number| texts.get(*number as usize) == text) {
            return *number;
        }
        let number = texts.len() as u32;
        texts.push(text);
        known.insert_unique(hash, number, |number| hasher.hash_one(texts.get(*number as usize)));
        number
    }

    /// The distinct values in the order of their numbers.
    fn values(&self) -> Column {
        match self {
            Self::Texts { texts, .. } => Column::full(Data::String(Strings::Plain(texts.clone()))),
            Self::Bits { kind, bits, .. } => {
                let valid: Bitmap = bits.iter().map(Option::is_some).collect();
                match kind {
                    ColumnType::Real => {
                        let cells = bits.iter().map(|bits| f64::from_bits(bits.unwrap_or_default())).collect();
                        Column::new(Data::Real(cells), Some(valid))
                    }
                    ColumnType::Bool => {
                        let cells = bits.iter().map(|bits| *bits == Some(1)).collect();
                        Column::new(Data::Bool(cells), Some(valid))
                    }
                    _ => {
                        let cells = bits.iter().map(|bits| bits.unwrap_or_default() as i64).collect();
                        column_of_longs(*kind, cells, Some(valid))
                    }
                }
            }
            Self::Values { kind, values, .. } => {
                let mut column = ColumnBuilder::with_capacity(*kind, values.len());
                column.extend(values.iter().cloned());
                column.finish()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_in_order_of_appearance() {
        let texts = Cells::Many(ColumnBuilder::collect(ColumnType::String, ["b", "a", "b", "b"].map(Value::from)));
        let longs = [Value::Long(1), Value::Null, Value::Long(1), Value::Null];
        let longs = Cells::Many(ColumnBuilder::collect(ColumnType::Long, longs));
        let mut grouper = Grouper::new([ColumnType::String, ColumnType::Long]);
        assert_eq!(grouper.number(&[texts, longs], 4), [0, 1, 0, 2]);
        let keys = grouper.keys();
        assert_eq!((keys[0].value(2), keys[1].value(2)), (Value::from("b"), Value::Null));
        assert_eq!(keys[1].value(0), Value::Long(1));
    }
}
