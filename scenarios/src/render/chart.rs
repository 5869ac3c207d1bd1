//! Charts made of characters.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{Answer, NUMBERS, Room, fit, grouped, text};

/// Eighths of a character cell, from nothing to full.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// How many series are drawn; the others are added up in one more.
const SERIES_MAX: usize = 12;
/// Wider bars say no more.
const CHARACTERS_MAX: usize = 3;
const LABEL_WIDTH: usize = 28;
const TOTAL_WIDTH: usize = 10;

/// One line a series over a common time axis; nothing if the answer has no time or no number.
pub(super) fn over_time(answer: &Answer, width: usize) -> Option<String> {
    let series = Series::of(answer)?;
    let plot_width = width.saturating_sub(LABEL_WIDTH + TOTAL_WIDTH + 4).clamp(10, 96);
    let axis = Axis::of(&series, plot_width)?;
    let mut lines = Vec::new();
    for (name, points) in series.largest() {
        let columns = axis.columns(&points);
        let total = grouped(points.iter().map(|(_, value)| value).sum::<f64>() as u64);
        let label = fit(&name, LABEL_WIDTH);
        let bars = bars(&columns, axis.characters);
        lines.push(format!("{label:<LABEL_WIDTH$} │{bars}│ {total:>TOTAL_WIDTH$}"));
    }
    lines.push(format!("{:LABEL_WIDTH$} └{}┘", "", "─".repeat(axis.columns * axis.characters)));
    lines.push(format!("{:LABEL_WIDTH$}  {}", "", axis.legend()));
    Some(lines.join("\n"))
}

/// A bar with its share for each row; nothing if the answer has no number beside what the bars are called by, its first
/// column where that leaves one. The slices of a pie stand by their size, the bars of other charts as they came.
pub(super) fn shares(answer: &Answer, room: Room) -> Option<String> {
    let is_number = |column: &usize| NUMBERS.contains(&answer.columns[*column].kind.as_str());
    let value_column = (1..answer.columns.len()).find(is_number).or_else(|| Some(0).filter(is_number))?;
    let name_column = (0..answer.columns.len()).find(|column| *column != value_column)?;
    let mut slices: Vec<(String, f64)> =
        answer.rows.iter().map(|row| (text(&row[name_column]), number(&row[value_column]))).collect();
    if answer.chart.as_deref() == Some("piechart") {
        slices.sort_by(|one, other| other.1.total_cmp(&one.1));
    }
    let total: f64 = slices.iter().map(|(_, value)| value).sum();
    let bar_width = room.width.saturating_sub(LABEL_WIDTH + TOTAL_WIDTH + 12).clamp(10, 60);
    let lines = slices.iter().take(room.rows_max).map(|(name, value)| {
        let share = if total > 0.0 { value / total } else { 0.0 };
        let bar = "█".repeat((share * bar_width as f64).round() as usize);
        let label = fit(name, LABEL_WIDTH);
        format!("{label:<LABEL_WIDTH$} {:>TOTAL_WIDTH$} {:>6.1} % {bar}", grouped(*value as u64), share * 100.0)
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// The points of an answer by the name of their series.
struct Series(BTreeMap<String, Vec<(Timestamp, f64)>>);

impl Series {
    fn of(answer: &Answer) -> Option<Self> {
        let time_column = answer.column_of(&["datetime"])?;
        let value_column = answer.column_of(&NUMBERS)?;
        let name_column = answer.column_of(&["string", "bool", "guid"]);
        let mut series = BTreeMap::<_, Vec<_>>::new();
        for row in &answer.rows {
            let Ok(time) = text(&row[time_column]).parse() else { continue };
            let name =
                name_column.map_or_else(|| answer.columns[value_column].name.clone(), |column| text(&row[column]));
            series.entry(name).or_default().push((time, number(&row[value_column])));
        }
        Some(Self(series))
    }

    /// The largest series first, and one for all others together.
    fn largest(self) -> Vec<(String, Vec<(Timestamp, f64)>)> {
        let mut series: Vec<_> = self.0.into_iter().collect();
        let total = |points: &[(Timestamp, f64)]| points.iter().map(|(_, value)| value).sum::<f64>();
        series.sort_by(|one, other| total(&other.1).total_cmp(&total(&one.1)));
        if series.len() > SERIES_MAX {
            let others = series.split_off(SERIES_MAX - 1);
            let name = format!("{} others", others.len());
            series.push((name, others.into_iter().flat_map(|(_, points)| points).collect()));
        }
        series
    }
}

/// The time axis: equal stretches from the first point to the last.
struct Axis {
    start: Timestamp,
    end: Timestamp,
    columns: usize,
    /// How wide each is drawn.
    characters: usize,
}

impl Axis {
    fn of(series: &Series, columns_max: usize) -> Option<Self> {
        let mut times: Vec<_> = series.0.values().flatten().map(|(time, _)| *time).collect();
        times.sort_unstable();
        times.dedup();
        let (start, end) = (*times.first()?, *times.last()?);
        let step = times.windows(2).map(|pair| pair[1].duration_since(pair[0])).min();
        let steps =
            step.map_or(0, |step| (end.duration_since(start).as_secs_f64() / step.as_secs_f64()).round() as usize);
        let columns = (steps + 1).min(columns_max);
        Some(Self { start, end, columns, characters: (columns_max / columns).clamp(1, CHARACTERS_MAX) })
    }

    /// The sum of the points in each stretch.
    fn columns(&self, points: &[(Timestamp, f64)]) -> Vec<f64> {
        let span = self.end.duration_since(self.start).as_secs_f64().max(1.0);
        let mut columns = vec![0.0; self.columns];
        for (time, value) in points {
            let place = time.duration_since(self.start).as_secs_f64() / span * (self.columns - 1) as f64;
            columns[place.round() as usize] += value;
        }
        columns
    }

    /// The first and the last instant, under the ends of the axis.
    fn legend(&self) -> String {
        let written = |time: Timestamp| time.strftime("%m-%d %H:%M").to_string();
        let (first, last) = (written(self.start), written(self.end));
        let gap = (self.columns * self.characters).saturating_sub(first.len() + last.len()).max(1);
        if self.columns == 1 { first } else { format!("{first}{}{last}", " ".repeat(gap)) }
    }
}

/// Each series has a scale of its own: its shape shows, its size stands beside it.
fn bars(columns: &[f64], characters: usize) -> String {
    let highest = columns.iter().copied().fold(0.0, f64::max);
    let eighths = |value: &f64| {
        let full = (EIGHTHS.len() - 1) as f64;
        // A little is not nothing.
        if *value > 0.0 { ((value / highest * full).round() as usize).max(1) } else { 0 }
    };
    columns.iter().flat_map(|value| std::iter::repeat_n(EIGHTHS[eighths(value)], characters)).collect()
}

fn number(cell: &Value) -> f64 {
    match cell {
        Value::Number(number) => number.as_f64().unwrap_or(0.0),
        // Decimals travel as text.
        Value::String(text) => text.parse().unwrap_or(0.0),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Column;
    use serde_json::json;

    fn answer(columns: &[(&str, &str)], rows: Vec<Vec<Value>>, chart: &str) -> Answer {
        let column = |(name, kind): &(&str, &str)| Column { name: (*name).to_owned(), kind: (*kind).to_owned() };
        Answer { columns: columns.iter().map(column).collect(), rows, chart: Some(chart.to_owned()) }
    }

    const ROOM: Room = Room { width: 80, rows_max: 20 };

    #[test]
    fn a_time_chart_shows_the_shape_of_each_series_and_its_total() {
        let hour = |hour: usize| json!(format!("2026-03-01T{hour:02}:00:00Z"));
        let mut rows: Vec<_> = (0..12).map(|h| vec![json!("board_opened"), hour(h), json!(h * h)]).collect();
        rows.extend([
            vec![json!("sign_in_failed"), hour(3), json!(5)],
            vec![json!("sign_in_failed"), hour(9), json!(1)],
        ]);
        let columns = [("event", "string"), ("TimeGenerated", "datetime"), ("count_", "long")];
        insta::assert_snapshot!(answer(&columns, rows, "timechart").show(ROOM), @r"
        board_opened                 │   ▁▁▁▁▁▁▁▁▁▁▁▁▂▂▂▂▂▂▃▃▃▄▄▄▅▅▅▇▇▇███│        506
        sign_in_failed               │         ███               ▂▂▂      │          6
                                     └────────────────────────────────────┘
                                      03-01 00:00              03-01 11:00
        ");
    }

    #[test]
    fn many_series_are_added_up_beyond_the_largest() {
        let rows =
            (0..20).map(|n| vec![json!(format!("event {n}")), json!("2026-03-01T00:00:00Z"), json!(n)]).collect();
        let chart = answer(&[("event", "string"), ("t", "datetime"), ("n", "long")], rows, "timechart").show(ROOM);
        assert!(chart.contains("9 others"), "{chart}");
        assert_eq!(chart.lines().count(), SERIES_MAX + 2);
    }

    #[test]
    fn a_pie_becomes_bars_with_shares() {
        let rows = vec![vec![json!("create"), json!(10)], vec![json!("update"), json!(30)]];
        let columns = [("actionType", "string"), ("count_", "long")];
        insta::assert_snapshot!(answer(&columns, rows, "piechart").show(ROOM), @"
        update                               30   75.0 % ███████████████████████
        create                               10   25.0 % ████████
        ");
    }

    #[test]
    fn columns_stand_as_they_came_over_the_first_column() {
        let rows = (1..=3).map(|n| vec![json!(n), json!(n * n)]).collect();
        insta::assert_snapshot!(answer(&[("x", "long"), ("y", "long")], rows, "columnchart").show(ROOM), @"
        1                                     1    7.1 % ██
        2                                     4   28.6 % █████████
        3                                     9   64.3 % ███████████████████
        ");
    }

    #[test]
    fn without_a_time_column_a_time_chart_falls_back_to_a_table() {
        let shown = answer(&[("n", "long")], vec![vec![json!(1)]], "timechart").show(ROOM);
        assert!(shown.contains('┌'), "{shown}");
    }
}
