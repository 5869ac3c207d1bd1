//! The steps of a check and their order.

use crate::Stream;

/// The subject of what the running service said of itself.
pub(super) const SERVICE: &str = "the running service";

/// What was looked at, in the order in which an event goes. It decides what is told first and which problem the exit code is of,
/// whichever is known first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Configuration,
    Store,
    Rights,
    Telemetry,
    Service,
    Miro,
    Log(Stream),
    Authority,
    Endpoint,
    Identity,
    Rule(Stream),
    Clock,
}

impl Place {
    /// What it is about, in a line that is told while it is looked at.
    pub(super) fn subject(self) -> String {
        match self {
            Self::Configuration => "configuration".to_owned(),
            Self::Store | Self::Rights => "store.path".to_owned(),
            Self::Telemetry => "telemetry.listen".to_owned(),
            Self::Service => SERVICE.to_owned(),
            Self::Miro => "miro.base_url".to_owned(),
            Self::Log(stream) => format!("streams.{stream}"),
            Self::Authority => "sentinel.identity.authority".to_owned(),
            Self::Endpoint => "sentinel.endpoint".to_owned(),
            Self::Identity => "sentinel.identity".to_owned(),
            Self::Rule(stream) => format!("sentinel.rules.{stream}"),
            Self::Clock => "the clock of this machine".to_owned(),
        }
    }
}
