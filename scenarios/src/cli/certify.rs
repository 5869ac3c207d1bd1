//! `miro-lab certify`: scenarios held against any program.

mod compare;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use compare::Compare;
use faults::input::{self, BY_HAND_BYTES_MAX};
use jiff::civil::Date;
use tokio_util::sync::CancellationToken;

use super::scenario::{From, document};
use super::{Exit, Usage};
use crate::certify::{
    Expected, Options, Plan, Progress, Selection, Shard, Subject, certify, example_variables, named, updated,
};
use crate::digest::hexadecimal;
use crate::program::Stop;
use crate::report::{Report, ReportFolder, terminal};
use crate::scenario::read::Document;
use crate::scenario::{Family, Level, Profile};
use crate::subject::{Target, quoted, schema};

/// Runs scenarios against any connector, given by its command, and reports which guarantees it keeps.
///
/// The connector is started between two mocks, with their addresses and credentials in its environment; it is killed, stopped and
/// restarted as a scenario says, and judged by what reaches the tables. Without --target and -- COMMAND it is the
/// miro-sentinel next to this program.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    before_help = "  miro-lab certify\n  miro-lab certify --level must -- python3 my_connector.py\n  miro-lab certify --target my.yaml --out report\n  \
                   miro-lab certify MIRO-RATE-001 --target my.yaml\n  miro-lab certify merge 1/report.json 2/report.json --out report"
)]
pub(super) struct Certify {
    #[command(subcommand)]
    compare: Option<Compare>,
    /// Scenario ids or files; by default the whole catalogue.
    scenarios: Vec<String>,
    /// The target file of the connector (see scenarios/targets/README.md).
    #[arg(long, value_name = "FILE", conflicts_with = "command")]
    target: Option<PathBuf>,
    /// The command of the connector; it is configured by its environment.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// Pass a variable under another name: `MIRO_URL={MIRO_BASE_URL}`. Repeatable.
    #[arg(long, value_name = "NAME={VARIABLE}")]
    map: Vec<String>,
    /// Only scenarios of this profile: audit, content, delivery, diagnosis or hostile.
    #[arg(long, value_parser = profile)]
    profile: Option<Profile>,
    /// Only scenarios of at least this level: must, should or may.
    #[arg(long, value_parser = level)]
    level: Option<Level>,
    /// Only scenarios of this family; `miro-lab scenario list` shows them.
    #[arg(long, value_parser = family)]
    family: Option<Family>,
    /// Only the case with these matrix values, as reports show them.
    #[arg(long, value_name = "VALUES")]
    case: Option<String>,
    /// Only a part of the cases: 1/4 is the first of four.
    #[arg(long, value_name = "N/OF")]
    shard: Option<Shard>,
    /// Processors to use; each runs ten cases at once, which mostly wait. All processors by default.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Known failures: a TOML file. A listed failure does not fail the run; a listed case that passes does.
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Update the file of --expect to the current failures; comments are kept.
    #[arg(long, requires = "expect")]
    update_expect: bool,
    /// Write report.json, report.html, report.md, junit.xml and annotations.txt into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the report as one JSON object.
    #[arg(long)]
    json: bool,
    /// Print the JSON Schema of target files or of report.json, and exit.
    #[arg(long, value_name = "target|report", value_parser = ["target", "report"])]
    schema: Option<String>,
    #[command(flatten)]
    from: From,
}

fn profile(text: &str) -> Result<Profile, String> {
    named("profile", text, Profile::ALL, Profile::name)
}

fn family(text: &str) -> Result<Family, String> {
    named("family", text, Family::ALL, Family::name)
}

fn level(text: &str) -> Result<Level, String> {
    named("level", text, &[Level::Must, Level::Should, Level::May], Level::name)
}

impl Certify {
    pub(super) fn run(mut self) -> anyhow::Result<Exit> {
        if let Some(compare) = self.compare.take() {
            return compare.run();
        }
        if let Some(of) = &self.schema {
            let schema = if of == "target" { schema() } else { Report::json_schema() };
            anstream::println!("{}", serde_json::to_string_pretty(&schema)?);
            return Ok(Exit::Held);
        }
        let subject = self.subject()?;
        let selection = Selection { profile: self.profile, level: self.level, family: self.family, shard: self.shard };
        let documents = self.documents()?;
        let expected = self.expected(&documents)?;
        let out = self.out.as_deref().map(held).transpose()?;
        let suite = suite(&documents);
        let plan = Plan::of(documents, &selection, &subject).map_err(|error| Usage(error.to_string()))?;
        let jobs = self.jobs.unwrap_or_else(processors).clamp(1, 64);
        let (repeat, named) = (self.repeat(), self.named());
        let options = Options { jobs, repeat, named, selection, suite, expected: expected.clone() };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(jobs).enable_all().build()?;
        let mut report = runtime.block_on(self.play(plan, subject, options))?;
        expected.apply(&mut report, today());
        let is_interrupted = report.interrupted.is_some();
        if self.update_expect && !is_interrupted {
            self.update(&report)?;
        }
        self.tell(&report, out.as_ref())?;
        Ok(if is_interrupted { Exit::Interrupted } else { exit_of(&report) })
    }

    /// Plays the plan, until a signal ends the run.
    async fn play(&self, plan: Plan, subject: Subject, options: Options) -> anyhow::Result<Report> {
        let mut signals = Stop::listen()?;
        let stop = CancellationToken::new();
        let cases = plan.cases.len();
        anstream::eprintln!("{} of the catalogue's cases against {}, {} jobs", cases, subject.name(), options.jobs);
        let (expected, today) = (options.expected.clone(), today());
        let mut over = 0;
        let playing = certify(plan, subject, options, stop.clone(), |progress| match progress {
            Progress::Over(case) => {
                over += 1;
                let known = if expected.covers(&case, today) { " (known)" } else { "" };
                anstream::eprintln!("{over:>4}/{cases} {}{known}", terminal::line(&case));
            }
            Progress::Again(case) => {
                anstream::eprintln!("          again        {case}: it is played once more when the others are over");
            }
        });
        let told = async {
            signals.next().await;
            stop.cancel();
            std::future::pending().await
        };
        Ok(tokio::select! {
            report = playing => report,
            report = told => report,
        })
    }

    fn subject(&self) -> anyhow::Result<Subject> {
        let (name, target) = match (&self.target, self.command.is_empty()) {
            (None, true) if self.map.is_empty() => {
                return Subject::own().map_err(|error| Usage(error.to_string()).into());
            }
            (None, true) => {
                return Err(Usage(
                    "--map gives a program's variables other names; name it by --target or after --".to_owned(),
                )
                .into());
            }
            (Some(path), _) => {
                let target = Target::read(path).map_err(|error| Usage(error.to_string()))?;
                let file = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                (target.name.clone().unwrap_or(file), target)
            }
            (None, false) => (name_of(&self.command), Target::of_command(self.command.clone())),
        };
        let target = target.with_maps(&self.map).map_err(Usage)?;
        target.check_braces(&example_variables()).map_err(Usage)?;
        Ok(Subject::Foreign { name, target: Box::new(target) })
    }

    /// What is chosen from: the scenarios that are named, or the catalogue.
    fn documents(&self) -> anyhow::Result<Vec<Document>> {
        let catalogue = self.from.catalogue()?;
        let mut documents = Vec::new();
        if self.scenarios.is_empty() {
            let (read, findings) = catalogue.documents();
            if let Some(finding) = findings.first() {
                return Err(
                    Usage(format!("{finding}\n  next: `miro-lab scenario lint` shows all that is wrong")).into()
                );
            }
            documents = read;
        }
        let mut ids = BTreeSet::new();
        for name in &self.scenarios {
            let read = document(&catalogue, name)?;
            if ids.insert(read.cases.first().map(|case| case.scenario.id.clone())) {
                documents.push(read);
            }
        }
        if let Some(label) = &self.case {
            for document in &mut documents {
                document.cases.retain(|case| case.label.as_ref() == Some(label));
            }
            documents.retain(|document| !document.cases.is_empty());
            if documents.is_empty() {
                return Err(Usage(format!(
                    "no case has the values `{label}`; reports show them behind a scenario's id"
                ))
                .into());
            }
        }
        Ok(documents)
    }

    fn expected(&self, documents: &[Document]) -> anyhow::Result<Expected> {
        let Some(path) = &self.expect else { return Ok(Expected::default()) };
        if self.update_expect && !path.exists() {
            return Ok(Expected::default());
        }
        let expected = Expected::read(path).map_err(|error| Usage(error.to_string()))?;
        let (shipped, _) = self.from.catalogue()?.documents();
        let cases = shipped.iter().chain(documents).flat_map(|document| &document.cases);
        let cases: Vec<_> = cases.map(|case| (case.scenario.id.clone(), case.label.clone())).collect();
        let wrong = |reason| Usage(format!("{}: {reason}", path.display()));
        expected.check_cases(&cases).map_err(wrong)?;
        Ok(expected)
    }

    fn update(&self, report: &Report) -> anyhow::Result<()> {
        let Some(path) = &self.expect else { return Ok(()) };
        let text = if path.exists() { input::read_text(path, BY_HAND_BYTES_MAX)? } else { String::new() };
        let text = updated(&text, report).with_context(|| format!("could not rewrite {}", path.display()))?;
        std::fs::write(path, text).with_context(|| format!("could not write {}", path.display()))?;
        anstream::eprintln!("{} is up to date with this run; give each new entry its reason", path.display());
        Ok(())
    }

    fn tell(&self, report: &Report, out: Option<&ReportFolder>) -> anyhow::Result<()> {
        if let Some(out) = out {
            written(out, report)?;
        }
        anstream::eprint!("{}", terminal::end(report));
        if self.json {
            anstream::println!("{}", serde_json::to_string(report)?);
        }
        Ok(())
    }

    /// The scenarios that are named, and the case of them.
    fn named(&self) -> String {
        let names: Vec<String> = self.scenarios.iter().map(|name| quoted(name)).collect();
        let case = self.case.as_ref().filter(|_| !names.is_empty());
        names.join(" ") + &case.map_or_else(String::new, |case| format!(" --case {}", quoted(case)))
    }

    /// The command that comes before the name of a scenario to play it again.
    fn repeat(&self) -> String {
        let mut command = "miro-lab certify".to_owned();
        if let Some(catalogue) = self.from.folder() {
            command.push_str(" --catalogue");
            push(&mut command, &catalogue.display().to_string());
        }
        for map in &self.map {
            command.push_str(" --map");
            push(&mut command, map);
        }
        if let Some(target) = &self.target {
            command.push_str(" --target");
            push(&mut command, &target.display().to_string());
        }
        if !self.command.is_empty() {
            command.push_str(" --");
            self.command.iter().for_each(|part| push(&mut command, part));
        }
        command
    }
}

/// What a command is called: the script that an interpreter runs, or the program.
fn name_of(command: &[String]) -> String {
    let is_script = |part: &&String| !part.starts_with('-') && Path::new(part).extension().is_some();
    let named = command.iter().skip(1).find(is_script).or(command.first()).map_or("", String::as_str);
    Path::new(named).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Adds an argument to a command for a shell.
fn push(command: &mut String, argument: &str) {
    command.push(' ');
    command.push_str(&quoted(argument));
}

/// The folder of `--out`, kept from other runs until this one has ended.
fn held(out: &Path) -> anyhow::Result<ReportFolder> {
    ReportFolder::hold(out).map_err(|error| Usage(format!("--out: {error}")).into())
}

/// Writes every form of the report, and says so.
fn written(out: &ReportFolder, report: &Report) -> anyhow::Result<()> {
    let names = out.write(report)?;
    anstream::eprintln!("{} holds {names}", out.path().display());
    Ok(())
}

fn exit_of(report: &Report) -> Exit {
    if report.has_error() {
        Exit::Laboratory
    } else if report.is_as_expected() {
        Exit::Held
    } else {
        Exit::Broken
    }
}

fn suite(documents: &[Document]) -> String {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    for case in documents.iter().flat_map(|document| &document.cases) {
        let text = serde_json::to_string(&case.scenario).unwrap_or_default();
        context.update(text.as_bytes());
        context.update(b"\n");
    }
    hexadecimal(context.finish().as_ref())
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn today() -> Date {
    jiff::Zoned::now().date()
}
