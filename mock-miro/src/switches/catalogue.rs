//! The list of all switches: effect, allowed values, and the reason for the default.

use serde::Serialize;

use super::Switches;

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SwitchInfo {
    /// Its name in worlds and at the control plane.
    pub name: &'static str,
    /// The default, as in a world file.
    pub default: String,
    /// The allowed values.
    pub allowed: &'static str,
    /// What it decides.
    pub decides: &'static str,
    /// The reason for the default; pages were read 2026-11-22.
    pub source: &'static str,
}

struct Line(&'static str, &'static str, &'static str, &'static str);

const SPEC: &str = "https://github.com/miroapp/api-clients (packages/generator/spec.json)";
const RATES: &str = "https://developers.miro.com/reference/rate-limiting";
const NOT_FOUND: &str = "not documented";

/// Name, allowed values, what it decides, source of the default.
const LINES: [Line; 29] = [
    Line(
        "audit_last_cursor",
        "absent | null | empty",
        "the cursor of the last audit page",
        "not documented; public clients stop on absent and null, some loop on empty",
    ),
    Line("content_last_cursor", "absent | null | empty", "the cursor of the last content or AI page", SPEC),
    Line("full_last_page", "ends | empty_page_follows", "what follows a last page that is exactly full", NOT_FOUND),
    Line(
        "lower_bound",
        "inclusive | exclusive",
        "whether createdAfter and from include their own instant",
        "Miro's Splunk app adds 1 ms to the last event's time, so most likely inclusive",
    ),
    Line("upper_bound", "inclusive | exclusive", "whether createdBefore and to include their own instant", NOT_FOUND),
    Line(
        "audit_limit_max",
        "a number from 1 to 10000",
        "the largest limit of the audit log",
        "no bound in the specification; Miro's Splunk app asks for 500",
    ),
    Line("limit_out_of_bounds", "clip | bad_request", "the response to a limit out of bounds", NOT_FOUND),
    Line("start_beyond_reach", "clip | bad_request", "the response to a createdAfter more than 90 days ago", NOT_FOUND),
    Line(
        "empty_window",
        "empty_page | bad_request",
        "the response to a window that ends at or before its start",
        NOT_FOUND,
    ),
    Line("window_max", "null | a duration such as 24h", "the widest window", NOT_FOUND),
    Line("cursor_lifetime", "null | a duration such as 10m", "how long a cursor is valid", NOT_FOUND),
    Line(
        "cursor_binding",
        "free | to_its_bounds",
        "whether a cursor is valid with other bounds than its own",
        NOT_FOUND,
    ),
    Line(
        "malformed_cursor",
        "first_page | bad_request",
        "the response to a cursor that is malformed or was cut at its #",
        "a public connector records an endless loop from cursors cut at their #",
    ),
    Line(
        "refused_cursor",
        "bad_request | conflict",
        "the response to a cursor that has expired or belongs to other bounds",
        "409 is in the specification of the audit log only, without a cause",
    ),
    Line("tie_order", "arrival | reversed", "the order of events of the same millisecond", NOT_FOUND),
    Line("page_overlap", "a number", "how many events of a page are repeated at the start of the next", NOT_FOUND),
    Line(
        "ingestion_delay",
        "a duration such as 2m",
        "the delay until an event becomes visible",
        "not documented; for single late events see `traits.late`",
    ),
    Line("credit_model", "fixed_window | continuous | sliding_window", "how credits are replenished", RATES),
    Line("credit_owner", "user_and_app | token", "who shares a rate limit", RATES),
    Line("retry_after", "off | seconds | http_date", "the form of Retry-After in a 429", "not documented"),
    Line("rate_headers", "every_answer | successes", "which responses have the X-RateLimit-* headers", RATES),
    Line("rate_reset_unit", "seconds | milliseconds", "the unit of X-RateLimit-Reset", "an epoch without a unit"),
    Line("wrong_organization", "forbidden | not_found", "the response to the id of another organization", NOT_FOUND),
    Line("forbidden_code", "insufficient_permissions | forbidden_access", "the code of a 403", "both are documented"),
    Line(
        "token_in_query",
        "accepted | ignored",
        "whether ?access_token= is accepted in place of the header",
        "https://developers.miro.com/reference/use-access-token-for-rest-api-requests",
    ),
    Line(
        "token_info_invalid",
        "bad_request | unauthorized",
        "the response of the token information to an invalid token",
        SPEC,
    ),
    Line(
        "token_info_organization",
        "present | absent",
        "whether the token information names the organization",
        "required by the specification; Miro's Python client has treated it as optional since 2.2.1",
    ),
    Line(
        "rotation_grace",
        "a duration such as 30s",
        "how long an access token stays valid after it is refreshed",
        NOT_FOUND,
    ),
    Line("used_refresh_token", "unauthorized | bad_request", "the response to a used refresh token", NOT_FOUND),
];

impl Switches {
    /// Every switch there is.
    pub fn catalogue() -> Vec<SwitchInfo> {
        let defaults = serde_json::to_value(Self::default()).unwrap_or_default();
        let info = |&Line(name, allowed, decides, source): &Line| {
            let default = &defaults[name];
            let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
            SwitchInfo { name, default, allowed, decides, source }
        };
        LINES.iter().map(info).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_every_switch_and_every_switch_has_its_test() {
        let all = serde_json::to_value(Switches::default()).unwrap();
        let mut listed: Vec<String> = LINES.iter().map(|line| line.0.to_owned()).collect();
        listed.sort();
        let fields: Vec<String> = all.as_object().unwrap().keys().cloned().collect();
        assert_eq!(listed, fields);
        let tests = [include_str!("../tests/switches.rs"), include_str!("../tests/oauth.rs")].concat();
        for name in listed {
            assert!(tests.contains(&format!("async fn {name}()")), "no test is called {name}");
        }
    }

    #[test]
    fn a_default_is_one_of_what_is_allowed() {
        for info in Switches::catalogue() {
            let is_word = info.allowed.split(" | ").any(|word| word == info.default);
            let is_quantity = info.allowed.starts_with("a number") || info.allowed.starts_with("a duration");
            assert!(is_word || is_quantity, "{info:?}");
        }
    }
}
