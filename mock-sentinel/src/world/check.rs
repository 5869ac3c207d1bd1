//! Checks of a world's quantities: all problems are reported at once, each with its key, its value and what is allowed.

use std::fmt::Display;

use faults::Fault;
use jiff::SignedDuration;

use crate::call::CALLS;

use super::{Identity, Ingestion, Query, StatusCode, World};

/// Longer times are a slip of the pen, and would leave the range of instants.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 366 * 10);
const STATUSES: &str = "200 to 599";

/// What is impossible about a world, one sentence each.
pub(super) fn impossible(world: &World) -> Vec<String> {
    let mut found = Found::default();
    found.identity(&world.identity);
    found.ingestion(&world.ingestion);
    found.query(&world.query);
    found.faults(&world.faults);
    found.at_least_one("journal_entries", world.journal_entries as u64);
    found.0
}

#[derive(Default)]
struct Found(Vec<String>);

impl Found {
    fn expect(&mut self, holds: bool, key: &str, value: impl Display, allowed: &str) {
        if !holds {
            self.0.push(format!("{key}: {value} is out of range; allowed: {allowed}"));
        }
    }

    fn status(&mut self, key: &str, status: u16) {
        self.expect((200..600).contains(&status), key, status, STATUSES);
    }

    fn at_least_one(&mut self, key: &str, value: u64) {
        self.expect(value > 0, key, value, "1 and more");
    }

    fn time(&mut self, key: &str, time: SignedDuration) {
        let is_possible = !time.is_negative() && time <= LONGEST;
        self.expect(is_possible, key, time, "0 s to 10 years");
    }

    fn life(&mut self, key: &str, life: SignedDuration) {
        self.expect(life.is_positive() && life <= LONGEST, key, life, "more than 0 s, to 10 years");
    }

    fn faults(&mut self, faults: &[Fault]) {
        for (nth, fault) in faults.iter().enumerate() {
            self.0.extend(fault.check(&CALLS).err().map(|error| format!("faults[{nth}]: {error}")));
        }
    }

    fn identity(&mut self, identity: &Identity) {
        self.life("identity.token_life", identity.token_life);
        self.life("identity.token_life_cp1", identity.token_life_cp1);
        self.life("identity.managed.token_life", identity.managed.token_life);
        for (code, status) in &identity.statuses {
            self.status(&format!("identity.statuses.{code}"), *status);
        }
    }

    fn ingestion(&mut self, ingestion: &Ingestion) {
        for (key, value) in [
            ("wire_bytes_max", ingestion.wire_bytes_max),
            ("inflated_bytes_max", ingestion.inflated_bytes_max),
            ("field_max", ingestion.field_max as u64),
            ("calls_per_minute", ingestion.calls_per_minute),
            ("bytes_per_minute", ingestion.bytes_per_minute),
        ] {
            self.at_least_one(&format!("ingestion.{key}"), value);
        }
        for (key, time) in [
            ("oldest", ingestion.oldest),
            ("newest", ingestion.newest),
            ("role_delay", ingestion.role_delay),
            ("visible_after", ingestion.visible_after),
            ("new_table_visible_after", ingestion.new_table_visible_after),
        ] {
            self.time(&format!("ingestion.{key}"), time);
        }
        let answers = &ingestion.answers;
        let named: [(&str, &StatusCode); 11] = [
            ("unauthenticated", &answers.unauthenticated),
            ("wrong_token_kind", &answers.wrong_token_kind),
            ("empty_body", &answers.empty_body),
            ("nested_value", &answers.nested_value),
            ("time_spread", &answers.time_spread),
            ("unknown_stream", &answers.unknown_stream),
            ("unknown_encoding", &answers.unknown_encoding),
            ("invalid_gzip", &answers.invalid_gzip),
            ("invalid_json", &answers.invalid_json),
            ("inflated_too_big", &answers.inflated_too_big),
            ("throttled", &answers.throttled),
        ];
        for (name, answer) in named {
            self.status(&format!("ingestion.answers.{name}.status"), answer.status);
        }
    }

    fn query(&mut self, query: &Query) {
        for (key, value) in [
            ("rows_max", query.rows_max as u64),
            ("concurrent_max", query.concurrent_max as u64),
            ("per_thirty_seconds", query.per_thirty_seconds),
            ("bytes_max", query.bytes_max as u64),
            ("memory_max", query.memory_max as u64),
        ] {
            self.at_least_one(&format!("query.{key}"), value);
        }
        self.time("query.queue_wait", query.queue_wait);
        self.life("query.time_default", query.time_default);
        self.life("query.time_max", query.time_max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(yaml: &str, expected: &[&str]) {
        let error = World::from_yaml(yaml, "w.yaml").expect_err("an impossible world").to_string();
        let lines: Vec<&str> = error.lines().collect();
        assert_eq!(lines[0], "w.yaml: invalid world:");
        assert_eq!(lines[1..].iter().map(|line| line.trim()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_default_world_is_possible() {
        assert_eq!(impossible(&World::default()), Vec::<String>::new());
    }

    #[test]
    fn all_that_is_impossible_is_told_at_once() {
        check(
            "identity: {token_life: -5m, statuses: {700016: 42}}\nquery: {rows_max: 0}",
            &[
                "identity.token_life: -PT5M is out of range; allowed: more than 0 s, to 10 years",
                "identity.statuses.700016: 42 is out of range; allowed: 200 to 599",
                "query.rows_max: 0 is out of range; allowed: 1 and more",
            ],
        );
        check(
            "ingestion: {visible_after: -1h, answers: {throttled: {status: 9999}}}",
            &[
                "ingestion.visible_after: -PT1H is out of range; allowed: 0 s to 10 years",
                "ingestion.answers.throttled.status: 9999 is out of range; allowed: 200 to 599",
            ],
        );
        check(
            "faults: [{fault: {reset: true}}, {when: {token: a}, fault: {reset: true}}, {fault: {delay: 2h}}]",
            &[
                "faults[1]: `when.token` has no meaning here: no request to sentinel has one",
                "faults[2]: `fault.delay` is 2h: allowed is 0 s to 1 h",
            ],
        );
    }
}
