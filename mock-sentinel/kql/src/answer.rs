//! The answer of a query.

use std::sync::Arc;

use crate::{error::Error, table::Table};

/// The tables of a query, one for each tabular statement and for each branch of `fork` and `facet`, in the order of the
/// text: <https://learn.microsoft.com/kusto/query/batches> (read 2026-11-29).
///
/// ```
/// use kql::{DateTime, EmptyCatalog, Settings};
///
/// let batch = "range n from 1 to 6 step 1 | fork low=(where n < 3) (count); print 'bye'";
/// let answer = kql::run(batch, &EmptyCatalog, &Settings::at(DateTime::MIN))?;
/// let tables: Vec<_> = answer.tables.iter().map(|result| (result.name.as_deref(), result.table.len())).collect();
/// assert_eq!(tables, [(Some("low"), 2), (None, 1), (None, 1)]);
/// # Ok::<(), kql::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// Never empty; the first is the primary one.
    pub tables: Vec<ResultTable>,
    /// Why rows are missing, when a bound cut the answer short. The bound is on the rows of all tables together: tables
    /// after the one that was cut have their columns and no rows.
    pub partial: Option<Error>,
}

/// One table of an answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ResultTable {
    /// What the query named it: by `as` at the end of a pipe, or by `name=` before a branch of `fork`.
    /// <https://learn.microsoft.com/kusto/query/fork-operator> (read 2026-11-29)
    pub name: Option<Arc<str>>,
    /// The rows.
    pub table: Table,
    /// How the query asked to have it drawn.
    pub render: Option<Render>,
}

impl Answer {
    /// The first table, which is the whole answer of most queries.
    pub fn primary(&self) -> &Table {
        &self.tables[0].table
    }

    /// How the first table is to be drawn.
    pub fn render(&self) -> Option<&Render> {
        self.tables[0].render.as_ref()
    }

    /// The rows of all tables together.
    pub fn rows(&self) -> usize {
        self.tables.iter().map(|result| result.table.len()).sum()
    }
}

/// `render chart with (name = value)`, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Render {
    /// `timechart`, `piechart`, `table`, ...
    pub chart: String,
    /// Properties such as `title`; several columns are separated by commas.
    pub properties: Vec<(String, String)>,
}
