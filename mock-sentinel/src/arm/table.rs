//! Workspace tables: `Microsoft.OperationalInsights/workspaces/tables`.
//!
//! Limits and reserved names: the Logs Ingestion API overview and the workspace limits page, read 2026-11-22. The name
//! `id` is reserved there too, yet published solutions use it, so it is allowed here.

use kql::{ColumnType, Schema};
use serde::Deserialize;
use serde_json::Value;

use super::{ArmError, checks};

/// Most columns of a table.
const COLUMNS_MAX: usize = 500;
/// Most characters of a column's name.
const NAME_CHARS_MAX: usize = 45;
/// Names that only the service may use.
const RESERVED: [&str; 6] = ["_ResourceId", "_SubscriptionId", "TenantId", "Type", "UniqueId", "Title"];

/// A table as it is deployed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TableResource {
    pub(crate) name: String,
    pub(crate) plan: Plan,
    pub(crate) schema: Schema,
    /// The resource as it came.
    pub(crate) source: Value,
}

/// What a table costs and can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    Analytics,
    Basic,
    Auxiliary,
}

impl Plan {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Analytics => "Analytics",
            Self::Basic => "Basic",
            Self::Auxiliary => "Auxiliary",
        }
    }
}

/// Fewest and most days that a table keeps its rows for queries, and most days with those of long-term retention.
/// Source, in its edition of 2025-05-05, read 2026-11-29:
/// <https://github.com/MicrosoftDocs/azure-monitor-docs/blob/main/articles/azure-monitor/logs/data-retention-configure.md>.
/// Above 730 it names whole years only; the API specification says "between 4 and 4383", as here.
const RETENTION_DAYS: (i64, i64, i64) = (4, 730, 4_383);

#[derive(Deserialize)]
struct Raw {
    properties: RawProperties,
}

#[derive(Deserialize)]
struct RawProperties {
    #[serde(default)]
    plan: Option<String>,
    #[serde(default)]
    schema: Option<RawSchema>,
}

#[derive(Deserialize)]
struct RawSchema {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    columns: Vec<RawColumn>,
}

/// A column by the names ARM gives it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawColumn {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
}

impl TableResource {
    /// Reads and checks a table; `named` is its name where its schema does not say one.
    pub(crate) fn parse(named: &str, source: &Value) -> Result<Self, ArmError> {
        let raw = Raw::deserialize(source)
            .map_err(|error| ArmError::new("InvalidRequestContent", format!("The table is not valid: {error}.")))?;
        let schema = raw.properties.schema.ok_or_else(|| {
            invalid(named, "'properties.schema' is required for a table that does not exist yet: its name and columns")
        })?;
        let name = schema.name.unwrap_or_else(|| named.to_owned());
        check_table_name(&name)?;
        let plan = plan(raw.properties.plan.as_deref(), &name)?;
        check_retention(&source["properties"])?;
        let columns = schema.columns;
        if columns.len() > COLUMNS_MAX {
            return Err(invalid(&name, format!("it has {} columns, at most {COLUMNS_MAX} are allowed", columns.len())));
        }
        let mut checked: Vec<(String, ColumnType)> = Vec::with_capacity(columns.len());
        for column in columns {
            let kind = check_column(&name, &column)?;
            if checked.iter().any(|(known, _)| known.eq_ignore_ascii_case(&column.name)) {
                return Err(invalid(&name, format!("column '{}' is declared twice", column.name)));
            }
            checked.push((column.name, kind));
        }
        if !checked.iter().any(|(name, kind)| name == "TimeGenerated" && *kind == ColumnType::DateTime) {
            return Err(invalid(&name, "it has no column 'TimeGenerated' of type datetime"));
        }
        Ok(Self { name, plan, schema: Schema::new(checked), source: source.clone() })
    }
}

fn invalid(table: &str, why: impl std::fmt::Display) -> ArmError {
    ArmError::new("InvalidParameter", format!("Table '{table}' is not valid: {why}."))
}

fn check_retention(properties: &Value) -> Result<(), ArmError> {
    let (least, most, most_total) = RETENTION_DAYS;
    let (days, total) = (&properties["retentionInDays"], &properties["totalRetentionInDays"]);
    checks::days(days, least, most, "properties.retentionInDays")?;
    checks::days(total, least, most_total, "properties.totalRetentionInDays")?;
    match (days.as_i64(), total.as_i64()) {
        (Some(days), Some(total)) if total > 0 && total < days => Err(ArmError::new(
            "InvalidParameter",
            format!(
                "'properties.totalRetentionInDays' is {total}; it is at least 'properties.retentionInDays', {days}."
            ),
        )),
        _ => Ok(()),
    }
}

fn check_table_name(name: &str) -> Result<(), ArmError> {
    let stem = name.strip_suffix("_CL").ok_or_else(|| invalid(name, "the name of a custom table ends with _CL"))?;
    if is_identifier(stem) { Ok(()) } else { Err(invalid(name, "the name holds letters, digits and _ only")) }
}

fn plan(plan: Option<&str>, table: &str) -> Result<Plan, ArmError> {
    match plan.unwrap_or("Analytics").to_ascii_lowercase().as_str() {
        "analytics" => Ok(Plan::Analytics),
        "basic" => Ok(Plan::Basic),
        "auxiliary" => Ok(Plan::Auxiliary),
        other => Err(invalid(table, format!("plan '{other}' is not one of Analytics, Basic, Auxiliary"))),
    }
}

fn check_column(table: &str, column: &RawColumn) -> Result<ColumnType, ArmError> {
    let name = &column.name;
    if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        return Err(invalid(table, format!("column name '{name}' is reserved")));
    }
    if !is_identifier(name) || name.len() > NAME_CHARS_MAX {
        return Err(invalid(
            table,
            format!(
                "column name '{name}' must start with a letter, hold letters, digits and _ only, and have at most {NAME_CHARS_MAX} characters"
            ),
        ));
    }
    table_type(&column.kind)
        .ok_or_else(|| invalid(table, format!("column '{name}' has the unknown type '{}'", column.kind)))
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// The type of a table's column; `guid` is accepted and stored as a string.
fn table_type(name: &str) -> Option<ColumnType> {
    if name.eq_ignore_ascii_case("guid") { Some(ColumnType::String) } else { stream_type(name) }
}

/// The type of a stream's column. Source: the data collection rule structure page, read 2026-11-22.
pub(super) fn stream_type(name: &str) -> Option<ColumnType> {
    Some(match name.to_ascii_lowercase().as_str() {
        "string" => ColumnType::String,
        "int" => ColumnType::Int,
        "long" => ColumnType::Long,
        "real" => ColumnType::Real,
        "boolean" => ColumnType::Bool,
        "dynamic" => ColumnType::Dynamic,
        "datetime" => ColumnType::DateTime,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(name: &str, columns: &Value) -> Result<TableResource, ArmError> {
        TableResource::parse(name, &json!({"properties": {"schema": {"name": name, "columns": columns}}}))
    }

    #[test]
    fn a_guid_column_is_stored_as_a_string() {
        let columns = json!([{"name": "TimeGenerated", "type": "dateTime"}, {"name": "id", "type": "guid"}]);
        let table = table("Acme_CL", &columns).unwrap();
        assert_eq!(table.schema.kind(1), ColumnType::String);
    }

    #[test]
    fn a_table_without_a_schema_is_told_what_is_missing() {
        let error = TableResource::parse("Acme_CL", &json!({"properties": {"retentionInDays": 30}})).unwrap_err();
        assert!(error.message.contains("'properties.schema' is required"), "{}", error.message);
    }

    #[test]
    fn retention_is_a_number_of_days_within_bounds() {
        let columns = json!([{"name": "TimeGenerated", "type": "datetime"}]);
        for (days, total, taken) in [
            (json!(30), json!(90), true),
            (json!(-1), json!(-1), true),
            (json!(3), json!(90), false),
            (json!(731), json!(4_383), false),
            (json!(90), json!(30), false),
            (json!("30"), json!(null), false),
        ] {
            let table = json!({"properties": {"retentionInDays": days, "totalRetentionInDays": total,
                "schema": {"name": "Acme_CL", "columns": columns}}});
            assert_eq!(TableResource::parse("Acme_CL", &table).is_ok(), taken, "{days} {total}");
        }
    }

    #[test]
    fn what_azure_refuses_is_refused_with_the_reason() {
        let time = json!({"name": "TimeGenerated", "type": "datetime"});
        for (name, columns, reason) in [
            ("Acme", json!([time]), "ends with _CL"),
            ("Acme_CL", json!([]), "no column 'TimeGenerated'"),
            ("Acme_CL", json!([{"name": "TimeGenerated", "type": "string"}]), "no column 'TimeGenerated'"),
            ("Acme_CL", json!([time, {"name": "tenantid", "type": "string"}]), "is reserved"),
            ("Acme_CL", json!([time, {"name": "1st", "type": "string"}]), "must start with a letter"),
            ("Acme_CL", json!([time, {"name": "n", "type": "text"}]), "unknown type 'text'"),
            ("Acme_CL", json!([time, time]), "is declared twice"),
        ] {
            let error = table(name, &columns).unwrap_err();
            assert!(error.message.contains(reason), "{} should say {reason}", error.message);
        }
    }
}
