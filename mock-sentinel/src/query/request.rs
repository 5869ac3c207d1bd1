//! A query request, from the URL or the body.

use faults::Object;
use serde::Deserialize;

use super::errors::QueryError;
use crate::http::query;

/// One query. Clients send `null` for what they leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct QueryRequest {
    #[serde(default)]
    pub(super) query: Option<String>,
    #[serde(default)]
    timespan: Option<String>,
    #[serde(default)]
    workspaces: Option<Vec<String>>,
    #[serde(skip)]
    url_timespan: Option<String>,
}

impl QueryRequest {
    pub(super) fn parse(text: &[u8]) -> Result<Self, QueryError> {
        let read = serde_json::from_slice(text).map(|Object(read)| read);
        read.map_err(|error| QueryError::Argument(format!("the body is not valid: {error}")))
    }

    /// Merges the URL's parameters. Two timespans are intersected.
    pub(super) fn merge_url(mut self, url: Option<&str>) -> Result<Self, QueryError> {
        self.query = self.query.or_else(|| query::get(url, "query"));
        self.url_timespan = query::get(url, "timespan");
        if let Some(list) = query::get(url, "workspaces") {
            let named = list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
            self.workspaces.get_or_insert_default().extend(named);
        }
        match self.query.as_deref().map(str::trim) {
            None | Some("") => Err(QueryError::Argument("the request has no 'query'".to_owned())),
            Some(_) => Ok(self),
        }
    }

    pub(super) fn timespans(&self) -> impl Iterator<Item = &str> {
        let given = [&self.timespan, &self.url_timespan];
        given.into_iter().flatten().map(String::as_str).filter(|text| !text.trim().is_empty())
    }

    pub(super) fn workspaces(&self) -> &[String] {
        self.workspaces.as_deref().unwrap_or_default()
    }
}
