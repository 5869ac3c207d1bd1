//! The layers of a configuration: file, then environment. Finds what the table of keys does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::finding::{Finding, Origin};
use super::key::AnyKey;
use super::keys::{KEYS, SECTIONS};
use super::raw::Raw;
use crate::peer_text::PeerText;
use crate::redact::{MASK, looks_like_secret};

/// What environment variables that set a key begin with.
pub(crate) const VARIABLE_PREFIX: &str = "MIRO_SENTINEL__";

/// A value and where it was set.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) raw: Raw,
    pub(crate) origin: Origin,
}

/// What the layers set, the environment over the file.
#[derive(Default)]
pub(crate) struct Layers {
    entries: BTreeMap<&'static str, Entry>,
    /// Sections that the file opens, with their lines.
    opened: BTreeMap<&'static str, usize>,
    /// What the names that nobody knows were probably meant to be.
    misspelt: BTreeSet<&'static str>,
    path: Option<PathBuf>,
}

impl Layers {
    /// Reads the file's text and the variables; what neither table nor TOML knows goes into `findings`.
    pub(crate) fn read(
        file: Option<(&Path, &str)>,
        variables: &BTreeMap<String, String>,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let mut layers = Self::default();
        if let Some((path, text)) = file {
            layers.path = Some(path.to_owned());
            layers.read_file(path, text, findings);
        }
        layers.read_variables(variables, findings);
        layers
    }

    /// What is set for `key`.
    pub(crate) fn get(&self, key: &dyn AnyKey) -> Option<&Entry> {
        self.entries.get(key.path())
    }

    /// Whether anything of `section` is set, or the file opens it.
    pub(crate) fn uses(&self, section: &str) -> bool {
        self.opened.contains_key(section)
            || self.entries.keys().any(|path| path.rsplit_once('.').is_some_and(|(of, _)| of == section))
    }

    /// Whether `path`, the section it stands in, or something in it stands there under a wrong name, which is told already.
    pub(crate) fn is_misspelt(&self, path: &str) -> bool {
        let holds = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.misspelt.iter().any(|meant| holds(meant, path) || (is_section(path) && holds(path, meant)))
    }

    /// Where a key that is not set would stand.
    pub(crate) fn absent(&self, section: &str) -> Origin {
        match (&self.path, self.opened.get(section)) {
            (Some(path), Some(line)) => Origin::File { path: path.clone(), line: *line },
            (path, _) => Origin::Absent { path: path.clone() },
        }
    }

    fn read_file(&mut self, path: &Path, text: &str, findings: &mut Vec<Finding>) {
        let (document, errors) = DeTable::parse_recoverable(text);
        let file = File { path, text };
        if !errors.is_empty() {
            // What follows from a broken line would only hide it.
            findings.extend(errors.iter().map(|error| file.broken(error)));
            return;
        }
        self.read_table("", document.get_ref(), &file, findings);
    }

    fn read_table(&mut self, section: &str, table: &DeTable<'_>, file: &File<'_>, findings: &mut Vec<Finding>) {
        for (name, value) in table {
            let path = join(section, name.get_ref());
            let origin = file.origin(&name.span());
            if let Some(key) = known_key(&path) {
                self.entries.insert(key.path(), Entry { raw: Raw::from(value), origin });
            } else if let Some(known) = known_section(&path) {
                match value.get_ref() {
                    DeValue::Table(inner) => {
                        self.opened.insert(known, file.line(&name.span()));
                        self.read_table(known, inner, file, findings);
                    }
                    DeValue::String(_)
                    | DeValue::Integer(_)
                    | DeValue::Float(_)
                    | DeValue::Boolean(_)
                    | DeValue::Datetime(_)
                    | DeValue::Array(_) => {
                        findings.push(
                            Finding::error(path.clone(), "is not a section", origin)
                                .with_help(format!("write `[{path}]`")),
                        );
                    }
                }
            } else {
                self.unknown(&path, &Raw::from(value), origin, findings);
            }
        }
    }

    fn read_variables(&mut self, variables: &BTreeMap<String, String>, findings: &mut Vec<Finding>) {
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(VARIABLE_PREFIX) else { continue };
            let path = rest.to_lowercase().replace("__", ".");
            let origin = Origin::Variable(name.clone());
            match known_key(&path) {
                Some(key) => {
                    self.entries.insert(key.path(), Entry { raw: Raw::Variable(text.clone()), origin });
                }
                None => self.unknown(&path, &Raw::Variable(text.clone()), origin, findings),
            }
        }
    }
}

impl Layers {
    /// Keeps a finding about a name that is neither a key nor a section, and what it was probably meant to be.
    fn unknown(&mut self, path: &str, raw: &Raw, origin: Origin, findings: &mut Vec<Finding>) {
        let nearest = nearest(path);
        self.misspelt.extend(nearest);
        findings.push(unknown(path, nearest, raw, origin));
    }
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        1 + before.bytes().filter(|byte| *byte == b'\n').count()
    }

    fn origin(&self, span: &Range<usize>) -> Origin {
        Origin::File { path: self.path.to_owned(), line: self.line(span) }
    }

    fn broken(&self, error: &toml::de::Error) -> Finding {
        let origin = self.origin(&error.span().unwrap_or_default());
        Finding::error("", format!("the file is not valid TOML: {}", error.message()), origin)
    }
}

fn join(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}

fn known_key(path: &str) -> Option<&'static dyn AnyKey> {
    KEYS.iter().copied().find(|key| key.path() == path)
}

/// The sections of the table, and the one that only holds sections.
fn sections() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().map(|(section, _)| *section).chain(["streams"])
}

fn is_section(path: &str) -> bool {
    sections().any(|section| section == path)
}

/// A section of the table, or one that only holds sections.
fn known_section(path: &str) -> Option<&'static str> {
    SECTIONS.iter().find_map(|(section, _)| {
        let rest = section.strip_prefix(path)?;
        (rest.is_empty() || rest.starts_with('.')).then(|| &section[..path.len()])
    })
}

fn unknown(path: &str, nearest: Option<&str>, raw: &Raw, origin: Origin) -> Finding {
    let problem = if matches!(raw, Raw::Table(_)) { "is not a section we know" } else { "is not a key we know" };
    // A name may be anything as well.
    let shown = PeerText::new(path).to_string();
    let shown =
        shown.split('.').map(|name| if looks_like_secret(name) { MASK } else { name }).collect::<Vec<_>>().join(".");
    let mut finding = Finding::error(shown, problem, origin).with_allowed(names_beside(path));
    if !matches!(raw, Raw::Table(_)) {
        // Whatever it was meant to be, it may be a secret.
        finding = finding.with_value(MASK);
    }
    match nearest {
        Some(nearest) => finding.with_help(format!("did you mean `{nearest}`?")),
        None => finding,
    }
}

/// What could stand where `path` stands.
fn names_beside(path: &str) -> String {
    let section = path.rsplit_once('.').and_then(|(section, _)| known_section(section));
    let names = section.map(names_in).filter(|names| !names.is_empty());
    names
        .unwrap_or_else(|| SECTIONS.iter().map(|(section, _)| *section).collect())
        .into_iter()
        .collect::<Vec<_>>()
        .join(", ")
}

/// The keys and sections directly in `section`.
fn names_in(section: &str) -> BTreeSet<&'static str> {
    let paths = KEYS.iter().map(|key| key.path()).chain(SECTIONS.iter().map(|(section, _)| *section));
    let inside = paths.filter_map(|path| path.strip_prefix(section)?.strip_prefix('.'));
    inside.filter_map(|rest| rest.split('.').next()).collect()
}

/// The key or section most like `path`: the same name elsewhere, or a name that differs by a slip.
fn nearest(path: &str) -> Option<&'static str> {
    let name = path.rsplit('.').next().unwrap_or(path);
    let candidates = || KEYS.iter().map(|key| key.path()).chain(sections());
    let slips = |candidate: &'static str| {
        let whole = strsim::damerau_levenshtein(path, candidate);
        let moved = candidate.rsplit('.').next().is_some_and(|last| last == name);
        (if moved { whole.min(2) } else { whole }, whole, candidate)
    };
    let (slips, _, candidate) = candidates().map(slips).min()?;
    (slips <= 3 && slips < name.chars().count()).then_some(candidate)
}
