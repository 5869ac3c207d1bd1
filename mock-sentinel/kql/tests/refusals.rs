//! Queries that Kusto refuses, and the reasons given.

use kql::{ColumnType, DateTime, Schema, Settings, Table, Tables};

/// What is said about a query over `T(n: long, s: string, d: dynamic, ok: bool)`.
#[track_caller]
fn refused(query: &str) -> kql::Error {
    let columns = [
        ("n", ColumnType::Long),
        ("s", ColumnType::String),
        ("d", ColumnType::Dynamic),
        ("ok", ColumnType::Bool),
        ("at", ColumnType::DateTime),
    ];
    let tables = Tables::default().with("T", Table::new(Schema::new(columns)));
    let settings = Settings::at(DateTime::parse("2026-11-29T08:00:00Z").expect("a date"));
    match kql::run(query, &tables, &settings) {
        Ok(answer) => panic!("{query} is answered with {:?}", answer.primary().schema()),
        Err(error) => error,
    }
}

#[test]
fn a_name_that_is_spelled_out_twice() {
    for query in [
        "T | project n, n",
        "T | project x = n, x = s",
        "T | project n = 2, n",
        "T | project (a, a) = d",
        "T | extend x = 1, x = 2",
        "T | extend abs(n), tolong(n)",
        "T | extend n = 1, abs(n)",
        "T | extend n + 1, Column1 = 5",
        "T | serialize x = 1, x = 2",
        "T | summarize count() by n, n",
        "T | summarize n = count() by n",
        "T | summarize x = count(), x = sum(n)",
        "T | distinct s, s",
        "T | make-series count() on at step 1h by s, s",
        "T | make-series x = count(), x = sum(n) on at step 1h",
        "T | mv-expand d, d",
        "T | mv-expand x = d, x = d.a",
        "T | parse s with x ',' x",
        "T | parse-kv s as (x: long, x: string)",
        "T | project-reorder n, n",
        "T | project-rename n = s",
        "T | project-rename x = n, x = s",
        "print x = 1, x = 2",
        "datatable(x: long, x: string)[1, 'a']",
    ] {
        let error = refused(query);
        assert_eq!(error.code, "SEM0034", "{query}: {error}");
        assert!(error.message.starts_with("A column named '"), "{error}");
    }
}

#[test]
fn a_pattern_that_is_none_and_why() {
    for (query, reason) in [
        ("T | where s matches regex 'a('", "'a(' is not a regular expression: unclosed group."),
        ("print extract('[a', 0, 'a')", "'[a' is not a regular expression: unclosed character class."),
        ("print extract_all('(?=a)', 'a')", "look-around, including look-ahead and look-behind, is not supported."),
        (
            "print replace_regex('a', '*', 'b')",
            "'*' is not a regular expression: repetition operator missing expression.",
        ),
        ("print replace('*', 'b', 'a')", "'*' is not a regular expression: repetition operator missing expression."),
        ("print countof('a', '\\\\8', 'regex')", "backreferences are not supported."),
        ("print trim_start('[', 'a')", "'[' is not a regular expression: unclosed character class."),
        ("print trim('', 'a')", "The pattern of 'trim' must not be empty."),
        ("T | project trim(s, 'a')", "Argument 1 of 'trim' must be a constant."),
        ("T | parse kind=regex s with '[' a", "The pattern is not a regular expression: unclosed character class."),
        ("T | parse-kv s as (a: long) with (regex = '(a')", "'(a' is not a regular expression: unclosed group."),
        ("print 'a' matches regex '((a{1000}){1000}){9}'", "Compiled regex exceeds size limit of 4194304 bytes."),
    ] {
        let error = refused(query);
        assert!(error.message.ends_with(reason), "{query}: {error}");
    }
}

#[test]
fn a_single_equals_sign_where_two_are_meant() {
    let error = refused("T | where s = 'a'");
    assert_eq!(
        error.message,
        "A condition must be of type bool, not string. A single '=' names the condition 's'; '==' compares."
    );
}
