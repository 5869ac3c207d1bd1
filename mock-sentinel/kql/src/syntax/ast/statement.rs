use super::{Expr, Name, Parameter, Schema, TypeName};
use crate::syntax::Span;

/// A query text: statements, separated by `;`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Query {
    /// In the order written. The last expression statement is the primary result.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Statement {
    /// Which.
    pub kind: StatementKind,
    /// All of it, without `;`.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum StatementKind {
    /// `let a = …`
    Let(Let),
    /// A query, such as `T | count`.
    Expression(Expr),
    /// `set notruncation`
    Set(SetOption),
    /// `alias database d = cluster("…").database("…")`
    Alias {
        /// The new name.
        name: Name,
        /// What it stands for.
        target: Expr,
    },
    /// `restrict access to (…)`
    Restrict(Restrict),
    /// `declare query_parameters (a: int = 1)`
    DeclareParameters(DeclareParameters),
    /// `declare pattern …`
    DeclarePattern(DeclarePattern),
}

/// `let name = value`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Let {
    /// The name given.
    pub name: Name,
    /// To what.
    pub value: LetValue,
}

/// The right side of a `let`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LetValue {
    /// A scalar, a table or another name; the binder decides.
    Expr(Expr),
    /// `(a: int) { … }`
    Function(Function),
}

/// A function of the query's own.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Function {
    /// `view () { … }`: seen by wildcards of `union`.
    pub view: bool,
    /// Tabular parameters come first.
    pub params: Vec<Param>,
    /// What it does.
    pub body: Body,
    /// From the first parenthesis (or `view`) to the closing brace.
    pub span: Span,
}

/// One parameter of a [`Function`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: ParamType,
    /// A literal, where given.
    pub default: Option<Expr>,
}

/// The type of a [`Param`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ParamType {
    /// A scalar.
    Scalar(TypeName),
    /// A table with at least these columns; `(*)` is an open schema without columns.
    Table(Schema),
}

/// `{ let a = 1; T | where x == a }`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Body {
    /// The statements before the result.
    pub statements: Vec<Statement>,
    /// The result, which may be missing only when the body is empty.
    pub result: Option<Expr>,
    /// With the braces.
    pub span: Span,
}

/// `set name = value`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SetOption {
    /// The option.
    pub name: Name,
    /// Its value, where given.
    pub value: Option<Expr>,
}

/// `restrict access to (a, b)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Restrict {
    /// What stays visible.
    pub entities: Vec<Expr>,
    /// `with (…)`.
    pub options: Vec<Parameter>,
}

/// `declare query_parameters (a: int = 1)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeclareParameters {
    /// The parameters.
    pub params: Vec<Param>,
}

/// `declare pattern name = (a: string)[p: string] { ("x").["y"] = { … }; }`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DeclarePattern {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Param>,
    /// The parameter of the path.
    pub path_param: Option<Param>,
    /// What each argument list stands for.
    pub cases: Vec<PatternCase>,
}

/// One case of a [`DeclarePattern`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PatternCase {
    /// The arguments matched.
    pub args: Vec<Expr>,
    /// The path matched.
    pub path: Option<Expr>,
    /// What is put in its place.
    pub body: Body,
}
