//! `miro-lab serve`: what a stranger gets who wants to see a cause, or to try a connector.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use scenarios::catalogue::Catalogue;
use scenarios::scenario::{Family, Scenario};
use serde_json::Value;

use crate::programs::{Process, program};

/// Starts `miro-lab serve` and reads its line.
fn serve(arguments: &[&str]) -> (Process, Value) {
    let mut command = Command::new(program("miro-lab"));
    command.arg("serve").args(arguments).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().expect("miro-lab starts");
    let stdout = child.stdout.take().expect("stdout is piped");
    let process = Process::of(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).expect("it prints a line");
    let handshake = serde_json::from_str(&line).unwrap_or_else(|error| panic!("it printed {line:?}: {error}"));
    (process, handshake)
}

/// What `check` finds with this configuration: the codes.
fn check(config: &Path) -> Vec<String> {
    let checked = Command::new(program("miro-sentinel"))
        .arg("--config")
        .arg(config)
        .args(["check", "--json"])
        .output()
        .expect("miro-sentinel starts");
    let report: Value = serde_json::from_slice(&checked.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&checked.stderr)));
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    findings.iter().map(|finding| finding["code"].as_str().unwrap_or_default().to_owned()).collect()
}

fn diagnoses() -> Vec<Scenario> {
    let (documents, _) = Catalogue::shipped().documents();
    let first = documents.into_iter().filter_map(|document| document.cases.into_iter().next());
    first.map(|case| case.scenario).filter(|scenario| scenario.family == Family::Diagnosis).collect()
}

#[test]
fn every_cause_gives_the_customers_message_in_two_commands() {
    let tried = each_cause(|name, expected, config| {
        let began = Instant::now();
        assert_eq!(check(config), expected, "{name}");
        assert!(began.elapsed() < CHECK_MAX, "{name}: {:?}", began.elapsed());
    });
    assert!(tried.len() >= 47, "every cause is tried");
}

/// Every cause by its name: the codes that are to be found, what `check --json` printed, and what `check` did.
pub(crate) fn causes_checked() -> Vec<(String, Vec<String>, Value, String)> {
    let mut checked = each_cause(|name, expected, config| {
        let run = |arguments: &[&str]| {
            let mut command = Command::new(program("miro-sentinel"));
            let output = command.arg("--config").arg(config).args(arguments).output().expect("miro-sentinel starts");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let report = serde_json::from_str(&run(&["check", "--json"])).unwrap_or(Value::Null);
        (name.to_owned(), expected.to_vec(), report, run(&["check"]))
    });
    checked.sort_by(|one, other| one.0.cmp(&other.0));
    checked
}

/// Serves each cause, and looks at it with a configuration for it.
fn each_cause<T: Send>(look: impl Fn(&str, &[String], &Path) -> T + Sync) -> Vec<T> {
    let folder = tempfile::tempdir().expect("a folder");
    let (causes, seen) = (Mutex::new(diagnoses()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = causes.lock().expect("nobody panics with it").pop();
                    let Some(scenario) = next else { return };
                    let Some(expected) = &scenario.expect.check else { continue };
                    let name =
                        scenario.id.strip_prefix("DIAGNOSIS-").expect("ids of causes begin so").to_ascii_lowercase();
                    let config = folder.path().join(format!("{name}.toml"));
                    let (_serving, _) = serve(&["--cause", &name, "--config-file", &config.display().to_string()]);
                    let looked = look(&name, expected, &config);
                    seen.lock().expect("nobody panics with it").push(looked);
                }
            });
        }
    });
    seen.into_inner().expect("nobody panics with it")
}

/// What a check may take, whatever its peers do.
const CHECK_MAX: Duration = Duration::from_secs(30);

/// Causes that are served at the same time.
const AT_ONCE: usize = 8;

#[test]
fn one_line_says_everything_and_secrets_are_for_their_owner() {
    let folder = tempfile::tempdir().expect("a folder");
    let (config, env) = (folder.path().join("c.toml"), folder.path().join("c.env"));
    let paths = [config.display().to_string(), env.display().to_string()];
    let (_serving, line) = serve(&["--config-file", &paths[0], "--env-file", &paths[1]]);
    assert_eq!((&line["scenario"], &line["config_file"]), (&Value::Null, &Value::from(paths[0].clone())));
    for (name, value) in line["environment"].as_object().expect("variables") {
        assert!(value.as_str().is_some_and(|value| !value.is_empty()), "{name} is empty");
    }
    assert_eq!(line["environment"]["MIRO_BASE_URL"], line["miro"]["base_url"]);
    assert_eq!(line["environment"]["SENTINEL_ENDPOINT"], line["sentinel"]["endpoint"]);
    let text = std::fs::read_to_string(&config).expect("the configuration is there");
    let token = line["miro"]["tokens"]["audit"].as_str().expect("a token");
    assert!(!text.contains(token), "the configuration names files of secrets, and holds none");
    for entry in std::fs::read_dir(folder.path()).expect("the folder is ours") {
        let path = entry.expect("the folder is ours").path();
        let mode = std::fs::metadata(&path).expect("the file is ours").permissions().mode() & 0o777;
        let is_secret =
            path.extension().is_some_and(|end| end == "env" || end == "audit-token" || end == "client-secret");
        assert!(!is_secret || mode == 0o600, "{}: {mode:o}", path.display());
    }
    let run = Command::new(program("miro-sentinel")).arg("--config").arg(&config).args(["run", "--once"]).output();
    let run = run.expect("miro-sentinel starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn an_unknown_cause_is_told_with_the_nearest() {
    let output = Command::new(program("miro-lab")).args(["serve", "--cause", "siem-of"]).output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("did you mean `siem-off`?"), "{told}");
}
