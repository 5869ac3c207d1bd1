//! Running a query.

use crate::{answer::Answer, bind, catalog::Catalog, error::Error, settings::Settings, syntax, table::Table};

/// Runs a query against a catalog.
///
/// # Errors
/// When the text is no query, when it names something that is not there, when it uses something this engine does not
/// offer, or when a bound of the settings is reached before there is an answer.
pub fn run(query: &str, catalog: &dyn Catalog, settings: &Settings) -> Result<Answer, Error> {
    let tree = syntax::parse(query)?;
    answer(&tree, catalog, settings).map_err(|error| error.located(query))
}

fn answer(tree: &syntax::ast::Query, catalog: &dyn Catalog, settings: &Settings) -> Result<Answer, Error> {
    let mut bound = bind::query(tree, catalog, settings)?;
    let batches = bound.run.execute(&bound.plan, &[])?;
    let mut table = Table::new(bound.plan.schema.clone());
    let mut partial = None;
    for batch in batches {
        let room = settings.rows_max - table.len();
        if batch.len() > room {
            table.append(batch.slice(0, room));
            let message = format!("the answer has more than {} rows; only the first are given", settings.rows_max);
            partial = Some(Error::limit(message, syntax::Span::default()));
            break;
        }
        table.append(batch);
    }
    Ok(Answer { table, render: bound.render, partial })
}
