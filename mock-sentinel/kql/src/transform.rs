//! Ingestion-time transforms: the same engine under a shorter list of what is allowed.

use std::sync::Arc;

use crate::{
    batch::{Batch, concat},
    bind,
    catalog::{Catalog, GeoInfo},
    error::Error,
    plan::Plan,
    run::Run,
    settings::Settings,
    syntax,
    table::Table,
    time::DateTime,
    types::Schema,
};

/// A compiled transform: one row in, at most one row out. It can be shared between threads.
#[derive(Debug)]
pub struct Transform {
    plan: Plan,
}

impl Transform {
    /// Compiles `source | …` for rows of this schema.
    ///
    /// # Errors
    /// When the text is no query, names something that is not there, or uses what transforms may not: the error's
    /// token is what was refused.
    pub fn compile(text: &str, input: &Schema) -> Result<Self, Error> {
        Self::compile_with_geo(text, input, None)
    }

    /// The same, with somebody who knows where addresses are, for `geo_location`. Without one it gives null.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_with_geo(text: &str, input: &Schema, geo: Option<Arc<dyn GeoInfo>>) -> Result<Self, Error> {
        let query = syntax::parse(text)?;
        let settings = Settings::default();
        let plan = bind::transform(&query, input, &Places(geo), &settings).map_err(|error| error.located(text))?;
        Ok(Self { plan })
    }

    /// The columns that come out.
    pub fn output(&self) -> &Schema {
        &self.plan.schema
    }

    /// Transforms rows of the schema it was compiled for; `now` is what `now()` answers.
    ///
    /// # Errors
    /// When a bound of [`Settings::default`] is reached.
    pub fn apply(&self, rows: &Batch, now: DateTime) -> Result<Batch, Error> {
        let settings = Settings::at(now);
        let mut run = Run::new(&settings);
        let out = run.execute(&self.plan, std::slice::from_ref(rows))?;
        Ok(concat(&self.plan.schema, &out))
    }
}

/// What a transform knows of the world: no tables, only places.
struct Places(Option<Arc<dyn GeoInfo>>);

impl Catalog for Places {
    fn table(&self, _name: &str) -> Option<Table> {
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
