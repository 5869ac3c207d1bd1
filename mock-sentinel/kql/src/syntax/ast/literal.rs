use super::name::Name;
use crate::syntax::Span;

/// The scalar types of Kusto.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are Kusto's own")]
#[non_exhaustive]
pub enum ScalarType {
    Bool,
    Int,
    Long,
    Real,
    Decimal,
    String,
    Datetime,
    Timespan,
    Guid,
    Dynamic,
}

impl ScalarType {
    /// The type's name in results and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Long => "long",
            Self::Real => "real",
            Self::Decimal => "decimal",
            Self::String => "string",
            Self::Datetime => "datetime",
            Self::Timespan => "timespan",
            Self::Guid => "guid",
            Self::Dynamic => "dynamic",
        }
    }

    /// The type of a name, aliases and the names of .NET included.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "bool" | "boolean" => Self::Bool,
            "int" | "int32" | "uint" | "uint32" | "int16" | "uint16" | "int8" | "uint8" => Self::Int,
            "long" | "int64" | "ulong" | "uint64" => Self::Long,
            "real" | "double" | "float" => Self::Real,
            "decimal" => Self::Decimal,
            "string" => Self::String,
            "datetime" | "date" => Self::Datetime,
            "timespan" | "time" => Self::Timespan,
            "guid" | "uuid" | "uniqueid" => Self::Guid,
            "dynamic" => Self::Dynamic,
            _ => return None,
        })
    }
}

/// A type where one was written.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TypeName {
    /// Which.
    pub scalar: ScalarType,
    /// Where.
    pub span: Span,
}

/// `name: type` of a schema.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ColumnDecl {
    /// The column.
    pub name: Name,
    /// Its type.
    pub ty: TypeName,
}

/// `(a: int, b: string)`, or with `*` for whatever else comes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Schema {
    /// The columns named.
    pub columns: Vec<ColumnDecl>,
    /// `*`: other columns may come.
    pub open: bool,
    /// All of it.
    pub span: Span,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Literal {
    /// `true`
    Bool(bool),
    /// `int(5)`
    Int(i32),
    /// `5`, `0xff`, `long(5)`
    Long(i64),
    /// `5.0`, `real(5)`
    Real(f64),
    /// `decimal(5.25)`: its digits.
    Decimal(String),
    /// `"a"`, `@'a'`, adjacent ones joined.
    String(String),
    /// `datetime(…)`: the text between the parentheses, trimmed and unquoted; a date the parser accepts is left to the
    /// conversion that `todatetime` uses.
    Datetime(String),
    /// `1d`, `time(1.02:03:04)`: ticks of 100 ns.
    Timespan(i64),
    /// `guid(…)`: big-endian, as `uuid::Uuid::as_u128`.
    Guid(u128),
    /// `dynamic(…)`.
    Dynamic(Box<DynamicLiteral>),
    /// `long(null)`; never of `string`.
    Null(ScalarType),
}

/// What stands in `dynamic(…)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum DynamicLiteral {
    /// `null`
    Null,
    /// A scalar; numbers keep `long` and `real` apart. Never `Literal::Dynamic`.
    Scalar(Literal),
    /// `[a, b]`
    Array(Vec<DynamicLiteral>),
    /// `{"a": 1}` in the order written; a later duplicate wins.
    Bag(Vec<(String, DynamicLiteral)>),
}
