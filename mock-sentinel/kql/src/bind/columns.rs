//! The columns of a list, each under a name of its own.

use hashbrown::{HashMap, HashSet};

use crate::{
    plan::Expr,
    types::{ColumnDef, Schema},
};

/// Columns that are given unique names one after the other, as Kusto does: a name that is taken gets the first number
/// that makes it new and is not spelled out elsewhere in the list.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    names: Vec<String>,
    exprs: Vec<Expr>,
    /// The first column of each name.
    by_name: HashMap<String, usize>,
    /// For each name that was taken, the last number put after it.
    numbered: HashMap<String, usize>,
    /// Names that the query spells out: none of them is made by putting a number after another.
    declared: HashSet<String>,
    /// Names that no unnamed column takes.
    passed: Option<Schema>,
    /// How many columns were unnamed so far.
    unnamed: usize,
}

impl Columns {
    /// No columns yet; these names will be given to some of them.
    pub(super) fn declaring(declared: HashSet<String>) -> Self {
        Self { declared, ..Self::default() }
    }

    /// Unnamed columns do not take the names of this schema.
    #[must_use]
    pub(super) fn passing(mut self, schema: Option<Schema>) -> Self {
        self.passed = schema;
        self
    }

    /// The same names over columns that are there already, in this order.
    #[must_use]
    pub(super) fn in_place(mut self) -> Self {
        let kinds = self.exprs.iter().map(|expr| expr.ty).enumerate();
        self.exprs = kinds.map(|(at, kind)| Expr::column(at, kind)).collect();
        self
    }

    /// The columns of a schema, each as itself.
    pub(super) fn of(schema: &Schema) -> Self {
        let mut columns = Self::default();
        for (at, column) in schema.columns().iter().enumerate() {
            columns.push(column.name.to_string(), Expr::column(at, column.kind));
        }
        columns
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn expr(&self, at: usize) -> &Expr {
        &self.exprs[at]
    }

    pub(super) fn name(&self, at: usize) -> &str {
        &self.names[at]
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// In place of a column of this name, or at the end.
    pub(super) fn replace(&mut self, name: String, expr: Expr) {
        match self.position(&name) {
            Some(at) => self.exprs[at] = expr,
            None => self.push(name, expr),
        }
    }

    /// At the end, whatever the name; the caller has made sure it is unique.
    pub(super) fn push(&mut self, name: String, expr: Expr) {
        self.by_name.entry(name.clone()).or_insert(self.names.len());
        self.names.push(name);
        self.exprs.push(expr);
    }

    /// At the end, with a number after the name when it is taken.
    pub(super) fn add(&mut self, name: String, expr: Expr) {
        self.add_beside(name, expr, &|_| false);
    }

    /// At the end, with a number after the name when it is taken; no numbered name is one of those `reserved`.
    pub(super) fn add_beside(&mut self, name: String, expr: Expr, reserved: &dyn Fn(&str) -> bool) {
        let name = if self.position(&name).is_none() { name } else { self.numbered(name, reserved) };
        self.push(name, expr);
    }

    /// At the end, as `Column1`, `Column2`, …: only columns without a name are counted.
    pub(super) fn add_unnamed(&mut self, expr: Expr) {
        let name = self.next_unnamed();
        self.add(name, expr);
    }

    /// The next name for a column without one.
    pub(super) fn next_unnamed(&mut self) -> String {
        loop {
            self.unnamed += 1;
            let name = format!("Column{}", self.unnamed);
            if self.passed.as_ref().is_none_or(|schema| schema.index_of(&name).is_none()) {
                return name;
            }
        }
    }

    /// The name itself, or with the first number that makes it new.
    pub(super) fn unique(&mut self, name: String) -> String {
        if self.position(&name).is_none() { name } else { self.numbered(name, &|_| false) }
    }

    fn numbered(&mut self, name: String, reserved: &dyn Fn(&str) -> bool) -> String {
        let mut number = self.numbered.get(&name).copied().unwrap_or(0);
        loop {
            number += 1;
            let candidate = format!("{name}{number}");
            let free = self.position(&candidate).is_none() && !self.declared.contains(&candidate);
            if free && !reserved(&candidate) {
                self.numbered.insert(name, number);
                return candidate;
            }
        }
    }

    /// Names and types as a schema, and the expressions.
    pub(super) fn finish(self) -> (Schema, Vec<Expr>) {
        let defs = self.names.into_iter().zip(&self.exprs).map(|(name, expr)| ColumnDef::new(name, expr.ty));
        (defs.collect(), self.exprs)
    }
}
