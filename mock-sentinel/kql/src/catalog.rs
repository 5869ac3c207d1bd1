//! What a query can reach: tables, saved functions and data from outside.

use std::{fmt::Debug, sync::Arc};

use crate::{dynamic::Dynamic, table::Table, types::Schema};

/// The database a query runs against, implemented by the caller.
///
/// A query asks once for each table it names and works on the snapshot it gets. Everything but the tables has a
/// default: absent, and a query that needs it is refused by name.
pub trait Catalog {
    /// A snapshot of a table.
    fn table(&self, name: &str) -> Option<Table>;

    /// Whether there is a table of this name; cheaper than taking it where a snapshot costs something.
    fn has_table(&self, name: &str) -> bool {
        self.table(name).is_some()
    }

    /// The names of the columns that the service adds to every table. A query sees them only where it names them.
    /// `$IngestionTime` is the one that `ingestion_time()` reads.
    fn service_columns(&self) -> &'static [&'static str] {
        &[]
    }

    /// A snapshot of a table with some of the service's columns behind its own, and how many are its own. A column that the
    /// table has itself is not added again.
    fn table_with(&self, name: &str, columns: &[&str]) -> Option<(Table, usize)> {
        let _ = columns;
        let table = self.table(name)?;
        let own = table.schema().len();
        Some((table, own))
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

    /// Who answers `geo_info_from_ip_address`.
    fn geo_info(&self) -> Option<Arc<dyn GeoInfo>> {
        None
    }
}

/// Knows where addresses are.
pub trait GeoInfo: Debug + Send + Sync {
    /// A bag such as `{"country": "…", "city": "…", "latitude": 0.0, "longitude": 0.0}`; null for what is no address or
    /// nothing is known of. Called for a row at a time, on the thread of the query: it should be quick.
    fn look_up(&self, address: &str) -> Dynamic;
}

/// A function kept outside of the query, such as an ASIM parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFunction {
    /// `a: string, disabled: bool = false`, with parentheses around or without; empty for a function without parameters.
    pub parameters: Arc<str>,
    /// The text between the braces.
    pub body: Arc<str>,
}

/// What `externaldata` asks for.
#[derive(Debug, Clone, PartialEq)]
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
    fn table(&self, _name: &str) -> Option<Table> {
        None
    }

    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A catalog that is a list of named tables.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    tables: Vec<(String, Table)>,
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
}

impl Catalog for Tables {
    fn table(&self, name: &str) -> Option<Table> {
        self.tables.iter().find(|(known, _)| known == name).map(|(_, table)| table.clone())
    }

    fn table_names(&self) -> Vec<String> {
        self.tables.iter().map(|(name, _)| name.clone()).collect()
    }
}
