//! The world: organizations with their plans, apps, tokens and events.

mod change;
mod check;
mod events;
mod file;
mod minted;
mod organization;
mod region;
mod toggle;
mod token;
mod user;

pub use change::{AppChange, ChangeError, InstallChange, TokenChange, UnknownToken, WorldChange};
pub use events::{AiShape, Events, Incident, Traits};
pub use minted::MintedToken;
pub use organization::{Organization, Plan, Team};
pub use region::Region;
pub use toggle::Toggle;
pub(crate) use token::{ACCESS_LIFETIME, INVALID_MAX, mint};
pub use token::{App, Token, TokenState};
pub use user::{Role, User};

use std::collections::BTreeMap;

use faults::Latency;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::event_log::ndjson::EventFileError;
use crate::switches::Switches;

/// Everything the mock knows at its start. [`World::default`] is one Enterprise organization with Guard,
/// an audit token and a content token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// The organizations; the first is the default of the handshake and of methods that name none.
    #[serde(default = "Organization::default_ones")]
    pub organizations: Vec<Organization>,
    /// Behavior that Miro does not document.
    #[serde(default)]
    pub switches: Switches,
    /// The latency of responses by operation, such as `audit_logs`; `all` applies to those that are not named.
    #[serde(default)]
    pub latency: BTreeMap<String, Latency>,
    /// The seed of values generated at run time, such as new tokens.
    #[serde(default)]
    pub seed: u64,
    /// The most requests that the journal keeps.
    #[serde(default = "journal_max")]
    pub journal_max: usize,
}

/// Why a world is rejected.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// Its values are invalid or contradict each other; one line each.
    #[error("{0}")]
    Contradiction(String),
    /// The file cannot be read or parsed.
    #[error("{0}")]
    File(String),
    /// An event file cannot be read.
    #[error(transparent)]
    Events(#[from] EventFileError),
}

impl Default for World {
    fn default() -> Self {
        Self::enterprise(0)
    }
}

impl World {
    /// One Enterprise organization with Guard and the two tokens of the enterprise integrations, chosen by `seed`.
    pub fn enterprise(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let id = (3_074_457_345_618_265_000 + random.random_range(0..1_000_000_u64)).to_string();
        let mut world = Self {
            organizations: vec![Organization::enterprise(id)],
            switches: Switches::default(),
            latency: BTreeMap::new(),
            seed,
            journal_max: journal_max(),
        };
        world.mint_missing(&mut random);
        world
    }

    /// Generates the tokens whose values are not given.
    pub(crate) fn mint_missing(&mut self, random: &mut ChaCha8Rng) {
        for organization in &mut self.organizations {
            let region = organization.region;
            for token in organization.tokens.iter_mut().filter(|token| token.value.is_empty()) {
                token.value = mint(region, random);
            }
        }
    }
}

fn journal_max() -> usize {
    10_000
}
