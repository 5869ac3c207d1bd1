//! Watchlists: rows of text under an alias, for `_GetWatchlist("alias")`.
//!
//! Columns: <https://learn.microsoft.com/azure/sentinel/watchlists-queries>, read 2026-11-29. All values are text, as they
//! come out of the CSV files that watchlists are made from.

use jiff::Timestamp;
use kql::{BatchBuilder, ColumnType, Schema, Table, Value};
use ring::digest::{SHA256, digest};
use uuid::Builder;

use crate::workspace::instant;
use crate::world::{Document, WatchlistSource, WorldError};

/// Most rows, and most columns.
const ROWS_MAX: usize = 1_000_000;
const COLUMNS_MAX: usize = 200;
/// The columns that the service puts first.
const ADDED: [&str; 3] = ["_DTItemId", "LastUpdatedTimeUTC", "SearchKey"];

/// A watchlist, ready to be queried.
#[derive(Debug)]
pub(in crate::workspace) struct Watchlist {
    pub(in crate::workspace) alias: String,
    pub(in crate::workspace) rows: Table,
}

/// Names and rows of text.
struct Raw {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Watchlist {
    /// Reads the CSV text of a watchlist, or else the rows that the world gives it.
    pub(super) fn read(
        declared: &WatchlistSource,
        text: Option<&Document>,
        now: Timestamp,
    ) -> Result<Self, WorldError> {
        let origin = text.map_or_else(|| format!("watchlist '{}'", declared.alias), |text| text.name.clone());
        let wrong = |message: String| WorldError::data(&origin, message);
        let raw = match text {
            Some(document) => of_csv(&document.text),
            None => Ok(of_rows(declared)),
        };
        let raw = raw.map_err(&wrong)?;
        raw.check(declared).map_err(&wrong)?;
        Ok(Self { alias: declared.alias.clone(), rows: raw.table(declared, now) })
    }
}

fn of_csv(text: &str) -> Result<Raw, String> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let columns = reader.headers().map_err(|error| error.to_string())?.iter().map(str::to_owned).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        if rows.len() >= ROWS_MAX {
            return Err(format!("there are more than {ROWS_MAX} rows"));
        }
        rows.push(record.map_err(|error| error.to_string())?.iter().map(str::to_owned).collect());
    }
    Ok(Raw { columns, rows })
}

/// A column for each key of any row, in the order in which they first appear.
fn of_rows(declared: &WatchlistSource) -> Raw {
    let mut columns: Vec<String> = Vec::new();
    for key in declared.rows.iter().flat_map(|row| row.keys()) {
        if !columns.contains(key) {
            columns.push(key.clone());
        }
    }
    let cell = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rows = declared.rows.iter().map(|row| {
        let cells = columns.iter().map(|column| row.get(column).filter(|value| !value.is_null()).map(cell));
        cells.map(Option::unwrap_or_default).collect()
    });
    let rows = rows.collect();
    Raw { columns, rows }
}

impl Raw {
    fn check(&self, declared: &WatchlistSource) -> Result<(), String> {
        let key = &declared.search_key;
        if !self.columns.contains(key) {
            return Err(format!("no column is the search key '{key}'; there are: {}", self.columns.join(", ")));
        }
        if self.columns.len() > COLUMNS_MAX || self.rows.len() > ROWS_MAX {
            return Err(format!("more than {COLUMNS_MAX} columns or {ROWS_MAX} rows"));
        }
        for (at, column) in self.columns.iter().enumerate() {
            let taken = self.columns[..at].contains(column) || ADDED.contains(&column.as_str());
            if column.is_empty() || taken {
                return Err(format!(
                    "column {} is called '{column}': names are not empty, once each, and none of {}",
                    at + 1,
                    ADDED.join(", ")
                ));
            }
        }
        Ok(())
    }

    fn table(&self, declared: &WatchlistSource, now: Timestamp) -> Table {
        let kinds = [ColumnType::String, ColumnType::DateTime, ColumnType::String];
        let added = ADDED.into_iter().map(str::to_owned).zip(kinds);
        let own = self.columns.iter().map(|column| (column.clone(), ColumnType::String));
        let mut rows = BatchBuilder::new(Schema::new(added.chain(own)));
        let key = self.columns.iter().position(|column| *column == declared.search_key);
        let cell = |row: &[String], at: usize| Value::from(row.get(at).map_or("", String::as_str));
        for (number, row) in self.rows.iter().enumerate() {
            let id = item_id(&declared.alias, number);
            let key = key.map_or(Value::Null, |at| cell(row, at));
            let own = (0..self.columns.len()).map(|at| cell(row, at));
            let cells = [Value::from(id.as_str()), Value::from(instant(now)), key].into_iter().chain(own);
            rows.push_row(&cells.collect::<Vec<_>>());
        }
        Table::of(rows.finish())
    }
}

fn item_id(alias: &str, row: usize) -> String {
    let digest = digest(&SHA256, format!("{alias}/{row}").as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, csv: Option<&str>, rows: &serde_json::Value) -> Result<Watchlist, String> {
        let source = serde_json::json!({"alias": "L", "search_key": key, "rows": rows});
        let source: WatchlistSource = serde_json::from_value(source).unwrap();
        let document = csv.map(|text| Document { name: "l.csv".to_owned(), text: text.to_owned() });
        Watchlist::read(&source, document.as_ref(), Timestamp::UNIX_EPOCH).map_err(|error| error.to_string())
    }

    fn cells(list: &Watchlist) -> Vec<Vec<String>> {
        list.rows.rows().map(|row| row[1..].iter().map(|cell| cell.to_text().into_owned()).collect()).collect()
    }

    #[test]
    fn files_and_rows_become_text_with_the_search_key_in_front() {
        let epoch = "1970-01-01T00:00:00.0000000Z";
        let list = read("ip", Some("\u{feff}name,ip\r\n\"a, b\",192.0.2.1\r\n"), &serde_json::json!([])).unwrap();
        assert_eq!(cells(&list), [[epoch, "192.0.2.1", "a, b", "192.0.2.1"]]);
        let list = read("ip", None, &serde_json::json!([{"ip": "192.0.2.1"}, {"n": 2, "ip": "x"}])).unwrap();
        assert_eq!(cells(&list), [[epoch, "192.0.2.1", "192.0.2.1", ""], [epoch, "x", "x", "2"]]);
    }

    #[test]
    fn what_is_no_watchlist_is_told_with_its_file() {
        for (key, csv, said) in [
            ("id", "name,ip\n", "search key 'id'; there are: name, ip"),
            ("ip", "ip,ip\n", "column 2 is called 'ip'"),
            ("ip", "ip,SearchKey\n", "none of _DTItemId"),
            ("ip", "ip,n\n1\n", "1 field"),
        ] {
            let error = read(key, Some(csv), &serde_json::json!([])).unwrap_err();
            assert!(error.starts_with("l.csv: ") && error.contains(said), "{error}");
        }
    }
}
