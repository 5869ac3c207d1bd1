//! Template deployments: the resources of a template, put one after another like single resources, and the outputs.

pub(super) mod history;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::kind::Kind;
use super::path::{Aim, Target};
use super::{Call, Stored, access, invalid, resources};
use crate::arm::{ArmError, Placed, Setting, expand};
use crate::http::Reply;

/// Most deployments in the history of a resource group.
/// Source, in its edition of 2019-07-12, read 2026-11-29:
/// <https://github.com/MicrosoftDocs/azure-docs/blob/main/includes/azure-resource-groups-limits.md>.
/// Newer editions say that Azure deletes old ones as the history fills up; here one too many is refused.
const DEPLOYMENTS_MAX: usize = 800;
/// Names the correlation ids.
const ID_SPACE: Uuid = Uuid::from_u128(0x6d69_726f_0000_4000_8000_6465_7000_0001);

/// `POST …/validate`: the template is resolved and its resources are checked, nothing is put.
pub(super) fn validate(call: &Call<'_>) -> Result<Reply, Reply> {
    let plan = Plan::read(call)?;
    plan.check(call)?;
    let shown = shown(call, &plan, &Outcome::Succeeded(Value::Null));
    Ok(Reply::json(200, &shown, format!("{} resources validated", plan.steps.len())))
}

/// `POST …/whatIf`: which resources would be made, and which put again. Whether these would change is not looked at.
pub(super) fn what_if(call: &Call<'_>) -> Result<Reply, Reply> {
    let plan = Plan::read(call)?;
    let changes: Vec<Value> = plan
        .steps
        .iter()
        .map(|(target, placed)| {
            let change = if resources::find(&step(call, target, placed)).is_some() { "Deploy" } else { "Create" };
            let mut after = placed.value.clone();
            after["id"] = json!(target.id());
            json!({"resourceId": target.id(), "changeType": change, "after": after})
        })
        .collect();
    let result = json!({"status": "Succeeded", "properties": {"changes": changes}});
    Ok(Reply::json(200, &result, "deployment what-if result"))
}

pub(super) fn put(call: &Call<'_>) -> Result<Stored, Reply> {
    let key = call.target.name.to_lowercase();
    {
        let state = call.shared.state();
        call.check_count(
            "deployments",
            DEPLOYMENTS_MAX,
            state.deployments.len(),
            state.deployments.contains_key(&key),
        )?;
    }
    let plan = Plan::read(call)?;
    plan.check(call)?;
    call.check_size(&shown(call, &plan, &Outcome::Succeeded(Value::Null)))?;
    let (outcome, refused) = match plan.carry_out(call) {
        Ok(outputs) => (Outcome::Succeeded(outputs), None),
        Err(refused) => (Outcome::Failed(failure(&refused)), Some(refused)),
    };
    let resource = shown(call, &plan, &outcome);
    let created = call.shared.state().deployments.insert(key, resource.clone()).is_none();
    refused.map_or(Ok(Stored { created, resource }), Err)
}

/// How a deployment ended.
enum Outcome {
    /// With these outputs.
    Succeeded(Value),
    /// With this error. What was put before it stays, as in Azure.
    Failed(Value),
}

/// The error of a deployment whose step was refused. Azure's code; the texts of the step are those of its resource.
fn failure(refused: &Reply) -> Value {
    json!({
        "code": "DeploymentFailed",
        "message": "At least one resource deployment operation failed. Please list deployment operations for details. \
            Please see https://aka.ms/arm-deployment-operations for usage details.",
        "details": [refused.error_body()],
    })
}

/// A template with its resources in the order in which they can be put.
struct Plan {
    setting: Setting,
    expanded: crate::arm::Expanded,
    steps: Vec<(Target, Placed)>,
    mode: Value,
}

impl Plan {
    fn read(call: &Call<'_>) -> Result<Self, Reply> {
        let properties = &call.body["properties"];
        let template = &properties["template"];
        if !template.is_object() {
            let message =
                "The deployment has no 'properties.template'; links to templates are not served by this mock.";
            return Err(Reply::error(400, "InvalidTemplate", message, message));
        }
        let mut setting = call.shared.world.setting();
        for (name, parameter) in properties["parameters"].as_object().into_iter().flatten() {
            setting.parameters.insert(name.clone(), parameter["value"].clone());
        }
        check_parameters(template, &setting).map_err(|error| invalid(&error))?;
        // The templates inside of it are looked into, not put.
        let is_put = |kind: &str| !kind.eq_ignore_ascii_case("Microsoft.Resources/deployments");
        let expanded = expand(template.clone(), &setting, is_put).map_err(|error| invalid(&error))?;
        let mut steps = Vec::new();
        for placed in &expanded.resources {
            steps.push((target(call, placed).map_err(|error| invalid(&error))?, placed.clone()));
        }
        steps.sort_by_key(|(target, _): &(Target, Placed)| order(target.kind));
        let is_coming = |name: &str| steps.iter().any(|(target, _)| target.name.to_lowercase() == name);
        expanded.check_outputs(&setting, &is_coming).map_err(|error| invalid(&error))?;
        Ok(Self { setting, expanded, steps, mode: properties["mode"].clone() })
    }

    /// Checks each resource as far as it can be without the others; nothing is changed.
    fn check(&self, call: &Call<'_>) -> Result<(), Reply> {
        self.steps.iter().try_for_each(|(target, placed)| {
            access::authorize_write(call.shared, call.claims, target)?;
            resources::check(&step(call, target, placed))
        })
    }

    /// Puts one resource after another and returns the outputs.
    fn carry_out(&self, call: &Call<'_>) -> Result<Value, Reply> {
        let mut deployed = BTreeMap::new();
        for (target, placed) in &self.steps {
            let stored = match resources::put(&step(call, target, placed)) {
                // An existing assignment is what the template asks for.
                Err(refused) if target.kind == Kind::RoleAssignment && refused.status() == 409 => continue,
                other => other?,
            };
            deployed.insert(target.name.to_lowercase(), stored.resource["properties"].clone());
        }
        let outputs = self.expanded.outputs(&self.setting, &deployed).map_err(|error| invalid(&error))?;
        call.check_size(&shown(call, self, &Outcome::Succeeded(outputs.clone())))?;
        Ok(outputs)
    }
}

/// The call that puts one resource of a template.
fn step<'a>(call: &Call<'a>, target: &Target, placed: &Placed) -> Call<'a> {
    Call { target: target.clone(), body: placed.value.clone(), host: call.host.clone(), filter: None, ..*call }
}

/// Parameters that the template does not have are refused, as Azure does.
fn check_parameters(template: &Value, setting: &Setting) -> Result<(), ArmError> {
    let has = |name: &str| {
        let all = template["parameters"].as_object();
        all.is_some_and(|all| all.keys().any(|known| known.eq_ignore_ascii_case(name)))
    };
    let unknown: Vec<&str> = setting.parameters.keys().map(String::as_str).filter(|name| !has(name)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let message = format!(
        "The following parameters were supplied, but do not correspond to any parameters defined in the template: '{}'.",
        unknown.join(", ").chars().take(300).collect::<String>()
    );
    Err(ArmError::new("InvalidTemplate", message))
}

/// What a resource of a template is put as.
fn target(call: &Call<'_>, Placed { place, kind, value }: &Placed) -> Result<Target, ArmError> {
    let workspace = &call.shared.world.workspace;
    let scope = value["scope"].as_str().map_or_else(
        || call.target.scope.clone(),
        |scope| {
            if scope.starts_with('/') { scope.to_owned() } else { format!("{}/providers/{}", call.target.scope, scope) }
        },
    );
    let (namespace, types) = kind.split_once('/').unwrap_or((kind, ""));
    let name = value["name"].as_str().unwrap_or_default();
    let pairs: Vec<String> =
        types.split('/').zip(name.split('/')).map(|(kind, name)| format!("{kind}/{name}")).collect();
    let path = format!("{scope}/providers/{namespace}/{}", pairs.join("/"));
    if let Ok(Aim::One(target)) = Aim::parse(&path, workspace) {
        return Ok(target);
    }
    let message = format!("{place}: the resource '{name}' of type '{kind}' is not served by this mock.");
    Err(ArmError::new("InvalidTemplate", message.chars().take(600).collect::<String>()))
}

/// What others need comes first.
fn order(kind: Kind) -> u8 {
    match kind {
        Kind::Group => 0,
        Kind::Workspace => 1,
        Kind::Endpoint | Kind::Table => 2,
        Kind::Rule => 3,
        _ => 4,
    }
}

fn shown(call: &Call<'_>, plan: &Plan, outcome: &Outcome) -> Value {
    let types = &call.body["properties"]["template"]["parameters"];
    let is_secret =
        |name: &str| types[name]["type"].as_str().is_none_or(|kind| kind.to_lowercase().starts_with("secure"));
    let given = plan.setting.parameters.iter().filter(|(name, _)| !is_secret(name));
    let given = given.map(|(name, value)| (name.clone(), json!({"type": types[name]["type"], "value": value})));
    let resources: Vec<Value> = plan.steps.iter().map(|(target, _)| json!({"id": target.id()})).collect();
    let id = call.target.id();
    let (state, outputs, error) = match outcome {
        Outcome::Succeeded(outputs) => ("Succeeded", outputs.clone(), None),
        Outcome::Failed(error) => ("Failed", Value::Null, Some(error.clone())),
    };
    let mut shown = json!({
        "id": id,
        "name": call.target.name,
        "type": call.target.kind.arm_type(),
        "properties": {
            "mode": if plan.mode.is_string() { plan.mode.clone() } else { json!("Incremental") },
            "provisioningState": state,
            "timestamp": call.shared.clock.now(),
            "duration": "PT0S",
            "correlationId": Uuid::new_v5(&ID_SPACE, id.as_bytes()),
            "parameters": given.collect::<serde_json::Map<_, _>>(),
            "outputs": outputs,
            "outputResources": resources,
            "dependencies": [],
            "providers": [],
        },
    });
    if let Some(error) = error {
        shown["properties"]["error"] = error;
    }
    shown
}
