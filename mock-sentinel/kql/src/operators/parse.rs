//! `parse`, `parse-where`: taking text apart by a pattern.

use super::Operator;
use crate::{
    batch::{Batch, Lazy},
    column::{ColumnBuilder, Data, Strings},
    error::Error,
    plan::{Parse, ParsePattern, pattern::PairPattern},
    run::Run,
    types::ColumnType,
    value::Value,
};

/// Reads the text of each row.
pub(super) struct Parsing<'p>(pub(super) &'p Parse);

impl Parsing<'_> {
    fn read(&self, text: &str) -> Option<Vec<Value>> {
        match &self.0.pattern {
            ParsePattern::Text(pattern) => pattern.read(text),
            ParsePattern::Pairs(pattern) => Some(PairPattern::read(pattern, text)),
        }
    }
}

impl Operator for Parsing<'_> {
    fn push(&mut self, run: &mut Run<'_>, batch: Batch, out: &mut Vec<Batch>) -> Result<(), Error> {
        let texts = run.evaluate(&self.0.input, &batch)?.into_column(ColumnType::String, batch.len());
        let kinds: Vec<ColumnType> = self.0.targets.iter().map(|at| self.0.schema.kind(*at)).collect();
        let mut builders: Vec<ColumnBuilder> =
            kinds.iter().map(|kind| ColumnBuilder::with_capacity(*kind, batch.len())).collect();
        let mut kept: Vec<u32> = Vec::new();
        for row in 0..batch.len() {
            match (self.read(texts.str(row).unwrap_or_default()), self.0.only_matches) {
                (Some(values), _) => builders.iter_mut().zip(&values).for_each(|(builder, value)| builder.push(value)),
                (None, true) => continue,
                (None, false) => builders.iter_mut().for_each(ColumnBuilder::push_null),
            }
            kept.push(row as u32);
            if row % 1024 == 0 {
                run.spend(0)?;
                run.fits(builders.iter().map(ColumnBuilder::bytes).sum())?;
            }
        }
        let len = kept.len();
        let input = if len == batch.len() { batch } else { batch.pick(kept) };
        let mut columns: Vec<Lazy> =
            (0..self.0.schema.len().min(input.schema().len())).map(|at| input.lazy(at)).collect();
        let blank = || Lazy::from(crate::Column::full(Data::String(Strings::Plain(crate::column::Arena::default()))));
        columns.resize_with(self.0.schema.len(), blank);
        for (at, builder) in self.0.targets.iter().zip(builders) {
            columns[*at] = builder.finish().into();
        }
        out.push(Batch::new(self.0.schema.clone(), columns, len));
        Ok(())
    }
}
