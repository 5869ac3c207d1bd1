//! The map, asserted: who may depend on whom, and which folders there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace");
    let tracked =
        std::process::Command::new("git").args(["ls-tree", "-d", "--name-only", "HEAD"]).current_dir(root).output();
    let Ok(tracked) = tracked else {
        eprintln!("git is absent: the folders were not checked");
        return;
    };
    if !tracked.status.success() {
        eprintln!("not a git checkout: the folders were not checked");
        return;
    }
    let allowed = [".ci", "benches", "connector", "mock-miro", "mock-sentinel", "scenarios", "tests"];
    for folder in String::from_utf8_lossy(&tracked.stdout).lines() {
        assert!(allowed.contains(&folder), "`{folder}` is not on the map");
    }
}
