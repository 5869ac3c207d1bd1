//! What is wrong with a configuration, one block per finding.

use std::fmt;
use std::path::PathBuf;

/// Where a value was set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In the file, on this line, counted from 1.
    File {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// Nowhere in the file.
    Absent {
        /// The file, if there is one.
        path: Option<PathBuf>,
    },
    /// In this environment variable.
    Variable(String),
    /// Nowhere: the default holds.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Absent { path: Some(path) } => write!(f, "{}", path.display()),
            Self::Absent { path: None } => f.write_str("no configuration file"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Whether a finding stops the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The program does not start.
    Error,
    /// The program starts and says so.
    Warning,
}

/// One thing wrong with one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether the program can start with it.
    pub severity: Severity,
    /// The key with its section, such as `streams.audit.poll_every`; empty when the file as a whole is meant.
    pub key: String,
    /// The value as TOML; `***` for a secret, absent when there is none.
    pub value: Option<String>,
    /// What is wrong, a fragment that follows the key.
    pub problem: String,
    /// What is allowed.
    pub allowed: Option<String>,
    /// What to do, when what is allowed does not say it.
    pub help: Option<String>,
    /// Where the value was set.
    pub origin: Origin,
}

impl Finding {
    /// An error at `key`.
    pub(crate) fn error(key: impl Into<String>, problem: impl Into<String>, origin: Origin) -> Self {
        Self {
            severity: Severity::Error,
            key: key.into(),
            value: None,
            problem: problem.into(),
            allowed: None,
            help: None,
            origin,
        }
    }

    pub(crate) fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    pub(crate) fn with_value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    pub(crate) fn with_allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = Some(allowed.into());
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}: ")?;
        if !self.key.is_empty() {
            write!(f, "{}", self.key)?;
            if let Some(value) = &self.value {
                write!(f, " = {value}")?;
            }
            f.write_str(" ")?;
        }
        write!(f, "{}\n  --> {}", self.problem, self.origin)?;
        if let Some(allowed) = &self.allowed {
            write!(f, "\n  allowed: {allowed}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// All that is wrong with a configuration; at least one error.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// How many of them stop the program.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|finding| finding.severity == Severity::Error).count()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.0 {
            writeln!(f, "{finding}\n")?;
        }
        match self.errors() {
            1 => f.write_str("1 error in the configuration"),
            errors => write!(f, "{errors} errors in the configuration"),
        }
    }
}
