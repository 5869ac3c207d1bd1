//! Our own cases: a query, its tables and its rows, one a line in `tests/cases/*.jsonl`.

use std::{fs, path::Path};

use kql::cases::{self, Verdict};

#[test]
fn every_case_gives_its_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("the folder is there") {
        let path = entry.expect("a readable entry").path();
        let topic = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a readable file");
        for case in cases::read(&text).unwrap_or_else(|why| panic!("{topic}: {why}")) {
            count += 1;
            if let Verdict::Failed { why } | Verdict::Refused { why } = cases::run(&case) {
                wrong.push(format!("{topic}/{}: {}\n    {why}", case.id, case.query));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 150, "only {count} cases were found");
}
