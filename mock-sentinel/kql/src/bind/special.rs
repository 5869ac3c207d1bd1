//! Functions that are part of the language rather than of the library: conversions, choices, tests for absence,
//! the clock, and those that look at the row's columns or at other rows.

use super::{
    Binder, allowed,
    argument::{argument, common_type},
    errors,
};
use crate::{
    error::Error,
    plan::{ArithmeticOp, Expr, ExprKind, NullTest, WindowFunction},
    syntax::ast::{Call, ExprKind as Written, Literal},
    time::Timespan,
    types::ColumnType,
    value::Value,
};

/// Functions of the language that this engine refuses by name.
pub(super) const REFUSED: &[&str] = &[
    "adx",
    "app",
    "assert",
    "bin_auto",
    "buildschema",
    "column_names_of",
    "current_cluster_endpoint",
    "current_cursor",
    "current_database",
    "current_node_id",
    "current_principal",
    "current_principal_details",
    "current_principal_is_member_of",
    "cursor_after",
    "cursor_before_or_at",
    "cursor_current",
    "dcount_hll",
    "entity_group",
    "estimate_data_size",
    "extent_id",
    "extent_tags",
    "external_table",
    "gzip_compress_to_base64_string",
    "gzip_decompress_from_base64_string",
    // How Kusto folds several hashes into one is not documented, and its published values fit no known way.
    "hash_combine",
    "hash_many",
    "hll",
    "hll_if",
    "hll_isvalid",
    "hll_merge",
    "inner_nodes",
    "labels",
    "materialized_view",
    "merge_tdigest",
    "node_degree_in",
    "node_degree_out",
    "node_id",
    "parse_user_agent",
    "percentile_tdigest",
    "percentiles_array_tdigest",
    "percentrank_tdigest",
    "rank_tdigest",
    "resource",
    "row_id",
    "row_rank",
    "rowstore_ordinal_range",
    "stored_query_result",
    "tdigest",
    "tdigest_isvalid",
    "tdigest_merge",
    "workspace",
    "zlib_compress_to_base64_string",
    "zlib_decompress_from_base64_string",
];

const NAMES: &[&str] = &[
    "ago",
    "bag_pack_columns",
    "case",
    "column_ifexists",
    "columnifexists",
    "geo_info_from_ip_address",
    "iff",
    "iif",
    "ingestion_time",
    "isempty",
    "isnotempty",
    "isnotnull",
    "isnull",
    "materialize",
    "next",
    "not",
    "notempty",
    "notnull",
    "now",
    "pack_all",
    "parse_json",
    "parsejson",
    "prev",
    "row_cumsum",
    "row_number",
    "row_rank_dense",
    "row_rank_min",
    "row_window_session",
    "tobool",
    "toboolean",
    "todatetime",
    "todecimal",
    "todouble",
    "todynamic",
    "toguid",
    "toint",
    "tolong",
    "toobject",
    "toreal",
    "toscalar",
    "tostring",
    "totime",
    "totimespan",
];

/// Whether Kusto has a function of this name that is not a plain entry of the table, offered or not.
pub(super) fn is_known(name: &str) -> bool {
    NAMES.contains(&name)
        || REFUSED.contains(&name)
        || name.starts_with("series_")
        || name.starts_with("geo_")
        || crate::aggregates::find(name).is_some()
}

/// The names handled here, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().copied()
}

fn conversion(name: &str) -> Option<ColumnType> {
    Some(match name {
        "tostring" => ColumnType::String,
        "tobool" | "toboolean" => ColumnType::Bool,
        "toint" => ColumnType::Int,
        "tolong" => ColumnType::Long,
        "toreal" | "todouble" => ColumnType::Real,
        "todecimal" => ColumnType::Decimal,
        "todatetime" => ColumnType::DateTime,
        "totimespan" | "totime" => ColumnType::Timespan,
        "toguid" => ColumnType::Guid,
        "todynamic" | "toobject" | "parse_json" | "parsejson" => ColumnType::Dynamic,
        _ => return None,
    })
}

fn null_test(name: &str) -> Option<NullTest> {
    Some(match name {
        "isnull" => NullTest::Null,
        "isnotnull" | "notnull" => NullTest::Present,
        "isempty" => NullTest::Empty,
        "isnotempty" | "notempty" => NullTest::Filled,
        _ => return None,
    })
}

fn window(name: &str) -> Option<WindowFunction> {
    Some(match name {
        "prev" => WindowFunction::Prev,
        "next" => WindowFunction::Next,
        "row_number" => WindowFunction::RowNumber,
        "row_cumsum" => WindowFunction::RowCumsum,
        "row_rank_dense" => WindowFunction::RowRankDense,
        "row_rank_min" => WindowFunction::RowRankMin,
        "row_window_session" => WindowFunction::RowWindowSession,
        _ => return None,
    })
}

impl Binder<'_> {
    /// Binds a call of one of these functions; `None` for any other name.
    pub(super) fn special(&mut self, call: &Call) -> Result<Option<Expr>, Error> {
        let name = call.name.text.as_str();
        let span = call.span;
        if let Some(to) = conversion(name) {
            let operand = self.only_argument(call)?;
            return self.converted(operand, to, span).map(Some);
        }
        if let Some(test) = null_test(name) {
            let operand = Box::new(self.only_argument(call)?);
            return self.made(ExprKind::Test { test, operand }, ColumnType::Bool, span).map(Some);
        }
        if let Some(function) = window(name) {
            return self.window(function, call).map(Some);
        }
        Ok(Some(match name {
            "not" => {
                self.only_argument(call)?;
                let operand = self.condition(argument(call, 0)?)?;
                self.made(ExprKind::Not(Box::new(operand)), ColumnType::Bool, span)?
            }
            "iff" | "iif" | "case" => self.choice(call)?,
            "now" => self.clock(call, ArithmeticOp::Add)?,
            "ago" => self.clock(call, ArithmeticOp::Subtract)?,
            "toscalar" => self.bind_toscalar(call)?,
            "column_ifexists" | "columnifexists" => self.column_if_exists(call)?,
            "ingestion_time" => self.ingestion_time(),
            "pack_all" => self.pack_columns(call)?,
            "bag_pack_columns" => self.bag_pack_columns(call)?,
            "geo_info_from_ip_address" => self.geo_info(call)?,
            "geo_location" => self.geo_location(call)?,
            "hash" | "hash_xxhash64" => return self.only_hashable(call).map(|()| None),
            _ => return Ok(None),
        }))
    }

    pub(super) fn only_argument(&mut self, call: &Call) -> Result<Expr, Error> {
        match &call.args[..] {
            [only] => self.scalar(&only.value),
            _ => Err(errors::wrong_argument_count(&call.name, call.args.len())),
        }
    }

    /// How the engine lays out the other types for a hash is not known, so that they are refused.
    fn only_hashable(&mut self, call: &Call) -> Result<(), Error> {
        let hashed = argument(call, 0)?;
        match self.scalar(hashed)?.ty {
            ColumnType::String
            | ColumnType::Dynamic
            | ColumnType::Long
            | ColumnType::DateTime
            | ColumnType::Timespan => Ok(()),
            other => Err(errors::refused(&format!("{} of {other}", call.name.text), hashed.span)),
        }
    }

    /// `iff(condition, then, else)`, `case(condition, then, …, else)`
    fn choice(&mut self, call: &Call) -> Result<Expr, Error> {
        let count = call.args.len();
        let is_case = call.name.text == "case";
        if count < 3 || count.is_multiple_of(2) || !is_case && count != 3 {
            return Err(errors::wrong_argument_count(&call.name, count));
        }
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        for (at, argument) in call.args.iter().enumerate() {
            if at % 2 == 0 && at + 1 < count {
                conditions.push(self.condition(&argument.value)?);
            } else {
                values.push(self.scalar(&argument.value)?);
            }
        }
        let ty = chosen_type(&values);
        let mut values =
            values.into_iter().map(|value| self.converted(value, ty, call.span)).collect::<Result<Vec<_>, _>>()?;
        let otherwise = Box::new(values.pop().expect("there is one value more than conditions"));
        let branches = conditions.into_iter().zip(values).collect();
        self.made(ExprKind::Choose { branches, otherwise }, ty, call.span)
    }

    /// `now(offset)`, `ago(offset)`
    fn clock(&mut self, call: &Call, op: ArithmeticOp) -> Result<Expr, Error> {
        let now = if self.is_transform() {
            Expr::new(ExprKind::Now, ColumnType::DateTime)
        } else {
            Expr::literal(Value::DateTime(self.run.now()), ColumnType::DateTime)
        };
        let offset = match &call.args[..] {
            [] if call.name.text == "now" => return Ok(now),
            [offset] => self.scalar(&offset.value)?,
            _ => return Err(errors::wrong_argument_count(&call.name, call.args.len())),
        };
        let offset = match offset.ty {
            ColumnType::Timespan => offset,
            ColumnType::Dynamic => self.converted(offset, ColumnType::Timespan, call.span)?,
            found => return Err(errors::wrong_type("The offset", "a timespan", found, call.span)),
        };
        let kind = ExprKind::Arithmetic { op, left: Box::new(now), right: Box::new(offset) };
        self.made(kind, ColumnType::DateTime, call.span)
    }

    /// `toscalar(x)`: a table is run now; its first cell counts.
    fn bind_toscalar(&mut self, call: &Call) -> Result<Expr, Error> {
        let operand = argument(call, 0)?;
        if !self.is_tabular(operand) {
            // What is outside of the row comes first: which distinguishes the key of a partition from a column of its name.
            let row = self.row.take();
            let outside = self.scalar(operand);
            self.row = row;
            let bound = outside.or_else(|_| self.scalar(operand))?;
            return if bound.needs_rows() {
                Ok(bound)
            } else {
                let value = self.run.evaluate_once(&bound)?;
                Ok(Expr::literal(value, bound.ty))
            };
        }
        if self.is_transform() {
            return Err(allowed::refusal("toscalar", call.span));
        }
        let mut plan = self.nested(call.span, |binder| binder.table(operand))?;
        let Some(first) = plan.schema.columns().first().cloned() else {
            return Err(Error::semantic("SEM0100", "The table of toscalar() has no column.", call.span));
        };
        let schema = plan.schema.clone();
        plan.push(crate::plan::Stage::Take(1), schema);
        let before = self.run.held();
        let rows = self.run.execute_to_batch(&plan, &[])?;
        let value = if rows.is_empty() { Value::missing(first.kind) } else { rows.value(0, 0) };
        self.run.release(self.run.held().saturating_sub(before));
        self.run.hold(value.bytes())?;
        Ok(Expr::literal(value, first.kind))
    }

    /// `column_ifexists("name", default)`
    fn column_if_exists(&mut self, call: &Call) -> Result<Expr, Error> {
        let (written, default) = (argument(call, 0)?, argument(call, 1)?);
        let (name, _) = self.constant(written)?;
        let schema = self.row.as_ref().map(|row| row.schema.clone());
        let at = schema.as_ref().and_then(|schema| super::hidden::find(schema, &name.to_text()));
        match (at, &schema) {
            (Some(at), Some(schema)) => Ok(Expr::column(at, schema.kind(at))),
            _ => self.scalar(default),
        }
    }

    /// When the row came in: known only for tables that say so.
    fn ingestion_time(&self) -> Expr {
        let at = self.row.as_ref().and_then(|row| super::hidden::find(&row.schema, super::hidden::INGESTION_TIME));
        at.map_or_else(|| Expr::literal(Value::Null, ColumnType::DateTime), |at| Expr::column(at, ColumnType::DateTime))
    }

    fn window(&mut self, function: WindowFunction, call: &Call) -> Result<Expr, Error> {
        if !self.row.as_ref().is_some_and(|row| row.serialized) {
            let message =
                format!("'{}' needs rows in a defined order: put serialize or sort before it.", call.name.text);
            return Err(Error::semantic("SEM0066", message, call.span).with_token(&call.name.text));
        }
        let mut args = self.scalar_args(call)?;
        let first = args.first().map(|first| first.ty);
        let (least, most) = match function {
            WindowFunction::Prev | WindowFunction::Next => (1, 3),
            WindowFunction::RowNumber => (0, 2),
            WindowFunction::RowCumsum | WindowFunction::RowRankDense | WindowFunction::RowRankMin => (1, 2),
            WindowFunction::RowWindowSession => (3, 4),
        };
        if args.len() < least || args.len() > most {
            return Err(errors::wrong_argument_count(&call.name, args.len()));
        }
        let ty = match (function, first) {
            (WindowFunction::Prev | WindowFunction::Next, Some(kind)) => kind,
            (WindowFunction::RowCumsum, Some(ColumnType::Int)) => ColumnType::Long,
            (WindowFunction::RowCumsum, Some(kind)) if kind.is_numeric() || kind == ColumnType::Timespan => kind,
            (WindowFunction::RowCumsum, _) => ColumnType::Real,
            (WindowFunction::RowWindowSession, _) => ColumnType::DateTime,
            _ => ColumnType::Long,
        };
        if let (WindowFunction::Prev | WindowFunction::Next, Some(default)) = (function, args.get(2).cloned()) {
            args[2] = self.converted(default, ty, call.span)?;
        }
        if matches!(function, WindowFunction::Prev | WindowFunction::Next) && is_negative(call) {
            return Err(Error::semantic("SEM0018", "The offset must not be negative.", call.span));
        }
        self.made(ExprKind::Window { function, args }, ty, call.span)
    }
}

/// The type of a choice: dynamic values become the one type that the others share, as Microsoft's binder has it, so
/// that `iff(…, bag.name, "")` can be grouped by.
fn chosen_type(values: &[Expr]) -> ColumnType {
    let typed: Vec<ColumnType> = values.iter().map(|value| value.ty).filter(|ty| *ty != ColumnType::Dynamic).collect();
    common_type(typed.into_iter())
}

fn is_negative(call: &Call) -> bool {
    call.args.get(1).is_some_and(|offset| match &offset.value.kind {
        Written::Literal(Literal::Long(offset)) => *offset < 0,
        Written::Literal(Literal::Timespan(offset)) => Timespan::from_ticks(*offset) < Timespan::ZERO,
        _ => false,
    })
}
