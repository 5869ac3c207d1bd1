//! Plain tables.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table};
use jiff::Timestamp;
use serde_json::Value;

use super::{Answer, NUMBERS, Room, fit, grouped, text};

/// A cell wider than this is cut: a table is for looking, JSON for reading on.
const CELL_WIDTH_MAX: usize = 40;

pub(super) fn table(answer: &Answer, room: Room) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(room.width as u16).set_truncation_indicator("…");
    let mut header = Row::from(answer.columns.iter().map(|column| column.name.clone()));
    header.max_height(1);
    table.set_header(header);
    let is_narrow = natural_width(answer, room) > room.width;
    let last = answer.columns.len().saturating_sub(1);
    for (at, (column, shown)) in answer.columns.iter().zip(table.column_iter_mut()).enumerate().filter(|_| is_narrow) {
        shown.set_padding((1, u16::from(at == last)));
        if column.kind == "datetime" {
            shown.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    for row in answer.rows.iter().take(room.rows_max) {
        let cells = row.iter().zip(&answer.columns).map(|(value, column)| {
            let shown = if is_narrow && column.kind == "datetime" { to_the_second(value) } else { one_line(value) };
            let cell = Cell::new(shown);
            if NUMBERS.contains(&column.kind.as_str()) { cell.set_alignment(CellAlignment::Right) } else { cell }
        });
        // One line a row: what is cut can be had as JSON.
        let mut row = Row::from(cells);
        row.max_height(1);
        table.add_row(row);
    }
    let more = answer.rows.len().saturating_sub(room.rows_max) as u64;
    if more == 0 { table.to_string() } else { format!("{table}\n  and {} more", grouped(more)) }
}

/// The columns that the table would take as it is.
fn natural_width(answer: &Answer, room: Room) -> usize {
    // One on each side, and what would stand between two columns.
    const PADDING: usize = 3;
    const BORDERS: usize = 1;
    let width = |at: usize| {
        let cells = answer.rows.iter().take(room.rows_max).filter_map(|row| row.get(at));
        let widest = cells.map(|cell| one_line(cell).chars().count()).max().unwrap_or_default();
        widest.max(answer.columns[at].name.chars().count()) + PADDING
    };
    (0..answer.columns.len()).map(width).sum::<usize>() + BORDERS
}

fn one_line(value: &Value) -> String {
    fit(&text(value).replace(['\n', '\r', '\t'], " "), CELL_WIDTH_MAX)
}

/// A time where there is little room: without the year and to the second, which tells more than one that is cut.
fn to_the_second(value: &Value) -> String {
    let time = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    time.map_or_else(|| one_line(value), |time| time.strftime("%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use crate::render::{Answer, Column, Room};
    use serde_json::json;

    #[test]
    fn numbers_stand_right_and_what_does_not_fit_is_counted() {
        let column = |name: &str, kind: &str| Column { name: name.to_owned(), kind: kind.to_owned() };
        let answer = Answer {
            columns: vec![column("actor", "string"), column("Changes", "long")],
            rows: vec![vec![json!("Ada"), json!(1_200)], vec![json!(null), json!(7)], vec![json!("Bo"), json!(1)]],
            chart: None,
        };
        insta::assert_snapshot!(answer.show(Room { width: 60, rows_max: 2 }), @"
        ┌─────────────────┐
        │ actor   Changes │
        ╞═════════════════╡
        │ Ada        1200 │
        │               7 │
        └─────────────────┘
          and 1 more
        ");
    }

    #[test]
    fn a_time_is_readable_at_80_columns() {
        let names = [
            ("TimeGenerated", "datetime"),
            ("event", "string"),
            ("category", "string"),
            ("createdBy_email", "string"),
            ("context_ip", "string"),
        ];
        let columns = names.map(|(name, kind)| Column { name: name.into(), kind: kind.into() }).into();
        let cells = [
            "2026-11-29T07:08:09.1230000Z",
            "board_member_role_changed",
            "board_sharing",
            "maximiliana.mustermann@example.com",
            "203.0.113.200",
        ];
        let rows = vec![cells.map(|cell| json!(cell)).into()];
        let answer = Answer { columns, rows, chart: None };
        let shown = answer.show(Room { width: 80, rows_max: 10 });
        assert!(shown.contains(" 11-29 07:08:09 "), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
        assert_eq!(shown.lines().count(), 5, "one line a row, and one for the header: {shown}");
        assert!(answer.show(Room { width: 140, rows_max: 10 }).contains("2026-11-29T07:08:09.1230000Z"));
    }
}
