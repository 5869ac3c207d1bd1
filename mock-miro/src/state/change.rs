//! Changes to the world while it is served.

use jiff::Timestamp;

use super::State;
use crate::world::{ChangeError, MintedToken, WorldChange};

impl State {
    /// Applies all of it, or nothing. Returns the tokens that it made.
    pub(crate) fn change(&mut self, change: WorldChange, now: Timestamp) -> Result<Vec<MintedToken>, ChangeError> {
        let before = self.dataset.world.clone();
        self.try_change(change, now).inspect_err(|_| self.dataset.world = before)
    }

    fn try_change(&mut self, change: WorldChange, now: Timestamp) -> Result<Vec<MintedToken>, ChangeError> {
        let nth = self.place_of(change.organization.as_deref())?;
        let organization = &mut self.dataset.world.organizations[nth];
        organization.plan = change.plan.unwrap_or(organization.plan);
        organization.guard = change.guard.unwrap_or(organization.guard);
        organization.credits_per_minute = change.credits_per_minute.unwrap_or(organization.credits_per_minute);
        organization.content_retention_days =
            change.content_retention_days.unwrap_or(organization.content_retention_days);
        if let Some(silence) = change.silent_for {
            organization.silent_until = Some(now.saturating_add(silence).unwrap_or(Timestamp::MAX));
        }
        for app in &change.uninstall {
            organization.uninstall(app)?;
        }
        organization.content_logs_since = change.content_logs_since.or(organization.content_logs_since);
        for (name, app) in change.apps {
            organization.change_app(&name, app)?;
        }
        for (name, token) in change.tokens {
            organization.change_token(&name, token)?;
        }
        let mut minted = Vec::new();
        for (toggle, on) in change.toggles {
            minted.extend(self.set_toggle(nth, toggle, on).and_then(|(_, minted)| minted));
        }
        for (name, install) in change.install {
            minted.push(self.install(nth, &name, install, now)?);
        }
        let switches = self.dataset.world.switches.with(&change.switches)?;
        self.dataset.world.switches = switches.clone();
        self.dataset.world.check().map_err(|error| ChangeError::Contradiction(error.to_string()))?;
        self.dataset.set_switches(switches);
        Ok(minted)
    }

    fn place_of(&self, id: Option<&str>) -> Result<usize, ChangeError> {
        let Some(id) = id else { return Ok(0) };
        let organizations = &self.dataset.world.organizations;
        organizations.iter().position(|organization| organization.id == id).ok_or_else(|| {
            let known =
                organizations.iter().map(|organization| organization.id.as_str()).collect::<Vec<_>>().join(", ");
            ChangeError::UnknownOrganization { id: id.to_owned(), known }
        })
    }
}
