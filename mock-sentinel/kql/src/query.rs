//! Running a query.

use crate::{answer::Answer, catalog::Catalog, error::Error, settings::Settings, syntax::Span};

/// Runs a query against a catalog.
pub fn run(query: &str, catalog: &dyn Catalog, settings: &Settings) -> Result<Answer, Error> {
    let _ = (query, catalog, settings);
    Err(Error::refused("query", "queries are not ready yet", Span::default()))
}
