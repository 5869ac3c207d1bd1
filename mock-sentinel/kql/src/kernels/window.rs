//! Functions that look at other rows of a serialized table.

use crate::{
    column::NO_ROW,
    column::cells::{Cells, column_of_longs, long_cells, real_column, value_column},
    plan::{ArithmeticOp, WindowFunction},
    types::ColumnType,
    value::Value,
};

/// Evaluates a window function over all rows.
pub(super) fn window(function: WindowFunction, args: &[Cells], kind: ColumnType, len: usize) -> Cells {
    match function {
        WindowFunction::Prev => shifted(args, kind, len, -1),
        WindowFunction::Next => shifted(args, kind, len, 1),
        WindowFunction::RowNumber => row_number(args, len),
        WindowFunction::RowCumsum => cumulative_sum(args, kind, len),
        WindowFunction::RowRankDense => rank(args, len, Ranking::Dense),
        WindowFunction::RowRankMin => rank(args, len, Ranking::Min),
        WindowFunction::RowWindowSession => sessions(args, len),
    }
}

/// `prev(x, offset, default)`
fn shifted(args: &[Cells], kind: ColumnType, len: usize, direction: i64) -> Cells {
    let offset = args.get(1).and_then(|offset| offset.value(0).as_long()).unwrap_or(1).saturating_mul(direction);
    let default = args.get(2);
    let source = |row: usize| {
        let at = (row as i64).checked_add(offset)?;
        usize::try_from(at).ok().filter(|at| *at < len)
    };
    match (&args[0], default) {
        (Cells::Many(column), None) => {
            let rows: Vec<u32> = (0..len).map(|row| source(row).map_or(NO_ROW, |at| at as u32)).collect();
            column.gather(&rows).into()
        }
        (values, default) => value_column(kind, len, |row| match (source(row), default) {
            (Some(at), _) => values.value(at),
            (None, Some(default)) => default.value(row),
            (None, None) => Value::missing(kind),
        })
        .into(),
    }
}

/// Whether the count starts over at this row.
fn restarts(flag: Option<&Cells>, row: usize) -> bool {
    flag.is_some_and(|flag| flag.value(row) == Value::Bool(true))
}

/// `row_number(start, restart)`
fn row_number(args: &[Cells], len: usize) -> Cells {
    let start = args.first().and_then(|start| start.value(0).as_long()).unwrap_or(1);
    let mut number = start;
    let (cells, valid) = long_cells(len, |row| {
        number = if row == 0 || restarts(args.get(1), row) { start } else { number.wrapping_add(1) };
        Some(number)
    });
    column_of_longs(ColumnType::Long, cells, valid).into()
}

/// `row_cumsum(x, restart)`: nulls add nothing.
fn cumulative_sum(args: &[Cells], kind: ColumnType, len: usize) -> Cells {
    if kind == ColumnType::Real
        && let Some(values) = args[0].reals()
    {
        let mut sum = 0.0;
        return real_column(len, |row| {
            sum = if restarts(args.get(1), row) { 0.0 } else { sum } + values.get(row).unwrap_or(0.0);
            Some(sum)
        })
        .into();
    }
    let mut sum = Value::Null;
    value_column(kind, len, |row| {
        if restarts(args.get(1), row) {
            sum = Value::Null;
        }
        let value = super::access::conversion(&Cells::One(args[0].value(row)), kind, 1).value(0);
        if !value.is_null() {
            sum = if sum.is_null() {
                value
            } else {
                super::arithmetic::arithmetic_values(ArithmeticOp::Add, &sum, &value, kind)
            };
        }
        sum.clone()
    })
    .into()
}

/// How equal rows count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ranking {
    /// 1, 1, 2
    Dense,
    /// 1, 1, 3
    Min,
}

/// `row_rank_dense(x, restart)`, `row_rank_min(x, restart)`
fn rank(args: &[Cells], len: usize, ranking: Ranking) -> Cells {
    let (mut rank, mut in_group) = (0, 0);
    let (cells, valid) = long_cells(len, |row| {
        if row == 0 || restarts(args.get(1), row) {
            (rank, in_group) = (1, 1);
        } else {
            in_group += 1;
            if args[0].value(row) != args[0].value(row - 1) {
                rank = if ranking == Ranking::Dense { rank + 1 } else { in_group };
            }
        }
        Some(rank)
    });
    column_of_longs(ColumnType::Long, cells, valid).into()
}

/// `row_window_session(t, from_first, between, restart)`: the first instant of each session.
fn sessions(args: &[Cells], len: usize) -> Cells {
    let span = |at: usize| args.get(at).and_then(|span| span.value(0).as_timespan()).map_or(0, crate::Timespan::ticks);
    let (from_first, between) = (span(1), span(2));
    let times = args[0].longs();
    let (mut first, mut last): (Option<i64>, Option<i64>) = (None, None);
    let (cells, valid) = long_cells(len, |row| {
        let at = times.and_then(|times| times.get(row))?;
        let goes_on = matches!((first, last), (Some(first), Some(last))
            if !restarts(args.get(3), row) && at - first <= from_first && at - last <= between);
        if !goes_on {
            first = Some(at);
        }
        last = Some(at);
        first
    });
    column_of_longs(ColumnType::DateTime, cells, valid).into()
}
