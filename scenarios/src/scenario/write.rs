//! A scenario as the text of a file.

use super::Scenario;

/// The first line of every file, by which editors find the schema.
pub const SCHEMA_LINE: &str = "# yaml-language-server: $schema=../schema.json";

/// The text of a file that reads as this scenario.
///
/// # Errors
///
/// If the scenario cannot be written as YAML.
pub fn write(scenario: &Scenario) -> Result<String, WriteError> {
    let yaml = serde_saphyr::to_string(scenario).map_err(|error| WriteError(error.to_string()))?;
    Ok(format!("{SCHEMA_LINE}\n{yaml}"))
}

/// A scenario that has no text.
#[derive(Debug, thiserror::Error)]
#[error("the scenario cannot be written as YAML: {0}")]
pub struct WriteError(String);
