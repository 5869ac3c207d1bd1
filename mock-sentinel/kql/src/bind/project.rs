//! Lists of columns: `extend`, `project`, `print` and the patterns of `project-away` and its kin.

use hashbrown::HashSet;

use super::{
    Binder, errors, hidden,
    names::{self, Columns},
};
use crate::{
    error::Error,
    plan::{Expr, ExprKind, Plan},
    syntax::{
        Span,
        ast::{self, ColumnPattern, Naming, ReorderColumn, ReorderOrder},
    },
    types::{ColumnType, Schema},
    value::Value,
};

/// An expression of a column list, bound.
pub(super) struct Bound {
    /// The name it suggests.
    pub(super) name: Option<String>,
    pub(super) expr: Expr,
}

impl Binder<'_> {
    /// Binds a column list over rows of a schema.
    pub(super) fn projection<T>(
        &mut self,
        schema: &Schema,
        serialized: bool,
        bind: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.with_row(schema, None, serialized, bind)
    }

    /// The values of one list entry, at least one for each name written before `=`.
    pub(super) fn entry_values(&mut self, entry: &ast::NamedExpr) -> Result<Vec<Bound>, Error> {
        let values = self.values(&entry.value)?;
        enough_for_names(entry, values.len())?;
        Ok(values)
    }

    /// The values of one list entry: one, except for functions that give several columns.
    pub(super) fn values(&mut self, written: &ast::Expr) -> Result<Vec<Bound>, Error> {
        if let ast::ExprKind::Call(call) = &written.unparenthesized().kind
            && matches!(call.name.text.as_str(), "array_sort_asc" | "array_sort_desc")
        {
            return self.sorted_arrays(written, call);
        }
        if let ast::ExprKind::Call(call) = &written.unparenthesized().kind
            && let Some(parts) = names::parts_of(&call.name.text)
        {
            return self.parts(written, call, parts);
        }
        let expr = self.scalar(written)?;
        Ok(vec![Bound { name: names::of_expr(written), expr }])
    }

    /// A column for each part of what a function gives.
    fn parts(
        &mut self,
        written: &ast::Expr,
        call: &ast::Call,
        parts: &[(&str, ColumnType)],
    ) -> Result<Vec<Bound>, Error> {
        let whole = self.scalar(written)?;
        let of = call.args.first().and_then(|first| names::of_expr(&first.value));
        let prefix = format!("{}_{}", call.name.text, of.unwrap_or_default());
        let mut values = Vec::with_capacity(parts.len());
        for (at, (part, kind)) in parts.iter().enumerate() {
            let index = Box::new(Expr::literal(Value::Long(at as i64), ColumnType::Long));
            let item = ExprKind::Index { target: Box::new(whole.clone()), index };
            let item = self.made(item, ColumnType::Dynamic, written.span)?;
            let expr = self.converted(item, *kind, written.span)?;
            values.push(Bound { name: Some(format!("{prefix}_{part}")), expr });
        }
        Ok(values)
    }

    fn sorted_arrays(&mut self, written: &ast::Expr, call: &ast::Call) -> Result<Vec<Bound>, Error> {
        let sorted = self.scalar(written)?;
        let mut arrays = Vec::new();
        for argument in &call.args {
            if self.scalar(&argument.value)?.ty == ColumnType::Dynamic {
                let name = name_of_array(&argument.value).unwrap_or_else(|| format!("array{}", arrays.len()));
                arrays.push(format!("{name}_sorted"));
            }
        }
        if arrays.len() == 1 {
            return Ok(vec![Bound { name: arrays.pop(), expr: sorted }]);
        }
        let mut values = Vec::new();
        for (at, name) in arrays.into_iter().enumerate() {
            let index = Box::new(Expr::literal(Value::Long(at as i64), ColumnType::Long));
            let kind = ExprKind::Index { target: Box::new(sorted.clone()), index };
            values.push(Bound { name: Some(name), expr: self.made(kind, ColumnType::Dynamic, written.span)? });
        }
        Ok(values)
    }

    /// The columns of `print`.
    pub(super) fn printed(&mut self, written: &[ast::NamedExpr]) -> Result<Columns, Error> {
        let mut columns = Columns::declaring(names::declared(written)?);
        for (at, entry) in written.iter().enumerate() {
            let values = self.entry_values(entry)?;
            let several = values.len() > 1;
            let given = given_names(&entry.naming);
            let named = given.len();
            for (index, value) in values.into_iter().enumerate() {
                match given.get(index) {
                    Some(name) => columns.add((*name).to_owned(), value.expr),
                    None if named > 0 => {}
                    None if several => columns.add(value.name.unwrap_or_default(), value.expr),
                    None => columns.add(format!("print_{at}"), value.expr),
                }
            }
        }
        Ok(columns)
    }

    /// Puts the columns of `extend` into place: known names are replaced, new ones go last. Nothing is renamed, so that
    /// no two of them may have one name.
    pub(super) fn extended(&mut self, columns: &mut Columns, written: &[ast::NamedExpr]) -> Result<(), Error> {
        let mut made = HashSet::new();
        for entry in written {
            let given = given_names(&entry.naming);
            for (index, value) in self.entry_values(entry)?.into_iter().enumerate() {
                let name = given.get(index).map(|name| (*name).to_owned()).or(value.name);
                let name = name.unwrap_or_else(|| columns.next_unnamed());
                if !made.insert(name.clone()) {
                    return Err(errors::duplicate_column(&name, entry.span));
                }
                columns.replace(name, value.expr);
            }
        }
        Ok(())
    }

    /// The columns of `project`, and of `distinct` with more that is `unnamed`.
    pub(super) fn projected(
        &mut self,
        written: &[ast::NamedExpr],
        unnamed: fn(&ast::Expr) -> bool,
    ) -> Result<Columns, Error> {
        let mut columns = Columns::declaring(names::declared(written)?);
        for entry in written {
            if matches!(entry.value.kind, ast::ExprKind::Star) {
                self.all_columns(&mut columns);
                continue;
            }
            let given = given_names(&entry.naming);
            for (index, value) in self.entry_values(entry)?.into_iter().enumerate() {
                match (given.get(index), value.name) {
                    (Some(name), _) => columns.add((*name).to_owned(), value.expr),
                    (None, Some(name)) if !unnamed(&entry.value) => columns.add(name, value.expr),
                    (None, _) => columns.add_unnamed(value.expr),
                }
            }
        }
        Ok(columns)
    }

    fn all_columns(&self, columns: &mut Columns) {
        for (at, column) in self.row.iter().flat_map(|row| hidden::visible(&row.schema)) {
            columns.replace(column.name.to_string(), Expr::column(at, column.kind));
        }
    }
}

/// The name that sorted arrays are called by: that of a column or of an aggregate, and of nothing inside one.
fn name_of_array(array: &ast::Expr) -> Option<String> {
    match &array.kind {
        ast::ExprKind::Name(name) => Some(name.text.clone()),
        ast::ExprKind::Call(call) if crate::aggregates::find(&call.name.text).is_some() => names::of_expr(array),
        _ => None,
    }
}

/// The names written before `=`.
pub(super) fn given_names(naming: &Naming) -> Vec<&str> {
    match naming {
        Naming::Auto => Vec::new(),
        Naming::One(name) => vec![&name.text],
        Naming::Tuple(names) => names.iter().map(|name| name.text.as_str()).collect(),
    }
}

/// Every name of `(a, b) = …` must have a value.
pub(super) fn enough_for_names(entry: &ast::NamedExpr, values: usize) -> Result<(), Error> {
    let names = given_names(&entry.naming).len();
    if names > values.max(1) {
        return Err(errors::too_many_names(names, values, entry.span));
    }
    Ok(())
}

/// `project-rename`
pub(super) fn rename(plan: Plan, written: &[ast::NamedExpr]) -> Result<Plan, Error> {
    let mut names: Vec<String> = plan.schema.columns().iter().map(|column| column.name.to_string()).collect();
    for entry in written {
        let (ast::ExprKind::Name(old), [new]) = (&entry.value.kind, &given_names(&entry.naming)[..]) else {
            return Err(Error::semantic("SEM0018", "project-rename takes 'new = old'.", entry.span));
        };
        let at = super::hidden::find(&plan.schema, &old.text)
            .ok_or_else(|| errors::unknown_column(old, Some(&plan.schema)))?;
        (*new).clone_into(&mut names[at]);
    }
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            let span = written.first().map_or(Span::default(), |entry| entry.span);
            return Err(errors::duplicate_column(name, span));
        }
    }
    let mut columns = Columns::default();
    for (at, (name, column)) in names.into_iter().zip(plan.schema.columns()).enumerate() {
        columns.push(name, Expr::column(at, column.kind));
    }
    Ok(super::pipe::project(plan, columns))
}

/// `*` stands for anything.
pub(super) fn matches_wildcard(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

fn sort_names(found: &mut [usize], order: Option<ReorderOrder>, schema: &Schema) {
    let name = |at: &usize| schema.columns()[*at].name.to_string();
    match order {
        None => {}
        Some(ReorderOrder::Asc) => found.sort_by_key(name),
        Some(ReorderOrder::Desc) => found.sort_by_key(|at| std::cmp::Reverse(name(at))),
        Some(ReorderOrder::GrannyAsc) => found.sort_by_key(|at| natural(&name(at))),
        Some(ReorderOrder::GrannyDesc) => found.sort_by_key(|at| std::cmp::Reverse(natural(&name(at)))),
    }
}

/// A name cut into text and numbers, so that `a2` comes before `a10`.
fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts = vec![(String::new(), 0_u64)];
    let mut in_number = false;
    for character in name.chars() {
        let last = parts.last_mut().expect("there is always a part");
        match character.to_digit(10) {
            Some(digit) => {
                last.1 = last.1.saturating_mul(10).saturating_add(u64::from(digit));
                in_number = true;
            }
            None if in_number => {
                parts.push((character.to_string(), 0));
                in_number = false;
            }
            None => last.0.push(character),
        }
    }
    parts
}

/// The positions of the columns that match a name or pattern; a name must match.
pub(super) fn matching(pattern: &ColumnPattern, schema: &Schema) -> Result<Vec<usize>, Error> {
    if !pattern.wildcard {
        let at = hidden::find(schema, &pattern.name.text);
        return at.map(|at| vec![at]).ok_or_else(|| errors::unknown_column(&pattern.name, Some(schema)));
    }
    let names = hidden::visible(schema);
    Ok(names.filter(|(_, column)| matches_wildcard(&pattern.name.text, &column.name)).map(|(at, _)| at).collect())
}

/// The positions after `project-reorder`, and how many of the first are named.
pub(super) fn reordered(entries: &[ReorderColumn], schema: &Schema) -> Result<(Vec<usize>, usize), Error> {
    let mut order: Vec<usize> = Vec::with_capacity(schema.len());
    for (index, entry) in entries.iter().enumerate() {
        let mut found = matching(&entry.columns, schema)?;
        let name = &entry.columns.name;
        let again = |other: &&ReorderColumn| !other.columns.wildcard && other.columns.name.text == name.text;
        if !entry.columns.wildcard && entries.iter().take(index).any(|other| again(&other)) {
            return Err(errors::duplicate_column(&name.text, name.span));
        }
        found.retain(|at| !order.contains(at));
        sort_names(&mut found, entry.order, schema);
        order.extend(found);
    }
    let named = order.len();
    let rest: Vec<usize> = (0..schema.len()).filter(|at| !order.contains(at)).collect();
    order.extend(rest);
    Ok((order, named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_anywhere() {
        assert!(matches_wildcard("a*", "abc") && matches_wildcard("*c", "abc") && matches_wildcard("a*c", "ac"));
        assert!(matches_wildcard("*b*", "abc") && matches_wildcard("*", ""));
        assert!(!matches_wildcard("a*c", "acd") && !matches_wildcard("b*", "abc") && !matches_wildcard("ab*bc", "abc"));
    }

    #[test]
    fn granny_counts_numbers() {
        assert!(natural("a2") < natural("a10") && natural("a10b1") < natural("a10b2"));
    }
}
