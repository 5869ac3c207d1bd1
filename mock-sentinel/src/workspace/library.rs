//! What a world is given besides tables and rules: watchlists, and data on addresses.

mod geo;
mod watchlist;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use kql::GeoInfo;

use crate::world::{World, WorldError};

use geo::Places;
pub(super) use watchlist::Watchlist;

/// Everything a query can look things up in. It does not change while serving.
#[derive(Debug, Default)]
pub(crate) struct Library {
    /// By alias in lower case.
    pub(super) watchlists: BTreeMap<String, Watchlist>,
    geo: Option<Arc<Places>>,
}

impl Library {
    /// What is known of addresses, for queries and transforms.
    pub(crate) fn geo_info(&self) -> Option<Arc<dyn GeoInfo>> {
        self.geo.clone().map(|geo| geo as Arc<dyn GeoInfo>)
    }

    /// Reads what the world names; watchlists are as old as `now`.
    pub(crate) fn load(world: &World, now: Timestamp) -> Result<Self, WorldError> {
        let mut library = Self::default();
        for (at, declared) in world.watchlists.iter().enumerate() {
            let text = world.resources.watchlists.get(&at);
            let list = Watchlist::read(declared, text, now)?;
            let alias = list.alias.to_lowercase();
            if library.watchlists.contains_key(&alias) {
                let message = format!("there are two watchlists with the alias '{}'", list.alias);
                return Err(WorldError::data("watchlists", message));
            }
            library.watchlists.insert(alias, list);
        }
        library.geo = world.resources.geo.as_ref().map(Places::read).transpose()?.map(Arc::new);
        Ok(library)
    }
}
