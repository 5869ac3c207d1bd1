//! What a service adds to its tables, and the functions it keeps.

use kql::{
    BatchBuilder, Catalog, ColumnType, DateTime, Error, SavedFunction, Scan, ScannedTable, Schema, Settings, Table,
    Tables, Value,
};

const COLUMNS: &[&str] = &["Type", "_BilledSize", "$IngestionTime"];

/// Two tables with the columns of a service, and functions.
struct Service {
    tables: Tables,
    functions: Vec<(&'static str, SavedFunction)>,
}

impl Catalog for Service {
    fn table_names(&self) -> Vec<String> {
        self.tables.table_names()
    }

    fn service_columns(&self) -> &'static [&'static str] {
        COLUMNS
    }

    fn table(&self, name: &str, scan: &Scan<'_>) -> Option<ScannedTable> {
        let table = self.tables.table(name, scan)?.into_table();
        let own = table.schema().clone();
        let added =
            scan.service_columns.iter().filter(|column| own.index_of(column).is_none()).map(|column| match *column {
                "Type" => (*column, ColumnType::String, Value::from(name)),
                "_BilledSize" => (*column, ColumnType::Real, Value::Real(2.5)),
                _ => (*column, ColumnType::DateTime, Value::from(DateTime::parse("2026-11-23T11:00:00Z"))),
            });
        let added: Vec<_> = added.collect();
        let columns = own.columns().iter().map(|column| (column.name.to_string(), column.kind));
        let more = added.iter().map(|(name, kind, _)| ((*name).to_owned(), *kind));
        let mut rows = BatchBuilder::new(Schema::new(columns.chain(more)));
        for mut row in table.rows() {
            row.extend(added.iter().map(|(.., value)| value.clone()));
            rows.push_row(&row);
        }
        Some(ScannedTable::with_service_columns(Table::of(rows.finish()), own.len()))
    }

    fn function(&self, name: &str) -> Option<SavedFunction> {
        self.functions.iter().find(|(known, _)| *known == name).map(|(_, saved)| saved.clone())
    }

    fn function_names(&self) -> Vec<String> {
        self.functions.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
}

fn saved(parameters: &str, body: &str) -> SavedFunction {
    SavedFunction::new(parameters, body)
}

fn service() -> Service {
    let table = |id: &str| {
        let mut rows = BatchBuilder::new(Schema::new([("id", ColumnType::String), ("n", ColumnType::Long)]));
        rows.push_row(&[id.into(), Value::Long(1)]);
        Table::of(rows.finish())
    };
    let tables = Tables::default().with("A", table("a")).with("B", table("b"));
    let functions = vec![
        (
            "ByType",
            saved(
                "wanted:string='A', disabled:bool=false",
                "union A, B\n| where not(disabled) and Type == wanted // end",
            ),
        ),
        ("Twice", saved("(x: long)", "x * 2")),
        ("Of", saved("T:(id:string)", "T | where Type == 'A' | project id")),
        ("Ping", saved("", "Pong | take 1")),
        ("Pong", saved("", "union Ping, A")),
    ];
    Service { tables, functions }
}

fn run(query: &str) -> Result<(String, String), Error> {
    let settings = Settings::at(DateTime::parse("2026-11-23T12:00:00Z").expect("a date"));
    let answer = kql::run(query, &service(), &settings)?;
    let names: Vec<&str> = answer.primary().schema().columns().iter().map(|column| &*column.name).collect();
    let rows = answer
        .primary()
        .rows()
        .map(|row| row.iter().map(|value| value.to_text().into_owned()).collect::<Vec<_>>().join(","));
    Ok((names.join(","), rows.collect::<Vec<_>>().join(" ")))
}

#[track_caller]
fn check(query: &str, columns: &str, rows: &str) {
    let found = run(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    assert_eq!(found, (columns.to_owned(), rows.to_owned()), "{query}");
}

#[test]
fn the_services_columns_are_hidden_until_they_are_named() {
    check("A | take 1", "id,n", "a,1");
    check("A | where Type == 'A'", "id,n", "a,1");
    check("A | where Type == 'A' | extend m = n | sort by _BilledSize", "id,n,m", "a,1,1");
    check("A | project id, Type", "id,Type", "a,A");
    check("A | project-away Type", "id,n", "a,1");
    check("A | project-away n, Type*", "id", "a");
    check("A | project-keep Type", "Type", "A");
    check("A | project-reorder Type, n", "Type,n,id", "A,1,a");
    check("A | project-rename what = Type", "id,n,what", "a,1,A");
    check("A | extend Type = strcat(Type, '!')", "id,n,Type", "a,1,A!");
    check("A | getschema | where ColumnName == 'Type' | count", "Count", "0");
    check("A | where Type != '' | distinct *", "id,n", "a,1");
    check("A | where Type != '' | extend all = pack_all()", "id,n,all", r#"a,1,{"id":"a","n":1}"#);
    check("A | where * has 'A' and Type == 'A' | count", "Count", "1");
    check("A | summarize arg_max(n, *) by Type", "Type,n,id", "A,1,a");
    check("A | summarize sum(_BilledSize) by Type", "Type,sum__BilledSize", "A,2.5");
    check("print t = 'Type' | count", "Count", "1");
    check("A | extend x = column_ifexists('Type', '') | project x", "x", "A");
    assert!(run("A | project Typ").unwrap_err().to_string().find('\0').is_none());
}

#[test]
fn unions_and_joins_keep_what_each_table_brought() {
    check("union A, B | where Type == 'B'", "id,n", "b,1");
    check("union withsource=T A, B | where Type == 'B' | project T, Type", "T,Type", "B,B");
    check("union withsource=Type A, B | sort by Type asc", "Type,id,n", "A,a,1 B,b,1");
    check(
        "union A, (datatable (Type: string) ['C']) | summarize count() by Type | sort by Type asc",
        "Type,count_",
        "A,1 C,1",
    );
    check("union * | summarize count() by Type | sort by Type asc", "Type,count_", "A,1 B,1");
    check("A | join kind=inner B on n | where Type1 == 'B' | project id, id1", "id,id1", "a,b");
    check("A | join kind=inner (B | where Type == 'B') on n", "id,n,id1,n1", "a,1,b,1");
    check("find where Type == 'A' project id, Type", "source_,id,Type", "A,a,A");
    check("search * | where Type == 'B' | project id", "id", "b");
    check("let T = materialize(A | where n > 0); T | where Type == 'A' | count", "Count", "1");
}

#[test]
fn the_time_of_receipt_follows_the_row() {
    let time = "2026-11-23T11:00:00.0000000Z";
    check("A | project ingestion_time()", "$IngestionTime", time);
    check("A | where ingestion_time() > ago(2h) | take 1", "id,n", "a,1");
    check("A | where ingestion_time() < ago(2h)", "id,n", "");
    check("union A, B | extend at = ingestion_time() | summarize max(at)", "max_at", time);
    check("A | summarize count() | extend at = ingestion_time()", "count_,at", "1,");
}

#[test]
fn saved_functions_take_named_arguments_and_defaults() {
    check("ByType", "id,n", "a,1");
    check("ByType('B')", "id,n", "b,1");
    check("ByType(wanted='B', disabled=false) | project id", "id", "b");
    check("ByType(disabled=true)", "id,n", "");
    check("print Twice(Twice(2))", "print_0", "8");
    check("union A, (B | invoke Of()), Of(A) | sort by id asc | project id", "id", "a a");
    check("let f = ByType; f | count", "Count", "1");
}

#[test]
fn functions_that_call_themselves_are_named() {
    let error = run("Ping").unwrap_err().to_string();
    assert!(error.contains("'Ping' calls itself: Ping -> Pong -> Ping"), "{error}");
}

#[test]
fn a_saved_function_is_checked_when_it_is_kept() {
    assert!(saved("a:string='x', b:dynamic=dynamic([])", "T | where a == 'x';").check("F").is_ok());
    for (parameters, body) in [("a string", "T"), ("", "T | where"), ("", "T } let g = () { T"), ("a:string)", "T")] {
        let error = saved(parameters, body).check("F").unwrap_err().to_string();
        assert!(error.contains("'F'"), "{error}");
    }
}

#[track_caller]
fn placed(parameters: &str, body: &str, query: &str, at: (u32, u32), said: &str) {
    let saved = saved(parameters, body);
    let error = if let Err(error) = saved.check("F") {
        error
    } else {
        let mut service = service();
        service.functions.push(("F", saved));
        let settings = Settings::at(DateTime::parse("2026-11-23T12:00:00Z").expect("a date"));
        kql::run(query, &service, &settings).map(|_| ()).expect_err(query)
    };
    assert_eq!((error.line, error.column), at, "{error}");
    assert!(error.to_string().contains(said), "{error} should say {said}");
}

#[test]
fn an_error_stands_where_its_author_wrote_it() {
    placed("", "A | whre n > 1", "F", (1, 5), "In the saved function 'F'");
    placed("", "A\n| where m > 1", "F", (2, 9), "In the saved function 'F': Failed to resolve");
    placed("", "A | where", "F", (1, 10), "In the saved function 'F'");
    placed("(a: nonsense)", "A", "F", (1, 4), "In the parameters of the saved function 'F'");
    placed("a: long, b: long = m", "A | where n == a", "print 1 | extend x = 1; F(1)", (1, 20), "In the parameters");
    // Arguments are the caller's.
    placed("a: long", "A | where n == a", "\nF(m)", (2, 3), "Failed to resolve");
    placed("T: (z: long)", "T | take 1", "F((A | take 1))", (1, 3), "'z'");
    placed("x: long", "Twice(y)", "print F(1)", (1, 7), "In the saved function 'F': Failed to resolve");
    placed("", "let g = () { A | where m > 1 };\ng()", "F", (1, 24), "In the saved function 'F'");
}

#[test]
fn an_argument_without_a_parameter_is_named_with_the_nearest() {
    placed(
        "wanted: long, other: long = 1",
        "A",
        "F(wnted = 1)",
        (1, 3),
        "'F' has no parameter 'wnted': it has wanted, other. Did you mean 'wanted'?",
    );
    placed("", "A", "F(nope = 1)", (1, 3), "'F' has no parameter 'nope': it has none.");
    placed("", "A", "F(1)", (1, 1), "'F' does not take 1 argument(s).");
    placed(
        "wanted: long, other: long = 1",
        "A",
        "F(other = 1)",
        (1, 1),
        "'F' needs a value for its parameter 'wanted'.",
    );
    placed("", "A", "let g = (a: long) { a }; print g(b = 1)", (1, 34), "'g' has no parameter 'b': it has a.");
}
