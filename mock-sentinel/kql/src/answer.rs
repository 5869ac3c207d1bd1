//! What a query answers.

use crate::{error::Error, table::Table};

/// The primary result of a query.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The rows.
    pub table: Table,
    /// How the query asked to be drawn.
    pub render: Option<Render>,
    /// Why rows are missing, when a bound cut the answer short.
    pub partial: Option<Error>,
}

/// `render chart with (name = value)`, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Render {
    /// `timechart`, `piechart`, `table`, ...
    pub chart: String,
    /// Properties such as `title`; several columns are separated by commas.
    pub properties: Vec<(String, String)>,
}
