//! `name = value` after an operator's keyword, and `with (name = value, …)`.

use crate::syntax::ast::{Name, Parameter, ParameterValue};
use crate::syntax::token::{Symbol, TokenKind};

use super::{Commas, Parsed, Parser};

/// The parameters any operator takes, most of them hints.
const COMMON_PARAMETERS: [&str; 31] = [
    "__crossCluster",
    "__crossDB",
    "__id",
    "__isFuzzy",
    "__noWithSource",
    "__packedColumn",
    "__sourceColumnIndex",
    "bagexpansion",
    "best_effort",
    "bin_legacy",
    "datascope",
    "decodeblocks",
    "expandoutput",
    "flags",
    "force_remote",
    "isfuzzy",
    "kind",
    "with_itemindex",
    "with_match_id",
    "with_source",
    "with_step_name",
    "withsource",
    "hint.concurrency",
    "hint.distribution",
    "hint.materialized",
    "hint.num_partitions",
    "hint.pass_filters",
    "hint.pass_filters_column",
    "hint.progressive_top",
    "hint.remote",
    "hint.spread",
];

/// Which names are parameters after an operator's keyword, rather than columns.
#[derive(Clone, Copy)]
pub(super) struct ParameterRules {
    own: &'static [&'static str],
}

impl ParameterRules {
    /// Those that any operator takes.
    pub(super) const COMMON: Self = Self { own: &[] };
    /// Those of `reduce`.
    pub(super) const REDUCE: Self = Self { own: &["threshold", "characters"] };

    fn know(self, word: &str) -> bool {
        self.own.contains(&word)
            || COMMON_PARAMETERS.contains(&word)
            || matches!(word, "hint.strategy" | "hint.shufflekey")
    }
}

impl Parser<'_> {
    /// The parameters that stand here, in any order.
    pub(super) fn parameters(&mut self, rules: ParameterRules) -> Parsed<Vec<Parameter>> {
        let mut parameters = Vec::new();
        while self.symbol_ahead(1, Symbol::Assign) && rules.know(self.word()) {
            parameters.push(self.parameter()?);
        }
        Ok(parameters)
    }

    /// `name = value`, whatever the name.
    pub(super) fn parameter(&mut self) -> Parsed<Parameter> {
        let name = self.parameter_word()?;
        self.expect(Symbol::Assign)?;
        let value = self.parameter_value()?;
        let span = self.span_from(name.span);
        Ok(Parameter { name, value, span })
    }

    /// Any word, keywords too, as a name.
    pub(super) fn parameter_word(&mut self) -> Parsed<Name> {
        if self.kind() != TokenKind::Word {
            return Err(self.expected("a name"));
        }
        let token = self.advance();
        Ok(Name { text: self.text_of(token).to_owned(), span: token.span, bracketed: false })
    }

    fn parameter_value(&mut self) -> Parsed<ParameterValue> {
        if let Some(literal) = self.signed_literal()? {
            return Ok(ParameterValue::Expr(literal));
        }
        if self.kind() == TokenKind::Word { self.parameter_word() } else { self.reference() }.map(ParameterValue::Name)
    }

    /// `(name = value, …)`, in which a value may be several names: `ycolumns = a, b`. An empty list of `known` names
    /// allows any.
    pub(super) fn options(&mut self, known: &[&str]) -> Parsed<Vec<Parameter>> {
        self.expect(Symbol::OpenParen)?;
        self.closed_list(Symbol::CloseParen, Commas::Loose, |parser| {
            if !known.is_empty() && !known.contains(&parser.word()) {
                return Err(parser.expected(&format!("one of {}", known.join(", "))));
            }
            let mut parameter = parser.parameter()?;
            parser.more_names(&mut parameter)?;
            Ok(parameter)
        })
    }

    /// The names after the first one, up to the next `name =`.
    pub(super) fn more_names(&mut self, parameter: &mut Parameter) -> Parsed<()> {
        let ParameterValue::Name(first) = &parameter.value else {
            return Ok(());
        };
        let mut names = vec![first.clone()];
        while let Some(length) = self.further_name_length() {
            self.expect(Symbol::Comma)?;
            names.push(if length == 1 { self.parameter_word()? } else { self.reference()? });
        }
        if names.len() > 1 {
            parameter.value = ParameterValue::Names(names);
            parameter.span = self.span_from(parameter.span);
        }
        Ok(())
    }

    /// The length of the name after a comma here, when it is not the name of the next parameter.
    fn further_name_length(&self) -> Option<usize> {
        let length = self.declared_name_length(1).filter(|_| self.at(Symbol::Comma))?;
        (!self.symbol_ahead(1 + length, Symbol::Assign)).then_some(length)
    }
}
