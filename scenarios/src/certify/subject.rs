//! Who is certified: our own connector, or a program that a target file or a command names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use connector::Stream;

use crate::deployment::{SecretFile, set, take_secrets};
use crate::live::{Environment, Live};
use crate::scenario::world::WorldProblem;
use crate::scenario::{Credential, Feature};
use crate::subject::{Target, Variables};

/// Who is certified.
#[derive(Clone, Debug)]
pub enum Subject {
    /// `miro-sentinel`, at this path: it gets a configuration file, in which a scenario may set any key.
    Own(PathBuf),
    /// Anybody's program, which gets the variables.
    Foreign {
        /// What it is called in reports.
        name: String,
        /// How it is started.
        target: Box<Target>,
    },
}

/// Our own connector is not there.
#[derive(Debug, thiserror::Error)]
#[error(
    "no miro-sentinel at `{0}`; name a program with --target or after --, or build it: \
     cargo build --release --bin miro-sentinel"
)]
pub struct SubjectMissing(pub String);

/// What our own connector can do.
const OWN_FEATURES: [Feature; 5] =
    [Feature::Audit, Feature::Content, Feature::LateEvents, Feature::DeadLetters, Feature::SecretFiles];

impl Subject {
    /// The `miro-sentinel` beside this program.
    ///
    /// # Errors
    ///
    /// If there is no `miro-sentinel` next to this program.
    pub fn own() -> Result<Self, SubjectMissing> {
        let beside = std::env::current_exe().unwrap_or_default().with_file_name("miro-sentinel");
        if beside.is_file() { Ok(Self::Own(beside)) } else { Err(SubjectMissing(beside.display().to_string())) }
    }

    /// What it is called in reports.
    pub fn name(&self) -> &str {
        match self {
            Self::Own(_) => "miro-sentinel",
            Self::Foreign { name, .. } => name,
        }
    }

    /// The command, as it stands before variables are filled in.
    pub fn command(&self) -> Vec<String> {
        match self {
            Self::Own(path) => own_command(path),
            Self::Foreign { target, .. } => target.command.clone(),
        }
    }

    /// What it can do.
    pub fn features(&self) -> BTreeSet<Feature> {
        match self {
            Self::Own(_) => OWN_FEATURES.into(),
            Self::Foreign { target, .. } => target.features.clone(),
        }
    }

    /// The logs that it delivers.
    pub fn streams(&self) -> BTreeSet<Stream> {
        let features = self.features();
        let of = |stream: &Stream| match stream {
            Stream::Audit => features.contains(&Feature::Audit),
            Stream::Content => features.contains(&Feature::Content),
        };
        Stream::ALL.into_iter().filter(of).collect()
    }

    /// Whether a scenario may set keys of its configuration.
    pub fn takes_overrides(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// How it is started in this world, and the secrets that go into files first.
    pub(super) fn prepared(&self, live: &Live, folder: &Folder) -> Result<(Target, Secrets), WorldProblem> {
        match self {
            Self::Own(path) => {
                let mut settings = live.settings()?;
                let secrets = take_secrets(&mut settings, |name| folder.0.join(name));
                set(&mut settings, "store.path", folder.state().join("state.redb").display().to_string().into());
                let text = toml::to_string(&settings).unwrap_or_default();
                let mut target = Target::of_command(own_command(path));
                target.features = OWN_FEATURES.into();
                target.files = BTreeMap::from([(CONFIGURATION.to_owned(), text)]);
                Ok((target, secrets.into_iter().map(|SecretFile { name, secret }| (name, secret)).collect()))
            }
            Self::Foreign { target, .. } => {
                let environment = live.environment();
                let secrets = [
                    environment.miro_access_token_audit,
                    environment.miro_access_token_content,
                    environment.azure_client_secret,
                ];
                Ok((Target::clone(target), CREDENTIALS.iter().map(|(_, _, file)| *file).zip(secrets).collect()))
            }
        }
    }
}

const CONFIGURATION: &str = "miro-sentinel.toml";

fn own_command(path: &Path) -> Vec<String> {
    [path.display().to_string().as_str(), "--config", "{STATE_DIR}/miro-sentinel.toml", "run"].map(str::to_owned).into()
}

/// The secrets that stand in files, by the names of these.
pub(super) type Secrets = BTreeMap<&'static str, String>;

/// The credentials that can be rotated, each with the variable that holds it and the file in which it stands.
const CREDENTIALS: [(Credential, &str, &str); 3] = [
    (Credential::AuditToken, "MIRO_ACCESS_TOKEN_AUDIT", "audit-token"),
    (Credential::ContentToken, "MIRO_ACCESS_TOKEN_CONTENT", "content-token"),
    (Credential::ClientSecret, "AZURE_CLIENT_SECRET", "client-secret"),
];

/// The names of all variables that a program under test gets, each with a value that leads nowhere.
pub fn example_variables() -> Variables {
    let environment = serde_json::to_value(Environment::default()).unwrap_or_default();
    let names = environment.as_object().into_iter().flat_map(|names| names.keys().cloned()).collect::<Vec<_>>();
    let files = CREDENTIALS.iter().map(|(_, name, _)| format!("{name}_FILE"));
    names.into_iter().chain(files).chain(["STATE_DIR".to_owned()]).map(|name| (name, String::new())).collect()
}

/// The folder of a case: the root certificate and the secrets, and a folder in it that is the subject's own.
#[derive(Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    /// The subject's own folder.
    pub(super) fn state(&self) -> PathBuf {
        self.0.join("state")
    }

    /// The variables of the world, with those that name files of this folder.
    pub(super) fn variables(&self, live: &Live) -> Variables {
        let mut variables = live.variables();
        variables.set("STATE_DIR", self.state().display().to_string());
        for (_, name, file) in CREDENTIALS {
            variables.set(format!("{name}_FILE"), self.0.join(file).display().to_string());
        }
        variables
    }

    /// The file and the variable of a credential, if it is one that can be rotated.
    pub(super) fn of_credential(&self, which: Credential) -> Option<(PathBuf, &'static str)> {
        let (_, variable, file) = CREDENTIALS.iter().find(|(of, _, _)| *of == which)?;
        Some((self.0.join(file), variable))
    }
}
