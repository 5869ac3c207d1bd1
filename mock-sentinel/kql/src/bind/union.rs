//! `union`

use super::{
    Binder, column_pattern::matches_wildcard, columns::Columns, errors, hidden, scope::Binding, stage::project,
};
use crate::{
    error::{Error, ErrorKind},
    plan::{Expr, Plan, Source},
    syntax::{
        Span,
        ast::{self, ExprKind, Name, Parameter, ParameterValue},
    },
    types::{ColumnDef, ColumnType, Schema},
    value::Value,
};

/// A table of a union with the name it goes by.
pub(super) struct Branch {
    pub(super) name: String,
    pub(super) plan: Plan,
}

impl Binder<'_> {
    pub(super) fn union(&mut self, input: Option<Plan>, union: &ast::Union, span: Span) -> Result<Plan, Error> {
        let fuzzy = self.flag(&union.parameters, "isfuzzy")?;
        let inner = self.word(&union.parameters, "kind")?.as_deref() == Some("inner");
        let with_source = self.word(&union.parameters, "withsource")?;
        let with_source = match with_source {
            Some(name) => Some(name),
            None => self.word(&union.parameters, "with_source")?,
        };
        let mut branches: Vec<Branch> = Vec::new();
        branches.extend(input.map(|plan| Branch { name: name_of(&plan, 0), plan }));
        for source in &union.sources {
            let row = self.row.take();
            let found = self.branches(source, branches.len(), fuzzy);
            self.row = row;
            match found {
                Ok(found) => branches.extend(found),
                Err(error) if fuzzy && error.kind == ErrorKind::Semantic => {}
                Err(error) => return Err(error),
            }
        }
        if branches.is_empty() {
            return Err(Error::semantic("SEM0100", "None of the tables of the union is there.", span));
        }
        Ok(unified(branches, inner, with_source.as_deref()))
    }

    /// The tables one entry stands for.
    pub(super) fn branches(&mut self, source: &ast::Expr, at: usize, fuzzy: bool) -> Result<Vec<Branch>, Error> {
        match &source.kind {
            ExprKind::Wildcard(pattern) => self.wildcard_branches(pattern, fuzzy),
            ExprKind::Name(name) => Ok(vec![Branch { name: name.text.clone(), plan: self.table_name(name)? }]),
            ExprKind::Star => {
                let any = Name { text: "*".to_owned(), span: source.span, bracketed: false };
                self.wildcard_branches(&any, fuzzy)
            }
            _ => {
                let plan = self.nested(source.span, |binder| binder.table(source))?;
                Ok(vec![Branch { name: name_of(&plan, at), plan }])
            }
        }
    }

    /// Every table and view whose name matches.
    fn wildcard_branches(&mut self, pattern: &Name, fuzzy: bool) -> Result<Vec<Branch>, Error> {
        let branches: Vec<Branch> =
            self.all_tables()?.into_iter().filter(|branch| matches_wildcard(&pattern.text, &branch.name)).collect();
        if branches.is_empty() && !fuzzy {
            return Err(errors::unknown_table(pattern, &self.known_tables()));
        }
        Ok(branches)
    }

    /// The tables of the catalog, then the views of the query.
    pub(super) fn all_tables(&mut self) -> Result<Vec<Branch>, Error> {
        let mut branches = Vec::new();
        for name in self.catalog.table_names() {
            if let Some(plan) = self.stored_table(&name) {
                branches.push(Branch { name, plan });
            }
        }
        for (name, binding) in self.env.all() {
            let is_view = match &binding {
                Binding::Function(function) => function.definition.view,
                Binding::Table { view, .. } => *view,
                _ => false,
            };
            if is_view {
                let named = Name { text: name.to_string(), span: Span::default(), bracketed: false };
                branches.push(Branch { name: name.to_string(), plan: self.table_binding(&binding, &named)? });
            }
        }
        Ok(branches)
    }

    fn parameter<'a>(parameters: &'a [Parameter], name: &str) -> Option<&'a Parameter> {
        parameters.iter().find(|parameter| parameter.name.text.eq_ignore_ascii_case(name))
    }

    /// A parameter whose value is a word.
    pub(super) fn word(&mut self, parameters: &[Parameter], name: &str) -> Result<Option<String>, Error> {
        Self::parameter(parameters, name).map(|parameter| self.option_text(&parameter.value)).transpose()
    }

    /// A parameter that is true or false.
    pub(super) fn flag(&mut self, parameters: &[Parameter], name: &str) -> Result<bool, Error> {
        match Self::parameter(parameters, name).map(|parameter| &parameter.value) {
            None => Ok(false),
            Some(ParameterValue::Expr(expr)) => Ok(self.constant(expr)?.0 == Value::Bool(true)),
            Some(ParameterValue::Name(name)) => Ok(name.text == "true"),
            Some(ParameterValue::Names(_)) => Ok(false),
        }
    }
}

/// What `as` named the rows, or else the place of the table among those of the union.
fn name_of(plan: &Plan, at: usize) -> String {
    plan.name.as_ref().map_or_else(|| format!("union_arg{at}"), ToString::to_string)
}

/// The tables one after the other under one schema: by name, and a name that comes with several types becomes
/// `name_type` for each of them.
pub(super) fn unified(branches: Vec<Branch>, inner: bool, with_source: Option<&str>) -> Plan {
    let schemas: Vec<&Schema> = branches.iter().map(|branch| &branch.plan.schema).collect();
    let places = places(&schemas, inner);
    let names = named(&places, with_source);
    let mut plans = Vec::with_capacity(branches.len());
    let mut schema = None;
    for branch in branches {
        let mut columns = Columns::default();
        if let Some(name) = with_source {
            columns.push(name.to_owned(), Expr::literal(Value::string(branch.name.as_str()), ColumnType::String));
        }
        for ((name, kind), unique) in places.iter().zip(&names) {
            let at = hidden::find(&branch.plan.schema, name).filter(|at| branch.plan.schema.kind(*at) == *kind);
            let expr = match at {
                Some(at) => Expr::column(at, *kind),
                None => Expr::literal(Value::missing(*kind), *kind),
            };
            columns.push(unique.clone(), expr);
        }
        let plan = project(branch.plan, columns);
        schema = Some(plan.schema.clone());
        plans.push(plan);
    }
    Plan::new(Source::Union(plans), schema.unwrap_or_else(|| Schema::new::<String>([])))
}

/// The distinct (name, type) pairs; pairs of one name stand together, where the name first appears. A hidden column is the
/// shown one of its name and type where another table has that.
fn places(schemas: &[&Schema], inner: bool) -> Vec<(String, ColumnType)> {
    let mut places: Vec<(String, ColumnType)> = Vec::new();
    for schema in schemas {
        for column in schema.columns() {
            let plain = ColumnDef::new(hidden::named(&column.name), column.kind);
            let is_shown = schemas.iter().any(|schema| schema.columns().contains(&plain));
            let pair = (if is_shown { &plain.name } else { &column.name }.to_string(), column.kind);
            let everywhere = schemas.iter().all(|schema| schema.columns().contains(column));
            if places.contains(&pair) || inner && !everywhere {
                continue;
            }
            match places.iter().rposition(|(name, _)| *name == pair.0) {
                Some(last) => places.insert(last + 1, pair),
                None => places.push(pair),
            }
        }
    }
    places
}

/// Unique names. Names that clash in type get it as a suffix, and step aside for a name that is really there.
fn named(places: &[(String, ColumnType)], with_source: Option<&str>) -> Vec<String> {
    let clashes = |name: &str| places.iter().filter(|(other, _)| other == name).count() > 1;
    let plain: Vec<&str> = places.iter().map(|(name, _)| name.as_str()).filter(|name| !clashes(name)).collect();
    let mut names: Vec<String> = Vec::with_capacity(places.len());
    for (name, kind) in places {
        let wanted = if clashes(name) { format!("{name}_{kind}") } else { name.clone() };
        let taken = |candidate: &str| {
            names.iter().any(|name| name == candidate)
                || with_source == Some(candidate)
                || clashes(name) && plain.contains(&candidate)
        };
        let numbered = (1..).map(|number| format!("{wanted}{number}"));
        let unique = std::iter::once(wanted.clone()).chain(numbered).find(|candidate| !taken(candidate));
        names.push(unique.unwrap_or(wanted));
    }
    names
}
