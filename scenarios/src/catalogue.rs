//! The catalogue of scenarios: the files that are compiled in, and those of a folder beside them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use faults::input::{self, BY_HAND_BYTES_MAX};
use include_dir::{Dir, include_dir};

use crate::scenario::finding::{Finding, Position, hint};
use crate::scenario::read::{Case, Document, read};

static CATALOGUE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/catalogue");
static WORLDS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/worlds");

/// Scenario files by name. A name is a path such as `paging/page-004.yaml`.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    files: BTreeMap<String, String>,
    worlds: BTreeMap<String, String>,
}

impl Catalogue {
    /// What is compiled in.
    pub fn shipped() -> Self {
        let mut catalogue = Self::default();
        collect(&CATALOGUE, &mut catalogue.files);
        let mut worlds = BTreeMap::new();
        collect(&WORLDS, &mut worlds);
        let named = |(file, text): (String, String)| file.strip_suffix(".yaml").map(|name| (name.to_owned(), text));
        catalogue.worlds = worlds.into_iter().filter_map(named).collect();
        catalogue
    }

    /// The same with the files of a folder: those of the same name take the place of what is compiled in. Its folder `worlds`
    /// holds worlds.
    ///
    /// # Errors
    ///
    /// If the folder or a file in it cannot be read.
    pub fn with_folder(mut self, folder: &Path) -> std::io::Result<Self> {
        for path in yaml_files(folder)? {
            let text = input::read_text(&path, BY_HAND_BYTES_MAX)
                .map_err(|error| std::io::Error::other(format!("{}: {error}", path.display())))?;
            let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            match name.strip_prefix("worlds/").and_then(|name| name.strip_suffix(".yaml")) {
                Some(world) => self.worlds.insert(world.to_owned(), text),
                None => self.files.insert(name, text),
            };
        }
        Ok(self)
    }

    /// The names and texts of all files.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Reads one text with the worlds of this catalogue.
    ///
    /// # Errors
    ///
    /// All findings on the text, each with its position.
    pub fn read(&self, file: &str, text: &str) -> Result<Document, Vec<Finding>> {
        read(file, text, &|name| self.worlds.get(name).cloned())
    }

    /// Reads everything; all that is wrong with any file, ids that two files have among it.
    pub fn documents(&self) -> (Vec<Document>, Vec<Finding>) {
        self.read_all(self.files().map(|(name, text)| (shown(name), text)))
    }

    /// The same for other files, each with its name.
    pub fn read_all<'a>(&self, files: impl Iterator<Item = (String, &'a str)>) -> (Vec<Document>, Vec<Finding>) {
        let (mut documents, mut findings) = (Vec::new(), Vec::new());
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        for (file, text) in files {
            match self.read(&file, text) {
                Ok(document) => {
                    if let Some(case) = document.cases.first()
                        && let Some(other) = ids.insert(case.scenario.id.clone(), file.clone())
                    {
                        let line = text.lines().position(|line| line.starts_with("id:")).unwrap_or(0) as u64 + 1;
                        let text = format!("`{}` is also the id of {other}", case.scenario.id);
                        findings.push(
                            Finding::new(&file, Position { line, column: 1 }, text)
                                .with_help("ids are never given twice"),
                        );
                    }
                    documents.push(document);
                }
                Err(wrong) => findings.extend(wrong),
            }
        }
        (documents, findings)
    }

    /// The first case of the scenario with this id.
    ///
    /// # Errors
    ///
    /// If no case has this id; the text names the nearest one.
    pub fn find(&self, id: &str) -> Result<Case, String> {
        let document = self.document(id)?;
        document.cases.into_iter().next().ok_or_else(|| format!("`{id}` has no case"))
    }

    /// The file of the scenario with this id; the error names the nearest one, or what is wrong with the file.
    ///
    /// # Errors
    ///
    /// If no document has this id; the text names the nearest one.
    pub fn document(&self, id: &str) -> Result<Document, String> {
        let ids: Vec<(&str, &str, &str)> =
            self.files().filter_map(|(name, text)| Some((id_in(text)?, name, text))).collect();
        let Some((_, name, text)) = ids.iter().find(|(of, _, _)| of.eq_ignore_ascii_case(id)) else {
            let known = ids.iter().map(|(of, _, _)| *of);
            return Err(format!("no scenario has the id `{id}`; {}", hint(&id.to_ascii_uppercase(), known)));
        };
        self.read(&shown(name), text)
            .map_err(|findings| findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }
}

/// The id that stands in the text of a file, without reading all of it.
fn id_in(text: &str) -> Option<&str> {
    let value = text.lines().find_map(|line| line.strip_prefix("id:"))?;
    let value = value.split(" #").next().unwrap_or(value);
    Some(value.trim().trim_matches(['"', '\'']))
}

/// How a compiled-in file is named in messages.
fn shown(name: &str) -> String {
    format!("scenarios/catalogue/{name}")
}

fn collect(folder: &Dir<'_>, into: &mut BTreeMap<String, String>) {
    for file in folder.files() {
        let name = file.path().display().to_string();
        let is_yaml = file.path().extension().is_some_and(|extension| extension == "yaml");
        if let (Some(text), true) = (file.contents_utf8(), is_yaml) {
            into.insert(name, text.to_owned());
        }
    }
    folder.dirs().for_each(|folder| collect(folder, into));
}

/// Folders in each other that are looked into.
const DEPTH_MAX: usize = 8;

fn yaml_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() && depth < DEPTH_MAX {
                folders.push((path, depth + 1));
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
