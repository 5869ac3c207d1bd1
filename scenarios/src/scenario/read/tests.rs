use super::*;
use crate::scenario::{Call, Nth};

const HEAD: &str = "id: TEST-1\ntitle: A test\nfamily: paging\n";

fn findings(text: &str) -> Vec<String> {
    let found = read("f.yaml", text, &|_| None).err().unwrap_or_default();
    found.iter().map(ToString::to_string).collect()
}

/// The findings of a file with this after its head.
fn of(rest: &str) -> Vec<String> {
    findings(&format!("{HEAD}{rest}"))
}

#[test]
fn a_whole_file_is_read() {
    let text = format!(
        "{HEAD}world: {{start: -2h, miro: {{guard: false}}}}\ntimeline:\n  - {{name: first, at: 20s, for: 1m, on: \
         miro.audit_logs, refuse: {{status: 429, wait: {{seconds: 5}}}}}}\n  - {{after: first, by: 10s, crash: {{}}}}\n  - \
         {{when: {{call: sentinel.ingest, nth: 2}}, break: {{points: [response_lost]}}}}\n"
    );
    let document = read("f.yaml", &text, &|_| None).unwrap();
    let scenario = &document.cases[0].scenario;
    assert_eq!((document.line, document.cases[0].label.as_deref()), (5, None));
    assert_eq!(scenario.timeline[0].times(), u64::MAX);
    assert_eq!(scenario.begins_at(1), Some(jiff::SignedDuration::from_secs(30)));
    let nth = Nth { call: Call::Ingest, stream: None, nth: 2 };
    assert_eq!((&scenario.timeline[2].trigger, scenario.timeline[2].times()), (&Trigger::When(nth), 1));
    assert_eq!(scenario.length(), jiff::SignedDuration::from_secs(80));
}

#[test]
fn everything_wrong_is_told_at_once_with_its_place() {
    let text = "id: bad id\ntitle: x\nfamily: pagin\nlevle: must\nworld: {miro: {audit: {generat: 5}}}\nconnector: \
                {streams.audit.poll_evry: 1s}\ntimeline:\n  - {at: 5, crash: {}}\n  - {at: 5s, on: miro.audit_log, refuse: \
                {status: 429}}\n  - {at: 5s, on: miro.audit_logs, refuse: {statsu: 429}}\n  - {after: nobody, kill: {}}\n  - \
                {at: 1s, refuze: {status: 1}}\n  - {at: 1s}\n  - {crash: {}}\nexpect: {sometimes: [rate-limitd], query: [{kql: \
                'MiroAuditLogs_CL | where nothing', rows: []}]}\n";
    let found = findings(text);
    for wanted in [
        "f.yaml:1:5: `bad id` is not an id",
        "f.yaml:3:9: `pagin` is not known here; did you mean `paging`?",
        "f.yaml:4:1: `levle` is not a key of a scenario; did you mean `level`?",
        "f.yaml:5:24: `generat` is not known here; did you mean `generate`?",
        "f.yaml:6:38: `streams.audit.poll_evry` is not a key of the connector configuration; did you mean `poll_every`?",
        "f.yaml:8:10: `5` has no unit; did you mean `5s`?",
        "f.yaml:9:18: `miro.audit_log` is not known here; did you mean `miro.audit_logs`?",
        "f.yaml:10:52: `statsu` is not known here; did you mean `status`?",
        "f.yaml:11:13: no step is named `nobody`",
        "f.yaml:12:14: `refuze` is not a key of a step; did you mean `refuse`?",
        "f.yaml:13:5: the step does nothing",
        "f.yaml:14:5: the step says not when",
        "f.yaml:15:22: `rate-limitd` is nothing that is counted; did you mean `rate-limited`?",
        "f.yaml:15:50: the query cannot be answered",
    ] {
        assert!(found.iter().any(|line| line.starts_with(wanted)), "{wanted}\nnot in\n{}", found.join("\n"));
    }
    assert_eq!(found.len(), 14, "{}", found.join("\n"));
}

#[test]
fn steps_that_make_no_sense_are_refused() {
    for (step, wanted) in [
        ("{at: -1s, crash: {}}", "is before the beginning"),
        ("{at: 1m, crash: {}}", "is after the end"),
        ("{at: 1s, after: x, crash: {}}", "says twice when"),
        ("{at: 1s, crash: {}, kill: {}}", "does two things"),
        ("{at: 1s, refuse: {status: 500}}", "does not say which calls it affects"),
        ("{at: 1s, on: miro, crash: {}}", "affects no calls"),
        ("{at: 1s, for: 1m, crash: {}}", "happens once and does not last"),
        ("{at: 1s, on: miro, share: 2, refuse: {status: 500}}", "is not a share"),
        ("{at: 1s, on: miro, refuse: {status: 200}}", "is not an error status"),
        ("{at: 1s, on: miro, break: {points: []}}", "no point of failure is given"),
        ("{when: {call: miro, nth: 0}, crash: {}}", "counted from 1"),
        ("{when: {call: entra, stream: audit}, crash: {}}", "is for no log"),
        ("{when: {call: miro}, clock: {whose: miro, by: 1h}}", "known beforehand"),
        ("{at: 1s, clock: {whose: miro, by: 1h}}", "add `for`"),
        ("{at: 1s, miro: {gaurd: false}}", "`gaurd` is not known here; did you mean `guard`?"),
        ("{name: a, after: a, crash: {}}", "waits for this step in turn"),
        ("just text", "a step is a map"),
    ] {
        let found = of(&format!("lasts: 30s\ntimeline:\n  - {step}\n"));
        assert!(found.iter().any(|line| line.contains(wanted)), "{step}: {found:?}");
        assert!(found.iter().all(|line| line.starts_with("f.yaml:6:")), "{step}: {found:?}");
    }
}

#[test]
fn a_matrix_fills_in_its_values() {
    let rest = "matrix: {status: [500, 503], how: [{seconds: 1}, {text: soon}]}\ntimeline:\n  - {at: 1s, on: miro, refuse: \
                {status: \"${status}\", wait: \"${how}\"}}\nwhy: With ${status}.\n";
    let document = read("f.yaml", &format!("{HEAD}{rest}"), &|_| None).unwrap();
    let labels: Vec<_> = document.cases.iter().filter_map(|case| case.label.clone()).collect();
    assert_eq!(labels.len(), 4);
    assert_eq!(labels[0], "status=500 how=seconds:1");
    assert_eq!(document.cases[3].scenario.why, "With 503.");
    assert!(matches!(document.cases[3].scenario.timeline[0].action, Action::Refuse { status: 503, .. }));
}

#[test]
fn a_matrix_is_bounded_and_whole() {
    let many = (0..15).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let found = of(&format!("matrix: {{a: [{many}], b: [{many}]}}\n"));
    assert_eq!(
        found,
        [
            "f.yaml:4:65: the matrix has 225 combinations or more, and 200 are allowed; split the file, or take values out"
        ]
    );
    assert!(of("matrix: {a: []}\n")[0].contains("a list of at least one"));
    assert!(of("why: ${a}\n")[0].contains("`${a}` is not a value of the matrix"));
}

#[test]
fn worlds_are_overlaid_by_the_file() {
    let world = |name: &str| {
        (name == "small").then(|| "world: {start: -3h, miro: {guard: false, plan: business}}\n".to_owned())
    };
    let text = format!("{HEAD}use: [small]\nworld: {{miro: {{plan: enterprise}}}}\n");
    let document = read("f.yaml", &text, &world).unwrap();
    let spec = &document.cases[0].scenario.world;
    assert_eq!(spec.start, jiff::SignedDuration::from_hours(-3));
    assert_eq!(serde_json::Value::from(spec.miro.clone()), serde_json::json!({"guard": false, "plan": "enterprise"}));
    let found = read("f.yaml", &format!("{HEAD}use: [large]\n"), &world).unwrap_err();
    assert_eq!(found[0].to_string(), "f.yaml:4:7: world `large` does not exist; see `scenarios/worlds`");
}

#[test]
fn what_is_missing_and_what_is_no_yaml_is_told() {
    assert_eq!(findings("title: x\n").len(), 2);
    assert!(findings("- a\n")[0].contains("a scenario is a map"));
    assert!(!findings("a: [\n").is_empty());
    assert!(!findings("").is_empty());
}
