//! Templates: what a deployment makes of parameters, variables and expressions before anything is put.
//!
//! Only the resources that this mock serves are looked at: what stands in others may use any function.

mod expand;
mod expression;
mod functions;
mod known;

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::ArmError;
use expression::{Expression, inside};

pub(crate) use expand::{Expanded, Placed, expand};

/// The maximum nesting of values, calls and variables.
const DEPTH_MAX: usize = 128;
/// The maximum number of values that one document may expand to.
const STEPS_MAX: usize = 200_000;
/// Most bytes that these values may have together.
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// Where a template is deployed, and what the caller says about it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Setting {
    pub(crate) tenant_id: String,
    pub(crate) subscription_id: String,
    pub(crate) resource_group: String,
    pub(crate) location: String,
    pub(crate) workspace_name: String,
    /// The workspace's ARM id.
    pub(crate) workspace_id: String,
    /// Values of parameters.
    pub(crate) parameters: BTreeMap<String, Value>,
    /// Whether parameters without a value get what their name plainly means, and `{{location}}` is read as a placeholder: a
    /// file that is loaded at start has no deployment that supplies values.
    pub(crate) infers: bool,
}

/// What was made so far: a template of a few lines may double a text again and again.
#[derive(Debug, Default)]
struct Budget {
    steps: Cell<usize>,
    bytes: Cell<usize>,
}

/// What an expression may refer to.
#[derive(Clone, Copy)]
struct Scope<'a> {
    setting: &'a Setting,
    budget: &'a Budget,
    /// Values that were given, by name.
    given: &'a BTreeMap<String, Value>,
    /// The template, for its `parameters` and `variables`.
    template: &'a Value,
    /// What `reference()` finds.
    deployed: Deployed<'a>,
}

/// The resources of the same template that `reference()` finds, by name in lower case.
#[derive(Clone, Copy)]
enum Deployed<'a> {
    /// None: resources may not refer to each other.
    Nothing,
    /// These will be there with properties of which nothing is known yet.
    Coming(&'a dyn Fn(&str) -> bool),
    /// These are there, with their properties.
    Made(&'a BTreeMap<String, Value>),
}

/// Why a value could not be made, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    place: String,
    why: String,
    /// The value is known only after the deployment; nothing is wrong with it so far.
    is_open: bool,
}

impl Fault {
    fn new(why: impl Into<String>) -> Self {
        Self { place: String::new(), why: why.into(), is_open: false }
    }

    fn open() -> Self {
        Self { is_open: true, ..Self::new("the value is known only after the deployment") }
    }

    fn under(mut self, place: &str) -> Self {
        self.place.insert_str(0, place);
        self
    }
}

impl From<Fault> for ArmError {
    fn from(Fault { place, why, .. }: Fault) -> Self {
        let place = place.trim_start_matches('.');
        let message = format!("Unable to process template language expressions at '{place}': {why}.");
        Self::new("InvalidTemplate", message)
    }
}

impl Budget {
    fn charge(&self, value: &Value) -> Result<(), Fault> {
        self.steps.set(self.steps.get().saturating_add(1));
        self.bytes.set(self.bytes.get().saturating_add(size(value)));
        if self.steps.get() > STEPS_MAX || self.bytes.get() > BYTES_MAX {
            return Err(Fault::new(format!(
                "the values come to more than {STEPS_MAX} or to more than {BYTES_MAX} bytes"
            )));
        }
        Ok(())
    }
}

/// About how many bytes a value takes. Its depth is bounded by [`DEPTH_MAX`].
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum::<usize>() + 8,
        Value::Object(object) => object.iter().map(|(key, value)| key.len() + size(value)).sum::<usize>() + 8,
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

impl Scope<'_> {
    /// A value with its expressions resolved, at every depth.
    fn resolve(&self, value: &Value, depth: usize) -> Result<Value, Fault> {
        let deeper = depth.checked_sub(1).ok_or_else(too_deep)?;
        Ok(match value {
            Value::String(text) => return self.text(text, deeper),
            Value::Array(items) => {
                let items = items.iter().enumerate().map(|(index, item)| {
                    self.resolve(item, deeper).map_err(|fault| fault.under(&format!("[{index}]")))
                });
                Value::Array(every(items)?)
            }
            Value::Object(object) => {
                let entries = object.iter().map(|(key, inner)| {
                    let resolved = self.entry(key, inner, deeper).map_err(|fault| fault.under(&format!(".{key}")))?;
                    Ok((key.clone(), resolved))
                });
                Value::Object(every::<_, Map<_, _>>(entries)?)
            }
            other => other.clone(),
        })
    }

    /// Free text is not searched for placeholders: KQL has brackets of its own.
    fn entry(&self, key: &str, value: &Value, depth: usize) -> Result<Value, Fault> {
        match value.as_str() {
            Some(text) if self.setting.infers && !matches!(key, "transformKql" | "description") => {
                match known::placeholders(text, self.setting).map_err(Fault::new)? {
                    Some(replaced) => self.text(&replaced, depth),
                    None => self.text(text, depth),
                }
            }
            _ => self.resolve(value, depth),
        }
    }

    fn text(&self, text: &str, depth: usize) -> Result<Value, Fault> {
        let Some(inner) = inside(text) else {
            let plain = text.strip_prefix('[').filter(|rest| rest.starts_with('[') && text.ends_with(']'));
            return Ok(Value::from(plain.unwrap_or(text)));
        };
        let shown: String = text.chars().take(120).collect();
        let expression = Expression::parse(inner).map_err(|why| Fault::new(format!("'{shown}': {why}")))?;
        self.evaluate(&expression, depth).map_err(|fault| Fault { why: format!("'{shown}': {}", fault.why), ..fault })
    }

    fn evaluate(&self, expression: &Expression, depth: usize) -> Result<Value, Fault> {
        let deeper = depth.checked_sub(1).ok_or_else(too_deep)?;
        let value = match expression {
            Expression::Text(text) => Value::from(text.as_str()),
            Expression::Number(number) => Value::from(*number),
            Expression::Part { of, part } => {
                let pair: Vec<Value> = every([of, part].map(|side| self.evaluate(side, deeper)))?;
                let [of, part] = pair.as_slice() else { return Err(Fault::open()) };
                part_of(of, part)?
            }
            Expression::Call { name, arguments } => self.call(name, arguments, deeper)?,
        };
        self.budget.charge(&value)?;
        Ok(value)
    }

    fn call(&self, name: &str, arguments: &[Expression], depth: usize) -> Result<Value, Fault> {
        // Only the side that is taken is evaluated.
        if let ("if", [condition, yes, no]) = (name.to_ascii_lowercase().as_str(), arguments) {
            let taken = if self.evaluate(condition, depth)? == true { yes } else { no };
            return self.evaluate(taken, depth);
        }
        let values: Result<Vec<Value>, Fault> = every(arguments.iter().map(|argument| self.evaluate(argument, depth)));
        if !self.is_served(name) {
            return Err(Fault::new(format!("the function '{name}' is not served by this mock")));
        }
        let values = values?;
        let named = values.first().and_then(Value::as_str).unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "parameters" => self.parameter(named, depth),
            "variables" => self.variable(named, depth),
            "reference" => self.reference(named),
            _ => match functions::call(name, &values, self.setting) {
                Some(returned) => returned.map_err(|why| Fault::new(format!("{name}: {why}"))),
                None => Err(Fault::new(format!("the function '{name}' is not served by this mock"))),
            },
        }
    }

    fn is_served(&self, name: &str) -> bool {
        ["parameters", "variables", "reference"].iter().any(|own| own.eq_ignore_ascii_case(name))
            || functions::call(name, &[], self.setting).is_some()
    }

    fn parameter(&self, name: &str, depth: usize) -> Result<Value, Fault> {
        if let Some(given) = find(self.given.iter(), name) {
            return Ok(given.clone());
        }
        let defined = self.template["parameters"].as_object().and_then(|all| find(all.iter(), name));
        let known = || self.setting.infers.then(|| known::value(name, self.setting)).flatten();
        match defined.and_then(|parameter| parameter.get("defaultValue")) {
            Some(default) => {
                let resolved = self.resolve(default, depth)?;
                Ok(if resolved == "" { known().unwrap_or(resolved) } else { resolved })
            }
            None => known().ok_or_else(|| {
                Fault::new(format!(
                    "the template parameter '{name}' has neither a value nor a default; give it one (in a world, under 'parameters')"
                ))
            }),
        }
    }

    fn variable(&self, name: &str, depth: usize) -> Result<Value, Fault> {
        match self.template["variables"].as_object().and_then(|all| find(all.iter(), name)) {
            Some(value) => self.resolve(value, depth),
            None => self
                .setting
                .infers
                .then(|| known::value(name, self.setting))
                .flatten()
                .ok_or_else(|| Fault::new(format!("the template variable '{name}' was not found"))),
        }
    }

    /// The properties of a resource that was deployed, by its name or id.
    fn reference(&self, named: &str) -> Result<Value, Fault> {
        let name = named.rsplit('/').next().unwrap_or_default().to_lowercase();
        let found = match self.deployed {
            Deployed::Nothing => None,
            Deployed::Coming(is_coming) if is_coming(&name) => return Err(Fault::open()),
            Deployed::Coming(_) => None,
            Deployed::Made(deployed) => deployed.get(&name).cloned(),
        };
        found.ok_or_else(|| {
            Fault::new(format!(
                "reference('{named}'): this mock refers to resources of the same template, in outputs only"
            ))
        })
    }
}

/// All values, or the first that is wrong; one that is only not known yet does not hide a wrong one after it.
fn every<T, C: FromIterator<T>>(values: impl IntoIterator<Item = Result<T, Fault>>) -> Result<C, Fault> {
    let mut open = None;
    let mut known = Vec::new();
    for value in values {
        match value {
            Ok(value) => known.push(value),
            Err(fault) if fault.is_open => open = open.or(Some(fault)),
            Err(fault) => return Err(fault),
        }
    }
    open.map_or_else(|| Ok(known.into_iter().collect()), Err)
}

fn too_deep() -> Fault {
    Fault::new(format!("values stand in each other more than {DEPTH_MAX} levels deep, or refer to themselves"))
}

/// Names of parameters and variables are compared without regard to case.
fn find<'a, K: AsRef<str> + 'a>(mut all: impl Iterator<Item = (&'a K, &'a Value)>, name: &str) -> Option<&'a Value> {
    all.find(|(known, _)| known.as_ref().eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn part_of(of: &Value, part: &Value) -> Result<Value, Fault> {
    let found = match (of, part) {
        (Value::Object(object), Value::String(name)) => find(object.iter(), name),
        (Value::Array(items), Value::Number(index)) => {
            index.as_u64().and_then(|index| items.get(usize::try_from(index).ok()?))
        }
        _ => None,
    };
    found.cloned().ok_or_else(|| Fault::new(format!("no element {part}")))
}
