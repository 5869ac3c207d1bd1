//! `miro-lab scenario`: files are begun, checked, explained and listed.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use faults::input::{self, BY_HAND_BYTES_MAX};
use serde::Serialize;

use super::Exit;
use crate::catalogue::Catalogue;
use crate::report::cases::cases;
use crate::scenario::finding::Finding;
use crate::scenario::read::Document;
use crate::scenario::{Family, Level, Place, Plays, Scenario, schema};

/// Creates, checks, explains and lists scenario files.
#[derive(Debug, Args)]
#[command(
    before_help = "  miro-lab scenario new > mine.yaml\n  miro-lab scenario lint mine.yaml\n  miro-lab sim mine.yaml"
)]
pub(super) struct ScenarioCommand {
    #[command(subcommand)]
    command: Command,
}

/// Where scenarios come from.
#[derive(Debug, Args)]
pub(super) struct From {
    /// A folder whose files are added to the catalogue, or replace files of the same name.
    #[arg(long, value_name = "DIR", global = true)]
    catalogue: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print a template: every key with its meaning and an example.
    New,
    /// Check files, or the whole catalogue, and report every error with its position. Exits with 1 if there is any.
    Lint {
        /// The files; by default the catalogue.
        files: Vec<PathBuf>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        from: From,
    },
    /// Explain a scenario: its purpose, its timeline, where it can be played, and why not elsewhere.
    Explain {
        /// A scenario id or file.
        scenario: String,
        #[command(flatten)]
        from: From,
    },
    /// Print the JSON Schema of scenario files, for editors.
    Schema,
    /// List the catalogue by family.
    List {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        /// Print the guide for connector authors: what certification checks, case by case.
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
        #[command(flatten)]
        from: From,
    },
}

impl From {
    /// The folder that is named, if one is.
    pub(super) fn folder(&self) -> Option<&std::path::Path> {
        self.catalogue.as_deref()
    }

    /// The catalogue that is asked for.
    pub(super) fn catalogue(&self) -> anyhow::Result<Catalogue> {
        let shipped = Catalogue::shipped();
        match &self.catalogue {
            None => Ok(shipped),
            Some(folder) => shipped
                .with_folder(folder)
                .map_err(|error| super::Usage(format!("--catalogue {}: {error}", folder.display())).into()),
        }
    }
}

/// What a name on the command line means: a file, or an id.
pub(super) fn document(catalogue: &Catalogue, name: &str) -> anyhow::Result<Document> {
    let path = std::path::Path::new(name);
    let is_file = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") || path.exists();
    if !is_file {
        return catalogue.document(name).map_err(|reason| {
            super::Usage(format!(
                "{reason}\n  next: `miro-lab scenario list` lists the ids; a file's name ends with .yaml"
            ))
            .into()
        });
    }
    let text = input::read_text(path, BY_HAND_BYTES_MAX)
        .map_err(|error| super::Usage(format!("could not read the file `{name}`: {error}")))?;
    catalogue.read(name, &text).map_err(|findings| {
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        super::Usage(lines.join("\n")).into()
    })
}

impl ScenarioCommand {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::New => {
                anstream::print!("{TEMPLATE}");
                Ok(Exit::Held)
            }
            Command::Schema => {
                anstream::println!("{}", serde_json::to_string_pretty(&schema::schema())?);
                Ok(Exit::Held)
            }
            Command::Lint { files, json, from } => lint(&files, json, &from.catalogue()?),
            Command::Explain { scenario, from } => {
                let document = document(&from.catalogue()?, &scenario)?;
                anstream::println!("{}", explain(&document));
                Ok(Exit::Held)
            }
            Command::List { markdown: true, from, .. } => {
                anstream::print!("{}", cases(&from.catalogue()?.documents().0));
                Ok(Exit::Held)
            }
            Command::List { json, from, .. } => list(json, &from.catalogue()?),
        }
    }
}

/// What `scenario lint --json` prints.
#[derive(Serialize)]
struct LintReport {
    ok: bool,
    files: usize,
    findings: Vec<Finding>,
}

fn lint(files: &[PathBuf], json: bool, catalogue: &Catalogue) -> anyhow::Result<Exit> {
    let (count, findings) = if files.is_empty() {
        (catalogue.files().count(), catalogue.documents().1)
    } else {
        let read = |file: &PathBuf| {
            let name = file.display().to_string();
            let text = input::read_text(file, BY_HAND_BYTES_MAX);
            let text = text.map_err(|error| super::Usage(format!("could not read the file `{name}`: {error}")))?;
            Ok((name, text))
        };
        let texts = files.iter().map(read).collect::<Result<Vec<_>, super::Usage>>()?;
        let findings = catalogue.read_all(texts.iter().map(|(name, text)| (name.clone(), text.as_str()))).1;
        (files.len(), findings)
    };
    let ok = findings.is_empty();
    if json {
        anstream::println!("{}", serde_json::to_string(&LintReport { ok, files: count, findings })?);
    } else {
        for finding in &findings {
            anstream::println!("{finding}");
        }
        anstream::eprintln!("{count} files, {} findings", findings.len());
    }
    Ok(if ok { Exit::Held } else { Exit::Broken })
}

/// One scenario of `scenario list --json`.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    family: Family,
    level: Level,
    profiles: Vec<&'static str>,
    requires: Vec<&'static str>,
    plays: Vec<Place>,
    file: &'a str,
}

/// What `scenario list --json` prints.
#[derive(Serialize)]
struct ListReport<'a> {
    scenarios: Vec<Listed<'a>>,
}

fn list(json: bool, catalogue: &Catalogue) -> anyhow::Result<Exit> {
    let (documents, findings) = catalogue.documents();
    for finding in &findings {
        anstream::eprintln!("{finding}");
    }
    let listed = documents.iter().filter_map(|document| {
        let scenario = &document.cases.first()?.scenario;
        Some(Listed {
            id: &scenario.id,
            title: &scenario.title,
            family: scenario.family,
            level: scenario.level,
            profiles: scenario.profiles.iter().map(|profile| profile.name()).collect(),
            requires: scenario.requires.iter().map(|feature| feature.name()).collect(),
            plays: places(document),
            file: &document.file,
        })
    });
    let mut scenarios: Vec<_> = listed.collect();
    scenarios.sort_by_key(|listed| (listed.family, listed.id));
    if json {
        anstream::println!("{}", serde_json::to_string(&ListReport { scenarios })?);
    } else {
        print_by_family(&scenarios, &documents);
    }
    Ok(if findings.is_empty() { Exit::Held } else { Exit::Broken })
}

/// Where every case of a file plays.
fn places(document: &Document) -> Vec<Place> {
    let cases: Vec<Plays> = document.cases.iter().map(|case| Plays::of(&case.scenario)).collect();
    [Place::Sim, Place::Serve, Place::Certify]
        .into_iter()
        .filter(|place| cases.iter().all(|plays| plays.plays(*place)))
        .collect()
}

fn print_by_family(scenarios: &[Listed<'_>], documents: &[Document]) {
    for family in Family::ALL {
        let of: Vec<_> = scenarios.iter().filter(|listed| listed.family == *family).collect();
        if of.is_empty() {
            continue;
        }
        anstream::println!("{family} ({})", of.len());
        for listed in of {
            let plays: Vec<String> = listed.plays.iter().map(ToString::to_string).collect();
            anstream::println!(
                "  {:<28} {:<7} {:<18} {}",
                listed.id,
                listed.level.name(),
                plays.join(","),
                listed.title
            );
        }
    }
    let plays = |place: Place| scenarios.iter().filter(|listed| listed.plays.contains(&place)).count();
    let cases: usize = documents.iter().map(|document| document.cases.len()).sum();
    anstream::println!(
        "{} scenarios, {cases} cases: {} play in sim, {} in serve, {} in certify",
        scenarios.len(),
        plays(Place::Sim),
        plays(Place::Serve),
        plays(Place::Certify),
    );
}

fn explain(document: &Document) -> String {
    let Some(case) = document.cases.first() else { return String::new() };
    let scenario = &case.scenario;
    let mut lines = vec![format!("{}: {}", scenario.id, scenario.title), format!("  file      {}", document.file)];
    lines.push(format!("  family    {}, level {}", scenario.family, scenario.level.name()));
    if !scenario.why.is_empty() {
        lines.push(format!("  why       {}", scenario.why.trim()));
    }
    for source in &scenario.spec {
        lines.push(format!("  source    {} (read {})", source.url, source.seen));
    }
    let cases: Vec<&str> = document.cases.iter().filter_map(|case| case.label.as_deref()).collect();
    if !cases.is_empty() {
        lines.push(format!("  cases     {}", cases.join("; ")));
    }
    let length = crate::scenario::length_text(scenario.length());
    lines.push(format!("  lasts     {length}, and until everything is delivered"));
    lines.extend(
        scenario
            .timeline
            .iter()
            .enumerate()
            .map(|(number, step)| format!("  step {:<4} {}: {}", number + 1, step.trigger, step.action.told())),
    );
    let plays = Plays::of(scenario);
    let places: Vec<String> = plays.places.iter().map(ToString::to_string).collect();
    lines.push(format!("  plays     {}", places.join(", ")));
    lines.extend(plays.kept_out.iter().map(|(place, why)| format!("  not in    {place}: {why}")));
    lines.extend(obligations(scenario).into_iter().map(|line| format!("  expects   {line}")));
    lines.join("\n")
}

/// What has to come of it, in words.
fn obligations(scenario: &Scenario) -> Vec<String> {
    let expect = &scenario.expect;
    let mut lines = Vec::new();
    lines
        .extend(expect.blocked.iter().map(|(stream, blocked)| format!("{stream} ends with the problem {}", blocked.0)));
    lines.extend(expect.check.iter().map(|codes| match codes.as_slice() {
        [] => "`miro-sentinel check` finds no problem (checked where a process runs)".to_owned(),
        codes => format!("`miro-sentinel check` names {} (judged where a process runs)", codes.join(", ")),
    }));
    lines.extend(expect.dead_letters.iter().map(|(stream, amount)| format!("{stream}: {amount} events dead-lettered")));
    lines.extend(expect.duplicates.iter().map(|amount| format!("{amount} rows more than once")));
    lines.extend(expect.sometimes.iter().map(|kind| format!("{kind} happens")));
    lines.extend(
        expect
            .query
            .iter()
            .map(|query| format!("`{}` returns {}", query.kql, crate::invariants::query::shown(&query.rows))),
    );
    lines.push(
        "and every guarantee that always holds: no event lost, duplicates explained, waits respected, no secret leaked"
            .to_owned(),
    );
    lines
}

const TEMPLATE: &str = include_str!("scenario/template.yaml");
