use std::collections::BTreeSet;

use clap::CommandFactory as _;

use super::args::Cli;
use super::failure::Failure;
use crate::Exit;
use crate::problem::Code;
use crate::store::StoreError;

/// Every command with its path, the program itself first.
fn commands() -> Vec<(String, clap::Command)> {
    fn walk(path: &str, command: &clap::Command, found: &mut Vec<(String, clap::Command)>) {
        found.push((path.to_owned(), command.clone()));
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            walk(&format!("{path} {}", inner.get_name()), inner, found);
        }
    }
    let mut command = Cli::command();
    command.build();
    let mut found = Vec::new();
    walk("miro-sentinel", &command, &mut found);
    found
}

#[test]
fn every_help_begins_with_two_examples_and_ends_with_the_exit_codes() {
    for (path, mut command) in commands() {
        let help = command.render_long_help().to_string();
        let examples = help.strip_prefix("Examples:\n").unwrap_or_else(|| panic!("{path}: {help}"));
        let examples = examples.lines().take_while(|line| line.starts_with("  ")).count();
        assert_eq!(examples, 2, "{path}");
        assert!(help.contains("\n  130 interrupted by a signal"), "{path}: {help}");
    }
}

#[test]
fn every_example_of_ours_is_understood() {
    for (path, command) in commands() {
        let examples = command.get_before_help().map(ToString::to_string).unwrap_or_default();
        for line in examples.lines().filter(|line| line.contains("miro-sentinel ") && !line.contains("az deployment")) {
            let words = line.split_whitespace().skip_while(|word| word.contains('='));
            let words: Vec<_> = words.take_while(|word| !matches!(*word, "|" | ">")).collect();
            let parsed = Cli::command().try_get_matches_from(&words);
            assert!(parsed.is_ok(), "{path}: {line}: {parsed:?}");
        }
    }
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn help_and_version_are_done_and_mistakes_are_usage() {
    let run = |arguments: &[&str]| super::main(arguments.iter().map(Into::into));
    assert_eq!(run(&["miro-sentinel", "--version"]), Exit::Done);
    assert_eq!(run(&["miro-sentinel", "run", "--within", "10m"]), Exit::Usage, "--within without --once");
    assert_eq!(run(&["miro-sentinel", "run", "--once", "--within", "soon"]), Exit::Usage);
    assert_eq!(run(&["miro-sentinel", "dead-letters", "drop"]), Exit::Usage, "neither numbers nor --all");
}

#[test]
fn a_store_that_cannot_be_used_says_what_and_what_next() {
    let error = StoreError::Unusable {
        cause: "the file `x.redb` is damaged".into(),
        next_step: "move it aside: the connector starts again".into(),
    };
    let Failure::Problem(problem) = Failure::from(error) else { panic!("a problem") };
    assert_eq!(problem.code, Code::StoreUnusable);
    assert_eq!(
        problem.to_string(),
        "store.path: the file `x.redb` is damaged\n  next: move it aside: the connector starts again"
    );
}

#[test]
fn every_code_has_a_name_of_its_own_and_is_written_alike_everywhere() {
    let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    for code in Code::ALL {
        assert_eq!(serde_json::to_value(code).expect("a string"), code.name());
    }
}

#[test]
fn an_address_that_means_all_is_asked_over_loopback() {
    let reached = |text: &str| super::reachable(text.parse().expect("an address")).to_string();
    assert_eq!(reached("0.0.0.0:9464"), "127.0.0.1:9464");
    assert_eq!(reached("[::]:9464"), "[::1]:9464");
    assert_eq!(reached("10.0.0.7:9464"), "10.0.0.7:9464");
}

/// What stands in the README between `<!-- NAME -->` and the blank line after the table.
fn readme_table(name: &str) -> String {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("the README");
    let (_, after) = readme.split_once(&format!("<!-- {name} -->\n")).unwrap_or_else(|| panic!("no mark `{name}`"));
    let (table, _) = after.split_once("\n\n").expect("an empty line after the table");
    format!("{table}\n")
}

#[test]
fn the_readmes_tables_are_those_of_the_program() {
    let exits = Exit::ALL.map(|exit| format!("| {} | {} |\n", exit.code(), exit.meaning()));
    let exits = format!("| exit code | means |\n|---|---|\n{}", exits.concat());
    assert_eq!(readme_table("exit codes"), exits, "paste this:\n{exits}");
    let codes = Code::ALL.map(|code| format!("| `{}` | {} | {} |\n", code.name(), code.meaning(), code.exit().code()));
    let codes = format!("| code | means | exit |\n|---|---|---|\n{}", codes.concat());
    assert_eq!(readme_table("finding codes"), codes, "paste this:\n{codes}");
}
