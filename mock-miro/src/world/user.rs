//! Users and their roles.

use serde::{Deserialize, Serialize};

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// A number, as a string of digits.
    pub id: String,
    /// The name as shown.
    pub name: String,
    /// The address.
    pub email: String,
    /// What they may do in the organization.
    #[serde(default)]
    pub role: Role,
}

/// What a user may do in the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, reading the logs included.
    CompanyAdmin,
    /// No administration: tokens of apps that such a user installed do not read the logs.
    #[default]
    Member,
}

impl Role {
    /// The role as people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::CompanyAdmin => "Company Admin",
            Self::Member => "member",
        }
    }
}

/// The id of the admin that an organization has unless told otherwise.
pub(super) fn first_admin() -> String {
    "3074457345618265001".to_owned()
}
