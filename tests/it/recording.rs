//! `miro-lab record` and `replay`: a quarter of a minute of trouble, written down without anybody in it, and met again.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use scenarios::har::{self, Har};
use scenarios::replay::moved;
use serde_json::Value;

use crate::programs::{Process, program};

/// Each kind of trouble once; in the end Miro refuses the token of one log.
const TROUBLE: &str = r"
id: RECORDED-TROUBLE
title: Trouble of every kind within a few seconds
family: regressions
why: A recording of it has to replay.
world:
  start: -2h
  miro:
    audit: {generate: 120, over: 2h}
    content: {generate: 60, over: 2h}
timeline:
  - {when: {call: sentinel.token, nth: 1}, refuse: {status: 503}}
  - {when: {call: sentinel.ingest, nth: 1}, refuse: {status: 500}}
  - {when: {call: sentinel.ingest, nth: 3}, refuse: {status: 429, wait: {seconds: 1}}}
  - {when: {call: sentinel.ingest, nth: 5}, break: {points: [response_lost]}}
  - {when: {call: miro.audit_logs, nth: 1}, intercept: {response: {html: {status: 502}}}}
  - {when: {call: miro.audit_logs, nth: 3}, break: {points: [cut_in_response]}}
  - {when: {call: miro.audit_logs, nth: 5}, break: {points: [connection_refused]}}
  - {when: {call: miro.content_logs, nth: 4}, times: 100, refuse: {status: 401, code: tokenNotFound}}
";

/// How our connector is told what a certified program finds in its environment.
const MAPS: [&str; 18] = [
    "MIRO__BASE_URL={MIRO_BASE_URL}",
    "HTTP__CA_FILE={CA_FILE}",
    "STREAMS__AUDIT__ACCESS_TOKEN={MIRO_ACCESS_TOKEN_AUDIT}",
    "STREAMS__AUDIT__START={START}",
    "STREAMS__AUDIT__POLL_EVERY={POLL_EVERY}",
    "STREAMS__CONTENT__ACCESS_TOKEN={MIRO_ACCESS_TOKEN_CONTENT}",
    "STREAMS__CONTENT__ORGANIZATION_ID={MIRO_ORGANIZATION_ID}",
    "STREAMS__CONTENT__START={START}",
    "STREAMS__CONTENT__POLL_EVERY={POLL_EVERY}",
    "SENTINEL__ENDPOINT={SENTINEL_ENDPOINT}",
    "SENTINEL__RULES__AUDIT={SENTINEL_RULE_AUDIT}",
    "SENTINEL__RULES__CONTENT={SENTINEL_RULE_CONTENT}",
    "SENTINEL__IDENTITY__KIND=client_secret",
    "SENTINEL__IDENTITY__AUTHORITY={AZURE_AUTHORITY_HOST}",
    "SENTINEL__IDENTITY__TENANT_ID={AZURE_TENANT_ID}",
    "SENTINEL__IDENTITY__CLIENT_ID={AZURE_CLIENT_ID}",
    "SENTINEL__IDENTITY__CLIENT_SECRET={AZURE_CLIENT_SECRET}",
    "TELEMETRY__LISTEN=off",
];

/// Both mocks, and what they say of themselves.
fn serve(scenario: &Path) -> (Process, Value) {
    let mut command = Command::new(program("miro-lab"));
    command.arg("serve").arg(scenario).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().expect("miro-lab starts");
    let stdout = child.stdout.take().expect("stdout is piped");
    let process = Process::of(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).expect("it prints a line");
    (process, serde_json::from_str(&line).expect("it prints JSON"))
}

fn variable<'a>(environment: &'a Value, name: &str) -> &'a str {
    environment[name].as_str().unwrap_or_else(|| panic!("{name} is no variable"))
}

/// `miro-lab record` between these mocks, before its `--`.
fn recorder(environment: &Value, out: &Path) -> Command {
    let mut command = Command::new(program("miro-lab"));
    command.arg("record").arg("--json").arg("--out").arg(out);
    for (option, name) in [
        ("--miro", "MIRO_BASE_URL"),
        ("--entra", "AZURE_AUTHORITY_HOST"),
        ("--ingest", "SENTINEL_ENDPOINT"),
        ("--upstream-ca", "CA_FILE"),
    ] {
        command.arg(option).arg(variable(environment, name));
    }
    for (name, value) in environment.as_object().expect("variables") {
        command.env(name, value.as_str().expect("text"));
    }
    command
}

/// Adds our connector as the program, with a checkpoint of its own.
fn with_connector(command: &mut Command, store: &Path, arguments: &[&str]) {
    for map in MAPS {
        command.arg("--map").arg(format!("MIRO_SENTINEL__{map}"));
    }
    command.arg("--map").arg(format!("MIRO_SENTINEL__STORE__PATH={}", store.join("s.redb").display()));
    command.arg("--").arg(program("miro-sentinel")).args(arguments).stdin(Stdio::null());
}

/// Far more than a refused token's next try.
const RECOVERS_WITHIN: std::time::Duration = std::time::Duration::from_mins(3);

/// Runs until the connector says that it goes on after a refusal, then tells it to stop. Returns how it ended, what was reported, and
/// the codes of what it complained about.
fn until_recovered(mut command: Command) -> (Option<i32>, Value, Vec<String>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut codes = Vec::new();
    // One that never recovers is ended, so that its lines end.
    let (seen, watched) = std::sync::mpsc::channel::<()>();
    let id = child.id().to_string();
    std::thread::spawn(move || {
        if watched.recv_timeout(RECOVERS_WITHIN) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            drop(Command::new("kill").args(["-KILL", &id]).status());
        }
    });
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    for line in lines.by_ref() {
        let line: Value = serde_json::from_str(&line.expect("text")).unwrap_or_default();
        codes.extend(line["code"].as_str().map(str::to_owned));
        // Only this one says how long an outage was.
        if !codes.is_empty() && line["outage_seconds"].is_u64() {
            break;
        }
    }
    drop(seen);
    let told = Command::new("kill").arg(child.id().to_string()).status().expect("kill is there");
    assert!(told.success(), "it did not recover in time: {codes:?}");
    lines.for_each(drop);
    let output = child.wait_with_output().expect("it ends");
    let summary = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {codes:?}"));
    (output.status.code(), summary, codes)
}

fn summary(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

/// What the connector says of its work: `audit … delivered 120`.
fn delivered(output: &Output) -> Vec<String> {
    let told = String::from_utf8_lossy(&output.stderr);
    let lines = told.lines().filter(|line| line.contains("fetched"));
    lines.filter_map(|line| Some(format!("{} {}", line.split(' ').next()?, line.split(", ").nth(1)?))).collect()
}

fn replay(file: &Path, folder: &Path, options: &[&str]) -> (Value, Vec<String>, Option<i32>) {
    let store = tempfile::tempdir_in(folder).expect("a folder");
    let mut command = Command::new(program("miro-lab"));
    command.arg("replay").arg(file).arg("--json").args(options);
    with_connector(&mut command, store.path(), &["run", "--once"]);
    let output = command.output().expect("it starts");
    (summary(&output), delivered(&output), output.status.code())
}

/// The same with our connector in the laboratory's own process: how that ended, what was missed, and how the connector ended.
fn replay_in_virtual_time(file: &Path) -> (Option<i32>, Value, Value) {
    let mut command = Command::new(program("miro-lab"));
    let output = command.arg("replay").arg(file).args(["--virtual-time", "--json"]).output().expect("it starts");
    let told = summary(&output);
    (output.status.code(), told["missed"].clone(), told["exit"].clone())
}

#[tokio::test]
async fn trouble_is_recorded_without_anybody_in_it_and_replays_with_the_same_outcome() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("trouble.yaml"), TROUBLE).expect("the folder is ours");
    let (_serving, line) = serve(&at("trouble.yaml"));
    let environment = &line["environment"];
    let store = tempfile::tempdir_in(folder.path()).expect("a folder");
    let mut command = recorder(environment, &at("case.har"));
    command.arg("--scenario").arg(at("again.yaml"));
    with_connector(&mut command, store.path(), &["run", "--once"]);
    let recorded = command.output().expect("it starts");
    let told = summary(&recorded);
    // 4: Miro refuses the token.
    assert_eq!((recorded.status.code(), &told["exit"]), (Some(4), &Value::from(4)), "{told}");
    assert!(told["replaced"]["token"].as_u64() > Some(10) && told["kept"] == serde_json::json!([]), "{told}");
    assert_eq!(delivered(&recorded)[0], "audit delivered 120");

    let mode = std::fs::metadata(at("case.har")).expect("the file is there").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let har = har::read(&at("case.har")).expect("a HAR");
    assert_eq!(har.log.entries.len() as u64, told["entries"].as_u64().expect("a count"));
    all_trouble_is_in(&har);
    let text = std::fs::read_to_string(at("case.har")).expect("text");
    nobody_is_in(&text, &line, &events(&line).await);

    let (replayed, again, code) = replay(&at("case.har"), folder.path(), &[]);
    assert_eq!(
        (code, &replayed["missed"], &replayed["exit"]),
        (Some(0), &serde_json::json!([]), &Value::from(4)),
        "{replayed}"
    );
    assert_eq!(again, delivered(&recorded));
    assert_eq!(replay_in_virtual_time(&at("case.har")), (Some(0), serde_json::json!([]), Value::from(4)));

    // Three months old.
    har::write(&at("old.har"), &moved(&har, -91 * 86_400)).expect("the folder is ours");
    let (replayed, again, code) = replay(&at("old.har"), folder.path(), &[]);
    assert_eq!((code, again), (Some(0), delivered(&recorded)), "{replayed}");
    assert_eq!(replay_in_virtual_time(&at("old.har")), (Some(0), serde_json::json!([]), Value::from(4)));

    let lint = Command::new(program("miro-lab")).args(["scenario", "lint"]).arg(at("again.yaml")).output();
    let lint = lint.expect("it starts");
    assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stdout));
    let scenario = std::fs::read_to_string(at("again.yaml")).expect("text");
    for step in ["status: 429", "status: 500", "status: 503", "html:", "cut_in_response", "tokenNotFound"] {
        assert!(scenario.contains(step), "{step} is not in {scenario}");
    }
    let diff =
        Command::new(program("miro-lab")).arg("replay").arg(at("case.har")).arg("--diff").arg(at("old.har")).output();
    assert_eq!(diff.expect("it starts").status.code(), Some(0), "the same responses at another time are no drift");
}

fn all_trouble_is_in(har: &Har) {
    let entries = har.log.entries.iter();
    let seen: BTreeSet<(u16, String)> =
        entries.map(|entry| (entry.response.status, format!("{:?}", entry.outcome()))).collect();
    for (status, outcome) in [
        (503, "Delivered"),
        (500, "Delivered"),
        (429, "Delivered"),
        (502, "Delivered"),
        (401, "Delivered"),
        (200, "Cut"),
    ] {
        assert!(seen.contains(&(status, outcome.to_owned())), "{status} {outcome} is not among {seen:?}");
    }
    for outcome in ["ResponseLost", "Reset"] {
        assert!(seen.iter().any(|(_, one)| one == outcome), "{outcome} is not among {seen:?}");
    }
}

/// Every event of both logs, as Miro shows it.
async fn events(line: &Value) -> Vec<Value> {
    // A second installation is refused and means the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let environment = &line["environment"];
    // What is left of the trouble.
    let faults = format!("{}/faults", line["miro"]["control_url"].as_str().expect("an address"));
    let cleared = client.delete(&faults).send().await.expect("the mock answers");
    assert!(cleared.status().is_success(), "{faults}: {}", cleared.status());
    let base = variable(environment, "MIRO_BASE_URL");
    let organization = variable(environment, "MIRO_ORGANIZATION_ID");
    let start: jiff::Timestamp = variable(environment, "START").parse().expect("a time");
    let (start, now) = (format!("{start:.3}"), format!("{:.3}", jiff::Timestamp::now()));
    let mut events = Vec::new();
    for (token, address) in [
        ("MIRO_ACCESS_TOKEN_AUDIT", format!("{base}/v2/audit/logs?createdAfter={start}&createdBefore={now}&limit=500")),
        (
            "MIRO_ACCESS_TOKEN_CONTENT",
            format!("{base}/v2/orgs/{organization}/content-logs/items?from={start}&to={now}&limit=1000"),
        ),
    ] {
        let request = client.get(&address).header("authorization", format!("Bearer {}", variable(environment, token)));
        let answer = request.send().await.expect("the mock answers");
        assert!(answer.status().is_success(), "{address}: {}", answer.status());
        let page = answer.bytes().await.expect("a body");
        let page: Value = serde_json::from_slice(&page).expect("JSON");
        events.extend(page["data"].as_array().cloned().expect("a page"));
    }
    events
}

/// Fields whose values stay.
const SAFE: [&str; 7] = ["type", "event", "category", "actionType", "itemType", "createdAt", "actionTime"];

/// The texts and long numbers in an event, but for those of safe fields.
fn values(event: &Value, safe: &mut BTreeSet<String>, values: &mut BTreeSet<String>) {
    let mut open = vec![(String::new(), event)];
    while let Some((field, value)) = open.pop() {
        match value {
            Value::String(text) if SAFE.contains(&field.as_str()) => {
                safe.insert(text.clone());
            }
            Value::String(text) => {
                values.insert(text.clone());
            }
            Value::Array(list) => open.extend(list.iter().map(|value| (field.clone(), value))),
            Value::Object(fields) => open.extend(fields.iter().map(|(name, value)| (name.clone(), value))),
            Value::Number(number) => {
                values.insert(number.to_string());
            }
            Value::Bool(_) | Value::Null => {}
        }
    }
}

/// Shorter ones stand in any text by chance.
const TOLD_MIN: usize = 6;

fn nobody_is_in(text: &str, line: &Value, events: &[Value]) {
    let (mut safe, mut secrets) = (BTreeSet::new(), BTreeSet::new());
    for event in events {
        values(event, &mut safe, &mut secrets);
    }
    assert!(secrets.len() > 500, "only {} values are looked for", secrets.len());
    for name in [
        "MIRO_ACCESS_TOKEN_AUDIT",
        "MIRO_ACCESS_TOKEN_CONTENT",
        "MIRO_ORGANIZATION_ID",
        "SENTINEL_RULE_AUDIT",
        "SENTINEL_RULE_CONTENT",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
    ] {
        secrets.insert(variable(&line["environment"], name).to_owned());
    }
    for secret in secrets.iter().filter(|secret| secret.len() >= TOLD_MIN && !safe.contains(*secret)) {
        for form in forms(secret) {
            assert!(!text.contains(&form), "{secret:?} is in the file as {form:?}");
        }
    }
}

/// A value as it is, in JSON, in an address, and inside base64 at any place.
fn forms(value: &str) -> Vec<String> {
    let percent: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let json = Value::from(value).to_string();
    let base64 = (0..3).filter_map(|before| {
        let whole = [&vec![0; before][..], value.as_bytes()].concat();
        let encoded = STANDARD_NO_PAD.encode(&whole);
        let (first, end) = ((before * 8).div_ceil(6), whole.len() * 8 / 6);
        encoded.get(first..end).filter(|part| part.len() >= TOLD_MIN + 2).map(str::to_owned)
    });
    [value.to_owned(), percent, json[1..json.len() - 1].to_owned()].into_iter().chain(base64).collect()
}

#[test]
fn a_token_that_was_refused_for_a_while_is_refused_for_a_while_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let calm = TROUBLE.split("timeline:").next().expect("a head");
    let refused = "timeline: [{when: {call: miro.audit_logs, nth: 5}, refuse: {status: 401, code: tokenNotFound}}]";
    std::fs::write(at("refused.yaml"), format!("{calm}{refused}\n")).expect("the folder is ours");
    let (_serving, line) = serve(&at("refused.yaml"));
    let store = tempfile::tempdir_in(folder.path()).expect("a folder");
    let mut command = recorder(&line["environment"], &at("case.har"));
    with_connector(&mut command, store.path(), &["run"]);
    let (code, recorded, codes) = until_recovered(command);
    assert_eq!((code, codes.as_slice()), (Some(0), ["miro-token-refused".to_owned()].as_slice()), "{recorded}");

    let store = tempfile::tempdir_in(folder.path()).expect("a folder");
    let mut command = Command::new(program("miro-lab"));
    command.arg("replay").arg(at("case.har")).arg("--json");
    with_connector(&mut command, store.path(), &["run"]);
    let (code, replayed, again) = until_recovered(command);
    assert_eq!((code, again), (Some(0), codes), "{replayed}");
    assert_eq!((&replayed["missed"], &replayed["exit"]), (&serde_json::json!([]), &recorded["exit"]));
    assert_eq!(replay_in_virtual_time(&at("case.har")), (Some(0), serde_json::json!([]), recorded["exit"].clone()));
}

#[test]
fn a_program_sees_only_the_stand_ins_and_a_signal_leaves_a_whole_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("calm.yaml"), TROUBLE.split("timeline:").next().expect("a head")).expect("ours");
    let (_serving, line) = serve(&folder.path().join("calm.yaml"));
    let environment = &line["environment"];
    let out = folder.path().join("case.har");
    let mut command = recorder(environment, &out);
    command.env("HTTPS_PROXY", "http://127.0.0.1:9").env("no_proxy", "*");
    command.env_remove("STATE_DIR").args([
        "--map",
        "OWN={MIRO_BASE_URL}/v2",
        "--map",
        "KEPT={STATE_DIR}/x",
        "--keep",
        "evnt",
        "--",
        "env",
    ]);
    let output = command.output().expect("it starts");
    let seen = String::from_utf8_lossy(&output.stderr);
    let of = |name: &str| seen.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap_or_default();
    for name in ["MIRO_BASE_URL", "AZURE_AUTHORITY_HOST", "SENTINEL_ENDPOINT", "CA_FILE"] {
        assert!(!of(name).is_empty() && of(name) != variable(environment, name), "{name}: {seen}");
    }
    assert!(of("MIRO_BASE_URL").starts_with("https://127.0.0.1:"));
    assert_eq!(of("OWN"), format!("{}/v2", of("MIRO_BASE_URL")));
    assert!(seen.contains("--keep evnt: no field, header or parameter has that name"), "{seen}");
    assert_eq!(of("KEPT"), format!("{}/x", of("STATE_DIR")));
    assert!(Path::new(of("STATE_DIR")).is_absolute() && !Path::new(of("STATE_DIR")).exists(), "{seen}");
    for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
        assert_eq!(of(name), of("CA_FILE"));
    }
    assert!(of("HTTPS_PROXY").is_empty() && of("no_proxy").is_empty(), "{seen}");
    assert_eq!((output.status.code(), summary(&output)["entries"].as_u64()), (Some(0), Some(0)));

    let again = recorder(environment, &out).args(["--", "sh", "-c", "echo started"]).output().expect("it starts");
    let told = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(2), "{told}");
    assert!(told.contains("would be overwritten") && !told.contains("started"), "{told}");

    let out = folder.path().join("signal.har");
    let mut command = recorder(environment, &out);
    command.args(["--", "sh", "-c", "echo ready; exec sleep 1000"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut said = String::new();
    BufReader::new(child.stderr.take().expect("piped")).read_line(&mut said).expect("it says that it is ready");
    let killed = Command::new("kill").arg(child.id().to_string()).status().expect("kill is there");
    assert!(killed.success());
    let ended = child.wait_with_output().expect("it ends");
    // 128 and SIGTERM.
    assert_eq!(ended.status.code(), Some(143));
    assert_eq!(har::read(&out).expect("a whole file").log.exit, Some(143));
}

#[test]
fn what_is_no_har_or_not_recorded_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.har");
    let run = |arguments: &[&str]| {
        let output =
            Command::new(program("miro-lab")).arg("replay").arg(&file).args(arguments).output().expect("it starts");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    std::fs::write(&file, r#"{"log":{"entries":[{"startedDateTime":"2026-11-29T15:00:00Z","request":{"url":"x"}}]}}"#)
        .expect("ours");
    let (code, _, told) = run(&["--", "true"]);
    assert!(code == Some(2) && told.contains("x.har: not a HAR: entry 1: `request.method`: is missing"), "{told}");

    let entry = r#"{"log":{"entries":[{"startedDateTime":"2026-11-29T15:00:00Z","request":{"method":"GET","url":"https://api.miro.com/v1/oauth-token"},"response":{"status":200,"content":{"text":"{}"}}}]}}"#;
    std::fs::write(&file, entry).expect("ours");
    let ask = "curl -s --cacert $CA_FILE $MIRO_BASE_URL/v2/orgs/1 >&2; curl -sf --cacert $CA_FILE $MIRO_BASE_URL/v1/oauth-token >&2";
    let ask = format!("test -d $STATE_DIR && {ask}");
    let (code, line, told) = run(&["--json", "--", "sh", "-c", &ask]);
    let line: Value = serde_json::from_str(&line).expect(&told);
    assert_eq!(
        (code, &line["matched"], &line["unused"], &line["exit"]),
        (Some(1), &1.into(), &0.into(), &0.into()),
        "{told}"
    );
    let missed = &line["missed"][0];
    assert_eq!((&missed["request"], &missed["closest"]), (&"GET /v2/orgs/1".into(), &Value::Null), "{line}");
    assert!(missed["at"].is_string() && line["missed"].as_array().is_some_and(|missed| missed.len() == 1), "{line}");
    assert!(told.contains(r#"{"error":{"code":"NotInRecording""#), "{told}");
}
