//! Validation of faults.

use http::header::{HeaderName, HeaderValue};
use jiff::SignedDuration;

use crate::calls::Selector;
use crate::{Answer, Calls, Dribble, Fault, FaultError, Trouble, When};

impl Fault {
    /// Validates the fault for the mock with these calls.
    ///
    /// # Errors
    ///
    /// The first thing in it that can never work: an unknown call, a condition that the mock cannot evaluate, a value out of bounds,
    /// or a fault without effect.
    pub fn check(&self, calls: &Calls) -> Result<(), FaultError> {
        if self.answer.is_none() && self.fault.as_ref().is_none_or(|trouble| *trouble == Trouble::default()) {
            return Err(FaultError::Nothing);
        }
        if self.times == Some(0) {
            return out_of_bounds("times", &0, "1 and up");
        }
        self.when.check(calls)?;
        if let Some(trouble) = &self.fault {
            trouble.check()?;
        }
        self.answer.as_ref().map_or(Ok(()), Answer::check)
    }
}

impl When {
    fn check(&self, calls: &Calls) -> Result<(), FaultError> {
        if let Some(asked) = &self.call {
            calls.find(asked)?;
        }
        for (given, selector) in [(&self.token, Selector::Token), (&self.stream, Selector::Stream)] {
            if given.is_some() && !calls.selectors.contains(&selector) {
                return Err(FaultError::Selector { key: selector.key(), peer: calls.prefix });
            }
        }
        if let Some(share) = self.share.filter(|share| !(0.0..=1.0).contains(share)) {
            return out_of_bounds("when.share", &share, "0 to 1");
        }
        if self.nth == Some(0) {
            return out_of_bounds("when.nth", &0, "1 and up");
        }
        match (self.from, self.until) {
            (Some(from), Some(until)) if until <= from => {
                out_of_bounds("when.until", &until, "an instant after `when.from`")
            }
            (_, _) => Ok(()),
        }
    }
}

impl Trouble {
    fn check(&self) -> Result<(), FaultError> {
        if let Some(latency) = self.latency.filter(|latency| !latency.is_possible()) {
            return out_of_bounds("fault.latency", &format!("{latency:?}"), "a p99 not below a positive median");
        }
        if let Some(delay) = self.delay.filter(|delay| !(SignedDuration::ZERO..=Self::DELAY_MAX).contains(delay)) {
            return out_of_bounds("fault.delay", &format!("{delay:#}"), "0 s to 1 h");
        }
        match self.dribble {
            Some(Dribble { bytes: 0, .. }) => out_of_bounds("fault.dribble.bytes", &0, "1 and up"),
            Some(Dribble { every, .. }) if every.is_negative() => {
                out_of_bounds("fault.dribble.every", &format!("{every:#}"), "not negative")
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Answer {
    fn check(&self) -> Result<(), FaultError> {
        if !(200..=599).contains(&self.status) {
            return out_of_bounds("answer.status", &self.status, "200 to 599");
        }
        for (name, value) in &self.headers {
            if name.parse::<HeaderName>().is_err() || HeaderValue::from_str(value).is_err() {
                return out_of_bounds(
                    "answer.headers",
                    &format!("{name:?}: {value:?}"),
                    "what HTTP allows in a header",
                );
            }
        }
        Ok(())
    }
}

fn out_of_bounds(key: &'static str, value: &impl ToString, allowed: &'static str) -> Result<(), FaultError> {
    Err(FaultError::OutOfBounds { key, value: value.to_string(), allowed })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const CALLS: Calls =
        Calls { prefix: "miro", names: &["audit_logs", "content_logs"], selectors: &[Selector::Token] };

    #[test]
    fn a_name_is_taken_with_and_without_its_prefix() {
        assert_eq!(CALLS.find("miro.audit_logs"), Ok("audit_logs"));
        assert_eq!(CALLS.find("audit_logs"), Ok("audit_logs"));
        assert!(CALLS.find("sentinel.audit_logs").is_err());
    }

    #[test]
    fn a_fault_that_can_never_work_is_rejected() {
        let wrong = |json: Value| serde_json::from_value::<Fault>(json).unwrap().check(&CALLS).unwrap_err().to_string();
        insta::assert_snapshot!(wrong(json!({"when": {"call": "miro.audit_log"}, "fault": {"reset": true}})), @r#""miro.audit_log" is not a call; the nearest is "miro.audit_logs"; there are: miro.audit_logs, miro.content_logs"#);
        insta::assert_snapshot!(wrong(json!({"when": {"stream": "x"}, "fault": {"reset": true}})), @"`when.stream` has no meaning here: no request to miro has one");
        insta::assert_snapshot!(wrong(json!({"when": {"nth": 3}})), @"the fault does nothing; give an `answer`, a `fault`, or both");
        insta::assert_snapshot!(wrong(json!({"when": {"share": 5}, "fault": {"reset": true}})), @"`when.share` is 5: allowed is 0 to 1");
        insta::assert_snapshot!(wrong(json!({"answer": {"status": 42}})), @"`answer.status` is 42: allowed is 200 to 599");
        let reset = json!({"reset": true});
        insta::assert_snapshot!(wrong(json!({"fault": reset, "times": 0})), @"`times` is 0: allowed is 1 and up");
        let backwards = json!({"from": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"});
        insta::assert_snapshot!(wrong(json!({"when": backwards, "fault": reset})), @"`when.until` is 2026-03-01T00:00:00Z: allowed is an instant after `when.from`");
        insta::assert_snapshot!(wrong(json!({"fault": {"delay": "-1s"}})), @"`fault.delay` is 1s ago: allowed is 0 s to 1 h");
        insta::assert_snapshot!(wrong(json!({"fault": {"delay": "61m"}})), @"`fault.delay` is 1h 1m: allowed is 0 s to 1 h");
        insta::assert_snapshot!(wrong(json!({"fault": {"dribble": {"bytes": 0, "every": "1s"}}})), @"`fault.dribble.bytes` is 0: allowed is 1 and up");
        insta::assert_snapshot!(wrong(json!({"answer": {"status": 500, "headers": {"no good": "x"}}})), @r#"`answer.headers` is "no good": "x": allowed is what HTTP allows in a header"#);
        insta::assert_snapshot!(wrong(json!({"when": {"nth": 0}, "fault": {"reset": true}})), @"`when.nth` is 0: allowed is 1 and up");
        let soon =
            serde_json::from_value::<Fault>(json!({"answer": {"status": 429, "retry_after": "soon"}})).unwrap_err();
        insta::assert_snapshot!(soon, @r#"`retry_after` is seconds as a number, a duration such as "30s", an instant, or one of the words seconds, http-date, absent"#);
    }
}
