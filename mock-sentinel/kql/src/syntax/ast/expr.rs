use super::{DataTable, ExternalData, Literal, Operator, Schema, TypeName};
use crate::syntax::Span;

/// A name as written; quotes and brackets are gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// The name itself, unescaped.
    pub text: String,
    /// Where it stands, brackets included.
    pub span: Span,
    /// Written as `['…']` or `["…"]`, so never a keyword.
    pub bracketed: bool,
}

/// An expression, tabular or scalar.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, parentheses excluded.
    pub span: Span,
}

/// The forms of an [`Expr`].
#[derive(Debug, Clone, PartialEq)]
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
pub enum TypeOf {
    /// One scalar type.
    Scalar(TypeName),
    /// Columns.
    Schema(Schema),
}

/// A call of a function, plugin or aggregate.
#[derive(Debug, Clone, PartialEq)]
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
pub struct Argument {
    /// `name = value`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// `value`, `a = value` or `(a, b) = value` in `extend`, `project`, `summarize`, `print` and others.
#[derive(Debug, Clone, PartialEq)]
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
pub enum Naming {
    /// The engine finds a name.
    Auto,
    /// `a = …`.
    One(Name),
    /// `(a, b) = …`; may hold one name.
    Tuple(Vec<Name>),
}

/// Operators before their operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Minus,
    /// `+`
    Plus,
}

/// Operators between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is its own spelling, given by `text`")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `=~`
    EqualCi,
    /// `!~`
    NotEqualCi,
    /// `:` of `search` and `find` predicates: `has` on one column.
    Matches,
    Has,
    NotHas,
    HasCs,
    NotHasCs,
    HasPrefix,
    NotHasPrefix,
    HasPrefixCs,
    NotHasPrefixCs,
    HasSuffix,
    NotHasSuffix,
    HasSuffixCs,
    NotHasSuffixCs,
    Contains,
    NotContains,
    ContainsCs,
    NotContainsCs,
    StartsWith,
    NotStartsWith,
    StartsWithCs,
    NotStartsWithCs,
    EndsWith,
    NotEndsWith,
    EndsWithCs,
    NotEndsWithCs,
    MatchesRegex,
    Like,
    NotLike,
    LikeCs,
    NotLikeCs,
}

/// Operators whose right side is a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is its own spelling, given by `text`")]
pub enum SetOp {
    In,
    NotIn,
    /// `in~`
    InCi,
    /// `!in~`
    NotInCi,
    HasAny,
    HasAll,
}

impl BinaryOp {
    /// The operator as Kusto spells it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::EqualCi => "=~",
            Self::NotEqualCi => "!~",
            Self::Matches => ":",
            Self::Has => "has",
            Self::NotHas => "!has",
            Self::HasCs => "has_cs",
            Self::NotHasCs => "!has_cs",
            Self::HasPrefix => "hasprefix",
            Self::NotHasPrefix => "!hasprefix",
            Self::HasPrefixCs => "hasprefix_cs",
            Self::NotHasPrefixCs => "!hasprefix_cs",
            Self::HasSuffix => "hassuffix",
            Self::NotHasSuffix => "!hassuffix",
            Self::HasSuffixCs => "hassuffix_cs",
            Self::NotHasSuffixCs => "!hassuffix_cs",
            Self::Contains => "contains",
            Self::NotContains => "!contains",
            Self::ContainsCs => "contains_cs",
            Self::NotContainsCs => "!contains_cs",
            Self::StartsWith => "startswith",
            Self::NotStartsWith => "!startswith",
            Self::StartsWithCs => "startswith_cs",
            Self::NotStartsWithCs => "!startswith_cs",
            Self::EndsWith => "endswith",
            Self::NotEndsWith => "!endswith",
            Self::EndsWithCs => "endswith_cs",
            Self::NotEndsWithCs => "!endswith_cs",
            Self::MatchesRegex => "matches regex",
            Self::Like => "like",
            Self::NotLike => "notlike",
            Self::LikeCs => "likecs",
            Self::NotLikeCs => "notlikecs",
        }
    }
}

impl SetOp {
    /// The operator as Kusto spells it.
    pub fn text(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::NotIn => "!in",
            Self::InCi => "in~",
            Self::NotInCi => "!in~",
            Self::HasAny => "has_any",
            Self::HasAll => "has_all",
        }
    }
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
