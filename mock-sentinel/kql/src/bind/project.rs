//! Lists of columns: `extend`, `project`, `print` and the patterns of `project-away` and its kin.

use hashbrown::HashSet;

use super::{
    Binder,
    columns::Columns,
    errors, hidden,
    names::{self, given_names},
};
use crate::{
    error::Error,
    plan::{Expr, ExprKind},
    syntax::ast,
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

/// Every name of `(a, b) = …` must have a value.
pub(super) fn enough_for_names(entry: &ast::NamedExpr, values: usize) -> Result<(), Error> {
    let names = given_names(&entry.naming).len();
    if names > values.max(1) {
        return Err(errors::too_many_names(names, values, entry.span));
    }
    Ok(())
}
