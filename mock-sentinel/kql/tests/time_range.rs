//! A query within a time range sees those rows of stored tables and no others.

use kql::{
    BatchBuilder, Catalog, ColumnType, DateTime, Error, Scan, ScannedTable, Schema, Settings, Table, Tables, TimeRange,
    Value,
};

fn instant(hour: u32) -> DateTime {
    DateTime::parse(&format!("2026-11-23T{hour:02}:00:00Z")).expect("a date")
}

/// Remembers whether it saw a time range.
struct Watched(Tables, std::cell::Cell<bool>);

impl Catalog for Watched {
    fn table(&self, name: &str, scan: &Scan<'_>) -> Option<ScannedTable> {
        self.1.set(self.1.get() || scan.time.is_some_and(|range| &*range.column == "at"));
        self.0.table(name, scan)
    }

    fn table_names(&self) -> Vec<String> {
        self.0.table_names()
    }
}

fn catalog() -> Watched {
    let mut rows = BatchBuilder::new(Schema::new([("at", ColumnType::DateTime), ("n", ColumnType::Long)]));
    (0..6).for_each(|hour| rows.push_row(&[instant(hour).into(), i64::from(hour).into()]));
    rows.push_row(&[Value::Null, 99_i64.into()]);
    let mut timeless = BatchBuilder::new(Schema::new([("n", ColumnType::Long)]));
    timeless.push_row(&[7_i64.into()]);
    let tables = Tables::default().with("T", Table::of(rows.finish())).with("U", Table::of(timeless.finish()));
    Watched(tables, std::cell::Cell::new(false))
}

fn within(query: &str, from: u32, to: u32) -> Result<Vec<i64>, Error> {
    let settings = Settings::at(instant(12)).with_time_range(TimeRange::new("at", instant(from), instant(to)));
    let answer = kql::run(query, &catalog(), &settings)?;
    Ok(answer.primary().rows().map(|row| row[0].as_long().unwrap_or(-1)).collect())
}

#[test]
fn both_ends_belong_to_it_and_null_does_not() {
    assert_eq!(within("T | project n", 2, 4).unwrap(), [2, 3, 4]);
    assert_eq!(within("T | count", 4, 2).unwrap(), [0]);
}

#[test]
fn it_holds_wherever_a_query_reads_a_table() {
    for query in [
        "union T | count",
        "let t = materialize(T); t | count",
        "print toscalar(T | count)",
        "table('T') | count",
        "search * | count",
        "union * | count",
        "datatable (n: long) [1, 2, 3, 4, 5] | join kind=inner T on n | count",
        "datatable (n: long) [1, 2, 3, 4, 5] | where n in ((T | project n)) | count",
    ] {
        assert_eq!(within(query, 2, 4).unwrap(), [3], "{query}");
    }
}

#[test]
fn a_table_without_the_column_does_not_exist() {
    assert!(within("U | count", 2, 4).unwrap_err().message.contains("'U'"));
    assert_eq!(kql::run("U", &catalog(), &Settings::at(instant(12))).unwrap().primary().len(), 1);
}

#[test]
fn the_catalog_is_asked_for_no_more() {
    let catalog = catalog();
    kql::run("T | count", &catalog, &Settings::at(instant(12))).unwrap();
    assert!(!catalog.1.get());
    let range = TimeRange::new("at", instant(2), instant(4));
    kql::run("T | count", &catalog, &Settings::at(instant(12)).with_time_range(range)).unwrap();
    assert!(catalog.1.get());
}
