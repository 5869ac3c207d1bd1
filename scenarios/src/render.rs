//! Query answers on a terminal: tables, and charts for queries that ask for one.

mod chart;
mod table;

use serde_json::Value;

/// One table that a query answers with, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Names and types of the columns.
    pub columns: Vec<Column>,
    /// The cells, row by row, as JSON.
    pub rows: Vec<Vec<Value>>,
    /// The chart that the query asks for with `render`, such as `timechart`.
    pub chart: Option<String>,
}

/// A column's name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// As the query names it.
    pub name: String,
    /// The language's name of the type, such as `datetime`.
    pub kind: String,
}

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Columns of the terminal.
    pub width: usize,
    /// Rows of a table that are shown before the rest is only counted.
    pub rows_max: usize,
}

impl Answer {
    /// The answer as text: the chart it asks for if it can be drawn, else a table.
    pub fn show(&self, room: Room) -> String {
        let chart = match self.chart.as_deref() {
            Some("timechart" | "linechart" | "areachart") => chart::over_time(self, room.width),
            Some("piechart" | "barchart" | "columnchart") => chart::shares(self, room),
            _ => None,
        };
        chart.unwrap_or_else(|| table::table(self, room))
    }

    /// The first column of one of the `kinds`.
    fn column_of(&self, kinds: &[&str]) -> Option<usize> {
        self.columns.iter().position(|column| kinds.contains(&column.kind.as_str()))
    }
}

impl From<&kql::ResultTable> for Answer {
    fn from(result: &kql::ResultTable) -> Self {
        let columns = result.table.schema().columns().iter();
        Self {
            columns: columns.map(|c| Column { name: c.name.to_string(), kind: c.kind.name().to_owned() }).collect(),
            rows: result.table.rows().map(|row| row.iter().map(kql::json::cell).collect()).collect(),
            chart: result.render.as_ref().map(|render| render.chart.clone()),
        }
    }
}

const NUMBERS: [&str; 4] = ["int", "long", "real", "decimal"];

/// A cell without JSON's quotes; nothing for null.
fn text(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Cuts `text` to `width` characters, saying so.
fn fit(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// A count with its thousands set apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let shown: Vec<_> = [0, 999, 1_000, 1_234_567].into_iter().map(grouped).collect();
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn long_texts_are_cut_by_characters() {
        assert_eq!(fit("Ångström", 5), "Ångs…");
        assert_eq!(fit("Ångström", 8), "Ångström");
    }
}
