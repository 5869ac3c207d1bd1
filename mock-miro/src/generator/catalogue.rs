//! What can happen, by family.
//!
//! Confirmed by a Miro source are exactly `sign_in_succeeded`, `sign_in_failed`, `sign_out_succeeded`, `board_opened`
//! and the category `authentication`. Every other name here is **synthetic**: the help centre describes the actions in
//! prose and publishes no strings, so these follow the shape of the confirmed ones and must not be relied on.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::calendar::ActivityKind;

/// Events of one kind.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) category: &'static str,
    pub(super) events: &'static [&'static str],
    /// How often, of [`WEIGHTS`].
    weight: u32,
    pub(super) object: Object,
    pub(super) details: Details,
    /// Whether it concerns the whole organization, so that there is no team.
    pub(super) organization_wide: bool,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    Actor,
    OtherUser,
    Team,
    Board,
    Organization,
    Named,
}

/// Which details come with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Details {
    SignIn,
    Failure,
    Outage,
    Opening,
    Change,
    Sharing,
    Export,
    Setting,
}

const WEIGHTS: u32 = 1_000;

const fn family(category: &'static str, weight: u32, object: Object, details: Details) -> Family {
    Family { category, events: &[], weight, object, details, organization_wide: false }
}

const fn organization_wide(category: &'static str, weight: u32, object: Object, details: Details) -> Family {
    Family { category, events: &[], weight, object, details, organization_wide: true }
}

static FAMILIES: [Family; 17] = [
    // Confirmed names.
    Family {
        events: &["sign_in_succeeded"],
        ..organization_wide("authentication", 180, Object::Actor, Details::SignIn)
    },
    Family { events: &["sign_in_failed"], ..organization_wide("authentication", 25, Object::Actor, Details::Failure) },
    Family {
        events: &["sign_out_succeeded"],
        ..organization_wide("authentication", 60, Object::Actor, Details::SignIn)
    },
    Family { events: &["board_opened"], ..family("boards", 330, Object::Board, Details::Opening) },
    // Synthetic names from here on.
    Family {
        events: &[
            "board_created",
            "board_deleted",
            "board_restored",
            "board_renamed",
            "board_description_changed",
            "board_cover_changed",
            "board_moved_to_team",
            "board_added_to_project",
            "board_removed_from_project",
            "board_moved_to_project",
            "board_owner_changed",
            "board_status_created",
            "board_status_updated",
            "board_status_deleted",
        ],
        ..family("boards", 120, Object::Board, Details::Change)
    },
    Family {
        events: &[
            "board_shared_with_viewer",
            "board_shared_with_commenter",
            "board_shared_with_editor",
            "board_user_removed",
            "board_public_link_enabled",
            "board_public_link_disabled",
            "board_public_link_changed",
            "board_password_enabled",
            "board_password_disabled",
            "board_password_changed",
            "board_company_sharing_enabled",
            "board_company_sharing_disabled",
            "board_company_sharing_changed",
            "board_team_sharing_enabled",
            "board_team_sharing_disabled",
            "board_team_sharing_changed",
        ],
        ..family("boards", 90, Object::Board, Details::Sharing)
    },
    Family { events: &["board_exported", "file_downloaded"], ..family("boards", 35, Object::Board, Details::Export) },
    Family {
        events: &[
            "template_opened",
            "template_created",
            "template_deleted",
            "template_restored",
            "template_renamed",
            "template_owner_changed",
            "template_status_created",
            "template_status_updated",
            "template_status_deleted",
        ],
        ..family("templates", 25, Object::Named, Details::Change)
    },
    Family {
        events: &[
            "project_created",
            "project_deleted",
            "project_renamed",
            "project_shared_with_user",
            "project_participant_removed",
            "project_team_sharing_enabled",
            "project_team_sharing_disabled",
            "project_owner_changed",
        ],
        ..family("projects", 25, Object::Named, Details::Change)
    },
    Family {
        events: &[
            "blueprint_created",
            "blueprint_deleted",
            "blueprint_section_created",
            "blueprint_section_deleted",
            "blueprint_owner_changed",
        ],
        ..family("blueprints", 8, Object::Named, Details::Change)
    },
    Family { events: &["ai_feature_used"], ..family("ai", 30, Object::Board, Details::Opening) },
    Family {
        events: &[
            "team_member_invited",
            "team_member_removed",
            "team_joined",
            "invitation_revoked",
            "user_promoted_to_team_admin",
            "team_admin_role_revoked",
        ],
        ..family("user_management", 25, Object::OtherUser, Details::Change)
    },
    Family {
        events: &[
            "member_converted_to_guest",
            "user_converted_to_member",
            "user_promoted_to_company_admin",
            "company_admin_role_revoked",
            "organization_member_removed",
            "organization_joined",
            "user_deactivated",
            "user_reactivated",
        ],
        ..organization_wide("user_management", 15, Object::OtherUser, Details::Change)
    },
    Family {
        events: &["profile_locked", "profile_unlocked"],
        ..organization_wide("authentication", 2, Object::OtherUser, Details::Failure)
    },
    Family {
        events: &["profile_details_changed", "email_change_requested", "email_changed"],
        ..organization_wide("profile", 8, Object::Actor, Details::Change)
    },
    Family {
        events: &[
            "team_created",
            "team_deleted",
            "team_name_changed",
            "team_logo_changed",
            "team_logo_removed",
            "team_privacy_enabled",
            "team_privacy_disabled",
            "team_invitation_settings_changed",
            "team_discovery_changed",
            "team_guests_enabled",
            "team_guests_disabled",
        ],
        ..family("administration", 8, Object::Team, Details::Setting)
    },
    Family {
        events: &[
            "company_name_changed",
            "company_logo_changed",
            "company_logo_removed",
            "access_request_created",
            "access_request_declined",
            "user_activity_metrics_enabled",
            "user_activity_metrics_disabled",
            "sso_settings_enabled",
            "sso_settings_disabled",
            "sso_settings_changed",
            "scim_enabled",
            "scim_disabled",
            "scim_token_generated",
            "scim_notifications_enabled",
            "scim_notifications_disabled",
            "allowlist_enabled",
            "allowlist_disabled",
            "allowlist_changed",
            "guest_sharing_outside_domains_enabled",
            "guest_sharing_outside_domains_disabled",
            "public_link_sharing_enabled",
            "public_link_sharing_disabled",
            "public_link_editing_enabled",
            "public_link_editing_disabled",
            "domain_control_enabled",
            "domain_control_disabled",
            "domain_control_updated",
            "deactivated_user_blocking_enabled",
            "deactivated_user_blocking_disabled",
            "request_management_settings_changed",
            "default_board_sharing_settings_changed",
            "default_project_sharing_settings_changed",
            "app_installed",
            "app_uninstalled",
            "app_approved",
            "app_restricted",
            "ai_moderation_changed",
        ],
        ..organization_wide("administration", 14, Object::Organization, Details::Setting)
    },
];

/// How much of [`WEIGHTS`] is signing in and out, which comes first and which only people do.
const SIGNING_WEIGHTS: u32 = 180 + 25 + 60;

/// What fails while the identity provider is away.
static OUTAGE: Family = organization_wide("authentication", 0, Object::Actor, Details::Outage);
/// What succeeds once it is back.
static RECOVERY: Family = organization_wide("authentication", 0, Object::Actor, Details::SignIn);

/// What a person, or a machine, does next.
pub(super) fn draw(kind: ActivityKind, is_human: bool, random: &mut ChaCha8Rng) -> (&'static Family, &'static str) {
    match kind {
        ActivityKind::FailSigningIn => (&OUTAGE, "sign_in_failed"),
        ActivityKind::SignIn => (&RECOVERY, "sign_in_succeeded"),
        ActivityKind::Any => draw_any(is_human, random),
    }
}

fn draw_any(is_human: bool, random: &mut ChaCha8Rng) -> (&'static Family, &'static str) {
    let mut drawn = random.random_range(if is_human { 0 } else { SIGNING_WEIGHTS }..WEIGHTS);
    let family = FAMILIES.iter().find(|family| {
        let hit = drawn < family.weight;
        drawn = drawn.saturating_sub(family.weight);
        hit
    });
    let family = family.expect("the weights sum up to WEIGHTS");
    (family, family.events[random.random_range(0..family.events.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_up_and_names_are_told_once() {
        assert_eq!(FAMILIES.iter().map(|family| family.weight).sum::<u32>(), WEIGHTS);
        let mut names: Vec<&str> = FAMILIES.iter().flat_map(|family| family.events.iter().copied()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(all > 120, "{all} names");
    }
}
