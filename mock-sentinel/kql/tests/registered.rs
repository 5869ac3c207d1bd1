//! Functions that the caller adds: called as those of the language are, and bounded as they are.

use kql::{ColumnType, DateTime, Error, ErrorKind, Limit, ScalarFunction, Schema, Settings, Tables, Transform, Value};

fn settings() -> Settings {
    Settings::at(DateTime::MIN)
}

fn double() -> ScalarFunction {
    let body = |args: &[Value]| args[0].as_long().map_or(Value::Null, |number| Value::from(number * 2));
    ScalarFunction::new("double_it", [ColumnType::Long], ColumnType::Long, body).expect("a good name")
}

fn cells(query: &str) -> Result<Vec<String>, Error> {
    let answer = kql::run(query, &Tables::default().with_function(double()), &settings())?;
    Ok(answer.primary().rows().flatten().map(|cell| cell.to_text().into_owned()).collect())
}

#[test]
fn it_is_called_with_columns_constants_and_casts() {
    assert_eq!(cells("print double_it(4)").unwrap(), ["8"]);
    assert_eq!(cells("print double_it(int(4))").unwrap(), ["8"]);
    assert_eq!(cells("print double_it(dynamic({'a': 4}).a)").unwrap(), ["8"]);
    assert_eq!(cells("print double_it(long(null))").unwrap(), [""]);
    assert_eq!(
        cells("range n from 1 to 3 step 1 | where double_it(n) > 2 | project double_it(n)").unwrap(),
        ["4", "6"]
    );
    assert_eq!(cells("range n from 1 to 3 step 1 | summarize sum(double_it(n))").unwrap(), ["12"]);
}

#[test]
fn its_arguments_are_checked_and_its_name_is_suggested() {
    for (query, code) in [
        ("print double_it()", "SEM0219"),
        ("print double_it(1, 2)", "SEM0219"),
        ("print double_it('4')", "SEM0025"),
        ("print double_its(4)", "SEM0260"),
    ] {
        let error = cells(query).unwrap_err();
        assert_eq!((error.kind, error.code), (ErrorKind::Semantic, code), "{query}: {error}");
    }
    assert_eq!(cells("print double_its(4)").unwrap_err().near.as_deref(), Some("double_it"));
}

#[test]
fn a_function_of_the_query_hides_it_and_a_transform_does_not_see_it() {
    assert_eq!(cells("let double_it = (n: long) { n + 1 }; print double_it(4)").unwrap(), ["5"]);
    let error = Transform::compile("source | extend x = double_it(n)", &Schema::new([("n", ColumnType::Long)]));
    assert_eq!(error.map(|_| ()).unwrap_err().code, "SEM0260");
}

#[test]
fn what_it_returns_has_the_type_it_promised() {
    let body = |args: &[Value]| args[0].clone();
    let as_long = ScalarFunction::new("as_long", [ColumnType::String], ColumnType::Long, body).unwrap();
    let catalog = Tables::default().with_function(as_long);
    let query = "datatable (s: string) ['7', 'x'] | project n = as_long(s) | summarize sum(n), countif(isnull(n))";
    let answer = kql::run(query, &catalog, &settings()).unwrap();
    let row = answer.primary().rows().next().unwrap();
    assert_eq!((row[0].as_long(), row[1].as_long()), (Some(7), Some(1)));
}

#[test]
fn an_impure_one_is_called_for_every_row() {
    let calls = std::sync::atomic::AtomicI64::new(0);
    let body = move |_: &[Value]| Value::from(calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let ticket = ScalarFunction::new("ticket", [], ColumnType::Long, body).unwrap().impure();
    let catalog = Tables::default().with_function(ticket);
    let answer =
        kql::run("range n from 1 to 3 step 1 | project t = ticket() | summarize dcount(t)", &catalog, &settings());
    assert_eq!(answer.unwrap().primary().rows().next().unwrap()[0].as_long(), Some(3));
}

#[test]
fn its_values_and_its_memory_are_bounded() {
    let body = |args: &[Value]| Value::from("x".repeat(usize::try_from(args[0].as_long().unwrap_or(0)).unwrap_or(0)));
    let xs = ScalarFunction::new("xs", [ColumnType::Long], ColumnType::String, body).unwrap();
    let catalog = Tables::default().with_function(xs);
    let small = settings().with_memory_max(8 << 20);
    for (query, limit) in [
        ("print xs(17000000)", Limit::Value),
        ("range n from 1 to 100 step 1 | project x = xs(1000000 + n) | sort by x", Limit::Memory),
    ] {
        let error = kql::run(query, &catalog, &small).expect_err(query);
        assert_eq!(error.as_limit(), Some(limit), "{query}: {error}");
    }
}

#[test]
fn a_name_of_the_language_or_no_name_at_all_is_refused() {
    for name in ["strlen", "sum", "iff", "now", "", "1st", "a b", "a-b"] {
        let made = ScalarFunction::new(name, [], ColumnType::Long, |_| Value::Null);
        assert!(made.is_err(), "'{name}' is taken");
    }
    let many = vec![ColumnType::Long; 65];
    assert!(ScalarFunction::new("many", many, ColumnType::Long, |_| Value::Null).is_err());
}
