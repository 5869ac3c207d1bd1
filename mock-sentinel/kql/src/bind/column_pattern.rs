//! Choosing columns by name and pattern: `project-away` and its kin.

use super::{columns::Columns, errors, hidden, names::given_names, stage::project};
use crate::{
    error::Error,
    plan::{Expr, Plan},
    syntax::{
        Span,
        ast::{self, ColumnPattern, ReorderColumn, ReorderOrder},
    },
    types::Schema,
};

/// `project-rename`
pub(super) fn rename(plan: Plan, written: &[ast::NamedExpr]) -> Result<Plan, Error> {
    let mut names: Vec<String> = plan.schema.columns().iter().map(|column| column.name.to_string()).collect();
    for entry in written {
        let (ast::ExprKind::Name(old), [new]) = (&entry.value.kind, &given_names(&entry.naming)[..]) else {
            return Err(Error::semantic("SEM0018", "project-rename takes 'new = old'.", entry.span));
        };
        let at =
            hidden::find(&plan.schema, &old.text).ok_or_else(|| errors::unknown_column(old, Some(&plan.schema)))?;
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
    Ok(project(plan, columns))
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
