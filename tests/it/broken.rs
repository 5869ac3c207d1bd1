//! The broken connectors of `tests/broken`: that each patch still applies, and that the table tells of each. `just broken` plays
//! them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace")
}

/// The patches by name, each with its text.
fn patches() -> BTreeMap<String, (PathBuf, String)> {
    let folder = root().join("tests/broken");
    let files =
        std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it can be read").path());
    let patches = files.filter(|path| path.extension().is_some_and(|extension| extension == "patch")).map(|path| {
        let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("it is text");
        (name, (path, text))
    });
    patches.collect()
}

/// The rows of the table by name, each with what it says is broken.
fn rows() -> BTreeMap<String, String> {
    let table = std::fs::read_to_string(root().join("tests/broken.md")).expect("the table is there");
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1).map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        (cells[1].to_owned(), cells[2].to_owned())
    });
    rows.collect()
}

#[test]
fn each_patch_still_applies() {
    for (name, (path, text)) in patches() {
        let files: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("+++ b/")).collect();
        assert!(!files.is_empty(), "{name} changes nothing");
        for file in files {
            assert!(file.starts_with("connector/src/"), "{name} changes {file}, which is no part of the connector");
        }
        let mut git = Command::new("git");
        git.args(["apply", "--check"]).arg(path).current_dir(root());
        // Below another repository's root, git passes over everything and says that all is well.
        git.env("GIT_CEILING_DIRECTORIES", root().parent().unwrap_or(root()));
        let Ok(applied) = git.output() else {
            // Straight to the terminal: what a test prints otherwise is not shown when it passes.
            let told =
                writeln!(std::io::stderr(), "git is absent: whether the patches of tests/broken apply was NOT checked");
            told.expect("stderr takes a line");
            return;
        };
        let why = String::from_utf8_lossy(&applied.stderr);
        assert!(
            applied.status.success(),
            "{name} no longer applies; make it anew against the connector as it is:\n{why}"
        );
    }
}

#[test]
fn the_table_has_a_row_for_each_patch() {
    let about = patches().into_iter().map(|(name, (_, text))| {
        let first = text.lines().next().unwrap_or_default().to_owned();
        (name, first)
    });
    assert_eq!(about.collect::<BTreeMap<_, _>>(), rows(), "`just broken` writes the table");
}
