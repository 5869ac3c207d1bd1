//! The broken connectors of `tests/broken`: that each patch still applies, and that the tables tell of each. `just broken` plays
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

/// A table: by the first cell of each row, the second.
type Table = BTreeMap<String, String>;

/// The tables of the page that begin with a column of this name, in their order.
fn tables(first_column: &str) -> Vec<Table> {
    let page = std::fs::read_to_string(root().join("tests/broken.md")).expect("the page is there");
    let mut tables = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if cells[1] == first_column {
            tables.push(Table::new());
        } else {
            let table = tables.last_mut().expect("a table begins with its columns");
            table.insert(cells[1].to_owned(), cells[2].to_owned());
        }
    }
    tables
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
fn both_tables_have_a_row_for_each_patch() {
    let about = patches().into_iter().map(|(name, (_, text))| {
        let first = text.lines().next().unwrap_or_default().to_owned();
        (name, first)
    });
    let about: Table = about.collect();
    let [in_virtual_time, as_black_boxes] = <[Table; 2]>::try_from(tables("broken connector")).expect("two tables");
    assert_eq!(about, in_virtual_time, "`just broken` writes the table");
    let names: Vec<&String> = about.keys().collect();
    assert_eq!(names, as_black_boxes.keys().collect::<Vec<_>>(), "`just broken --level black-box` writes the table");
}
