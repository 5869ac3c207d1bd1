//! The `Prefer` header: what the caller wants besides the rows.

use std::time::Duration;

use http::HeaderMap;

use crate::world::Query;

/// The longest that a caller may ask the service to wait.
/// Source: <https://learn.microsoft.com/azure/azure-monitor/logs/api/timeouts>, read 2026-11-29.
const WAIT_MAX: Duration = Duration::from_mins(10);

/// What the caller prefers. Unknown options are ignored, as is an empty header.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the header is a list of independent switches")]
pub(super) struct Options {
    pub(super) render: bool,
    pub(super) statistics: bool,
    pub(super) permissions: bool,
    pub(super) data_sources: bool,
    pub(super) wait: Duration,
    honoured: Vec<String>,
}

impl Options {
    pub(super) fn parse(headers: &HeaderMap, limits: &Query) -> Self {
        let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        Self::of(values, limits)
    }

    pub(super) fn of<'a>(values: impl IntoIterator<Item = &'a str>, limits: &Query) -> Self {
        let mut options = Self {
            render: false,
            statistics: false,
            permissions: false,
            data_sources: false,
            wait: limits.time_default.min(limits.time_max).unsigned_abs(),
            honoured: Vec::new(),
        };
        for option in values.into_iter().flat_map(|value| value.split([',', ';'])) {
            let option = option.trim();
            match option.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
                Some(("include-render", "true")) => options.render = true,
                Some(("include-statistics", "true")) => options.statistics = true,
                Some(("include-permissions", "true")) => options.permissions = true,
                Some(("include-dataSources", "true")) => options.data_sources = true,
                Some(("wait", seconds)) => match seconds.parse() {
                    Ok(seconds) => {
                        options.wait = Duration::from_secs(seconds).min(WAIT_MAX).min(limits.time_max.unsigned_abs());
                    }
                    Err(_) => continue,
                },
                _ => continue,
            }
            options.honoured.push(option.to_owned());
        }
        options
    }

    /// The options that were honoured, for `Preference-Applied`.
    pub(super) fn applied(&self) -> Option<String> {
        (!self.honoured.is_empty()).then(|| self.honoured.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_options_are_honoured_and_others_ignored() {
        let options =
            Options::of(["wait=30,include-statistics=true,include-render=true,response-v1=true"], &Query::default());
        assert!(options.statistics && options.render && !options.permissions);
        assert_eq!(options.wait, Duration::from_secs(30));
        assert_eq!(options.applied().as_deref(), Some("wait=30,include-statistics=true,include-render=true"));
    }

    #[test]
    fn an_empty_header_prefers_nothing() {
        let options = Options::of([""], &Query::default());
        assert_eq!((options.wait, options.applied()), (Duration::from_mins(3), None));
        assert_eq!(Options::of(["wait=9999"], &Query::default()).wait, Duration::from_mins(10));
    }

    #[test]
    fn the_worlds_longest_time_bounds_every_query_and_azures_every_wish() {
        let of = |time_max, prefer| {
            let limits = Query { time_max: jiff::SignedDuration::from_secs(time_max), ..Query::default() };
            Options::of([prefer], &limits).wait.as_secs()
        };
        assert_eq!([of(20, ""), of(20, "wait=10"), of(20, "wait=60")], [20, 10, 20]);
        assert_eq!([of(3_600, ""), of(3_600, "wait=3600")], [180, 600]);
    }
}
