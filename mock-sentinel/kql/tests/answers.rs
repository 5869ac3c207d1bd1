//! Every table that a query answers with, and under which name.

use kql::{Answer, DateTime, EmptyCatalog, Settings, Value};

fn run(query: &str) -> Answer {
    kql::run(query, &EmptyCatalog, &Settings::at(DateTime::MIN)).unwrap_or_else(|error| panic!("{query}: {error}"))
}

/// Each table as its name, its columns, and its rows.
fn shown(answer: &Answer) -> Vec<String> {
    let tables = answer.tables.iter().map(|result| {
        let columns: Vec<&str> = result.table.schema().columns().iter().map(|column| &*column.name).collect();
        let rows = result.table.rows().map(|row| row.iter().map(Value::to_text).collect::<Vec<_>>().join(","));
        let name = result.name.as_deref().unwrap_or("-");
        format!("{name} [{}] {}", columns.join(","), rows.collect::<Vec<_>>().join(" "))
    });
    tables.collect()
}

#[track_caller]
fn check(query: &str, expected: &[&str]) {
    assert_eq!(shown(&run(query)), expected, "{query}");
}

#[track_caller]
fn refused(query: &str, code: &str) {
    let answer = kql::run(query, &EmptyCatalog, &Settings::at(DateTime::MIN));
    assert_eq!(answer.map(|answer| shown(&answer)).expect_err(query).code, code, "{query}");
}

const T: &str = "datatable(k: string, v: long)['a', 1, 'b', 3, 'a', 2]";

#[test]
fn every_statement_of_a_batch_is_a_table_in_the_order_of_the_text() {
    check("print 1; print 2", &["- [print_0] 1", "- [print_0] 2"]);
    check(
        &format!("let m = materialize({T}); m | where v > 1 | count; let least = 3; m | where v >= least;"),
        &["- [Count] 2", "- [k,v] b,3"],
    );
    check(&format!("{T} | count | as ['How many']; {T} | as Named | take 1"), &["How many [Count] 3", "- [k,v] a,1"]);
}

#[test]
fn an_error_in_any_statement_is_an_error_of_the_query() {
    refused("NoSuchTable | where nope > 1; print x = 2", "SEM0100");
    refused("print x = 2; print nope", "SEM0100");
    refused("print x = 1 | project y; print 2", "SEM0100");
    refused("1 + 1; print 2", "SEM0100");
    refused("let f = () { print 1; print 2 }; f", "SYN0002");
}

#[test]
fn every_branch_of_a_fork_is_a_table_under_its_name() {
    check(
        &format!(
            "{T} | where v > 1 | fork (count) Low = (where v < 3 | project k) (project v | as High) Won = (take 1 | as Lost)"
        ),
        &["- [Count] 2", "Low [k] a", "High [v] 3 2", "Won [k,v] b,3"],
    );
    check(
        &format!("print 0; {T} | fork (count) (take 1); print 9").replace("print", "print p ="),
        &["- [p] 0", "- [Count] 3", "- [k,v] a,1", "- [p] 9"],
    );
    check(
        &format!("{T} | as Whole | fork (union withsource=from Whole | count) (count)"),
        &["- [Count] 6", "- [Count] 3"],
    );
}

#[test]
fn a_facet_is_the_table_of_its_clause_and_one_for_each_column() {
    check(
        &format!("{T} | facet by k, v with (where v > 1 | project v)"),
        &["- [v] 3 2", "- [k,count_k] a,2 b,1", "- [v,count_v] 1,1 3,1 2,1"],
    );
}

#[test]
fn several_tables_cannot_be_worked_on_any_further() {
    for query in [
        "T | fork (count) (take 1) | count",
        "union (T | fork (count) (take 1))",
        "let f = T | fork (count) (take 1); f",
        "T | facet by k | count",
        "T | fork (fork (count) (count)) (count)",
        "print x = toscalar(T | fork (count) (count))",
    ] {
        refused(&query.replace('T', &format!("({T})")), "REF0001");
    }
}

#[test]
fn render_is_kept_with_its_table() {
    let answer = run(&format!("{T} | count; {T} | summarize count() by k | render piechart"));
    assert!(answer.render().is_none());
    assert_eq!(answer.tables[1].render.as_ref().map(|render| render.chart.as_str()), Some("piechart"));
    let answer = run(&format!("{T} | fork (count) (take 1) | render barchart"));
    assert!(answer.tables.iter().all(|result| result.render.as_ref().is_some_and(|render| render.chart == "barchart")));
}

#[test]
fn as_names_either_side_of_a_union_and_nothing_that_is_made_of_it() {
    let union = "| union withsource=From";
    check(&format!("print a = 1 | as Left {union} (print a = 2 | as Right)"), &["- [From,a] Left,1 Right,2"]);
    check(
        &format!("print a = 1 | as Left | extend b = 2 {union} (print a = 2)"),
        &["- [From,a,b] union_arg0,1,2 union_arg1,2,"],
    );
    check(
        &format!("print a = 1 {union} (print a = 2 | as Right | where a > 0)"),
        &["- [From,a] union_arg0,1 union_arg1,2"],
    );
    check(&format!("print a = 1 | as One {union} One"), &["- [From,a] One,1 One,1"]);
}

#[test]
fn the_bound_of_rows_is_on_all_tables_together() {
    let settings = Settings::at(DateTime::MIN).with_rows_max(5);
    let range = "range x from 1 to 3 step 1";
    let answer = kql::run(&format!("{range}; {range}; {range}"), &EmptyCatalog, &settings).expect("a partial answer");
    assert_eq!(shown(&answer), ["- [x] 1 2 3", "- [x] 1 2", "- [x] "]);
    assert_eq!(answer.partial.and_then(|error| error.as_limit()), Some(kql::Limit::Rows));
    let answer = kql::run(&format!("{range}; print y = 1"), &EmptyCatalog, &settings).expect("a whole answer");
    assert!(answer.partial.is_none());
}
