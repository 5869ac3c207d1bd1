//! What a configuration is read from: a file, and the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::finding::{Finding, Findings, Origin};
use super::layers::{Layers, VARIABLE_PREFIX};
use super::pasted;
use crate::bounded_file;

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "miro-sentinel.toml";

/// The largest configuration file, in bytes; the example is under 10,000.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// What a configuration is read from.
#[derive(Debug, Default)]
pub struct Sources {
    /// The file's path and text, if there is one.
    pub file: Option<(PathBuf, String)>,
    /// The environment.
    pub variables: BTreeMap<String, String>,
}

impl Sources {
    /// Opens the file `named`, else [`DEFAULT_FILE`] if it is there; without either, variables alone must do.
    ///
    /// # Errors
    ///
    /// When the file named is absent or cannot be read.
    pub fn open(named: Option<&Path>, variables: BTreeMap<String, String>) -> Result<Self, Findings> {
        let path = match named {
            Some(path) => path.to_owned(),
            None if Path::new(DEFAULT_FILE).exists() => PathBuf::from(DEFAULT_FILE),
            None if variables.keys().any(|name| name.starts_with(VARIABLE_PREFIX)) => {
                return Ok(Self { file: None, variables });
            }
            None => {
                let finding = Finding::error("", "there is no configuration", Origin::Absent { path: None });
                return Err(Findings(vec![finding.with_help(format!(
                    "run `miro-sentinel config example > {DEFAULT_FILE}`, edit it, and name it with `--config` or `MIRO_SENTINEL_CONFIG`"
                ))]));
            }
        };
        let read = bounded_file::read(&path, FILE_BYTES_MAX);
        match read.and_then(|bytes| pasted::text(&bytes).map_err(|flaw| format!("it {flaw}"))) {
            Ok(text) => Ok(Self { file: Some((path, text)), variables }),
            Err(error) => {
                let problem = format!("the file could not be read: {error}");
                let finding = Finding::error("", problem, Origin::Absent { path: Some(path) });
                Err(Findings(vec![finding.with_help("name a readable file with `--config` or `MIRO_SENTINEL_CONFIG`")]))
            }
        }
    }

    pub(crate) fn layers(&self, findings: &mut Vec<Finding>) -> Layers {
        let file = self.file.as_ref().map(|(path, text)| (path.as_path(), text.as_str()));
        Layers::read(file, &self.variables, findings)
    }
}
