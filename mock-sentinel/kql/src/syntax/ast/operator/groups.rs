//! Operators that group rows or order them.

use crate::syntax::ast::{Expr, Name, NamedExpr, Param, Parameter};

/// What `distinct` keeps.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum DistinctColumns {
    /// `*`
    All,
    /// Columns or expressions.
    Listed(Vec<NamedExpr>),
}

/// `make-series n = count() default=0 on t from a to b step c by k`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MakeSeries {
    /// `kind=nonempty` and hints.
    pub parameters: Vec<Parameter>,
    /// The aggregates.
    pub columns: Vec<MakeSeriesColumn>,
    /// The axis.
    pub axis: MakeSeriesAxis,
    /// The groups.
    pub by: Vec<NamedExpr>,
}

/// One aggregate of `make-series`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MakeSeriesColumn {
    /// The aggregate.
    pub aggregate: NamedExpr,
    /// `default = x` for bins without rows.
    pub default: Option<Expr>,
}

/// The axis of `make-series`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MakeSeriesAxis {
    /// `on t`, `on x = bin(t, 1h)`.
    pub column: NamedExpr,
    /// Where it runs.
    pub range: MakeSeriesRange,
}

/// Where the axis of `make-series` runs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MakeSeriesRange {
    /// `from a to b step c`: `to` is excluded; absent ends come from the data.
    FromToStep {
        /// The first point.
        from: Option<Expr>,
        /// The end, excluded.
        to: Option<Expr>,
        /// The distance.
        step: Expr,
    },
    /// `in range(a, b, c)`: `b` is included.
    InRange {
        /// The first point.
        start: Expr,
        /// The last point, included.
        stop: Expr,
        /// The distance.
        step: Expr,
    },
}

/// `reduce by x with threshold=0.1`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reduce {
    /// `kind=source` and others before `by`.
    pub parameters: Vec<Parameter>,
    /// What is grouped.
    pub by: NamedExpr,
    /// `with threshold=…, characters=…`.
    pub options: Vec<Parameter>,
}

/// `sample-distinct 5 of x`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SampleDistinct {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// How many.
    pub count: Expr,
    /// Of what.
    pub of: Expr,
}

/// `scan declare (…) with (step …)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Scan {
    /// `with_match_id=` and hints.
    pub parameters: Vec<Parameter>,
    /// `order by …` inside.
    pub order_by: Vec<OrderColumn>,
    /// `partition by …` inside.
    pub partition_by: Vec<Expr>,
    /// `declare (…)`.
    pub declare: Vec<Param>,
    /// The steps.
    pub steps: Vec<ScanStep>,
}

/// One step of [`Scan`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ScanStep {
    /// Its name.
    pub name: Name,
    /// `optional`.
    pub optional: bool,
    /// `output=all|last|none`.
    pub output: Option<Name>,
    /// When it is entered.
    pub condition: Expr,
    /// What it sets.
    pub assignments: Vec<NamedExpr>,
}

/// `x asc nulls last`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OrderColumn {
    /// What is sorted by; may be named in `top-nested`'s kin only.
    pub expr: Expr,
    /// `asc` or `desc`; `desc` when not written.
    pub direction: Option<SortDirection>,
    /// Where nulls go; first for `asc`, last for `desc` when not written.
    pub nulls: Option<NullsOrder>,
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SortDirection {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
}

/// Where nulls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NullsOrder {
    /// `nulls first`
    First,
    /// `nulls last`
    Last,
}

/// `summarize hint.strategy=shuffle n = count() by k`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summarize {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// The aggregates.
    pub aggregates: Vec<NamedExpr>,
    /// The groups.
    pub by: Vec<NamedExpr>,
    /// The old `bin = 1h` after the groups.
    pub bin: Option<Expr>,
}

/// `top 5 by x desc`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Top {
    /// Hints.
    pub hints: Vec<Parameter>,
    /// How many.
    pub count: Expr,
    /// By what.
    pub by: Vec<OrderColumn>,
}

/// `top-hitters 5 of x by y`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TopHitters {
    /// How many.
    pub count: Expr,
    /// Of what.
    pub of: Expr,
    /// The weight; one a row when not written.
    pub by: Option<Expr>,
}

/// `top-nested 3 of a by sum(x), top-nested of b by max(y)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TopNested {
    /// The levels, outermost first.
    pub clauses: Vec<TopNestedClause>,
}

/// One level of [`TopNested`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TopNestedClause {
    /// How many; all when not written.
    pub count: Option<Expr>,
    /// Of what.
    pub of: NamedExpr,
    /// `with others = …`.
    pub others: Option<Expr>,
    /// The aggregate.
    pub by: NamedExpr,
    /// `asc` or `desc`; `desc` when not written.
    pub direction: Option<SortDirection>,
}
