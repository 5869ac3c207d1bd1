//! `scan`

use std::sync::Arc;

use super::{Binder, errors, hidden::state_column};
use crate::{
    error::Error,
    plan::{Expr, Plan, Scan, ScanOutput, ScanStep, Stage},
    syntax::{
        Span,
        ast::{self, Name, Naming, ParamType, Parameter, ParameterValue},
    },
    types::{ColumnType, Schema},
    value::Value,
};

impl Binder<'_> {
    pub(super) fn scan(&mut self, mut plan: Plan, written: &ast::Scan, span: Span) -> Result<Plan, Error> {
        if !written.order_by.is_empty() || !written.partition_by.is_empty() {
            return Err(errors::refused("scan with order by or partition by inside", span));
        }
        if !plan.serialized {
            let message = "'scan' needs rows in a defined order: put serialize or sort before it.";
            return Err(Error::semantic("SEM0066", message, span).with_token("scan"));
        }
        let (declared, defaults) = self.declared(&plan.schema, &written.declare)?;
        let row = joined(&plan.schema, declared.columns().iter().map(|column| (column.name.to_string(), column.kind)));
        let seen = seen_by_steps(&row, &written.steps);
        let steps = written
            .steps
            .iter()
            .map(|step| self.with_row(&seen, None, true, |binder| binder.scan_step(step, &row)))
            .collect::<Result<Vec<_>, _>>()?;
        let match_id = match_id(&written.parameters)?;
        let schema = match match_id {
            Some(name) if row.index_of(&name.text).is_some() => {
                return Err(errors::duplicate_column(&name.text, name.span));
            }
            Some(name) => joined(&row, [(name.text.clone(), ColumnType::Long)].into_iter()),
            None => row.clone(),
        };
        let scan = Scan { steps, defaults, row, seen, with_match_id: match_id.is_some(), schema: schema.clone() };
        plan.push(Stage::Scan(Arc::new(scan)), schema);
        Ok(plan)
    }

    /// The columns of `declare (…)`, and what each holds where no step sets it.
    fn declared(&mut self, input: &Schema, params: &[ast::Param]) -> Result<(Schema, Vec<Value>), Error> {
        let mut columns: Vec<(String, ColumnType)> = Vec::new();
        let mut defaults = Vec::new();
        for param in params {
            let ParamType::Scalar(ty) = &param.ty else {
                return Err(Error::semantic("SEM0100", "A column is declared with a scalar type.", param.name.span));
            };
            let kind = ColumnType::from(ty.scalar);
            let taken = columns.iter().any(|(name, _)| *name == param.name.text);
            if taken || input.index_of(&param.name.text).is_some() {
                return Err(errors::duplicate_column(&param.name.text, param.name.span));
            }
            let default = match &param.default {
                Some(written) => {
                    let (value, _) = self.constant(written)?;
                    crate::functions::conversion::convert(&value, kind)
                }
                None => Value::missing(kind),
            };
            columns.push((param.name.text.clone(), kind));
            defaults.push(default);
        }
        Ok((Schema::new(columns), defaults))
    }

    fn scan_step(&mut self, step: &ast::ScanStep, row: &Schema) -> Result<ScanStep, Error> {
        if step.optional {
            return Err(errors::refused("an optional step of scan", step.name.span));
        }
        let output = match step.output.as_ref().map(|output| output.text.as_str()) {
            None | Some("all") => ScanOutput::All,
            Some("last") => ScanOutput::Last,
            Some("none") => ScanOutput::None,
            Some(other) => {
                let message = format!("'{other}' is not an output of a step; use all, last or none.");
                return Err(Error::semantic("SEM0018", message, step.name.span).with_token(other));
            }
        };
        let condition = self.condition(&step.condition)?;
        let assignments = step
            .assignments
            .iter()
            .map(|assignment| {
                let Naming::One(name) = &assignment.naming else { unreachable!("the parser asks for one name") };
                self.assigned(name, &assignment.value, row)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(ScanStep { condition, assignments, output })
    }

    fn assigned(&mut self, name: &Name, written: &ast::Expr, row: &Schema) -> Result<(usize, Expr), Error> {
        let at = row.index_of(&name.text).ok_or_else(|| errors::unknown_column(name, Some(row)))?;
        let value = self.scalar(written)?;
        let (found, wanted) = (value.ty, row.kind(at));
        let fits = found == wanted
            || found == ColumnType::Dynamic
            || wanted == ColumnType::Dynamic
            || found.is_numeric() && wanted.is_numeric();
        if !fits {
            return Err(errors::wrong_type(
                &format!("The value of '{}'", name.text),
                wanted.name(),
                found,
                written.span,
            ));
        }
        Ok((at, self.converted(value, wanted, written.span)?))
    }
}

/// What conditions and assignments may refer to: the row, then for each step the row it matched last.
fn seen_by_steps(row: &Schema, steps: &[ast::ScanStep]) -> Schema {
    let states = steps
        .iter()
        .flat_map(|step| row.columns().iter().map(|column| (state_column(&step.name.text, &column.name), column.kind)));
    joined(row, states)
}

fn joined(schema: &Schema, more: impl Iterator<Item = (String, ColumnType)>) -> Schema {
    Schema::new(schema.columns().iter().map(|column| (column.name.to_string(), column.kind)).chain(more))
}

/// The column of `with_match_id=…`; other parameters are hints.
fn match_id(parameters: &[Parameter]) -> Result<Option<&Name>, Error> {
    let Some(asked) = parameters.iter().find(|parameter| parameter.name.text == "with_match_id") else {
        return Ok(None);
    };
    match &asked.value {
        ParameterValue::Name(name) => Ok(Some(name)),
        ParameterValue::Names(_) | ParameterValue::Expr(_) => {
            Err(Error::semantic("SEM0018", "with_match_id names one column.", asked.span))
        }
    }
}
