//! Which quantities a switch can be set to.

use super::Switches;

/// The largest `limit` of the audit log that can be allowed.
const AUDIT_LIMIT_MAX: u32 = 10_000;

impl Switches {
    /// Adds a line for every quantity that cannot be.
    pub(crate) fn check(&self, wrong: &mut Vec<String>) {
        if !(1..=AUDIT_LIMIT_MAX).contains(&self.audit_limit_max) {
            wrong.push(format!("switches.audit_limit_max = {}: must be 1 to {AUDIT_LIMIT_MAX}", self.audit_limit_max));
        }
        for (name, duration) in [("window_max", self.window_max), ("cursor_lifetime", self.cursor_lifetime)] {
            if let Some(duration) = duration.filter(|duration| !duration.is_positive()) {
                wrong.push(format!("switches.{name} = {duration:#}: must be null or a positive duration"));
            }
        }
        for (name, duration) in [("ingestion_delay", self.ingestion_delay), ("rotation_grace", self.rotation_grace)] {
            if duration.is_negative() {
                wrong.push(format!("switches.{name} = {duration:#}: must not be negative"));
            }
        }
    }
}
