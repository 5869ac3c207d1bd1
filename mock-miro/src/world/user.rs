//! Users and their roles.

use serde::{Deserialize, Serialize};

/// A user account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// A number, as a string of digits.
    pub id: String,
    /// The display name.
    pub name: String,
    /// The email address.
    pub email: String,
    /// The role in the organization.
    #[serde(default)]
    pub role: Role,
}

/// The role of a user in the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// All administration, including access to the logs.
    CompanyAdmin,
    /// No administration: tokens of apps that such a user installed cannot read the logs.
    #[default]
    Member,
}

impl Role {
    /// The role's title in Miro's interface.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::CompanyAdmin => "Company Admin",
            Self::Member => "member",
        }
    }
}

/// The id of the default admin of an organization.
pub(super) fn first_admin() -> String {
    "3074457345618265001".to_owned()
}
