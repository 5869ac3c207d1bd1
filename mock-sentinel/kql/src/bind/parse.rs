//! `parse`, `parse-where`, `parse-kv`

use std::sync::Arc;

use super::{Binder, allowed, columns::Columns, errors};
use crate::{
    error::Error,
    plan::{
        Expr, Parse, ParsePattern, Plan, Stage,
        pattern::{Delimiters, PairPattern, PairWay, Piece, Reading, TextPattern},
    },
    syntax::{
        Span,
        ast::{self, ParseKind},
    },
    types::ColumnType,
};

impl Binder<'_> {
    pub(super) fn parse(&mut self, plan: Plan, written: &ast::Parse, span: Span) -> Result<Plan, Error> {
        let reading = match written.kind {
            ParseKind::Simple => Reading::Simple,
            ParseKind::Relaxed => Reading::Relaxed,
            ParseKind::Regex => Reading::Regex,
        };
        let mut pieces = Vec::with_capacity(written.pattern.len());
        let mut columns: Vec<(String, ColumnType)> = Vec::new();
        for piece in &written.pattern {
            pieces.push(match piece {
                ast::ParsePattern::Skip(_) => Piece::Skip,
                ast::ParsePattern::Text(text) => Piece::Text(self.constant(text)?.0.to_text().into_owned()),
                ast::ParsePattern::Column { name, ty } => {
                    let kind = ty.map_or(ColumnType::String, |ty| ColumnType::from(ty.scalar));
                    columns.push((name.text.clone(), kind));
                    Piece::Column(kind)
                }
            });
        }
        if self.is_transform() && columns.len() > allowed::PARSE_COLUMNS_MAX {
            let message = format!("parse of a transformation makes at most {} columns.", allowed::PARSE_COLUMNS_MAX);
            return Err(Error::refused("parse", message, span));
        }
        let flags = written.flags.as_ref().map_or("", |flags| &flags.text);
        let pattern = TextPattern::new(&pieces, reading, flags).map_err(|why| {
            Error::semantic("SEM0420", format!("The pattern is not a regular expression: {why}."), span)
        })?;
        self.parsed(plan, &written.input, ParsePattern::Text(pattern), columns, written.only_matches)
    }

    /// Adds the stage that fills these columns, known or new.
    fn parsed(
        &mut self,
        mut plan: Plan,
        input: &ast::Expr,
        pattern: ParsePattern,
        made: Vec<(String, ColumnType)>,
        only_matches: bool,
    ) -> Result<Plan, Error> {
        let input_span = input.span;
        let input = self.over(&plan, |binder| {
            let bound = binder.scalar(input)?;
            binder.converted(bound, ColumnType::String, input.span)
        })?;
        let mut columns = Columns::of(&plan.schema);
        let mut targets = Vec::with_capacity(made.len());
        for (name, kind) in made {
            if targets.iter().any(|at: &usize| *at < columns.len() && columns.name(*at) == name) {
                return Err(errors::duplicate_column(&name, input_span));
            }
            let at = columns.position(&name).unwrap_or(columns.len());
            columns.replace(name, Expr::column(at, kind));
            targets.push(at);
        }
        let (schema, _) = columns.finish();
        let parse = Parse { input, pattern, targets, only_matches, schema: schema.clone() };
        plan.push(Stage::Parse(Arc::new(parse)), schema);
        Ok(plan)
    }

    pub(super) fn parse_kv(&mut self, plan: Plan, written: &ast::ParseKv, span: Span) -> Result<Plan, Error> {
        let columns: Vec<(String, ColumnType)> = super::source::schema_of(&written.columns)
            .columns()
            .iter()
            .map(|column| (column.name.to_string(), column.kind))
            .collect();
        let mut delimiters = Delimiters { pair: " ".to_owned(), value: "=".to_owned(), ..Delimiters::default() };
        let mut regex = None;
        let mut delimited = false;
        for option in &written.options {
            let text = self.option_text(&option.value)?;
            match option.name.text.as_str() {
                "pair_delimiter" => (delimiters.pair, delimited) = (text, true),
                "kv_delimiter" => (delimiters.value, delimited) = (text, true),
                "quote" => delimiters.quotes.extend(quotes(&text)),
                "escape" => delimiters.escape = text.chars().next(),
                "greedy" => delimiters.greedy = text == "true",
                "regex" => {
                    let compiled = self.run.regexes.compiled(&text);
                    let compiled = compiled.map_err(|why| errors::no_pattern(&text, &why, option.span))?;
                    if compiled.captures_len() != 3 {
                        let message = "The regex must have two groups: name and value.";
                        return Err(Error::semantic("SEM0420", message, option.span));
                    }
                    regex = Some(compiled);
                }
                other => return Err(errors::refused(other, option.span)),
            }
        }
        if regex.is_none() && (delimiters.pair.is_empty() || delimiters.value.is_empty()) {
            return Err(Error::semantic("SEM0018", "The delimiters must not be empty.", span));
        }
        let way = match regex {
            Some(regex) => PairWay::Regex(regex),
            None if delimited => PairWay::Delimited(delimiters),
            None => PairWay::Words(delimiters),
        };
        let pattern = PairPattern { columns: columns.clone(), way };
        self.parsed(plan, &written.input, ParsePattern::Pairs(pattern), columns, false)
    }
}

/// One character is both quotes; of two, the first opens and the second closes.
fn quotes(text: &str) -> Option<(char, char)> {
    let mut characters = text.chars();
    let open = characters.next()?;
    Some((open, characters.next().unwrap_or(open)))
}
