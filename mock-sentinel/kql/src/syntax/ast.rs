//! The syntax tree: what was written, with nothing resolved.
//!
//! Kusto does not tell tabular and scalar expressions apart by their form (`let a = b;` may be either), so both
//! are [`Expr`]; the binder decides. Every node knows its `Span`.

mod expr;
mod literal;
mod operator;
mod statement;

pub use expr::{Argument, BinaryOp, Call, Expr, ExprKind, Name, NamedExpr, Naming, SetOp, TypeOf, UnaryOp};
pub use literal::{ColumnDecl, DynamicLiteral, Literal, ScalarType, Schema, TypeName};
pub use operator::{
    AsOperator, ColumnPattern, ColumnProjection, ConsumeOperator, DataTable, DistinctColumns, Evaluate, ExternalData,
    FacetOperator, Find, FindSource, ForkBranch, Join, JoinCondition, JoinKind, Lookup, MakeSeries, MakeSeriesAxis,
    MakeSeriesColumn, MakeSeriesRange, MvApply, MvExpand, MvExpandColumn, NullsOrder, Operator, OperatorKind,
    OrderColumn, Parameter, ParameterValue, Parse, ParseKind, ParseKv, ParsePattern, Partition, PartitionBody, Range,
    Reduce, Render, ReorderColumn, ReorderOrder, SampleDistinct, Scan, ScanStep, Search, SortDirection, Summarize, Top,
    TopHitters, TopNested, TopNestedClause, Union, UnionSource,
};
pub use statement::{
    Body, DeclareParameters, DeclarePattern, Function, Let, LetValue, Param, ParamType, PatternCase, Query, Restrict,
    SetOption, Statement, StatementKind,
};
