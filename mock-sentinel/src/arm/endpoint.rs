//! Data collection endpoints: `Microsoft.Insights/dataCollectionEndpoints`.

use serde_json::{Value, json};

use super::{ArmError, checks};

/// An endpoint as it is deployed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EndpointResource {
    pub(crate) name: String,
    /// The resource as it came, with `properties` at least.
    pub(crate) source: Value,
}

impl EndpointResource {
    /// Reads and checks an endpoint.
    pub(crate) fn parse(name: &str, source: &Value) -> Result<Self, ArmError> {
        let mut source = source.clone();
        match &source["properties"] {
            Value::Object(_) => {}
            Value::Null => source["properties"] = json!({}),
            _ => {
                let message = "The data collection endpoint is not valid: 'properties' is an object.";
                return Err(ArmError::new("InvalidRequestContent", message));
            }
        }
        let access = &source["properties"]["networkAcls"]["publicNetworkAccess"];
        checks::one_of(access, &checks::NETWORK_ACCESS, "properties.networkAcls.publicNetworkAccess")?;
        checks::one_of(&source["kind"], &["Linux", "Windows"], "kind")?;
        checks::tags(&source["tags"])?;
        Ok(Self { name: name.to_owned(), source })
    }

    /// One that a rule names without its being in the same file.
    pub(crate) fn implied(name: &str, location: &str) -> Self {
        let source = json!({"location": location, "properties": {"networkAcls": {"publicNetworkAccess": "Enabled"}}});
        Self { name: name.to_owned(), source }
    }
}
