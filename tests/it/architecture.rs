//! The map, asserted: who may depend on whom, between crates and within each, which folders there are, and that every path that a
//! document names exists.

mod imports;
mod named_paths;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// The arrows of ARCHITECTURE.md. A new one is a design decision, not a convenience.
const ARROWS: &[(&str, &[&str])] = &[
    ("connector", &[]),
    ("faults", &[]),
    ("mock-miro", &["faults"]),
    ("mock-sentinel", &["faults", "kql"]),
    ("kql", &[]),
    ("scenarios", &["connector", "faults", "kql", "mock-miro", "mock-sentinel"]),
    ("tests", &["connector", "faults", "kql", "mock-miro", "mock-sentinel", "scenarios"]),
    ("benches", &["connector", "faults", "kql", "mock-miro", "mock-sentinel", "scenarios"]),
];

/// The top-level folders.
const FOLDERS: &[&str] = &[".ci", "benches", "connector", "mock-miro", "mock-sentinel", "scenarios", "tests"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_owned()
}

#[test]
fn packages_depend_only_along_the_arrows_of_the_map() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes the workspace");
    let members: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    assert_eq!(members, allowed.keys().copied().collect(), "a package joined or left: draw it into the map");

    for package in &metadata.packages {
        for dependency in &package.dependencies {
            if members.contains(dependency.name.as_str()) {
                assert!(
                    allowed[package.name.as_str()].contains(&dependency.name.as_str()),
                    "{} must not depend on {} ({:?} dependency)",
                    package.name,
                    dependency.name,
                    dependency.kind,
                );
            }
        }
    }
}

#[test]
fn no_crate_has_an_import_cycle() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes the workspace");
    let mut found = Vec::new();
    for package in &metadata.packages {
        let src = package.manifest_path.parent().expect("a manifest lies in a folder").join("src");
        let uses = imports::read(src.as_std_path());
        assert!(!uses.is_empty(), "{src} has no sources");
        let cycles = imports::cycles(&uses);
        found.extend(cycles.iter().map(|cycle| {
            format!("{}: an import cycle of {} files:\n{}", package.name, cycle.len(), imports::tell(cycle))
        }));
    }
    assert!(found.is_empty(), "move what both sides need into a file of its own:\n{}", found.join("\n"));
}

#[test]
fn every_path_that_a_document_names_exists() {
    let root = root();
    let rooms = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "mock-miro/README.md",
        "mock-sentinel/README.md",
    ];
    let others =
        ["mock-sentinel/kql/README.md", "scenarios/README.md", "scenarios/targets/README.md", "tests/fuzz/README.md"];
    let mut absent = Vec::new();
    for document in rooms.iter().chain(&others) {
        let file = root.join(document);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{document}: {error}"));
        let named = named_paths::named(&text, FOLDERS);
        assert!(!named.is_empty() || *document != "ARCHITECTURE.md", "the map names no paths");
        let absent_here = named.iter().filter(|named| !named.exists(&root, &file));
        absent.extend(absent_here.map(|named| format!("{document}:{}: `{}`", named.line, named.path)));
    }
    assert!(absent.is_empty(), "these paths do not exist:\n{}", absent.join("\n"));
}

#[test]
fn what_ships_does_not_carry_test_tools() {
    let metadata = MetadataCommand::new().no_deps().exec().expect("cargo describes the workspace");
    let connector = metadata.packages.iter().find(|package| package.name.as_str() == "connector").expect("a member");
    for dependency in connector.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
        assert!(
            !dependency.features.iter().any(|feature| feature == "test-util"),
            "connector enables test-util of {}",
            dependency.name,
        );
    }
}

#[test]
fn the_top_level_holds_only_the_folders_of_the_map() {
    let tracked =
        std::process::Command::new("git").args(["ls-tree", "-d", "--name-only", "HEAD"]).current_dir(root()).output();
    let Ok(tracked) = tracked else {
        eprintln!("git is absent: the folders were not checked");
        return;
    };
    if !tracked.status.success() {
        eprintln!("not a git checkout: the folders were not checked");
        return;
    }
    for folder in String::from_utf8_lossy(&tracked.stdout).lines() {
        assert!(FOLDERS.contains(&folder), "`{folder}` is not on the map");
    }
}
