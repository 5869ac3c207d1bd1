//! `search`, `find`

use std::sync::Arc;

use super::{
    Binder,
    columns::Columns,
    errors, hidden,
    stage::{project, staged},
    union::{Branch, unified},
};
use crate::{
    dynamic::Dynamic,
    error::{Error, ErrorKind},
    functions::{Context, Function, Param, Returns},
    plan::{Expr, ExprKind, Plan, Stage, TextMatch, TextOp},
    syntax::{
        Span,
        ast::{self, BinaryOp, ColumnProjection, Literal},
    },
    types::ColumnType,
    value::Value,
};

/// A bag of names and values, those that are null or empty left out.
const PACK: Function = Function::new(&["pack_"], &[Param::Any], Returns::Is(ColumnType::Dynamic), pack).variadic();

fn pack(_: &mut Context<'_>, args: &[Value]) -> Value {
    let present = args.chunks_exact(2).filter(|pair| !pair[1].to_text().is_empty());
    Dynamic::bag(present.map(|pair| (Arc::from(&*pair[0].to_text()), pair[1].to_dynamic()))).into()
}

impl Binder<'_> {
    /// `search`: the rows of all tables, or of the rows so far, where a condition holds.
    pub(super) fn search(&mut self, input: Option<Plan>, search: &ast::Search, span: Span) -> Result<Plan, Error> {
        let case_sensitive = self.word(&search.parameters, "kind")?.as_deref() == Some("case_sensitive");
        let found = match input {
            Some(plan) => vec![Branch { name: "union_arg0".to_owned(), plan }],
            None => self.searched_tables(&search.sources)?,
        };
        let branches = self.matching_rows(found, &search.predicate, case_sensitive)?;
        if branches.is_empty() {
            return Err(Error::semantic("SEM0100", "None of the tables has the columns searched.", span));
        }
        Ok(unified(branches, false, Some("$table")))
    }

    fn searched_tables(&mut self, sources: &[ast::Expr]) -> Result<Vec<Branch>, Error> {
        if sources.is_empty() {
            return self.all_tables();
        }
        let mut branches = Vec::new();
        for source in sources {
            branches.extend(self.branches(source, branches.len(), false)?);
        }
        Ok(branches)
    }

    /// The rows of each table where the condition holds; tables without its columns are left out.
    fn matching_rows(
        &mut self,
        tables: Vec<Branch>,
        predicate: &ast::Expr,
        case_sensitive: bool,
    ) -> Result<Vec<Branch>, Error> {
        let mut branches = Vec::new();
        for Branch { name, plan } in tables {
            match self.over(&plan, |binder| binder.search_condition(predicate, case_sensitive)) {
                Ok(condition) => branches.push(Branch { name, plan: staged(plan, Stage::Filter(condition)) }),
                Err(error) if error.kind == ErrorKind::Semantic => {}
                Err(error) => return Err(error),
            }
        }
        Ok(branches)
    }

    /// A condition in which a string alone means that any column holds it.
    fn search_condition(&mut self, predicate: &ast::Expr, case_sensitive: bool) -> Result<Expr, Error> {
        match &predicate.kind {
            ast::ExprKind::Paren(inner) => self.search_condition(inner, case_sensitive),
            ast::ExprKind::And(all) => {
                let all = all.iter().map(|one| self.search_condition(one, case_sensitive)).collect::<Result<_, _>>()?;
                self.made(ExprKind::And(all), ColumnType::Bool, predicate.span)
            }
            ast::ExprKind::Or(all) => {
                let all = all.iter().map(|one| self.search_condition(one, case_sensitive)).collect::<Result<_, _>>()?;
                self.made(ExprKind::Or(all), ColumnType::Bool, predicate.span)
            }
            ast::ExprKind::Call(call) if call.name.text == "not" && call.args.len() == 1 => {
                let operand = self.search_condition(&call.args[0].value, case_sensitive)?;
                self.made(ExprKind::Not(Box::new(operand)), ColumnType::Bool, predicate.span)
            }
            ast::ExprKind::Literal(Literal::String(word)) => {
                self.any_column_holds(word, case_sensitive, predicate.span)
            }
            ast::ExprKind::Star => Ok(Expr::literal(Value::Bool(true), ColumnType::Bool)),
            ast::ExprKind::Binary { op: BinaryOp::Matches, left, right, .. }
                if !matches!(left.kind, ast::ExprKind::Star) =>
            {
                let left = self.scalar(left)?;
                let (word, _) = self.constant(right)?;
                self.holds(left, &word.to_text(), case_sensitive, predicate.span)
            }
            _ => self.condition(predicate),
        }
    }

    fn any_column_holds(&mut self, word: &str, case_sensitive: bool, span: Span) -> Result<Expr, Error> {
        let schema = self.row.as_ref().map(|row| row.schema.clone());
        let mut any = Vec::new();
        for (at, column) in schema.iter().flat_map(hidden::visible) {
            any.push(self.holds(Expr::column(at, column.kind), word, case_sensitive, span)?);
        }
        self.made(ExprKind::Or(any), ColumnType::Bool, span)
    }

    /// `word` is a whole term, `word*` a beginning, `*word` an end, `*word*` any part, `wo*rd` a pattern.
    fn holds(&mut self, left: Expr, word: &str, case_sensitive: bool, span: Span) -> Result<Expr, Error> {
        if word.trim_matches('*').contains('*') {
            let right = Expr::literal(Value::string(pattern_of(word, case_sensitive)), ColumnType::String);
            let matching = TextMatch { op: TextOp::MatchesRegex, case_sensitive: true, negated: false };
            return self.text_match(matching, left, right, span);
        }
        let (op, needle) = match (word.strip_prefix('*'), word.strip_suffix('*')) {
            _ if word == "*" => return Ok(Expr::literal(Value::Bool(true), ColumnType::Bool)),
            (Some(rest), Some(_)) => (TextOp::Contains, rest.strip_suffix('*').unwrap_or(rest)),
            (Some(rest), None) => (TextOp::HasSuffix, rest),
            (None, Some(rest)) => (TextOp::HasPrefix, rest),
            (None, None) => (TextOp::Has, word),
        };
        let right = Expr::literal(Value::string(needle), ColumnType::String);
        self.text_match(TextMatch { op, case_sensitive, negated: false }, left, right, span)
    }

    /// `find`: like `search`, with the columns that the tables share, and the others in a bag.
    pub(super) fn find(&mut self, find: &ast::Find, span: Span) -> Result<Plan, Error> {
        let with_source = self.word(&find.parameters, "withsource")?.unwrap_or_else(|| "source_".to_owned());
        let tables = self.searched_tables(&find.sources)?;
        let branches = self.matching_rows(tables, &find.predicate, false)?;
        if branches.is_empty() {
            return Err(Error::semantic("SEM0100", "None of the tables has the columns looked for.", span));
        }
        let (wanted, packs) = match &find.project {
            Some(columns) => wanted_columns(columns, &branches)?,
            None => shared_columns(&branches, &find.predicate),
        };
        let mut projected = Vec::with_capacity(branches.len());
        for Branch { name, plan } in branches {
            let mut columns = Columns::default();
            for (column, kind) in &wanted {
                let expr = match hidden::find(&plan.schema, column) {
                    Some(at) => self.converted(Expr::column(at, plan.schema.kind(at)), *kind, span)?,
                    None => Expr::literal(Value::missing(*kind), *kind),
                };
                columns.push(column.clone(), expr);
            }
            if packs {
                let packed = self.packed(&plan, &wanted, span)?;
                columns.add("pack_".to_owned(), packed);
            }
            projected.push(Branch { name, plan: project(plan, columns) });
        }
        let plan = unified(projected, false, Some(&with_source));
        if find.project_away.is_empty() {
            return Ok(plan);
        }
        let mut away = Vec::new();
        for pattern in &find.project_away {
            away.extend(super::column_pattern::matching(pattern, &plan.schema)?);
        }
        let kept: Vec<usize> = (0..plan.schema.len()).filter(|at| *at == 0 || !away.contains(at)).collect();
        Ok(super::stage::select(plan, &kept, 0))
    }

    fn packed(&mut self, plan: &Plan, wanted: &[(String, ColumnType)], span: Span) -> Result<Expr, Error> {
        let mut args = Vec::new();
        for (at, column) in hidden::visible(&plan.schema) {
            if !wanted.iter().any(|(name, _)| **name == *column.name) {
                args.push(Expr::literal(Value::string(&*column.name), ColumnType::String));
                args.push(Expr::column(at, column.kind));
            }
        }
        self.call_function(&PACK, args, span)
    }
}

/// A term with `*` inside as a regular expression.
/// <https://learn.microsoft.com/kusto/query/search-operator#search-predicate-syntax-examples> (read 2026-11-26)
fn pattern_of(word: &str, case_sensitive: bool) -> String {
    let pieces: Vec<String> = word.trim_matches('*').split('*').map(regex::escape).collect();
    let flag = if case_sensitive { "" } else { "(?i)" };
    let begin = if word.starts_with('*') { "" } else { r"\b" };
    let end = if word.ends_with('*') { "" } else { r"\b" };
    format!("{flag}{begin}{}{end}", pieces.join(".*"))
}

/// The columns that all tables share and those that the condition names; whether any table has more.
fn shared_columns(branches: &[Branch], predicate: &ast::Expr) -> (Vec<(String, ColumnType)>, bool) {
    let mut wanted: Vec<(String, ColumnType)> = Vec::new();
    let mut named = Vec::new();
    names_in(predicate, &mut named);
    for pass in 0..2 {
        for column in branches.iter().flat_map(|branch| branch.plan.schema.columns()) {
            let shown = hidden::named(&column.name);
            let everywhere = branches.iter().all(|branch| branch.plan.schema.columns().contains(column));
            let is_wanted = match pass {
                0 => everywhere && !hidden::is_hidden(&column.name),
                _ => named.contains(&shown),
            };
            if is_wanted && !wanted.iter().any(|(name, _)| name == shown) {
                wanted.push((shown.to_owned(), column.kind));
            }
        }
    }
    let more = branches.iter().any(|branch| hidden::visible(&branch.plan.schema).count() > wanted.len());
    (wanted, more)
}

/// The names in a condition.
fn names_in<'a>(expr: &'a ast::Expr, names: &mut Vec<&'a str>) {
    match &expr.kind {
        ast::ExprKind::Name(name) => names.push(&name.text),
        ast::ExprKind::Paren(inner) => names_in(inner, names),
        ast::ExprKind::Unary { operand, .. } => names_in(operand, names),
        ast::ExprKind::Member { target, .. } | ast::ExprKind::Index { target, .. } => names_in(target, names),
        ast::ExprKind::Binary { left, right, .. } => {
            names_in(left, names);
            names_in(right, names);
        }
        ast::ExprKind::And(all) | ast::ExprKind::Or(all) => all.iter().for_each(|one| names_in(one, names)),
        ast::ExprKind::Set { operand, .. } | ast::ExprKind::Between { operand, .. } => names_in(operand, names),
        ast::ExprKind::Call(call) => call.args.iter().for_each(|argument| names_in(&argument.value, names)),
        _ => {}
    }
}

/// The columns of `find … project`, and whether `pack(*)` is among them.
fn wanted_columns(
    written: &[ColumnProjection],
    branches: &[Branch],
) -> Result<(Vec<(String, ColumnType)>, bool), Error> {
    let mut wanted = Vec::new();
    let mut packs = false;
    for column in written {
        match &column.column.kind {
            ast::ExprKind::Call(call) if call.name.text == "pack" => packs = true,
            ast::ExprKind::Name(name) => {
                let found = branches.iter().find_map(|branch| {
                    hidden::find(&branch.plan.schema, &name.text).map(|at| branch.plan.schema.kind(at))
                });
                let kind = column.ty.map(|ty| ColumnType::from(ty.scalar)).or(found);
                let kind = kind.ok_or_else(|| errors::unknown_column(name, None))?;
                wanted.push((name.text.clone(), kind));
            }
            _ => return Err(errors::refused("an expression in find", column.column.span)),
        }
    }
    Ok((wanted, packs))
}
