//! Every scenario of the catalogue holds: a test for each file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rstest::rstest;
use scenarios::catalogue::Catalogue;
use scenarios::scenario::draw::draw;
use scenarios::scenario::{Family, Place, Plays, schema, write};
use scenarios::sim::{Options, run};

/// The folder of the catalogue.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/catalogue")
}

#[rstest]
fn holds(#[files("../scenarios/catalogue/**/*.yaml")] file: PathBuf) {
    let text = std::fs::read_to_string(&file).expect("the file can be read");
    let document = Catalogue::shipped().read(&file.display().to_string(), &text).unwrap_or_else(|findings| {
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    });
    for case in document.cases {
        let plays = Plays::of(&case.scenario);
        assert!(!plays.places.is_empty(), "{} plays nowhere: {:?}", case.name(), plays.kept_out);
        if plays.plays(Place::Sim) {
            let report = run(&case.scenario, &Options::default());
            let broken: Vec<String> = report.violations.iter().map(ToString::to_string).collect();
            assert!(broken.is_empty(), "{}: {}", case.name(), broken.join("\n"));
        }
    }
}

#[test]
fn nothing_is_wrong_with_any_file_and_every_family_has_one() {
    let (documents, findings) = Catalogue::shipped().documents();
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    let families: BTreeSet<Family> = documents.iter().map(|document| document.cases[0].scenario.family).collect();
    let drawn = [Family::Drawn, Family::Regressions];
    let missing: Vec<_> =
        Family::ALL.iter().filter(|family| !families.contains(family) && !drawn.contains(family)).collect();
    assert!(missing.is_empty(), "no scenario in {missing:?}");
    for document in &documents {
        let scenario = &document.cases[0].scenario;
        assert!(!scenario.why.trim().is_empty(), "{}: `why` is empty", document.file);
        assert!(!scenario.spec.is_empty() || scenario.why.len() > 20, "{}: no reason", document.file);
    }
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let published = std::fs::read_to_string(folder().join("schema.json")).expect("the schema is published");
    let current = format!("{}\n", serde_json::to_string_pretty(&schema::schema()).expect("a schema is JSON"));
    assert!(
        published == current,
        "renew it with: cargo run --bin miro-lab -- scenario schema > scenarios/catalogue/schema.json"
    );
}

#[test]
fn the_page_for_authors_and_the_schemas_beside_it_are_current() {
    let targets = folder().join("../targets");
    let page = std::fs::read_to_string(targets.join("cases.md")).expect("the page is published");
    let (documents, _) = Catalogue::shipped().documents();
    assert!(
        page == scenarios::report::cases::cases(&documents),
        "renew it with: cargo run --bin miro-lab -- scenario list --markdown > scenarios/targets/cases.md"
    );
    let target = ("schema.json", "target", scenarios::subject::schema());
    let report = ("report.schema.json", "report", scenarios::report::Report::json_schema());
    for (file, what, schema) in [target, report] {
        let published = std::fs::read_to_string(targets.join(file)).expect("the schema is published");
        let current = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
        assert!(
            published == format!("{current}\n"),
            "renew it with: cargo run --bin miro-lab -- certify --schema {what} > scenarios/targets/{file}"
        );
    }
}

/// A run is a function of its scenario, so one that reads the same plays the same; some seeds are played as well.
#[test]
fn a_printed_day_is_the_day_itself() {
    let options = Options { hours: 1, keep_journal: false };
    for seed in 1..=50 {
        let drawn = draw(seed, options.hours);
        let text = write::write(&drawn).expect("what is drawn can be written");
        let document = Catalogue::shipped().read("day.yaml", &text).unwrap_or_else(|findings| panic!("{findings:?}"));
        let read = &document.cases[0].scenario;
        assert_eq!(read, &drawn, "seed {seed}");
        if seed % 10 == 0 {
            assert_eq!(run(&drawn, &options).journal_sha256, run(read, &options).journal_sha256, "seed {seed}");
        }
    }
}
