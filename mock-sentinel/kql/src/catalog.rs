//! What a query can reach: tables, saved functions and data from outside.

use std::{fmt::Debug, sync::Arc};

use crate::{dynamic::Dynamic, functions::ScalarFunction, table::Table, time::TimeRange, types::Schema};

/// The database a query runs against, implemented by the caller.
///
/// A query asks for each table that it names and works on the snapshot it gets. Everything but the tables has a
/// default: absent, and a query that needs it is refused by name.
///
/// ```
/// use kql::{BatchBuilder, Catalog, ColumnType, DateTime, Scan, ScannedTable, Schema, Settings, Table};
///
/// /// Squares up to a number that is the table's name.
/// struct Squares;
///
/// impl Catalog for Squares {
///     fn table(&self, name: &str, _scan: &Scan<'_>) -> Option<ScannedTable> {
///         let end: i64 = name.strip_prefix("To")?.parse().ok()?;
///         let mut rows = BatchBuilder::new(Schema::new([("n", ColumnType::Long), ("square", ColumnType::Long)]));
///         (1..=end).for_each(|n| rows.push_row(&[n.into(), (n * n).into()]));
///         Some(Table::of(rows.finish()).into())
///     }
///
///     fn table_names(&self) -> Vec<String> {
///         vec!["To10".to_owned()]
///     }
/// }
///
/// let answer = kql::run("To10 | where square > 50 | count", &Squares, &Settings::at(DateTime::MIN))?;
/// assert_eq!(answer.primary().rows().next().and_then(|row| row[0].as_long()), Some(3));
/// # Ok::<(), kql::Error>(())
/// ```
pub trait Catalog {
    /// A snapshot of a table, with what the scan asks for.
    fn table(&self, name: &str, scan: &Scan<'_>) -> Option<ScannedTable>;

    /// Whether there is a table of this name; override it where a snapshot costs something.
    fn has_table(&self, name: &str) -> bool {
        self.table(name, &Scan::default()).is_some()
    }

    /// The names of the columns that the service adds to every table. A query sees them only where it names them.
    /// `$IngestionTime` is the one that `ingestion_time()` reads.
    fn service_columns(&self) -> &'static [&'static str] {
        &[]
    }

    /// The names of all tables, for wildcards, `search` and suggestions. The order is the order of results.
    fn table_names(&self) -> Vec<String>;

    /// A saved function, callable like one of the query's own.
    fn function(&self, name: &str) -> Option<SavedFunction> {
        let _ = name;
        None
    }

    /// The names of all saved functions, for suggestions.
    fn function_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// A scalar function of the caller's. A function of the language has precedence over one of the same name.
    fn scalar_function(&self, name: &str) -> Option<ScalarFunction> {
        let _ = name;
        None
    }

    /// The names of all scalar functions of the caller's, for suggestions.
    fn scalar_function_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Data of `externaldata`.
    fn external_data(&self, request: &ExternalData) -> Option<Table> {
        let _ = request;
        None
    }

    /// The rows of `_GetWatchlist("alias")`.
    fn watchlist(&self, alias: &str) -> Option<Table> {
        let _ = alias;
        None
    }

    /// The aliases of all watchlists, for messages.
    fn watchlist_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// The source of `geo_info_from_ip_address`.
    fn geo_info(&self) -> Option<Arc<dyn GeoInfo>> {
        None
    }
}

/// What a query wants of a table.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Scan<'q> {
    /// Those of [`Catalog::service_columns`] that the query may name. A table's own columns are always wanted.
    pub service_columns: &'q [&'static str],
    /// The only rows that the query sees. A catalog may leave other rows out, and need not: the engine does.
    pub time: Option<&'q TimeRange>,
}

/// A snapshot of a table that a [`Catalog`] gives for a [`Scan`].
#[derive(Debug, Clone)]
pub struct ScannedTable {
    pub(crate) table: Table,
    pub(crate) own_columns: usize,
}

impl ScannedTable {
    /// A table whose first columns are its own and whose others are service columns that the scan asks for. A column that
    /// the table has itself is not added again.
    pub fn with_service_columns(table: Table, own_columns: usize) -> Self {
        Self { own_columns: own_columns.min(table.schema().len()), table }
    }

    /// All rows and columns.
    pub fn into_table(self) -> Table {
        self.table
    }
}

impl From<Table> for ScannedTable {
    /// A table without service columns.
    fn from(table: Table) -> Self {
        let own_columns = table.schema().len();
        Self { table, own_columns }
    }
}

/// Locations of IP addresses.
pub trait GeoInfo: Debug + Send + Sync {
    /// A bag such as `{"country": "…", "city": "…", "latitude": 0.0, "longitude": 0.0}`; null for what is not an address or
    /// nothing is known of. Called for a row at a time, on the thread of the query: it should be quick.
    fn look_up(&self, address: &str) -> Dynamic;
}

/// A function kept outside of the query, such as an ASIM parser.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedFunction {
    /// `a: string, disabled: bool = false`, with parentheses around or without; empty for a function without parameters.
    pub parameters: Arc<str>,
    /// The text between the braces.
    pub body: Arc<str>,
}

impl SavedFunction {
    /// A function of these parameters and this body; [`check`](Self::check) finds what is wrong with them.
    pub fn new(parameters: impl Into<Arc<str>>, body: impl Into<Arc<str>>) -> Self {
        Self { parameters: parameters.into(), body: body.into() }
    }
}

/// What `externaldata` asks for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExternalData {
    /// The columns to deliver.
    pub schema: Schema,
    /// Where they are.
    pub uris: Vec<String>,
    /// `with (name = value)`: options as text.
    pub options: Vec<(String, String)>,
}

/// A catalog without anything in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptyCatalog;

impl Catalog for EmptyCatalog {
    fn table(&self, _name: &str, _scan: &Scan<'_>) -> Option<ScannedTable> {
        None
    }

    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A catalog that is a list of named tables and functions.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    tables: Vec<(String, Table)>,
    functions: Vec<ScalarFunction>,
}

impl Tables {
    /// Adds a table, in place of one of the same name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, table: Table) -> Self {
        let name = name.into();
        self.tables.retain(|(known, _)| *known != name);
        self.tables.push((name, table));
        self
    }

    /// Adds a scalar function, in place of one of the same name.
    #[must_use]
    pub fn with_function(mut self, function: ScalarFunction) -> Self {
        self.functions.retain(|known| known.name() != function.name());
        self.functions.push(function);
        self
    }
}

impl Catalog for Tables {
    fn table(&self, name: &str, _scan: &Scan<'_>) -> Option<ScannedTable> {
        self.tables.iter().find(|(known, _)| known == name).map(|(_, table)| table.clone().into())
    }

    fn table_names(&self) -> Vec<String> {
        self.tables.iter().map(|(name, _)| name.clone()).collect()
    }

    fn scalar_function(&self, name: &str) -> Option<ScalarFunction> {
        self.functions.iter().find(|known| known.name() == name).cloned()
    }

    fn scalar_function_names(&self) -> Vec<String> {
        self.functions.iter().map(|known| known.name().to_owned()).collect()
    }
}
