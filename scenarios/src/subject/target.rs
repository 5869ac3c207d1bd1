//! A target file: a program, how it is told its settings, and what it says it can do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use faults::input::{self, BY_HAND_BYTES_MAX};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{UnknownVariable, Variables};
use crate::scenario::{Feature, length};

/// A program under test. Variables such as `{MIRO_BASE_URL}` stand for their values in `command`, `env` and `files`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What it is called in reports; the name of the file, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Variables under names of the program's own, beside those that every program under test gets.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Files that are written into `{STATE_DIR}` before it is started, by their name; readable for their owner alone.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// How it is told to stop.
    #[serde(default)]
    pub stop: StopBy,
    /// How it is told that its settings changed.
    #[serde(default)]
    pub reload: Reload,
    /// When it counts as started.
    #[serde(default)]
    pub ready: Ready,
    /// The folder that it runs in: the target file's own, or the caller's.
    #[serde(skip)]
    pub folder: Option<PathBuf>,
    /// What it can do; scenarios that need more are `unsupported`. Both logs unless given.
    #[serde(default = "both_logs")]
    pub features: BTreeSet<Feature>,
}

fn both_logs() -> BTreeSet<Feature> {
    [Feature::Audit, Feature::Content].into()
}

/// How a program is told to stop, and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StopBy {
    /// The signal.
    pub signal: StopSignal,
    /// How long until it is killed, which breaks the promise to stop. At most a minute.
    #[serde(with = "length")]
    #[schemars(with = "String")]
    pub within: SignedDuration,
}

impl Default for StopBy {
    fn default() -> Self {
        Self { signal: StopSignal::Term, within: SignedDuration::from_secs(10) }
    }
}

/// A signal that means "stop".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum StopSignal {
    /// SIGTERM.
    #[default]
    Term,
    /// SIGINT.
    Int,
    /// SIGQUIT.
    Quit,
}

/// How a program is told to read its settings again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Reload {
    /// By SIGHUP.
    #[serde(rename = "HUP")]
    Hup,
    /// Not at all: it finds out by itself, or is restarted.
    #[default]
    #[serde(rename = "none")]
    None,
}

/// When a program counts as started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ready {
    /// When it first connects to Miro or Azure, which has to be within this time.
    FirstCall(
        #[serde(with = "length")]
        #[schemars(with = "String")]
        SignedDuration,
    ),
    /// When this address responds with a status of success, or when it first connects; within 30 s.
    Http(String),
    /// When it prints a line with this text, or when it first connects; within 30 s.
    Line(String),
}

impl Default for Ready {
    fn default() -> Self {
        Self::FirstCall(READY_WITHIN)
    }
}

impl Ready {
    /// How long it may take.
    pub fn within(&self) -> SignedDuration {
        match self {
            Self::FirstCall(within) => *within,
            Self::Http(_) | Self::Line(_) => READY_WITHIN,
        }
    }
}

const READY_WITHIN: SignedDuration = SignedDuration::from_secs(30);
/// Nobody waits longer for a program to start or to stop.
const WITHIN_MAX: SignedDuration = SignedDuration::from_mins(1);

/// Why a target cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The file cannot be read.
    #[error("could not read the target file `{file}`: {error}")]
    Unreadable {
        /// Its name.
        file: String,
        /// Why not.
        error: std::io::Error,
    },
    /// It is not a target.
    #[error("{file}: {message}\n  next: `miro-lab certify --schema target` prints what may stand there")]
    Wrong {
        /// Its name.
        file: String,
        /// What is wrong, and where.
        message: String,
    },
}

impl Target {
    /// A command alone: both logs, SIGTERM, ready with its first call.
    pub fn of_command(command: Vec<String>) -> Self {
        Self {
            name: None,
            command,
            env: BTreeMap::new(),
            files: BTreeMap::new(),
            stop: StopBy::default(),
            reload: Reload::default(),
            ready: Ready::default(),
            folder: None,
            features: both_logs(),
        }
    }

    /// Reads a target file. It runs in the folder of the file; a program without a `/` is looked for beside this one first.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is not a valid target.
    pub fn read(path: &Path) -> Result<Self, TargetError> {
        let file = path.display().to_string();
        let text = input::read_text(path, BY_HAND_BYTES_MAX)
            .map_err(|error| TargetError::Unreadable { file: file.clone(), error: error.into() })?;
        let mut target = Self::parse(&text).map_err(|message| TargetError::Wrong { file, message })?;
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        if let Some(program) = target.command.first_mut() {
            let beside = std::env::current_exe().unwrap_or_default().with_file_name(&*program);
            if program.contains('/') && !program.starts_with(['/', '{']) {
                *program = folder.join(&*program).display().to_string();
            } else if !program.contains('/') && beside.is_file() {
                *program = beside.display().to_string();
            }
        }
        target.folder = Some(folder);
        Ok(target)
    }

    /// The same from a text. The error says what is wrong, and where.
    ///
    /// # Errors
    ///
    /// If the text is not a valid target.
    pub fn parse(text: &str) -> Result<Self, String> {
        let target: Self = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        target.check()?;
        Ok(target)
    }

    /// Whether it declares what is taken for granted of a target that declares nothing.
    pub(crate) fn has_usual_features(&self) -> bool {
        self.features == both_logs()
    }

    fn check(&self) -> Result<(), String> {
        if self.command.first().is_none_or(String::is_empty) {
            return Err("`command` is empty; the program and its arguments stand there".to_owned());
        }
        for (key, within) in [("stop.within", self.stop.within), ("ready", self.ready.within())] {
            if !within.is_positive() || within > WITHIN_MAX {
                let within = length::text(within);
                return Err(format!("`{key}` is {within}; more than nothing and at most a minute are allowed"));
            }
        }
        let is_file_name = |name: &String| Path::new(name).file_name().is_some_and(|file| file == name.as_str());
        if let Some(name) = self.files.keys().find(|name| !is_file_name(name)) {
            return Err(format!(
                "`files` has `{name}`; names without a folder are allowed, they are made in {{STATE_DIR}}"
            ));
        }
        if !self.features.contains(&Feature::Audit) && !self.features.contains(&Feature::Content) {
            return Err(
                "`features` names neither `audit` nor `content`; a connector delivers one of them at least".to_owned()
            );
        }
        Ok(())
    }

    /// With variables under other names, each `NAME={…}`. The error says what is wrong with one.
    ///
    /// # Errors
    ///
    /// If a map is not `NAME=VALUE`.
    pub fn with_maps(mut self, maps: &[String]) -> Result<Self, String> {
        for map in maps {
            let Some((name, value)) = map.split_once('=').filter(|(name, _)| !name.is_empty()) else {
                return Err(format!("--map {map}: NAME={{VARIABLE}} is expected, such as MIRO_URL={{MIRO_BASE_URL}}"));
            };
            self.env.insert(name.to_owned(), value.to_owned());
        }
        Ok(self)
    }

    /// What is wrong with braces anywhere, if every variable of a program under test has a value; with where that is.
    ///
    /// # Errors
    ///
    /// If a variable in braces does not exist.
    pub fn check_braces(&self, variables: &Variables) -> Result<(), String> {
        let command = self.command.iter().map(|part| ("`command`".to_owned(), part));
        let env = self.env.iter().map(|(name, value)| (format!("`env.{name}`"), value));
        let files = self.files.iter().map(|(name, text)| (format!("`files.{name}`"), text));
        for (place, text) in command.chain(env).chain(files) {
            variables.fill(text).map_err(|error| format!("the target's {place}: {error}"))?;
        }
        Ok(())
    }

    /// The command, with its variables filled in.
    ///
    /// # Errors
    ///
    /// If a variable in braces does not exist.
    pub fn filled_command(&self, variables: &Variables) -> Result<Vec<String>, UnknownVariable> {
        self.command.iter().map(|part| variables.fill(part)).collect()
    }
}

/// The JSON Schema of target files.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Target).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_with_its_defaults() {
        let target = Target::parse("command: [./run, --fast]\nfeatures: [audit, late-events]\n").unwrap();
        assert_eq!(target.command, ["./run", "--fast"]);
        assert_eq!(target.features, [Feature::Audit, Feature::LateEvents].into());
        assert_eq!((target.stop.signal, target.reload), (StopSignal::Term, Reload::None));
        let full = "command: [a]\nstop: {signal: INT, within: 3s}\nreload: HUP\nready: {line: started}\n";
        let target = Target::parse(full).unwrap();
        assert_eq!((target.ready, target.reload), (Ready::Line("started".to_owned()), Reload::Hup));
    }

    #[test]
    fn a_program_of_a_target_file_is_found_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.yaml");
        for (command, found) in
            [("python/run", folder.path().join("python/run")), ("sh", "sh".into()), ("/bin/sh", "/bin/sh".into())]
        {
            std::fs::write(&file, format!("command: [{command}, a/b]")).unwrap();
            let target = Target::read(&file).unwrap();
            assert_eq!(target.command, [found.display().to_string().as_str(), "a/b"]);
            assert_eq!(target.folder.as_deref(), Some(folder.path()));
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_is_allowed() {
        for (text, told) in [
            ("command: []", "`command` is empty"),
            ("command: [a]\nstop: {within: 2h}", "`stop.within` is 2h"),
            ("command: [a]\nfiles: {../x: y}", "names without a folder"),
            ("command: [a]\nfeatures: [reload]", "neither `audit` nor `content`"),
            ("command: [a]\nfeature: [audit]", "feature"),
        ] {
            let error = Target::parse(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn maps_give_variables_other_names() {
        let target = Target::of_command(vec!["a".to_owned()]);
        let mapped = target.clone().with_maps(&["URL={MIRO_BASE_URL}".to_owned()]).unwrap();
        assert_eq!(mapped.env["URL"], "{MIRO_BASE_URL}");
        assert!(target.with_maps(&["URL".to_owned()]).unwrap_err().contains("NAME={VARIABLE}"));
    }
}
