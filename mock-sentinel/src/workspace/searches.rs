//! Saved searches, of which those with an alias are functions that queries can call.
//!
//! Shape: `stable/2020-08-01/SavedSearches.json` of Microsoft.OperationalInsights in
//! <https://github.com/Azure/azure-rest-api-specs>, read 2026-11-29: what is required, and that the version is 2 unless said.

use std::collections::BTreeMap;
use std::sync::Arc;

use kql::SavedFunction;
use serde::Deserialize;
use serde_json::Value;

/// Most saved searches of a workspace, and the most bytes of one's query and parameters.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/service-limits#log-analytics-workspaces> names neither; these
/// are bounds of this machine.
pub(crate) const SEARCHES_MAX: usize = 2_000;
const QUERY_BYTES_MAX: usize = 256 * 1024;
const NAME_CHARS_MAX: usize = 200;

/// All saved searches, by name in lower case. A clone is a snapshot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Searches(Arc<BTreeMap<String, Search>>);

/// One saved search.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Search {
    /// The name as it was put.
    pub(crate) name: String,
    /// `properties` as they were put.
    pub(crate) properties: Value,
    /// Changes with every change.
    pub(crate) etag: String,
    alias: Option<String>,
    function: SavedFunction,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    category: String,
    display_name: String,
    query: String,
    #[serde(default)]
    function_alias: Option<String>,
    #[serde(default)]
    function_parameters: Option<String>,
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    #[expect(dead_code, reason = "read only to be checked")]
    tags: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "value")]
    _value: String,
}

impl Search {
    /// Reads a saved search; a function must be one.
    pub(crate) fn parse(name: &str, properties: &Value) -> Result<Self, String> {
        let raw = Raw::deserialize(properties).map_err(|error| format!("properties: {error}"))?;
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(format!("the name has 1 to {NAME_CHARS_MAX} characters"));
        }
        for (key, text) in [("category", &raw.category), ("displayName", &raw.display_name), ("query", &raw.query)] {
            if text.trim().is_empty() {
                return Err(format!("properties.{key} is empty"));
            }
        }
        if let Some(version) = raw.version.filter(|version| !(1..=2).contains(version)) {
            return Err(format!("properties.version is {version}: it is the version of the query language, 2"));
        }
        let alias = raw.function_alias.filter(|alias| !alias.is_empty());
        let parameters = raw.function_parameters.unwrap_or_default();
        if raw.query.len() + parameters.len() > QUERY_BYTES_MAX {
            return Err(format!("properties.query is longer than {QUERY_BYTES_MAX} bytes"));
        }
        let function = SavedFunction::new(parameters, raw.query);
        if let Some(alias) = &alias {
            if !is_name(alias) {
                return Err(format!(
                    "properties.functionAlias '{alias}' is not a valid name: use letters, digits and _"
                ));
            }
            function.check(alias).map_err(|error| error.to_string())?;
        }
        Ok(Self { name: name.to_owned(), properties: properties.clone(), etag: String::new(), alias, function })
    }
}

fn is_name(text: &str) -> bool {
    let inner = |char: char| char == '_' || char.is_ascii_alphanumeric();
    text.len() <= NAME_CHARS_MAX && text.chars().all(inner) && !text.starts_with(|char: char| char.is_ascii_digit())
}

impl Searches {
    pub(crate) fn get(&self, name: &str) -> Option<&Search> {
        self.0.get(&name.to_lowercase())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Search> {
        self.0.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Another search whose function has the same alias.
    pub(crate) fn rival(&self, search: &Search) -> Option<&Search> {
        let same = |other: &&Search| other.alias.is_some() && other.alias == search.alias;
        self.iter().find(|other| same(other) && !other.name.eq_ignore_ascii_case(&search.name))
    }

    /// Adds a search or replaces the one of its name. Returns whether it was added.
    pub(crate) fn put(&mut self, search: Search) -> bool {
        Arc::make_mut(&mut self.0).insert(search.name.to_lowercase(), search).is_none()
    }

    pub(crate) fn remove(&mut self, name: &str) -> bool {
        Arc::make_mut(&mut self.0).remove(&name.to_lowercase()).is_some()
    }

    /// The function with this alias, case-sensitive.
    pub(super) fn function(&self, alias: &str) -> Option<SavedFunction> {
        let found = self.iter().find(|search| search.alias.as_deref() == Some(alias));
        found.map(|search| search.function.clone())
    }

    pub(super) fn function_names(&self) -> Vec<String> {
        self.iter().filter_map(|search| search.alias.clone()).collect()
    }
}
