//! Steps of a pipe.

mod columns;
mod combine;
mod groups;
mod source;

pub use self::columns::{
    ColumnPattern, ColumnProjection, MvApply, MvExpand, MvExpandColumn, Parse, ParseKind, ParseKv, ParsePattern,
    ReorderColumn, ReorderOrder,
};
pub use self::combine::{
    FacetOperator, Find, FindSource, ForkBranch, Join, JoinCondition, JoinKind, Lookup, Partition, PartitionBody,
    Search, Union, UnionSource,
};
pub use self::groups::{
    DistinctColumns, MakeSeries, MakeSeriesAxis, MakeSeriesColumn, MakeSeriesRange, NullsOrder, OrderColumn, Reduce,
    SampleDistinct, Scan, ScanStep, SortDirection, Summarize, Top, TopHitters, TopNested, TopNestedClause,
};
pub use self::source::{AsOperator, ConsumeOperator, DataTable, Evaluate, ExternalData, Range, Render};
use super::{Expr, Name, NamedExpr, Parameter, Schema};
use crate::syntax::Span;

/// One step of a pipe.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Operator {
    /// Which.
    pub kind: OperatorKind,
    /// All of it, from its keyword.
    pub span: Span,
}

/// The kinds of tabular operator.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each is the operator of its name; the payloads are documented")]
#[non_exhaustive]
pub enum OperatorKind {
    As(AsOperator),
    AssertSchema(Schema),
    Consume(ConsumeOperator),
    /// `count`, `count as name`
    Count {
        name: Option<Name>,
    },
    Distinct {
        hints: Vec<Parameter>,
        columns: DistinctColumns,
    },
    Evaluate(Evaluate),
    /// `execute-and-cache`
    ExecuteAndCache,
    Extend(Vec<NamedExpr>),
    Facet(FacetOperator),
    /// `where`, `filter`
    Filter {
        hints: Vec<Parameter>,
        /// Kusto takes `where name = condition`: the name has no effect.
        predicate: NamedExpr,
    },
    Find(Find),
    Fork(Vec<ForkBranch>),
    GetSchema {
        hints: Vec<Parameter>,
    },
    Invoke(Expr),
    Join(Join),
    Lookup(Lookup),
    MakeSeries(MakeSeries),
    MvApply(MvApply),
    MvExpand(MvExpand),
    Parse(Parse),
    ParseKv(ParseKv),
    Partition(Partition),
    Print(Vec<NamedExpr>),
    Project(Vec<NamedExpr>),
    ProjectAway(Vec<ColumnPattern>),
    ProjectKeep(Vec<ColumnPattern>),
    /// Each is `new = old` or `(new, new) = …`.
    ProjectRename(Vec<NamedExpr>),
    ProjectReorder(Vec<ReorderColumn>),
    /// `project-smart`, `project-by-names`
    ProjectByNames(Vec<Expr>),
    Range(Range),
    Reduce(Reduce),
    Render(Render),
    Sample {
        hints: Vec<Parameter>,
        rows: Expr,
    },
    SampleDistinct(SampleDistinct),
    Scan(Scan),
    Search(Search),
    Serialize {
        hints: Vec<Parameter>,
        columns: Vec<NamedExpr>,
    },
    Sort {
        hints: Vec<Parameter>,
        by: Vec<OrderColumn>,
    },
    Summarize(Summarize),
    /// `take`, `limit`
    Take {
        hints: Vec<Parameter>,
        rows: Expr,
    },
    Top(Top),
    TopHitters(TopHitters),
    TopNested(TopNested),
    Union(Union),
}
