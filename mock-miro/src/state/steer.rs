//! Changes to the world while it is served.

use super::State;
use crate::world::{ChangeError, Toggle, Token, TokenState, WorldChange, mint};

impl State {
    /// Applies all of it, or nothing.
    pub(crate) fn change(&mut self, change: WorldChange) -> Result<(), ChangeError> {
        let before = self.holdings.world.clone();
        self.try_change(change).inspect_err(|_| self.holdings.world = before)
    }

    fn try_change(&mut self, change: WorldChange) -> Result<(), ChangeError> {
        let nth = self.place_of(change.organization.as_deref())?;
        let organization = &mut self.holdings.world.organizations[nth];
        organization.plan = change.plan.unwrap_or(organization.plan);
        organization.guard = change.guard.unwrap_or(organization.guard);
        organization.credits_per_minute = change.credits_per_minute.unwrap_or(organization.credits_per_minute);
        organization.content_retention_days =
            change.content_retention_days.unwrap_or(organization.content_retention_days);
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
        for (toggle, on) in change.toggles {
            self.set_toggle(nth, toggle, on);
        }
        let switches = self.holdings.world.switches.with(&change.switches)?;
        self.holdings.world.switches = switches.clone();
        self.holdings.world.check().map_err(|error| ChangeError::Contradiction(error.to_string()))?;
        self.holdings.set_switches(switches);
        Ok(())
    }

    fn place_of(&self, id: Option<&str>) -> Result<usize, ChangeError> {
        let Some(id) = id else { return Ok(0) };
        let organizations = &self.holdings.world.organizations;
        organizations.iter().position(|organization| organization.id == id).ok_or_else(|| {
            let known =
                organizations.iter().map(|organization| organization.id.as_str()).collect::<Vec<_>>().join(", ");
            ChangeError::UnknownOrganization { id: id.to_owned(), known }
        })
    }

    /// Turns an integration on or off; returns the value of the token that works now.
    pub(crate) fn set_toggle(&mut self, organization: usize, toggle: Toggle, on: bool) -> Option<String> {
        let tokens = &mut self.holdings.world.organizations[organization].tokens;
        let mut of_app = tokens.iter_mut().filter(|token| token.app == toggle.app());
        if !on {
            for token in of_app.filter(|token| token.state == TokenState::Active) {
                token.state = TokenState::SwitchedOff;
            }
            return None;
        }
        if let Some(live) = of_app.find(|token| token.state == TokenState::Active) {
            return Some(live.value.clone());
        }
        let name = toggle.token_name();
        let older = tokens.iter().filter(|token| token.app == toggle.app()).count();
        let predecessor = tokens.iter_mut().find(|token| token.name == name);
        let user = predecessor.as_ref().map(|token| token.user.clone());
        if let Some(predecessor) = predecessor {
            predecessor.name = format!("{name}-{older}");
        }
        let value = mint(self.holdings.world.organizations[organization].region, &mut self.random);
        let user = user.or_else(|| self.first_admin(organization)).unwrap_or_default();
        self.holdings.world.organizations[organization].tokens.push(Token {
            name: name.to_owned(),
            value: value.clone(),
            scopes: vec![toggle.scope().to_owned()],
            app: toggle.app().to_owned(),
            user,
            team: None,
            state: TokenState::Active,
            expires_at: None,
            refresh_token: None,
            refresh_expires_at: None,
        });
        Some(value)
    }

    fn first_admin(&self, organization: usize) -> Option<String> {
        self.holdings.world.organizations[organization].users.first().map(|user| user.id.clone())
    }
}
