//! What must hold for any input. The functions know nothing of the fuzzer, so that other tests can call them too.

use std::sync::LazyLock;

// Compiled into the connector for fuzzers and its own tests only.
#[cfg(fuzzing)]
pub use connector::fuzzing::{
    checkpoint, configuration, ingestion_response, page as miro_page, rate_headers, token_response,
};

use kql::{DateTime, EmptyCatalog, Settings, Table, Tables};

/// Parsing ends, with a tree or with an error that points into the text.
pub fn parse(text: &str) {
    let Err(error) = kql::syntax::parse(text) else { return };
    assert!(error.span.start <= error.span.end, "{error:?}");
    assert!(error.span.end as usize <= text.len(), "{error:?}");
    assert!(error.line >= 1 && error.column >= 1, "{error:?}");
    assert!(!error.to_string().is_empty());
}

/// Running ends within its bounds, with rows or with an error, and twice the same.
pub fn run(text: &str) {
    let settings = Settings::at(DateTime::MIN).with_rows_max(100).with_memory_max(16 << 20).with_steps_max(100_000);
    let first = kql::run(text, &*TABLES, &settings);
    let second = kql::run(text, &*TABLES, &settings);
    match (first, second) {
        (Ok(first), Ok(second)) => {
            assert!(first.rows() <= settings.rows_max);
            assert_eq!(first.tables.len(), second.tables.len());
            for (first, second) in first.tables.iter().zip(&second.tables) {
                assert_eq!(rows(&first.table), rows(&second.table));
            }
        }
        (Err(first), Err(second)) => assert_eq!(first, second),
        (first, second) => panic!("one run answered and one did not: {first:?}, {second:?}"),
    }
}

/// As text, since a NaN is not equal to itself.
fn rows(table: &Table) -> Vec<String> {
    table.rows().map(|row| format!("{row:?}")).collect()
}

/// Two small tables that hold every type, nulls and the edges of the ranges.
static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let t = r#"
        datatable(Id:long, Name:string, At:datetime, Took:timespan, Score:real, Ok:bool, Bag:dynamic, Small:int)[
            1, "alpha", datetime(2026-01-02 03:04:05.6), 1d, 1.5, true, dynamic({"a":[1,"x",null],"b":{"c":2.5}}), 7,
            -9223372036854775808, "h\u00e9llo, w\u00f6rld", datetime(9999-12-31 23:59:59.9999999),
                time(10675199.02:48:05.4775807), real(nan), false, dynamic([[],{}]), int(-2147483648),
            long(null), "", datetime(null), timespan(null), real(null), bool(null), dynamic(null), int(null)
        ]"#;
    let u = r#"datatable(Id:long, City:string)[1, "Oslo", 1, "Rome", long(null), ""]"#;
    Tables::default().with("T", table(t)).with("U", table(u))
});

fn table(query: &str) -> Table {
    kql::run(query, &EmptyCatalog, &Settings::at(DateTime::MIN)).expect("a table written out").primary().clone()
}
