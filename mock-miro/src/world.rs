//! The world: organizations with their plans, apps, tokens and events, as data.

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
pub(crate) use token::{ACCESS_LIFETIME, DEAD_MAX, mint};
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
    /// The organizations; the first is the one that handshake and shortcuts speak of.
    pub organizations: Vec<Organization>,
    /// What the public record leaves open.
    #[serde(default)]
    pub switches: Switches,
    /// How long answers take, by operation such as `audit_logs`, or `all` for those that are not named.
    #[serde(default)]
    pub latency: BTreeMap<String, Latency>,
    /// Chooses what the mock makes up while it runs, such as the values of new tokens.
    #[serde(default)]
    pub seed: u64,
    /// How many requests the journal keeps.
    #[serde(default = "journal_max")]
    pub journal_max: usize,
}

/// Why a world cannot be.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// Something in it contradicts something else; one line a contradiction.
    #[error("{0}")]
    Contradiction(String),
    /// The file cannot be read as a world.
    #[error("{0}")]
    File(String),
    /// A file of events was not taken.
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

    /// Makes up the tokens whose values are not given.
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
