//! Running a query.

use crate::{
    answer::{Answer, ResultTable},
    batch::Batch,
    bind,
    catalog::Catalog,
    error::{Error, Limit},
    run::Run,
    settings::Settings,
    syntax,
    table::Table,
};

/// Runs a query against a catalog.
///
/// Every statement is bound before any is run, so that an error anywhere in the text is an error of the query.
///
/// # Errors
/// When the text is not a query, when it names something that is not there, when it uses something this engine does not
/// support, or when a bound of the settings is reached before there is an answer.
pub fn run(query: &str, catalog: &dyn Catalog, settings: &Settings) -> Result<Answer, Error> {
    let tree = syntax::parse(query)?;
    answer(query, &tree, catalog, settings).map_err(|error| error.located(query))
}

fn answer(text: &str, tree: &syntax::ast::Query, catalog: &dyn Catalog, settings: &Settings) -> Result<Answer, Error> {
    let mut bound = bind::query(text, tree, catalog, settings)?;
    let mut tables = Vec::with_capacity(bound.results.len());
    let mut partial = None;
    let mut room = settings.rows_max;
    for result in bound.results {
        let mut table = Table::new(result.plan.schema.clone());
        if partial.is_none() {
            // One row more than there is room for shows that there are more.
            let batches = bound.run.execute_some(&result.plan, &[], room.saturating_add(1))?;
            if !fill(&mut bound.run, &mut table, batches, room)? {
                let message = format!("the answer has more than {} rows; only the first are given", settings.rows_max);
                partial = Some(Error::limit(Limit::Rows, message, syntax::Span::default()));
            }
            room -= table.len();
        }
        tables.push(ResultTable { name: result.name, table, render: result.render });
    }
    Ok(Answer { tables, partial })
}

/// Puts as many rows into a table as there is room for; returns whether that was all of them.
fn fill(run: &mut Run<'_>, table: &mut Table, batches: Vec<Batch>, room: usize) -> Result<bool, Error> {
    for batch in batches {
        run.spend(batch.len())?;
        let left = room - table.len();
        if batch.len() > left {
            table.append(batch.slice(0, left));
            return Ok(false);
        }
        table.append(batch);
    }
    Ok(true)
}
