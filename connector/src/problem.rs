//! What is wrong, in the words of the person who can mend it: a stable code, a cause, one next step.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::Stream;

/// How the program ends. The numbers are a contract with scripts and service managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for was done.
    Done = 0,
    /// Something we did not foresee.
    Unexpected = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The configuration is wrong.
    Configuration = 3,
    /// A credential or a permission is missing or refused.
    Credentials = 4,
    /// Miro cannot be reached or keeps failing.
    Source = 5,
    /// Azure cannot be reached or keeps failing.
    Destination = 6,
    /// The deadline came before the work was done.
    Incomplete = 7,
    /// Interrupted by a signal.
    Interrupted = 130,
}

impl Exit {
    /// Every way to end, in the order of the numbers.
    pub const ALL: [Self; 9] = [
        Self::Done,
        Self::Unexpected,
        Self::Usage,
        Self::Configuration,
        Self::Credentials,
        Self::Source,
        Self::Destination,
        Self::Incomplete,
        Self::Interrupted,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "everything asked for was done",
            Self::Unexpected => "unexpected error, including an unusable checkpoint",
            Self::Usage => "the command line is wrong",
            Self::Configuration => "the configuration is wrong",
            Self::Credentials => "a credential or a permission is missing or refused",
            Self::Source => "Miro cannot be reached or keeps failing",
            Self::Destination => "Azure cannot be reached or keeps failing",
            Self::Incomplete => "the deadline came before the work was done",
            Self::Interrupted => "interrupted by a signal",
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A cause that somebody has to mend. Prints as two lines: the cause, then the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable, documented name.
    pub code: Code,
    /// The thing concerned: a stream, a rule, an application. Never a secret.
    pub subject: String,
    /// What is wrong, one sentence.
    pub cause: String,
    /// The one thing to do next.
    pub next_step: String,
}

/// The stable list of what `check`, `run` and `/status` can report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Miro does not know the token (mistyped, expired, revoked, toggle switched off or on again, app uninstalled).
    MiroTokenRefused,
    /// The token lacks the scope of its stream.
    MiroScopeMissing,
    /// The organization lacks Enterprise Guard, which the content log needs, or the installer is not a Company Admin.
    MiroGuardMissing,
    /// The plan has no audit log, or the installer is not a Company Admin.
    MiroPlanMissing,
    /// The organization id is not the token's.
    MiroOrganizationWrong,
    /// Azure does not accept the client secret.
    AzureSecretRefused,
    /// Azure does not know the application in this tenant.
    AzureApplicationUnknown,
    /// Azure does not know the tenant.
    AzureTenantUnknown,
    /// Any other refusal of the identity service.
    AzureIdentityRefused,
    /// The application may not send to the data collection rule.
    AzureRoleMissing,
    /// No data collection rule has this immutable id.
    AzureRuleUnknown,
    /// The rule does not declare the stream.
    AzureStreamUnknown,
    /// The ingestion endpoint does not accept our token.
    AzureTokenRefused,
    /// Azure refuses one event after another; something in the rule or table does not fit.
    AzureRefusesEverything,
    /// Miro cannot be reached, or keeps failing.
    MiroFailing,
    /// The certificate shown on the way to Miro is not trusted.
    MiroCertificateRefused,
    /// Azure (login or ingestion) cannot be reached, or keeps failing.
    AzureFailing,
    /// The certificate shown on the way to Azure is not trusted.
    AzureCertificateRefused,
    /// This machine's clock and Miro's differ by more than a minute.
    ClockSkewed,
    /// The dead-letter store is full.
    DeadLettersFull,
    /// The checkpoint file is damaged, of another version or not ours.
    StoreUnusable,
    /// Others than its owner may use the checkpoint file, or everybody may change its folder.
    StoreRightsOpen,
    /// Everybody may change a file that holds a secret, or the configuration.
    SecretRightsOpen,
    /// The configuration is wrong, or names something that cannot be used.
    ConfigurationInvalid,
}

impl Code {
    /// Every code, Miro's first.
    pub const ALL: [Self; 24] = [
        Self::MiroTokenRefused,
        Self::MiroScopeMissing,
        Self::MiroGuardMissing,
        Self::MiroPlanMissing,
        Self::MiroOrganizationWrong,
        Self::AzureSecretRefused,
        Self::AzureApplicationUnknown,
        Self::AzureTenantUnknown,
        Self::AzureIdentityRefused,
        Self::AzureRoleMissing,
        Self::AzureRuleUnknown,
        Self::AzureStreamUnknown,
        Self::AzureTokenRefused,
        Self::AzureRefusesEverything,
        Self::MiroFailing,
        Self::MiroCertificateRefused,
        Self::AzureFailing,
        Self::AzureCertificateRefused,
        Self::ClockSkewed,
        Self::DeadLettersFull,
        Self::StoreUnusable,
        Self::StoreRightsOpen,
        Self::SecretRightsOpen,
        Self::ConfigurationInvalid,
    ];

    /// The code of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }

    /// The name as printed and as documented.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MiroTokenRefused => "miro-token-refused",
            Self::MiroScopeMissing => "miro-scope-missing",
            Self::MiroGuardMissing => "miro-guard-missing",
            Self::MiroPlanMissing => "miro-plan-missing",
            Self::MiroOrganizationWrong => "miro-organization-wrong",
            Self::AzureSecretRefused => "azure-secret-refused",
            Self::AzureApplicationUnknown => "azure-application-unknown",
            Self::AzureTenantUnknown => "azure-tenant-unknown",
            Self::AzureIdentityRefused => "azure-identity-refused",
            Self::AzureRoleMissing => "azure-role-missing",
            Self::AzureRuleUnknown => "azure-rule-unknown",
            Self::AzureStreamUnknown => "azure-stream-unknown",
            Self::AzureTokenRefused => "azure-token-refused",
            Self::AzureRefusesEverything => "azure-refuses-everything",
            Self::MiroFailing => "miro-failing",
            Self::MiroCertificateRefused => "miro-certificate-refused",
            Self::AzureFailing => "azure-failing",
            Self::AzureCertificateRefused => "azure-certificate-refused",
            Self::ClockSkewed => "clock-skewed",
            Self::DeadLettersFull => "dead-letters-full",
            Self::StoreUnusable => "store-unusable",
            Self::StoreRightsOpen => "store-rights-open",
            Self::SecretRightsOpen => "secret-rights-open",
            Self::ConfigurationInvalid => "configuration-invalid",
        }
    }

    /// What it means, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::MiroTokenRefused => "Miro does not know the access token",
            Self::MiroScopeMissing => "the token lacks the scope of its stream",
            Self::MiroGuardMissing => "no Enterprise Guard, or no Company Admin made the token",
            Self::MiroPlanMissing => "no Enterprise Plan, or no Company Admin made the token",
            Self::MiroOrganizationWrong => "the organization id is not the token's",
            Self::AzureSecretRefused => "Azure does not accept the client secret",
            Self::AzureApplicationUnknown => "the tenant does not know the application",
            Self::AzureTenantUnknown => "Azure does not know the tenant",
            Self::AzureIdentityRefused => "Azure refuses a token for another reason",
            Self::AzureRoleMissing => "the application may not send to the rule",
            Self::AzureRuleUnknown => "no rule has the immutable id",
            Self::AzureStreamUnknown => "the rule does not declare the stream",
            Self::AzureTokenRefused => "the endpoint does not accept the token",
            Self::AzureRefusesEverything => "Azure refuses one event after another",
            Self::MiroFailing => "Miro cannot be reached, or keeps failing",
            Self::MiroCertificateRefused => "a certificate on the way to Miro is not trusted",
            Self::AzureFailing => "Azure cannot be reached, or keeps failing",
            Self::AzureCertificateRefused => "a certificate on the way to Azure is not trusted",
            Self::ClockSkewed => "this machine's clock and Miro's differ by more than a minute",
            Self::DeadLettersFull => "the dead-letter store is full",
            Self::StoreUnusable => "the checkpoint file cannot be used",
            Self::StoreRightsOpen => "others than its owner may use the checkpoint file or change its folder",
            Self::SecretRightsOpen => "every user may change a file that holds a secret, or the configuration",
            Self::ConfigurationInvalid => "the configuration is wrong",
        }
    }

    /// The exit code of a program that stops because of this.
    pub const fn exit(self) -> Exit {
        match self {
            Self::MiroTokenRefused
            | Self::MiroScopeMissing
            | Self::MiroGuardMissing
            | Self::MiroPlanMissing
            | Self::MiroOrganizationWrong
            | Self::AzureSecretRefused
            | Self::AzureApplicationUnknown
            | Self::AzureTenantUnknown
            | Self::AzureIdentityRefused
            | Self::AzureRoleMissing
            | Self::AzureRuleUnknown
            | Self::AzureStreamUnknown
            | Self::AzureTokenRefused => Exit::Credentials,
            Self::MiroFailing | Self::MiroCertificateRefused => Exit::Source,
            Self::AzureFailing | Self::AzureCertificateRefused | Self::AzureRefusesEverything => Exit::Destination,
            Self::ClockSkewed => Exit::Incomplete,
            Self::DeadLettersFull | Self::StoreUnusable => Exit::Unexpected,
            Self::StoreRightsOpen | Self::SecretRightsOpen | Self::ConfigurationInvalid => Exit::Configuration,
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  next: {}", self.subject, self.cause, self.next_step)
    }
}

impl Problem {
    /// The problem with `stream`'s Miro credentials named by `code`.
    pub fn at_miro(code: Code, stream: Stream, cause: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self { code, subject: format!("streams.{stream}"), cause: cause.into(), next_step: next_step.into() }
    }
}
