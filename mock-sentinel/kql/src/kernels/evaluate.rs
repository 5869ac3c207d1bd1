//! Evaluating expressions over a batch.

use super::{
    access::{self, Step},
    arithmetic, compare, logic, membership, text, window,
};
use crate::{
    batch::Batch,
    catalog::GeoInfo,
    column::cells::{Cells, Texts, value_column},
    column::{Column, ColumnBuilder, Data, Strings},
    error::{Error, Limit},
    functions::{Callee, Context, ITEMS_MAX, TEXT_MAX},
    plan::{Expr, ExprKind, NullTest},
    run::Run,
    syntax::Span,
    types::ColumnType,
    value::Value,
};

/// Rows between two looks at the bounds.
const ROWS_BETWEEN_CHECKS: usize = 1024;
/// Arguments of fewer bytes than this are handed to a function without asking whether there is room for what it makes.
const BYTES_UNASKED: usize = 64 << 10;
/// How much larger than its arguments what a function makes may be while it makes it, such as a tree of its JSON.
const GROWTH: usize = 12;
/// The most bytes of a dynamic value, written out.
const TREE_MAX: usize = 128 << 20;
/// A value this long counts as much as a row.
const BYTES_A_STEP: usize = 4096;

impl Run<'_> {
    /// The value of an expression for every row of a batch.
    pub(crate) fn evaluate(&mut self, expr: &Expr, batch: &Batch) -> Result<Cells, Error> {
        let len = batch.len();
        Ok(match &expr.kind {
            ExprKind::Literal(value) => Cells::One(value.clone()),
            ExprKind::Column(index) => {
                self.fits(batch.pending_bytes(*index))?;
                Cells::Many(batch.shared(*index).clone())
            }
            ExprKind::Now => Cells::One(Value::DateTime(self.now())),
            ExprKind::Member { .. } => {
                let (target, steps) = path_of(expr);
                access::path(&self.evaluate(target, batch)?, &steps, len)
            }
            ExprKind::Index { target, index } => match constant_step(index) {
                Some(_) => {
                    let (target, steps) = path_of(expr);
                    access::path(&self.evaluate(target, batch)?, &steps, len)
                }
                None => access::index(&self.evaluate(target, batch)?, &self.evaluate(index, batch)?, len),
            },
            ExprKind::Convert(operand) => self.convert(operand, expr.ty, batch)?,
            ExprKind::And(all) => logic::and(&self.evaluate_all(all, batch)?, len),
            ExprKind::Or(all) => logic::or(&self.evaluate_all(all, batch)?, len),
            ExprKind::Not(operand) => logic::not(&self.evaluate(operand, batch)?, len),
            ExprKind::Compare { op, left, right } => {
                compare::compare(*op, &self.evaluate(left, batch)?, &self.evaluate(right, batch)?, left.ty, len)
            }
            ExprKind::Arithmetic { op, left, right } => {
                arithmetic::arithmetic(*op, &self.evaluate(left, batch)?, &self.evaluate(right, batch)?, expr.ty, len)
            }
            ExprKind::Negate(operand) => match self.evaluate(operand, batch)? {
                Cells::One(value) => Cells::One(arithmetic::negated(&value)),
                Cells::Many(column) => value_column(expr.ty, len, |row| arithmetic::negated(&column.value(row))).into(),
            },
            ExprKind::Text { matching, left, right } => {
                let (left, right) = (self.evaluate(left, batch)?, self.evaluate(right, batch)?);
                text::matches(*matching, &left, &right, &mut self.regexes, len)
            }
            ExprKind::In(asked) => {
                let operand = self.evaluate(&asked.operand, batch)?;
                let items = self.evaluate_all(&asked.items, batch)?;
                self.spend(len.saturating_mul(items.len() / 64))?;
                membership::membership(asked.test, asked.negated, &operand, asked.operand.ty, &items, len)
            }
            ExprKind::Choose { branches, otherwise } => {
                let mut evaluated = Vec::with_capacity(branches.len());
                for (condition, value) in branches {
                    evaluated.push((self.evaluate(condition, batch)?, self.evaluate(value, batch)?));
                }
                logic::choose(&evaluated, &self.evaluate(otherwise, batch)?, expr.ty, len)
            }
            ExprKind::Test { test, operand } => self.test(*test, operand, batch)?,
            ExprKind::Call { function, args, kinds } => {
                let args = self.evaluate_all(args, batch)?;
                self.call(function, &args, kinds, expr.ty, len)?
            }
            ExprKind::GeoInfo { provider, address } => {
                let addresses = self.evaluate(address, batch)?;
                self.geo_info(provider.as_ref(), &addresses, len)?
            }
            ExprKind::Window { function, args } => {
                let args = self.evaluate_all(args, batch)?;
                window::window(*function, &args, expr.ty, len)
            }
        })
    }

    pub(crate) fn evaluate_all(&mut self, exprs: &[Expr], batch: &Batch) -> Result<Vec<Cells>, Error> {
        exprs.iter().map(|expr| self.evaluate(expr, batch)).collect()
    }

    fn convert(&mut self, operand: &Expr, to: ColumnType, batch: &Batch) -> Result<Cells, Error> {
        let (target, steps) = path_of(operand);
        if to == ColumnType::String && !steps.is_empty() {
            let cells = self.evaluate(target, batch)?;
            if let Some(column) = access::path_text(&cells, &steps, batch.len()) {
                return Ok(column.into());
            }
            return Ok(access::conversion(&access::path(&cells, &steps, batch.len()), to, batch.len()));
        }
        let cells = self.evaluate(operand, batch)?;
        if to == ColumnType::String && cells.kind_is_tree() {
            // Written out, parts that trees share stand there each time.
            self.fits(cells.bytes())?;
        }
        let converted = access::conversion(&cells, to, batch.len());
        match &converted {
            Cells::One(value) => within_bounds(value, "tostring")?,
            // Only a column of that size can hold a text of that size.
            Cells::Many(column) if to == ColumnType::String && column.bytes() > TEXT_MAX => {
                (0..batch.len()).try_for_each(|row| within_bounds(&column.value(row), "tostring"))?;
            }
            Cells::Many(_) => {}
        }
        Ok(converted)
    }

    fn test(&mut self, test: NullTest, operand: &Expr, batch: &Batch) -> Result<Cells, Error> {
        let (target, steps) = path_of(operand);
        if test == NullTest::Null && !steps.is_empty() {
            let cells = self.evaluate(target, batch)?;
            if let Some(column) = access::path_is_null(&cells, &steps, batch.len()) {
                return Ok(column.into());
            }
            return Ok(logic::test(test, &access::path(&cells, &steps, batch.len()), batch.len()));
        }
        Ok(logic::test(test, &self.evaluate(operand, batch)?, batch.len()))
    }

    fn call(
        &mut self,
        function: &Callee,
        args: &[Cells],
        kinds: &[ColumnType],
        returns: ColumnType,
        len: usize,
    ) -> Result<Cells, Error> {
        if function.is_pure() && args.iter().all(|arg| matches!(arg, Cells::One(_))) {
            let values: Vec<Value> = args.iter().map(|arg| arg.value(0)).collect();
            let value = self.value(function, kinds, &values)?;
            self.fits(value.bytes())?;
            return Ok(Cells::One(if value.is_null() { Value::missing(returns) } else { value }));
        }
        if function.is_pure()
            && let Some((at, coded)) = only_dictionary(args)
        {
            let distinct: Vec<Value> =
                (0..coded.distinct.len()).map(|code| Value::string(coded.distinct.get(code))).collect();
            let rows = distinct.len();
            let known =
                self.call_rows(function, args, kinds, returns, rows, |values, row| values[at] = distinct[row].clone())?;
            let codes: Vec<u32> = coded.codes.iter().map(|code| u32::from(*code)).collect();
            return Ok(known.gather(&codes).into());
        }
        let many: Vec<(usize, &Column)> = args
            .iter()
            .enumerate()
            .filter_map(|(at, arg)| match arg {
                Cells::Many(column) => Some((at, &**column)),
                Cells::One(_) => None,
            })
            .collect();
        let column = self.call_rows(function, args, kinds, returns, len, |values, row| {
            for (at, column) in &many {
                values[*at] = column.value(row);
            }
        })?;
        Ok(column.into())
    }

    fn geo_info(&mut self, provider: &dyn GeoInfo, addresses: &Cells, len: usize) -> Result<Cells, Error> {
        let look_up = |address: &Value| Value::dynamic(provider.look_up(&address.to_text()));
        let column = match addresses {
            Cells::One(address) => return Ok(Cells::One(look_up(address))),
            Cells::Many(column) => column,
        };
        let mut builder = ColumnBuilder::with_capacity(ColumnType::Dynamic, len);
        for row in 0..len {
            builder.push(&look_up(&column.value(row)));
            if row % ROWS_BETWEEN_CHECKS == 0 {
                self.spend(ROWS_BETWEEN_CHECKS)?;
                self.fits(builder.bytes())?;
            }
        }
        Ok(builder.finish().into())
    }

    /// Calls a function for `rows` rows; `load` puts the arguments of a row into place.
    fn call_rows(
        &mut self,
        function: &Callee,
        args: &[Cells],
        kinds: &[ColumnType],
        returns: ColumnType,
        rows: usize,
        load: impl Fn(&mut [Value], usize),
    ) -> Result<Column, Error> {
        let mut values: Vec<Value> = args
            .iter()
            .map(|arg| match arg {
                Cells::One(value) => value.clone(),
                Cells::Many(_) => Value::Null,
            })
            .collect();
        let mut builder = ColumnBuilder::with_capacity(returns, rows);
        let mut unchecked = 0;
        for row in 0..rows {
            load(&mut values, row);
            let value = self.value(function, kinds, &values)?;
            unchecked += 1 + value.bytes() / BYTES_A_STEP;
            builder.push(&value);
            if unchecked >= ROWS_BETWEEN_CHECKS {
                self.spend(unchecked)?;
                self.fits(builder.bytes())?;
                unchecked = 0;
            }
        }
        Ok(builder.finish())
    }

    /// What a function makes of one row. A value beyond what values may be is an error, never a shorter value.
    fn value(&mut self, function: &Callee, kinds: &[ColumnType], args: &[Value]) -> Result<Value, Error> {
        let given: usize = args.iter().map(Value::bytes).fold(0, usize::saturating_add);
        if given > BYTES_UNASKED {
            self.spend(given / BYTES_A_STEP)?;
            self.fits(given.saturating_mul(GROWTH))?;
        }
        let value = function.eval(&mut self.context(kinds), args);
        within_bounds(&value, function.name())?;
        Ok(value)
    }

    fn context<'c>(&'c mut self, kinds: &'c [ColumnType]) -> Context<'c> {
        Context::new(kinds, &mut self.regexes, &mut self.random)
    }

    /// The value of a constant.
    pub(crate) fn constant(&mut self, expr: &Expr) -> Result<Value, Error> {
        if let ExprKind::Literal(value) = &expr.kind {
            return Ok(value.clone());
        }
        if !expr.is_constant() {
            return Err(Error::semantic("SEM0018", "a constant was expected", Span::default()));
        }
        self.evaluate_once(expr)
    }

    /// The value of an expression that needs no rows.
    pub(crate) fn evaluate_once(&mut self, expr: &Expr) -> Result<Value, Error> {
        let no_columns = Batch::new(crate::Schema::new::<String>([]), Vec::new(), 1);
        Ok(self.evaluate(expr, &no_columns)?.value(0))
    }
}

/// Fails for a value that is larger than any may be.
fn within_bounds(value: &Value, maker: &str) -> Result<(), Error> {
    let (what, size, bound, unit) = match value {
        Value::String(text) => ("a text", text.len(), TEXT_MAX, "bytes"),
        Value::Dynamic(tree) => match tree.as_array() {
            Some(items) if items.len() > ITEMS_MAX => ("an array", items.len(), ITEMS_MAX, "items"),
            _ => ("a dynamic value", tree.bytes(), TREE_MAX, "bytes"),
        },
        _ => return Ok(()),
    };
    if size <= bound {
        return Ok(());
    }
    let message = format!("{maker}() makes {what} of more than {bound} {unit}; make it of less, or of fewer rows");
    Err(Error::limit(Limit::Value, message, Span::default()).with_token(maker))
}

/// The one argument that differs from row to row, when it is a short dictionary.
fn only_dictionary(args: &[Cells]) -> Option<(usize, &crate::column::Coded)> {
    let mut many = args.iter().enumerate().filter(|(_, arg)| matches!(arg, Cells::Many(_)));
    let (at, only) = many.next()?;
    if many.next().is_some() {
        return None;
    }
    match only.strings()? {
        Texts::Many(Strings::Coded(coded)) if coded.distinct.len() < coded.codes.len() => Some((at, coded)),
        _ => None,
    }
}

/// The steps of `a.b[0].c` and what they start from.
fn path_of(expr: &Expr) -> (&Expr, Vec<Step<'_>>) {
    let mut steps = Vec::new();
    let mut expr = expr;
    loop {
        match &expr.kind {
            ExprKind::Member { target, name } => {
                steps.push(Step::Name(name));
                expr = target;
            }
            ExprKind::Index { target, index } if constant_step(index).is_some() => {
                steps.extend(constant_step(index));
                expr = target;
            }
            _ => break,
        }
    }
    steps.reverse();
    (expr, steps)
}

fn constant_step(index: &Expr) -> Option<Step<'_>> {
    match index.as_literal()? {
        Value::String(name) => Some(Step::Name(name)),
        value => value.as_long().map(Step::Item),
    }
}

/// The rows where a condition is true; `None` when it is true for all.
pub(crate) fn selected(condition: &Cells, len: usize) -> Option<Vec<u32>> {
    match condition {
        Cells::One(Value::Bool(true)) => None,
        Cells::One(_) => Some(Vec::new()),
        Cells::Many(column) => {
            let Data::Bool(cells) = &column.data else { return Some(Vec::new()) };
            let rows: Vec<u32> = match &column.valid {
                None => (0..len as u32).filter(|row| cells[*row as usize]).collect(),
                Some(valid) => (0..len as u32).filter(|row| cells[*row as usize] && valid.get(*row as usize)).collect(),
            };
            if rows.len() == len { None } else { Some(rows) }
        }
    }
}
