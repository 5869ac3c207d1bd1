//! Changes to a running world by its operator: secrets, roles, rules, a reset of everything.

use super::{Shared, State};
use crate::roles::{Assignment, PUBLISHER};
use crate::rules::Rule;

impl Shared {
    /// Makes another secret the default app's only valid one.
    pub(crate) fn set_client_secret(&self, secret: &str) {
        if let Some(app) = self.state().directory.default_app_mut() {
            secret.clone_into(&mut app.client_secret);
        }
    }

    /// Gives the default app Monitoring Metrics Publisher on the rule of a stream. False when no rule declares it.
    pub(crate) fn assign_role(&self, stream: &str) -> bool {
        let now = self.clock.now();
        self.on_rule(stream, |state, rule, object| {
            let scope = self.world.workspace.rule_resource_id(&rule.name);
            state.roles.give(Assignment::given(&scope, PUBLISHER, object, now));
        })
    }

    /// Takes the default app's role on the rule of a stream away. False when no rule declares it.
    pub(crate) fn unassign_role(&self, stream: &str) -> bool {
        self.on_rule(stream, |state, rule, object| {
            let scope = self.world.workspace.rule_resource_id(&rule.name);
            state.roles.take(&scope, PUBLISHER, object);
        })
    }

    /// Deletes the rule of a stream. False when no rule declares it.
    pub(crate) fn remove_rule(&self, stream: &str) -> bool {
        self.on_rule(stream, |state, rule, _| {
            state.roles.forget(&self.world.workspace.rule_resource_id(&rule.name));
            state.rules.remove(&rule.immutable_id);
        })
    }

    /// Deploys the world's own rules for a stream again. False when there are none.
    pub(crate) fn restore_rule(&self, stream: &str) -> bool {
        self.state().restore_rule(&self.world, &self.deployment, stream)
    }

    /// Back to the beginning of the world; the clock goes on.
    pub(crate) fn reset(&self) {
        let fresh = State::new(&self.world, &self.deployment);
        *self.state() = fresh;
    }

    fn on_rule(&self, stream: &str, change: impl FnOnce(&mut State, &Rule, &str)) -> bool {
        let mut state = self.state();
        let Some(rule) = state.rules.with_stream(stream).cloned() else { return false };
        let object = state.directory.default_app().map(|app| app.object_id.clone()).unwrap_or_default();
        change(&mut state, &rule, &object);
        true
    }
}
