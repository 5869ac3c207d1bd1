//! Worlds from YAML, strictly: a key that does not exist is refused with its line and the nearest that does.

use std::path::{Path, PathBuf};

use faults::input::{self, BY_HAND_BYTES_MAX};

use super::{Document, World};

/// Why a world could not be made.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// A file could not be read.
    #[error("could not read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A key that no world has.
    #[error("{origin}:{line}:{column}: unknown key `{key}`{}; known keys: {known}", hint(nearest.as_deref()))]
    UnknownKey {
        /// The file, or another name for where the text came from.
        origin: String,
        /// Line, from 1.
        line: u64,
        /// Column, from 1.
        column: u64,
        /// The key as written.
        key: String,
        /// The known key that looks most like it.
        nearest: Option<String>,
        /// All keys known at that place.
        known: String,
    },
    /// A table or rule was not accepted.
    #[error("{origin}: {message}")]
    Arm {
        /// The file.
        origin: String,
        /// Azure's code and words, with every finding.
        message: String,
    },
    /// A file holds neither a table nor a data collection rule.
    #[error(
        "{origin}: contains neither a table (Microsoft.OperationalInsights/workspaces/tables) nor a rule (Microsoft.Insights/dataCollectionRules)"
    )]
    NoResource {
        /// The file.
        origin: String,
    },
    /// A watchlist or a file of data is not as it must be.
    #[error("{origin}: {message}")]
    Data {
        /// The file, or the key of the world.
        origin: String,
        /// What is wrong with it.
        message: String,
    },
    /// Quantities that cannot be.
    #[error("{origin}: invalid world:\n  {}", problems.join("\n  "))]
    Impossible {
        /// The file, or another name for where the text came from.
        origin: String,
        /// Each with key, value and what is allowed.
        problems: Vec<String>,
    },
    /// The YAML does not say what a world needs.
    #[error("{origin}:{line}:{column}: {message}")]
    Yaml {
        /// The file, or another name for where the text came from.
        origin: String,
        /// Line, from 1; 0 when unknown.
        line: u64,
        /// Column, from 1; 0 when unknown.
        column: u64,
        /// What is wrong there.
        message: String,
    },
}

impl WorldError {
    pub(crate) fn data(origin: &str, message: String) -> Self {
        Self::Data { origin: origin.to_owned(), message }
    }
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|key| format!(" (did you mean `{key}`?)")).unwrap_or_default()
}

impl World {
    /// Reads a world from YAML text; `origin` names it in messages. Files it refers to are not read.
    ///
    /// # Errors
    /// When the text is not YAML, has an unknown key, or a value out of range.
    pub fn from_yaml(text: &str, origin: &str) -> Result<Self, WorldError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let world: Self = serde_saphyr::from_str(text).map_err(|error| from_saphyr(error.without_snippet(), origin))?;
        match super::check::impossible(&world) {
            problems if problems.is_empty() => Ok(world),
            problems => Err(WorldError::Impossible { origin: origin.to_owned(), problems }),
        }
    }

    /// Reads a world from a YAML file, and the ARM files it names relative to it.
    ///
    /// # Errors
    /// When a file cannot be read, or for the reasons of [`from_yaml`](Self::from_yaml).
    pub fn from_file(path: &Path) -> Result<Self, WorldError> {
        let mut world = Self::from_yaml(&read(path)?, &path.display().to_string())?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for file in world.tables.clone() {
            world.load_table(&folder.join(file))?;
        }
        for file in world.rules.clone() {
            world.load_rule(&folder.join(file))?;
        }
        world.load_data(folder)?;
        Ok(world)
    }

    /// Reads the files of the watchlists and of data on addresses, relative to a folder.
    fn load_data(&mut self, folder: &Path) -> Result<(), WorldError> {
        let document = |path: &PathBuf| {
            let path = folder.join(path);
            read_bounded(&path).map(|text| Document { name: path.display().to_string(), text })
        };
        for (at, list) in self.watchlists.iter().enumerate() {
            if let Some(file) = &list.file {
                self.resources.watchlists.insert(at, document(file)?);
            }
        }
        self.resources.geo = self.geo.as_ref().map(document).transpose()?;
        Ok(())
    }

    /// Adds the tables of an ARM JSON file. The default tables are left out from then on.
    ///
    /// # Errors
    /// When the file cannot be read. What is in it is checked by [`MockSentinel::new`](crate::MockSentinel::new).
    pub fn load_table(&mut self, path: &Path) -> Result<(), WorldError> {
        self.add_table(&path.display().to_string(), &read(path)?);
        Ok(())
    }

    /// Adds the rules of an ARM JSON file. The default rules are left out from then on.
    ///
    /// # Errors
    /// When the file cannot be read. What is in it is checked by [`MockSentinel::new`](crate::MockSentinel::new).
    pub fn load_rule(&mut self, path: &Path) -> Result<(), WorldError> {
        self.add_rule(&path.display().to_string(), &read(path)?);
        Ok(())
    }

    /// Adds the tables of an ARM JSON text; `name` names it in messages.
    pub fn add_table(&mut self, name: &str, text: &str) {
        self.resources.tables.push(Document { name: name.to_owned(), text: text.to_owned() });
    }

    /// Adds the rules of an ARM JSON text; `name` names it in messages.
    pub fn add_rule(&mut self, name: &str, text: &str) {
        self.resources.rules.push(Document { name: name.to_owned(), text: text.to_owned() });
    }
}

fn read(path: &Path) -> Result<String, WorldError> {
    input::read_text(path, BY_HAND_BYTES_MAX)
        .map_err(|error| WorldError::File { path: path.to_owned(), source: error.into() })
}

/// The most bytes of a file with watchlist rows or with data on addresses.
const DATA_BYTES_MAX: u64 = 256 * 1024 * 1024;

fn read_bounded(path: &Path) -> Result<String, WorldError> {
    let length = std::fs::metadata(path).map_err(|source| WorldError::File { path: path.to_owned(), source })?.len();
    if length > DATA_BYTES_MAX {
        let message = format!("the file has {length} bytes; allowed are {DATA_BYTES_MAX}");
        return Err(WorldError::data(&path.display().to_string(), message));
    }
    read(path)
}

fn from_saphyr(error: &serde_saphyr::Error, origin: &str) -> WorldError {
    let (line, column) = error.location().map_or((0, 0), |place| (place.line(), place.column()));
    let origin = origin.to_owned();
    if let serde_saphyr::Error::SerdeUnknownField { field, expected, .. } = error {
        let nearest = nearest(field, expected);
        return WorldError::UnknownKey {
            origin,
            line,
            column,
            key: field.clone(),
            nearest,
            known: expected.join(", "),
        };
    }
    let message = error.to_string();
    WorldError::Yaml { origin, line, column, message }
}

/// The known key that is most like the written one, if any is like it at all.
fn nearest(written: &str, known: &[&str]) -> Option<String> {
    known
        .iter()
        .map(|key| (strsim::jaro_winkler(written, key), *key))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, key)| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_nearest_key() {
        let error = World::from_yaml("seed: 3\ningestion:\n  wire_byte_max: 7\n", "w.yaml").unwrap_err().to_string();
        assert!(
            error.starts_with("w.yaml:3:3: unknown key `wire_byte_max` (did you mean `wire_bytes_max`?)"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_line() {
        let error = World::from_yaml("seed: 3\njournal_entries: many\n", "w.yaml").unwrap_err().to_string();
        assert!(error.starts_with("w.yaml:2:"), "{error}");
    }

    #[test]
    fn what_is_not_said_is_the_default() {
        let world = World::from_yaml("identity: {token_life: 5m}\n", "w.yaml").unwrap();
        assert_eq!(world.identity.token_life, jiff::SignedDuration::from_mins(5));
        assert_eq!(world.workspace, super::super::Workspace::default());
    }
}
