//! The three ends that can fail.

/// What an attempt was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    /// Miro.
    Source,
    /// Azure: its identity service and its ingestion endpoint.
    Destination,
    /// The checkpoint store.
    Store,
}

impl Peer {
    /// Its name in a log line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Source => "Miro",
            Self::Destination => "Azure",
            Self::Store => "store",
        }
    }
}
