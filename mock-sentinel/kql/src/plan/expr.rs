//! Scalar expressions with their types.

use std::sync::Arc;

use crate::{catalog::GeoInfo, functions::Callee, types::ColumnType, value::Value};

/// A scalar expression over the columns of a batch.
#[derive(Debug, Clone)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) ty: ColumnType,
    /// The height of the tree, which bounds the stack its evaluation takes.
    pub(crate) depth: u32,
    flags: Flags,
}

/// What holds of a whole tree, worked out once from its branches: asking a deep tree costs as much as asking a leaf.
#[derive(Debug, Clone, Copy)]
struct Flags {
    is_constant: bool,
    needs_rows: bool,
    has_window: bool,
}

impl Flags {
    fn of(kind: &ExprKind) -> Self {
        let is_window = matches!(kind, ExprKind::Window { .. });
        let is_row = is_window || matches!(kind, ExprKind::Column(_) | ExprKind::Now);
        let is_impure = matches!(kind, ExprKind::Call { function, .. } if !function.is_pure());
        let own = Self { is_constant: !is_row && !is_impure, needs_rows: is_row, has_window: is_window };
        kind.children().fold(own, |all, child| Self {
            is_constant: all.is_constant && child.flags.is_constant,
            needs_rows: all.needs_rows || child.flags.needs_rows,
            has_window: all.has_window || child.flags.has_window,
        })
    }
}

/// The forms of an [`Expr`].
#[derive(Debug, Clone)]
pub(crate) enum ExprKind {
    Literal(Value),
    Column(usize),
    /// The query's clock, where it is not known before the rows are (in transforms).
    Now,
    Member {
        target: Box<Expr>,
        name: Arc<str>,
    },
    Index {
        target: Box<Expr>,
        index: Box<Expr>,
    },
    /// To the type of the expression, by the rules of the `to…()` functions.
    Convert(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// Both sides have one type.
    Compare {
        op: CompareOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Arithmetic {
        op: ArithmeticOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Negate(Box<Expr>),
    /// Both sides are strings.
    Text {
        matching: TextMatch,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    In(Box<Membership>),
    Choose {
        branches: Vec<(Expr, Expr)>,
        otherwise: Box<Expr>,
    },
    Test {
        test: NullTest,
        operand: Box<Expr>,
    },
    Call {
        function: Callee,
        args: Vec<Expr>,
        kinds: Arc<[ColumnType]>,
    },
    /// `geo_info_from_ip_address`, answered from outside; the address is a string.
    GeoInfo {
        provider: Arc<dyn GeoInfo>,
        address: Box<Expr>,
    },
    /// Looks at other rows; evaluated over all rows at once.
    Window {
        function: WindowFunction,
        args: Vec<Expr>,
    },
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArithmeticOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// A string operator with its variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextMatch {
    pub(crate) op: TextOp,
    pub(crate) case_sensitive: bool,
    pub(crate) negated: bool,
}

/// String operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextOp {
    Equal,
    Contains,
    StartsWith,
    EndsWith,
    Has,
    HasPrefix,
    HasSuffix,
    MatchesRegex,
    Like,
}

/// `in`, `has_any` and `has_all`.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub(crate) operand: Expr,
    /// Of the operand's type; arrays are looked into when the type is dynamic.
    pub(crate) items: Vec<Expr>,
    pub(crate) test: MembershipTest,
    pub(crate) negated: bool,
}

/// How the items are tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MembershipTest {
    /// Is one of them equal?
    Equal,
    /// Is one of them equal but for case?
    EqualCi,
    /// Is one of them a term of the operand?
    HasAny,
    /// Are all of them?
    HasAll,
}

/// Tests for absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NullTest {
    /// `isnull`
    Null,
    /// `isnotnull`
    Present,
    /// `isempty`: null or the empty string
    Empty,
    /// `isnotempty`
    Filled,
}

/// Functions that look at other rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowFunction {
    Prev,
    Next,
    RowNumber,
    RowCumsum,
    RowRankDense,
    RowRankMin,
    RowWindowSession,
}

impl Expr {
    pub(crate) fn new(kind: ExprKind, ty: ColumnType) -> Self {
        let depth = 1 + kind.children().map(|child| child.depth).max().unwrap_or(0);
        let flags = Flags::of(&kind);
        Self { kind, ty, depth, flags }
    }

    pub(crate) fn literal(value: Value, ty: ColumnType) -> Self {
        let value = if value.is_null() { Value::missing(ty) } else { value };
        Self::new(ExprKind::Literal(value), ty)
    }

    pub(crate) fn column(index: usize, ty: ColumnType) -> Self {
        Self::new(ExprKind::Column(index), ty)
    }

    /// The value, when it is known already.
    pub(crate) fn as_literal(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the value is the same for every row and every run.
    pub(crate) fn is_constant(&self) -> bool {
        self.flags.is_constant
    }

    /// Whether it refers to columns, other rows or the clock of a transform.
    pub(crate) fn needs_rows(&self) -> bool {
        self.flags.needs_rows
    }

    /// Whether it can be evaluated right away: everything it is made of is a literal.
    pub(crate) fn folds(&self) -> bool {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::Window { .. } | ExprKind::Now => false,
            ExprKind::Call { function, .. } if !function.is_pure() => false,
            kind => kind.children().all(|child| child.as_literal().is_some()),
        }
    }

    /// Whether all rows are needed to evaluate it.
    pub(crate) fn has_window(&self) -> bool {
        self.flags.has_window
    }
}

impl Expr {
    /// Refers to columns `by` places further on.
    pub(crate) fn shift_columns(&mut self, by: usize) {
        match &mut self.kind {
            ExprKind::Column(at) => *at += by,
            kind => kind.for_each_child(&mut |child| child.shift_columns(by)),
        }
    }
}

impl ExprKind {
    fn for_each_child(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        match self {
            Self::Literal(_) | Self::Column(_) | Self::Now => {}
            Self::Member { target: one, .. }
            | Self::Convert(one)
            | Self::Not(one)
            | Self::Negate(one)
            | Self::GeoInfo { address: one, .. }
            | Self::Test { operand: one, .. } => visit(one),
            Self::Index { target: left, index: right }
            | Self::Compare { left, right, .. }
            | Self::Arithmetic { left, right, .. }
            | Self::Text { left, right, .. } => {
                visit(left);
                visit(right);
            }
            Self::And(all) | Self::Or(all) | Self::Call { args: all, .. } | Self::Window { args: all, .. } => {
                all.iter_mut().for_each(visit);
            }
            Self::In(membership) => {
                visit(&mut membership.operand);
                membership.items.iter_mut().for_each(visit);
            }
            Self::Choose { branches, otherwise } => {
                for (condition, value) in branches {
                    visit(condition);
                    visit(value);
                }
                visit(otherwise);
            }
        }
    }

    fn children(&self) -> Box<dyn Iterator<Item = &Expr> + '_> {
        match self {
            Self::Literal(_) | Self::Column(_) | Self::Now => Box::new(std::iter::empty()),
            Self::Member { target: one, .. }
            | Self::Convert(one)
            | Self::Not(one)
            | Self::Negate(one)
            | Self::GeoInfo { address: one, .. }
            | Self::Test { operand: one, .. } => Box::new(std::iter::once(&**one)),
            Self::Index { target: left, index: right }
            | Self::Compare { left, right, .. }
            | Self::Arithmetic { left, right, .. }
            | Self::Text { left, right, .. } => Box::new([&**left, &**right].into_iter()),
            Self::And(all) | Self::Or(all) | Self::Call { args: all, .. } | Self::Window { args: all, .. } => {
                Box::new(all.iter())
            }
            Self::In(membership) => Box::new(std::iter::once(&membership.operand).chain(&membership.items)),
            Self::Choose { branches, otherwise } => {
                let pairs = branches.iter().flat_map(|(condition, value)| [condition, value]);
                Box::new(pairs.chain(std::iter::once(&**otherwise)))
            }
        }
    }
}
