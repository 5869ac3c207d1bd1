//! The events set aside, whoever holds the file: opened by this command, or by the service that is asked for them.

use std::sync::Arc;

use bytes::Bytes;

use super::asked::Asked;
use crate::cli::{Failure, parts};
use crate::config::Config;
use crate::control::Dropped;
use crate::dead_letters::{LIMIT_MAX, Listed, Page, Resender, Resent, Unsent, Way, letter, list};
use crate::identity::TokenProvider;
use crate::progress::Progress;
use crate::store::{RedbStore, Store as _};
use crate::{Random, Stop};

/// What every `dead-letters` command works on, in the same way.
pub(super) enum Letters<'a> {
    /// The file is ours.
    Opened { store: RedbStore, config: &'a Config },
    /// A running service holds it.
    Asked(Asked),
}

impl<'a> Letters<'a> {
    /// Opens the file, if nobody holds it.
    pub(super) async fn of(config: &'a Config) -> Result<Self, Failure> {
        if !RedbStore::is_held(&config.store.path) {
            match parts::store(config) {
                // Somebody may have taken it in between.
                Err(_) if RedbStore::is_held(&config.store.path) => {}
                opened => return Ok(Self::Opened { store: opened?, config }),
            }
        }
        Ok(Self::Asked(Asked::running(config).await?))
    }

    /// Calls `each` for every event set aside, oldest first.
    pub(super) async fn for_each(
        &self,
        mut each: impl AsyncFnMut(Listed) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut after = 0;
        loop {
            let page = match self {
                Self::Opened { store, .. } => list(store, Page { after, limit: LIMIT_MAX }).await?,
                Self::Asked(service) => service.list(after).await?,
            };
            let Some(last) = page.last() else { return Ok(()) };
            after = last.number;
            for listed in page {
                each(listed).await?;
            }
        }
    }

    /// The event, if it is still there.
    pub(super) async fn event(&self, listed: &Listed) -> Result<Option<Bytes>, Failure> {
        match self {
            Self::Opened { store, .. } => Ok(letter(store, listed.number).await?.map(|letter| letter.event)),
            Self::Asked(service) => service.event(listed).await,
        }
    }

    /// Removes events for good; says which there were.
    pub(super) async fn remove(&self, numbers: Vec<u64>) -> Result<Dropped, Failure> {
        match self {
            Self::Opened { store, .. } => {
                store.drop_dead_letters(numbers.clone()).await?;
                Ok(numbers.into())
            }
            Self::Asked(service) => service.remove(numbers).await,
        }
    }

    /// Sends events again.
    pub(super) async fn resend(&self, numbers: Vec<u64>) -> Result<Resent, Failure> {
        match self {
            Self::Opened { store, config } => resend(config, store, numbers).await,
            Self::Asked(service) => service.resend(numbers).await,
        }
    }

    /// Takes what was removed out of the file as well.
    pub(super) async fn wipe(&self) -> Result<(), Failure> {
        match self {
            Self::Opened { store, .. } => Ok(store.wipe().await?),
            Self::Asked(service) => service.wipe().await,
        }
    }
}

async fn resend(config: &Config, store: &RedbStore, numbers: Vec<u64>) -> Result<Resent, Failure> {
    let network = parts::network(config)?;
    let tokens: Arc<dyn TokenProvider> = Arc::new(parts::tokens(config, &network));
    let way = |stream| {
        let attempts = Arc::new(Progress::new(stream));
        Way { sink: parts::sink(config, &network, &tokens, &attempts), attempts, held: None }
    };
    let ways = config.streams().map(|(stream, _)| (stream, way(stream))).collect();
    let resender = Resender { store, ways, random: Random::from_system(), stop: Stop::new() };
    resender.resend(numbers).await.map_err(|unsent| match unsent {
        Unsent::Problem(problem) => Failure::Problem(problem),
        Unsent::Store(error) => error.into(),
        Unsent::Stopped => Failure::unexpected("stopped while resending", "run the command again; it goes on"),
    })
}
