//! The parts of a connector that touches the real world.

use std::sync::Arc;

use super::Parts;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::identity::{AzureTokens, TokenProvider};
use crate::store::{RedbStore, StoreError};
use crate::transport::production::{Production, ProductionError};
use crate::{Clock, Random, Transport};

/// Why there are no production parts.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// The network client cannot be set up.
    #[error(transparent)]
    Network(#[from] ProductionError),
    /// The checkpoint file cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Parts {
    /// The network, the identity service, the system's clock and the checkpoint file, as configured; the tokens once more by
    /// themselves, to be [succeeded](AzureTokens::succeeded_by) when a secret changes.
    ///
    /// # Errors
    ///
    /// When a root certificate or a proxy cannot be used, or the checkpoint file cannot be opened or made.
    pub fn production(config: &Config) -> Result<(Self, Arc<AzureTokens>), PartsError> {
        let network: Arc<dyn Transport> = Arc::new(Production::new(&config.http)?);
        let (clock, random): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Random::from_system());
        let identity = config.sentinel.identity.clone();
        let (over, by) = (Arc::clone(&network), Arc::clone(&clock));
        let tokens = Arc::new(AzureTokens::new(identity, config.http.timeout, over, by, random.clone()));
        let store = RedbStore::open(&config.store.path, config.store.dead_letters_bytes_max)?;
        let parts = Self {
            miro: Arc::clone(&network),
            azure: network,
            tokens: Arc::clone(&tokens) as Arc<dyn TokenProvider>,
            clock,
            random,
            store: Arc::new(store),
        };
        Ok((parts, tokens))
    }
}
