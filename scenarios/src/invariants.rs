//! Whether the promises were kept and the expectations of a scenario came true, judged from outside: nothing here knows the
//! connector's inside.

mod delivery;
mod expectations;
mod promises;
pub(crate) mod query;
pub(crate) mod requests;
mod troubles;
pub(crate) mod waits;

use std::collections::BTreeSet;

use connector::Stream;
use mock_sentinel::MockSentinel;

pub(crate) use promises::RECOVERS_WITHIN;

use crate::observation::Observation;
use crate::scenario::Scenario;
use crate::verdict::Check;

/// Everything that is looked at in a case, in the order in which a reader wants it.
pub fn judge(
    scenario: &Scenario,
    streams: &BTreeSet<Stream>,
    seen: &Observation,
    workspace: &MockSentinel,
) -> Vec<Check> {
    let mut checks = delivery::checks(scenario, streams, seen);
    checks.extend(promises::checks(scenario, seen));
    checks.extend(expectations::checks(scenario, streams, seen, workspace));
    checks
}
