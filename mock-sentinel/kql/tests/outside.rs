//! Data from outside: what a catalog offers reaches the query, row by row or as a table.

use std::sync::Arc;

use kql::{
    BatchBuilder, Catalog, ColumnType, DateTime, Dynamic, ErrorKind, ExternalData, GeoInfo, Schema, Settings, Table,
    Tables,
};

/// Two sign-ins, one list of known hosts, one file, and somebody who knows one address.
struct Outside(Tables);

#[derive(Debug)]
struct OneAddress;

impl GeoInfo for OneAddress {
    fn look_up(&self, address: &str) -> Dynamic {
        let known = (address == "192.0.2.1").then(|| Dynamic::from_json(r#"{"country": "Iceland"}"#));
        known.flatten().unwrap_or(Dynamic::Null)
    }
}

impl Catalog for Outside {
    fn table(&self, name: &str, scan: &kql::Scan<'_>) -> Option<kql::ScannedTable> {
        self.0.table(name, scan)
    }

    fn table_names(&self) -> Vec<String> {
        self.0.table_names()
    }

    fn external_data(&self, request: &ExternalData) -> Option<Table> {
        assert_eq!(request.uris, ["https://example.com/hosts.csv"]);
        assert_eq!(request.options, [("format".to_owned(), "csv".to_owned())]);
        Some(one_text_column(request.schema.clone(), &["a", "b"]))
    }

    fn watchlist(&self, alias: &str) -> Option<Table> {
        let schema = Schema::new([("SearchKey", ColumnType::String)]);
        (alias == "admins").then(|| one_text_column(schema, &["ana"]))
    }

    fn watchlist_names(&self) -> Vec<String> {
        vec!["admins".to_owned()]
    }

    fn geo_info(&self) -> Option<Arc<dyn GeoInfo>> {
        Some(Arc::new(OneAddress))
    }
}

fn one_text_column(schema: Schema, texts: &[&str]) -> Table {
    let mut rows = BatchBuilder::new(schema);
    for text in texts {
        rows.push_row(&[(*text).into()]);
    }
    Table::of(rows.finish())
}

fn catalog() -> Outside {
    let mut rows = BatchBuilder::new(Schema::new([("who", ColumnType::String), ("ip", ColumnType::String)]));
    rows.push_row(&["ana".into(), "192.0.2.1".into()]);
    rows.push_row(&["ben".into(), "192.0.2.2".into()]);
    Outside(Tables::default().with("SignIns", Table::of(rows.finish())))
}

#[track_caller]
fn check(query: &str, expected: &str) {
    let settings = Settings::at(DateTime::parse("2026-11-23T12:00:00Z").expect("a date"));
    let answer = kql::run(query, &catalog(), &settings).unwrap_or_else(|error| panic!("{query}: {error}"));
    let rows = answer.primary().rows().map(|row| {
        let cells = row.iter().map(|value| value.to_text().into_owned());
        cells.collect::<Vec<_>>().join(",")
    });
    assert_eq!(rows.collect::<Vec<_>>().join(" "), expected, "{query}");
}

#[test]
fn places_are_looked_up_for_each_row() {
    check(
        "SignIns | extend place = geo_info_from_ip_address(ip) | project who, tostring(place.country)",
        "ana,Iceland ben,",
    );
    check("print geo_info_from_ip_address('192.0.2.1').country", "Iceland");
}

#[test]
fn watchlists_and_files_are_tables() {
    check("SignIns | where who in ((_GetWatchlist('admins') | project SearchKey)) | project who", "ana");
    check("externaldata (host: string) ['https://example.com/hosts.csv'] with (format = 'csv') | count", "2");
    let unknown = kql::run("_GetWatchlist('none') | count", &catalog(), &Settings::at(DateTime::MIN)).unwrap_err();
    assert_eq!(unknown.kind, ErrorKind::Semantic);
    assert!(unknown.message.contains("'none'; there are: admins"), "{unknown}");
}
