//! The ten scalar types of the language, and schemas made of them.

use std::{fmt, sync::Arc};

use crate::syntax::ast::ScalarType;

/// A scalar type, by the name that Kusto's documentation gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColumnType {
    /// `bool`
    Bool,
    /// `int`, 32 bits
    Int,
    /// `long`, 64 bits
    Long,
    /// `real`, an IEEE double
    Real,
    /// `decimal`, exact decimal numbers
    Decimal,
    /// `string`, never null
    String,
    /// `datetime`, 100 ns ticks since 0001-01-01
    DateTime,
    /// `timespan`, 100 ns ticks
    Timespan,
    /// `guid`
    Guid,
    /// `dynamic`, a JSON-like tree
    Dynamic,
}

impl ColumnType {
    /// Every type, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Bool,
        Self::Int,
        Self::Long,
        Self::Real,
        Self::Decimal,
        Self::String,
        Self::DateTime,
        Self::Timespan,
        Self::Guid,
        Self::Dynamic,
    ];

    /// The canonical name: `long`, `datetime`, ...
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Long => "long",
            Self::Real => "real",
            Self::Decimal => "decimal",
            Self::String => "string",
            Self::DateTime => "datetime",
            Self::Timespan => "timespan",
            Self::Guid => "guid",
            Self::Dynamic => "dynamic",
        }
    }

    /// The .NET name that `getschema` and the first version of the query API show.
    pub const fn clr_name(self) -> &'static str {
        match self {
            Self::Bool => "System.SByte",
            Self::Int => "System.Int32",
            Self::Long => "System.Int64",
            Self::Real => "System.Double",
            Self::Decimal => "System.Data.SqlTypes.SqlDecimal",
            Self::String => "System.String",
            Self::DateTime => "System.DateTime",
            Self::Timespan => "System.TimeSpan",
            Self::Guid => "System.Guid",
            Self::Dynamic => "System.Object",
        }
    }

    /// Reads a type name or one of its aliases (`boolean`, `int64`, `double`, `date`, `time`, `uuid`, ...).
    pub fn parse(name: &str) -> Option<Self> {
        ScalarType::from_name(name).map(Self::from)
    }

    /// `int`, `long`, `real` and `decimal`.
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::Int | Self::Long | Self::Real | Self::Decimal)
    }

    /// `int` and `long`.
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::Int | Self::Long)
    }

    /// Types with an order that arithmetic respects: numbers, datetimes and timespans.
    pub const fn is_summable(self) -> bool {
        self.is_numeric() || matches!(self, Self::DateTime | Self::Timespan)
    }
}

impl From<ScalarType> for ColumnType {
    fn from(written: ScalarType) -> Self {
        match written {
            ScalarType::Bool => Self::Bool,
            ScalarType::Int => Self::Int,
            ScalarType::Long => Self::Long,
            ScalarType::Real => Self::Real,
            ScalarType::Decimal => Self::Decimal,
            ScalarType::String => Self::String,
            ScalarType::Datetime => Self::DateTime,
            ScalarType::Timespan => Self::Timespan,
            ScalarType::Guid => Self::Guid,
            ScalarType::Dynamic => Self::Dynamic,
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One column's name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnDef {
    /// The name as written; case matters.
    pub name: Arc<str>,
    /// The type of every cell.
    pub kind: ColumnType,
}

impl ColumnDef {
    /// A column definition.
    pub fn new(name: impl Into<Arc<str>>, kind: ColumnType) -> Self {
        Self { name: name.into(), kind }
    }
}

/// An ordered list of columns. Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    columns: Arc<[ColumnDef]>,
}

impl Schema {
    /// A schema of these columns, in this order.
    pub fn new<N: Into<String>>(columns: impl IntoIterator<Item = (N, ColumnType)>) -> Self {
        columns.into_iter().map(|(name, kind)| ColumnDef::new(name.into(), kind)).collect()
    }

    /// The columns in order.
    pub fn columns(&self) -> &[ColumnDef] {
        &self.columns
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// True without a single column.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The position of a column by its exact name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| &*column.name == name)
    }

    /// The type of the column at `index`; panics beyond the last column.
    pub fn kind(&self, index: usize) -> ColumnType {
        self.columns[index].kind
    }
}

impl FromIterator<ColumnDef> for Schema {
    fn from_iter<I: IntoIterator<Item = ColumnDef>>(columns: I) -> Self {
        Self { columns: columns.into_iter().collect() }
    }
}
