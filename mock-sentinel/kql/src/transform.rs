//! Ingestion-time transforms: the same engine under a shorter list of what is allowed.

use std::sync::Arc;

use crate::{
    batch::{Batch, concat},
    bind,
    catalog::{Catalog, GeoInfo, Scan, ScannedTable},
    error::Error,
    plan::Plan,
    run::Run,
    settings::Settings,
    syntax,
    time::DateTime,
    types::Schema,
};

/// The most memory, in bytes, and steps that constants of a transform may take while it is compiled.
const COMPILE_MEMORY_MAX: usize = 64 << 20;
const COMPILE_STEPS_MAX: u64 = 10_000_000;

/// A compiled transform: one row in, at most one row out. It can be shared between threads.
///
/// ```
/// use kql::{BatchBuilder, ColumnType, DateTime, Schema, Settings, Transform};
///
/// let schema = Schema::new([("event", ColumnType::String)]);
/// let transform = Transform::compile("source | where event != 'ping' | extend upper = toupper(event)", &schema)?;
/// let mut rows = BatchBuilder::new(schema);
/// rows.push_row(&["ping".into()]);
/// rows.push_row(&["login".into()]);
///
/// let settings = Settings::at(DateTime::MIN).with_memory_max(16 << 20);
/// let out = transform.apply(&rows.finish(), &settings)?;
/// assert_eq!((out.len(), out.value(0, 1).as_str()), (1, Some("LOGIN")));
/// # Ok::<(), kql::Error>(())
/// ```
#[derive(Debug)]
pub struct Transform {
    plan: Plan,
}

impl Transform {
    /// Compiles `source | …` for rows of this schema.
    ///
    /// # Errors
    /// When the text is not a query, names something that is not there, or uses what transforms may not: the error's
    /// token is what was refused.
    pub fn compile(text: &str, input: &Schema) -> Result<Self, Error> {
        Self::compile_with_geo(text, input, None)
    }

    /// The same, with a source of locations for `geo_location`. Without one it gives null.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_with_geo(text: &str, input: &Schema, geo: Option<Arc<dyn GeoInfo>>) -> Result<Self, Error> {
        let query = syntax::parse(text)?;
        let settings =
            Settings::at(DateTime::MIN).with_memory_max(COMPILE_MEMORY_MAX).with_steps_max(COMPILE_STEPS_MAX);
        let plan = bind::transform(&query, input, &Locations(geo), &settings).map_err(|error| error.located(text))?;
        Ok(Self { plan })
    }

    /// The columns that come out.
    pub fn output(&self) -> &Schema {
        &self.plan.schema
    }

    /// Transforms rows of the schema it was compiled for, within the memory and the steps that the settings allow. Their
    /// bound on rows has no part in it: no more rows come out than go in.
    ///
    /// # Errors
    /// When a bound is reached or the transform is cancelled.
    pub fn apply(&self, rows: &Batch, settings: &Settings) -> Result<Batch, Error> {
        let mut run = Run::new(settings);
        let out = run.execute(&self.plan, std::slice::from_ref(rows))?;
        Ok(concat(&self.plan.schema, &out))
    }
}

/// The catalog of a transform: no tables, only locations.
struct Locations(Option<Arc<dyn GeoInfo>>);

impl Catalog for Locations {
    fn table(&self, _name: &str, _scan: &Scan<'_>) -> Option<ScannedTable> {
        None
    }

    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }

    fn geo_info(&self) -> Option<Arc<dyn GeoInfo>> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transforms_and_answers_cross_threads() {
        fn crosses<T: Send + Sync>() {}
        crosses::<Transform>();
        crosses::<crate::Answer>();
        crosses::<crate::Table>();
    }
}
