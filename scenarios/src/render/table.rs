//! Plain tables.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Row, Table};

use super::{Answer, NUMBERS, Room, fit, grouped, text};

/// A cell wider than this is cut: a table is for looking, JSON for reading on.
const CELL_WIDTH_MAX: usize = 40;

pub(super) fn table(answer: &Answer, room: Room) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(room.width as u16).set_truncation_indicator("…");
    table.set_header(answer.columns.iter().map(|column| column.name.clone()));
    for row in answer.rows.iter().take(room.rows_max) {
        let cells = row.iter().zip(&answer.columns).map(|(value, column)| {
            let cell = Cell::new(fit(&text(value).replace(['\n', '\r', '\t'], " "), CELL_WIDTH_MAX));
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
}
