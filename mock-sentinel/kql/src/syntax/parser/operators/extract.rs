//! `parse`, `parse-where` and `parse-kv`.

use crate::error::Error;
use crate::syntax::ast::{Name, OperatorKind, Parameter, ParameterValue, Parse, ParseKind, ParseKv, ParsePattern};
use crate::syntax::token::{Symbol, TokenKind};

use super::super::{Parsed, Parser};

/// What `parse-kv … with (…)` takes.
const PARSE_KV_OPTIONS: [&str; 6] = ["pair_delimiter", "kv_delimiter", "regex", "quote", "escape", "greedy"];

impl Parser<'_> {
    pub(super) fn parse_operator(&mut self, only_matches: bool) -> Parsed<OperatorKind> {
        let (kind, flags) = parse_parameters(self.hints()?)?;
        let input = self.scalar()?;
        self.expect_word("with")?;
        let mut pattern = Vec::new();
        while let Some(piece) = self.parse_pattern()? {
            pattern.push(piece);
        }
        Ok(OperatorKind::Parse(Parse { only_matches, kind, flags, input, pattern }))
    }

    /// The next piece of the pattern, if there is one.
    fn parse_pattern(&mut self) -> Parsed<Option<ParsePattern>> {
        if self.at(Symbol::Star) {
            return Ok(Some(ParsePattern::Skip(self.advance().span)));
        }
        if self.kind() == TokenKind::String {
            return Ok(self.literal()?.map(ParsePattern::Text));
        }
        if self.declared_name_length(0).is_none() {
            return Ok(None);
        }
        let name = self.declared_name()?;
        Ok(Some(ParsePattern::Column { name, ty: self.optional_type()? }))
    }

    pub(super) fn parse_kv(&mut self) -> Parsed<OperatorKind> {
        let input = self.scalar()?;
        self.expect_word("as")?;
        let columns = self.row_schema()?;
        let options = if self.take_word("with") { self.options(&PARSE_KV_OPTIONS)? } else { Vec::new() };
        Ok(OperatorKind::ParseKv(ParseKv { input, columns, options }))
    }
}

/// The kind, and the flags of `kind=regex`.
fn parse_parameters(parameters: Vec<Parameter>) -> Parsed<(ParseKind, Option<Name>)> {
    let mut kind = ParseKind::Simple;
    let mut flags = None;
    for parameter in parameters {
        match (parameter.name.text.as_str(), parameter.value) {
            ("kind", ParameterValue::Name(name)) => kind = parse_kind(&name)?,
            ("flags", ParameterValue::Name(name)) => flags = Some(name),
            _ => {}
        }
    }
    Ok((kind, flags))
}

fn parse_kind(name: &Name) -> Parsed<ParseKind> {
    match name.text.as_str() {
        "simple" => Ok(ParseKind::Simple),
        "regex" => Ok(ParseKind::Regex),
        "relaxed" => Ok(ParseKind::Relaxed),
        text => {
            let message = format!("'{text}' is not a kind of parse: expected simple, regex or relaxed.");
            Err(Error::syntax(message, name.span).with_token(text))
        }
    }
}
