//! Operators over several tables.

use crate::syntax::ast::{Body, ColumnPattern, ColumnProjection, Expr, Name, Operator, Parameter};

/// `facet by a, b with (…)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FacetOperator {
    /// The columns.
    pub columns: Vec<Expr>,
    /// What is done with each table: a pipe without a source.
    pub with: Option<Vec<Operator>>,
}

/// One branch of `fork`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ForkBranch {
    /// Its name.
    pub name: Option<Name>,
    /// A pipe without a source.
    pub operators: Vec<Operator>,
}

/// `find withsource=… in (…) where … project …`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Find {
    /// `withsource=`, `datascope=` and hints.
    pub parameters: Vec<Parameter>,
    /// The tables; empty for all.
    pub sources: Vec<FindSource>,
    /// The condition.
    pub predicate: Expr,
    /// `project a, b: string, pack(*)`; none for `project-smart`.
    pub project: Option<Vec<ColumnProjection>>,
    /// `project-away a, b`.
    pub project_away: Vec<ColumnPattern>,
}

/// One table of `find` and `search`, such as `T*` or `database("d").T`.
pub type FindSource = Expr;

/// `join kind=inner (…) on a, $left.b == $right.c`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Join {
    /// The kind; `innerunique` when not written.
    pub kind: JoinKind,
    /// `hint.*` and others.
    pub hints: Vec<Parameter>,
    /// The right side.
    pub right: Box<Expr>,
    /// The conditions, all of which must hold.
    pub on: JoinCondition,
}

/// The kinds of `join` and `lookup`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Kusto's own")]
#[non_exhaustive]
pub enum JoinKind {
    InnerUnique,
    Inner,
    LeftOuter,
    RightOuter,
    FullOuter,
    LeftSemi,
    RightSemi,
    /// `leftanti`, `anti`, `leftantisemi`
    LeftAnti,
    RightAnti,
}

/// What joins two sides.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum JoinCondition {
    /// `on a, $left.b == $right.c`
    On(Vec<Expr>),
    /// `where $left.a == $right.b`
    Where(Box<Expr>),
    /// Nothing: every row with every row.
    Cross,
}

/// `lookup kind=leftouter (…) on a`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Lookup {
    /// `leftouter` when not written, or `inner`.
    pub kind: JoinKind,
    /// Hints.
    pub hints: Vec<Parameter>,
    /// The right side.
    pub right: Box<Expr>,
    /// The keys.
    pub on: Vec<Expr>,
}

/// `partition by x (…)`, `partition hint.strategy=native by x { … }`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Partition {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// The column.
    pub by: Expr,
    /// `in (…)` of the scoped form.
    pub scope: Option<Expr>,
    /// What is done with each part.
    pub body: PartitionBody,
}

/// What `partition` does with each part.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum PartitionBody {
    /// `( … )`: a pipe without a source.
    Operators(Vec<Operator>),
    /// `{ … }`: a query of its own.
    Query(Body),
}

/// `search kind=case_sensitive in (T1, T2) "word"`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Search {
    /// `kind=` and others.
    pub parameters: Vec<Parameter>,
    /// The tables; empty for all, or for the rows piped in.
    pub sources: Vec<FindSource>,
    /// The condition.
    pub predicate: Expr,
}

/// `union kind=outer withsource=T isfuzzy=true a, b*, (c | take 1)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Union {
    /// `kind=outer|inner`, `withsource=`, `isfuzzy=` and hints.
    pub parameters: Vec<Parameter>,
    /// The tables.
    pub sources: Vec<UnionSource>,
}

/// One table of `union`: a name, a pattern, a path or a parenthesised query.
pub type UnionSource = Expr;
