//! The syntax tree: what was written, with nothing resolved.
//!
//! Kusto does not distinguish tabular and scalar expressions by their form (`let a = b;` may be either), so both
//! are [`Expr`]; the binder decides. Every node knows its `Span`.

mod literal;
mod name;
mod operator;
mod parameter;
mod statement;
mod symbol;

pub use literal::{ColumnDecl, DynamicLiteral, Literal, ScalarType, Schema, TypeName};
pub use name::Name;
pub use operator::{
    AsOperator, ColumnPattern, ColumnProjection, ConsumeOperator, DataTable, DistinctColumns, Evaluate, ExternalData,
    FacetOperator, Find, FindSource, ForkBranch, Join, JoinCondition, JoinKind, Lookup, MakeSeries, MakeSeriesAxis,
    MakeSeriesColumn, MakeSeriesRange, MvApply, MvExpand, MvExpandColumn, NullsOrder, Operator, OperatorKind,
    OrderColumn, Parse, ParseKind, ParseKv, ParsePattern, Partition, PartitionBody, Range, Reduce, Render,
    ReorderColumn, ReorderOrder, SampleDistinct, Scan, ScanStep, Search, SortDirection, Summarize, Top, TopHitters,
    TopNested, TopNestedClause, Union, UnionSource,
};
pub use parameter::{Parameter, ParameterValue};
pub use statement::{
    Body, DeclareParameters, DeclarePattern, Function, Let, LetValue, Param, ParamType, PatternCase, Query, Restrict,
    SetOption, Statement, StatementKind,
};
pub use symbol::{BinaryOp, SetOp, UnaryOp};

use super::Span;

/// An expression, tabular or scalar.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, parentheses excluded.
    pub span: Span,
}

/// The forms of an [`Expr`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ExprKind {
    /// `1`, `'a'`, `datetime(2026-01-01)`, `dynamic([1])`, `int(null)`.
    Literal(Literal),
    /// A column, table, variable, or `$left`/`$right`.
    Name(Name),
    /// `*` where a list of columns may stand.
    Star,
    /// `Audit*`: names by pattern, with at least one `*`.
    Wildcard(Name),
    /// `-x`, `+x`.
    Unary {
        /// Which.
        op: UnaryOp,
        /// Of what.
        operand: Box<Expr>,
    },
    /// Two operands; `and` and `or` have forms of their own.
    Binary {
        /// Which.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// The left side.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
    },
    /// `a and b and c`, flat: at least two.
    And(Vec<Expr>),
    /// `a or b or c`, flat: at least two.
    Or(Vec<Expr>),
    /// `x in (…)`, `x has_any (…)`; the only item may be tabular or a dynamic array.
    Set {
        /// Which.
        op: SetOp,
        /// Where the operator stands.
        op_span: Span,
        /// What is looked for, or in.
        operand: Box<Expr>,
        /// The list.
        items: Vec<Expr>,
    },
    /// `x between (low .. high)`.
    Between {
        /// `!between`.
        negated: bool,
        /// What is compared.
        operand: Box<Expr>,
        /// The lower bound, included.
        low: Box<Expr>,
        /// The upper bound, included; a timespan counts from `low`.
        high: Box<Expr>,
    },
    /// `f(a, b)`.
    Call(Call),
    /// `a.b`, `a.['b c']`: a property, or a table of `database("x")`.
    Member {
        /// Left of the dot.
        target: Box<Expr>,
        /// Right of the dot.
        name: Name,
    },
    /// `database("x").f(1)`, `cluster("c").database("d")`.
    MethodCall {
        /// Left of the dot.
        target: Box<Expr>,
        /// Right of the dot.
        call: Call,
    },
    /// `a[0]`, `a["b"]`.
    Index {
        /// What is indexed.
        target: Box<Expr>,
        /// By what.
        index: Box<Expr>,
    },
    /// `typeof(long)`, `typeof(a:int, b:string)`.
    TypeOf(TypeOf),
    /// `source | operator | operator`: at least one operator.
    Pipe {
        /// Where the rows come from.
        source: Box<Expr>,
        /// What is done with them, in order.
        operators: Vec<Operator>,
    },
    /// An operator that starts a pipe: `print`, `range`, `union`, `search`, `find`, `evaluate`.
    Source(Box<Operator>),
    /// `datatable (a:int) [1, 2]`.
    DataTable(DataTable),
    /// `externaldata (a:int) ["https://…"]`.
    ExternalData(ExternalData),
    /// `(a)`: kept, since `(T)` matters to names in `union` and `x in ((T))`.
    Paren(Box<Expr>),
}

/// What stands in `typeof(…)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TypeOf {
    /// One scalar type.
    Scalar(TypeName),
    /// Columns.
    Schema(Schema),
}

/// A call of a function, plugin or aggregate.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Call {
    /// What is called.
    pub name: Name,
    /// With what.
    pub args: Vec<Argument>,
    /// From the name to the closing parenthesis.
    pub span: Span,
}

/// One argument of a [`Call`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Argument {
    /// `name = value`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// `value`, `a = value` or `(a, b) = value` in `extend`, `project`, `summarize`, `print` and others.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NamedExpr {
    /// The names given, if any.
    pub naming: Naming,
    /// The value.
    pub value: Expr,
    /// All of it.
    pub span: Span,
}

/// How a [`NamedExpr`] is named.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Naming {
    /// The engine finds a name.
    Auto,
    /// `a = …`.
    One(Name),
    /// `(a, b) = …`; may hold one name.
    Tuple(Vec<Name>),
}

impl Expr {
    /// An expression at a place.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// This expression without the parentheses around it.
    pub fn unparenthesized(&self) -> &Self {
        let mut expr = self;
        while let ExprKind::Paren(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }

    /// The name, when the expression is nothing but a name.
    pub fn as_name(&self) -> Option<&Name> {
        match &self.kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        }
    }
}
