//! Our verdicts, column names and types against those of Microsoft's own parser and binder.
//!
//! The npm package `@kusto/language-service-next` is asked under Node. It is not part of this repository: name a
//! `node_modules` folder that holds it in `KUSTO_ORACLE_DIR`. Without one, or without Node, the tests say so and pass.

mod ask;
mod differences;
mod files;
mod queries;
