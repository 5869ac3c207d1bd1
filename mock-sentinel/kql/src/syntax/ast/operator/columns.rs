//! Operators that choose, order and take apart columns.

use crate::syntax::{
    Span,
    ast::{Expr, Name, NamedExpr, Operator, Parameter, Schema, TypeName},
};

/// A column or a pattern with `*` in `project-away` and its kin.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ColumnPattern {
    /// The name, or the pattern with its `*`.
    pub name: Name,
    /// Whether `name` holds wildcards.
    pub wildcard: bool,
}

/// One entry of `project-reorder`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReorderColumn {
    /// The columns.
    pub columns: ColumnPattern,
    /// How several matches are ordered among themselves.
    pub order: Option<ReorderOrder>,
}

/// How `project-reorder` orders the columns of one pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReorderOrder {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
    /// `granny-asc`: numbers inside names count as numbers.
    GrannyAsc,
    /// `granny-desc`
    GrannyDesc,
}

/// One column of `find … project`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ColumnProjection {
    /// The column, or a `pack(…)` call.
    pub column: Expr,
    /// The type it is read as.
    pub ty: Option<TypeName>,
}

/// `mv-apply x = a to typeof(long) on ( … )`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MvApply {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// `with_itemindex = i`.
    pub item_index: Option<Name>,
    /// What is taken apart.
    pub columns: Vec<MvExpandColumn>,
    /// `limit n`.
    pub limit: Option<Expr>,
    /// `id i`: the column that identifies the source rows.
    pub context_id: Option<Expr>,
    /// What is done with the rows of each source row: a pipe without a source.
    pub operators: Vec<Operator>,
}

/// `mv-expand bagexpansion=array with_itemindex=i x = a to typeof(long) limit 5`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MvExpand {
    /// `bagexpansion=`, `kind=` and hints.
    pub parameters: Vec<Parameter>,
    /// `with_itemindex = i`.
    pub item_index: Option<Name>,
    /// What is taken apart.
    pub columns: Vec<MvExpandColumn>,
    /// `limit n`.
    pub limit: Option<Expr>,
}

/// One column of `mv-expand` and `mv-apply`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MvExpandColumn {
    /// The array or bag, named or not.
    pub value: NamedExpr,
    /// `to typeof(…)`.
    pub to: Option<TypeName>,
}

/// `parse kind=simple x with * "a" b: long`, and `parse-where`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Parse {
    /// `parse-where`: rows that do not match are dropped.
    pub only_matches: bool,
    /// The kind; `simple` when not written.
    pub kind: ParseKind,
    /// `flags=` of `kind=regex`.
    pub flags: Option<Name>,
    /// What is parsed.
    pub input: Expr,
    /// The pattern.
    pub pattern: Vec<ParsePattern>,
}

/// How `parse` reads its pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Kusto's own")]
#[non_exhaustive]
pub enum ParseKind {
    Simple,
    Regex,
    Relaxed,
}

/// One piece of the pattern of `parse`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ParsePattern {
    /// `*`: whatever comes.
    Skip(Span),
    /// A string, or a regular expression: a constant expression.
    Text(Expr),
    /// A capture, `string` when no type is written.
    Column {
        /// The column made.
        name: Name,
        /// Its type.
        ty: Option<TypeName>,
    },
}

/// `parse-kv x as (a: int) with (pair_delimiter=' ', …)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ParseKv {
    /// What is parsed.
    pub input: Expr,
    /// The keys taken, as columns.
    pub columns: Schema,
    /// `with (…)`.
    pub options: Vec<Parameter>,
}
