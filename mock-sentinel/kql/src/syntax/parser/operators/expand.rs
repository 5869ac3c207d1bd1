//! `mv-expand` and `mv-apply`.

use crate::syntax::ast::{MvApply, MvExpand, MvExpandColumn, Name, OperatorKind, Parameter, ParameterValue};

use super::super::{Parsed, Parser};

impl Parser<'_> {
    pub(super) fn mv_expand(&mut self) -> Parsed<OperatorKind> {
        let (item_index, parameters) = self.item_index()?;
        let columns = self.list(Self::mv_expand_column)?;
        let limit = if self.take_word("limit") { Some(self.scalar()?) } else { None };
        Ok(OperatorKind::MvExpand(MvExpand { parameters, item_index, columns, limit }))
    }

    /// `x = a to typeof(long)`.
    fn mv_expand_column(&mut self) -> Parsed<MvExpandColumn> {
        Ok(MvExpandColumn { value: self.named_expr()?, to: self.cast_type()? })
    }

    /// The parameters, `with_itemindex` apart from the others.
    fn item_index(&mut self) -> Parsed<(Option<Name>, Vec<Parameter>)> {
        let mut item_index = None;
        let mut parameters = Vec::new();
        for parameter in self.hints()? {
            match parameter.value {
                ParameterValue::Name(name) if parameter.name.text == "with_itemindex" => item_index = Some(name),
                _ => parameters.push(parameter),
            }
        }
        Ok((item_index, parameters))
    }

    pub(super) fn mv_apply(&mut self) -> Parsed<OperatorKind> {
        let (item_index, hints) = self.item_index()?;
        let columns = self.list(Self::mv_expand_column)?;
        let limit = if self.take_word("limit") { Some(self.scalar()?) } else { None };
        let context_id = if self.take_word("id") { Some(self.scalar()?) } else { None };
        self.expect_word("on")?;
        let operators = self.parenthesized_sub_pipe()?;
        Ok(OperatorKind::MvApply(MvApply { hints, item_index, columns, limit, context_id, operators }))
    }
}
