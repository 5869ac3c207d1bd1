//! The resources of a document: one resource, an array of them, or a template whose resources may nest.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::ArmError;
use super::{Budget, DEPTH_MAX, Deployed, Fault, Scope, Setting, every};

/// Nesting of templates inside templates that is still looked at.
const NESTING_MAX: usize = 8;

/// A resource with its expressions resolved.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    /// Where it stands in the document: `resources[1]`.
    pub(crate) place: String,
    pub(crate) kind: String,
    pub(crate) value: Value,
}

/// A document with what its resources came to.
pub(crate) struct Expanded {
    pub(crate) resources: Vec<Placed>,
    document: Value,
}

/// The resources of a document whose type `serves` names, resolved in the order in which they stand there, and the types of the
/// others.
pub(crate) fn expand(document: Value, setting: &Setting, serves: impl Fn(&str) -> bool) -> Result<Expanded, ArmError> {
    let budget = Budget::default();
    let none = Value::Null;
    let given = &setting.parameters;
    let scope = Scope { setting, budget: &budget, given, template: &none, deployed: Deployed::Nothing };
    let mut walk = Walk { serves: &serves, found: Vec::new() };
    walk.value(&document, scope, NESTING_MAX, "")?;
    Ok(Expanded { resources: walk.found, document })
}

impl Expanded {
    /// Checks the template's outputs before anything is deployed. `is_coming` names the resources, in lower case, that
    /// `reference()` will find.
    pub(crate) fn check_outputs(&self, setting: &Setting, is_coming: &dyn Fn(&str) -> bool) -> Result<(), ArmError> {
        match self.outputs_with(setting, Deployed::Coming(is_coming)) {
            Err(fault) if !fault.is_open => Err(fault.into()),
            _ => Ok(()),
        }
    }

    /// The template's outputs, after its resources were deployed with these properties, by name in lower case.
    pub(crate) fn outputs(&self, setting: &Setting, deployed: &BTreeMap<String, Value>) -> Result<Value, ArmError> {
        self.outputs_with(setting, Deployed::Made(deployed)).map_err(ArmError::from)
    }

    fn outputs_with(&self, setting: &Setting, deployed: Deployed<'_>) -> Result<Value, Fault> {
        let budget = Budget::default();
        let scope = Scope { setting, budget: &budget, given: &setting.parameters, template: &self.document, deployed };
        outputs(&self.document["outputs"], scope, "outputs")
    }
}

fn outputs(declared: &Value, scope: Scope<'_>, place: &str) -> Result<Value, Fault> {
    let resolved = declared.as_object().into_iter().flatten().map(|(name, output)| {
        if let Some(condition) = output.get("condition")
            && scope.resolve(condition, DEPTH_MAX).map_err(|fault| fault.under(&format!("{place}.{name}.condition")))?
                == false
        {
            return Ok(None);
        }
        let value = scope
            .resolve(&output["value"], DEPTH_MAX)
            .map_err(|fault| fault.under(&format!("{place}.{name}.value")))?;
        Ok(Some((name.clone(), json!({"type": output["type"], "value": value}))))
    });
    let resolved: Vec<Option<(String, Value)>> = every(resolved)?;
    Ok(Value::Object(resolved.into_iter().flatten().collect::<Map<_, _>>()))
}

struct Walk<'a> {
    serves: &'a dyn Fn(&str) -> bool,
    found: Vec<Placed>,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value, scope: Scope<'_>, nesting: usize, place: &str) -> Result<(), Fault> {
        let Some(deeper) = nesting.checked_sub(1) else { return Ok(()) };
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| self.value(item, scope, deeper, &format!("{place}[{index}]"))),
            Value::Object(object) => {
                let is_template = object.contains_key("resources") && !object.contains_key("type");
                let scope = if is_template { Scope { template: value, ..scope } } else { scope };
                if let Some(kind) = object.get("type").and_then(Value::as_str) {
                    if !self.resource(kind, value, scope, place)? {
                        return Ok(());
                    }
                    self.nested(value, scope, deeper, place)?;
                }
                self.children(object.get("resources"), scope, deeper, place)
            }
            _ => Ok(()),
        }
    }

    /// The resources below: an array, or an object of symbolic names.
    fn children(&mut self, children: Option<&Value>, scope: Scope<'_>, nesting: usize, at: &str) -> Result<(), Fault> {
        let place = if at.is_empty() { "resources".to_owned() } else { format!("{at}.resources") };
        match children {
            Some(Value::Object(named)) => named
                .iter()
                .filter(|(_, resource)| resource["existing"] != true)
                .try_for_each(|(name, resource)| self.value(resource, scope, nesting, &format!("{place}.{name}"))),
            Some(other) => self.value(other, scope, nesting, &place),
            None => Ok(()),
        }
    }

    /// Adds a resource. Returns whether its condition holds.
    fn resource(&mut self, kind: &str, value: &Value, scope: Scope<'_>, place: &str) -> Result<bool, Fault> {
        let at = |fault: Fault| fault.under(place);
        let is_nested = kind.eq_ignore_ascii_case("Microsoft.Resources/deployments");
        let serves = (self.serves)(kind);
        if !serves && !is_nested {
            return Ok(true);
        }
        if let Some(condition) = value.get("condition")
            && scope.resolve(condition, DEPTH_MAX).map_err(|fault| at(fault.under(".condition")))? == false
        {
            return Ok(false);
        }
        if !value["copy"].is_null() {
            return Err(at(Fault::new("loops are not supported by this mock: write each resource out").under(".copy")));
        }
        if serves {
            let mut own = value.clone();
            if let Some(own) = own.as_object_mut() {
                own.retain(|key, _| !["resources", "dependsOn", "condition", "comments"].contains(&key.as_str()));
            }
            let value = scope.resolve(&own, DEPTH_MAX).map_err(at)?;
            self.found.push(Placed { place: place.to_owned(), kind: kind.to_owned(), value });
        }
        Ok(true)
    }

    /// The template inside a deployment. Its expressions are resolved with its own parameters only when it says so.
    fn nested(&mut self, value: &Value, scope: Scope<'_>, nesting: usize, place: &str) -> Result<(), Fault> {
        let Some(inner) = value.pointer("/properties/template") else { return Ok(()) };
        let place = format!("{place}.properties.template");
        let mode = value.pointer("/properties/expressionEvaluationOptions/scope").and_then(Value::as_str);
        if !mode.is_some_and(|mode| mode.eq_ignore_ascii_case("inner")) {
            return self.inner(inner, scope, nesting, &place);
        }
        let mut given = BTreeMap::new();
        for (name, parameter) in
            value.pointer("/properties/parameters").and_then(Value::as_object).into_iter().flatten()
        {
            let resolved = scope.resolve(&parameter["value"], DEPTH_MAX);
            given.insert(name.clone(), resolved.map_err(|fault| fault.under(&format!("{place}.parameters.{name}")))?);
        }
        self.inner(inner, Scope { given: &given, template: inner, ..scope }, nesting, &place)
    }

    /// The resources of a nested template, and its outputs: they are checked, and nothing refers to them.
    fn inner(&mut self, inner: &Value, scope: Scope<'_>, nesting: usize, place: &str) -> Result<(), Fault> {
        self.children(inner.get("resources"), scope, nesting, place)?;
        let scope = Scope { deployed: Deployed::Coming(&|_| true), ..scope };
        match outputs(&inner["outputs"], scope, &format!("{place}.outputs")) {
            Err(fault) if !fault.is_open => Err(fault),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting() -> Setting {
        Setting {
            location: "westeurope".to_owned(),
            workspace_name: "w".to_owned(),
            infers: true,
            ..Setting::default()
        }
    }

    fn expanded(document: Value) -> Result<Vec<(String, Value)>, ArmError> {
        let found = expand(document, &setting(), |kind| kind == "A/b")?;
        Ok(found.resources.into_iter().map(|placed| (placed.place, placed.value["name"].clone())).collect())
    }

    #[test]
    fn resources_are_found_wherever_they_nest_with_their_names_resolved() {
        let nested = json!({"type": "Microsoft.Resources/deployments", "properties": {
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"name": {"value": "[variables('stem')]"}},
            "template": {"parameters": {"name": {"type": "string"}},
                "resources": {"one": {"type": "A/b", "name": "[toUpper(parameters('name'))]"}}}}});
        let template = json!({"variables": {"stem": "[concat(parameters('workspace'), '-dcr')]"}, "resources": [
            {"type": "A/b", "name": "[variables('stem')]"},
            {"type": "A/b", "name": "left out", "condition": "[empty('x')]"},
            {"type": "Other/kind", "name": "[anyFunction()]", "resources": [{"type": "A/b", "name": "[[plain]"}]},
            nested]});
        assert_eq!(
            expanded(template).unwrap(),
            [
                ("resources[0]".to_owned(), json!("w-dcr")),
                ("resources[2].resources[0]".to_owned(), json!("[plain]")),
                ("resources[3].properties.template.resources.one".to_owned(), json!("W-DCR")),
            ]
        );
    }

    #[test]
    fn what_cannot_be_resolved_is_named_with_its_place() {
        for (name, said) in [
            (
                "[copyIndex()]",
                "at 'resources[0].name': '[copyIndex()]': the function 'copyIndex' is not served by this mock.",
            ),
            ("[parameters('apiKey')]", "the template parameter 'apiKey' has neither a value nor a default"),
            ("[variables('a')]", "refer to themselves"),
            ("[variables('huge')]", "more than 16777216 bytes"),
        ] {
            let mut variables = Map::new();
            variables.insert("a".to_owned(), json!("[variables('a')]"));
            variables.insert("t0".to_owned(), json!("x".repeat(1_000)));
            for step in 1..30 {
                let before = step - 1;
                let doubled = format!("[concat(variables('t{before}'), variables('t{before}'))]");
                variables.insert(format!("t{step}"), json!(doubled));
            }
            variables.insert("huge".to_owned(), json!("[variables('t29')]"));
            let error =
                expanded(json!({"variables": variables, "resources": [{"type": "A/b", "name": name}]})).unwrap_err();
            assert!(
                error.code == "InvalidTemplate" && error.message.contains(said),
                "{} should say {said}",
                error.message
            );
        }
        let copied = expanded(json!({"resources": [{"type": "A/b", "name": "n", "copy": {"count": 2}}]})).unwrap_err();
        assert!(copied.message.contains("'resources[0].copy'"), "{}", copied.message);
    }
}
