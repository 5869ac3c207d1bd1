//! Tokens made while the world is served: by toggles and by installing custom apps.

use jiff::Timestamp;

use super::State;
use crate::world::{App, ChangeError, InstallChange, MintedToken, Toggle, Token, TokenState, mint};

impl State {
    /// Turns an integration on or off. Returns the value of the token that works now, and the token if it was just made.
    pub(crate) fn set_toggle(
        &mut self,
        organization: usize,
        toggle: Toggle,
        on: bool,
    ) -> Option<(String, Option<MintedToken>)> {
        let tokens = &mut self.dataset.world.organizations[organization].tokens;
        let mut of_app = tokens.iter_mut().filter(|token| token.app == toggle.app());
        if !on {
            for token in of_app.filter(|token| token.state == TokenState::Active) {
                token.state = TokenState::SwitchedOff;
            }
            return None;
        }
        if let Some(live) = of_app.find(|token| token.state == TokenState::Active) {
            return Some((live.value.clone(), None));
        }
        let name = toggle.token_name();
        let older = tokens.iter().filter(|token| token.app == toggle.app()).count();
        let predecessor = tokens.iter_mut().find(|token| token.name == name);
        let user = predecessor.as_ref().map(|token| token.user.clone());
        if let Some(predecessor) = predecessor {
            predecessor.name = format!("{name}-{older}");
        }
        let user = user.unwrap_or_else(|| self.dataset.world.organizations[organization].first_admin());
        let token = Token { value: self.value_for(organization), user, ..Token::of_integration(toggle) };
        let minted = self.add(organization, token);
        Some((minted.access_token.clone(), Some(minted)))
    }

    /// Installs a custom app as a Company Admin would: it gets a token, and those that it had stop working. (Whether Miro lets an
    /// older token live on is not documented; the guide's cause is that it does not.)
    pub(super) fn install(
        &mut self,
        organization: usize,
        name: &str,
        change: InstallChange,
        now: Timestamp,
    ) -> Result<MintedToken, ChangeError> {
        let app = self.app_to_install(organization, name, change)?;
        let held = &mut self.dataset.world.organizations[organization];
        for token in held.tokens.iter_mut().filter(|token| token.app == name && token.state == TokenState::Active) {
            token.state = TokenState::Replaced;
        }
        let (user, team) = (held.first_admin(), held.teams.first().map(|team| team.id.clone()));
        let short_name = held.unused_token_name(name);
        let value = self.value_for(organization);
        let refresh_token = app.expiring.then(|| self.value_for(organization));
        let token = Token { name: short_name, user, team, ..Token::of_app(&app, value, refresh_token, now) };
        Ok(self.add(organization, token))
    }

    /// The app of that name, created if it does not exist.
    fn app_to_install(&mut self, organization: usize, name: &str, change: InstallChange) -> Result<App, ChangeError> {
        let (client_id, client_secret) = (self.dataset.next_client_id(), self.value_for(organization));
        let apps = &mut self.dataset.world.organizations[organization].apps;
        let Some(app) = apps.iter_mut().find(|app| app.name == name) else {
            let app = App {
                client_secret,
                scopes: change.scopes.unwrap_or_else(App::scopes_of_both_logs),
                expiring: change.expiring.unwrap_or(false),
                ..App::of_rehearsal(name, client_id)
            };
            apps.push(app.clone());
            return Ok(app);
        };
        if change.expiring.is_some_and(|expiring| expiring != app.expiring) {
            return Err(ChangeError::ExpiryIsFixed { name: name.to_owned() });
        }
        app.scopes = change.scopes.unwrap_or_else(|| app.scopes.clone());
        Ok(app.clone())
    }

    fn value_for(&mut self, organization: usize) -> String {
        mint(self.dataset.world.organizations[organization].region, &mut self.random)
    }

    fn add(&mut self, organization: usize, token: Token) -> MintedToken {
        let held = &mut self.dataset.world.organizations[organization];
        let minted = MintedToken {
            organization: held.id.clone(),
            token: token.name.clone(),
            app: token.app.clone(),
            access_token: token.value.clone(),
            refresh_token: token.refresh_token.clone(),
        };
        held.tokens.push(token);
        held.drop_oldest_invalid();
        minted
    }
}
