//! Role assignments: additive, inherited, judged when a right is used.

use http::Method;
use serde_json::{Value, json};

use super::arm::{call, call_at, get, group, role_id, rule_id, subscription, workspace_id};
use super::fixture::{AUDIT, AUDIT_TABLE, Fixture, event};
use crate::{App, World};

const PUBLISHER: &str = "3913510d-42f4-4e42-8a64-420c390055eb";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

fn role(definition: &str) -> Value {
    json!({"properties": {"principalId": App::default().object_id, "principalType": "ServicePrincipal",
        "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{definition}")}})
}

/// An app that manages resources, and neither sends nor reads.
fn bare() -> Fixture {
    let mut world = World::default();
    (world.identity.apps[0].publisher, world.identity.apps[0].reader) = (false, false);
    Fixture::of(world)
}

async fn sends(fixture: &Fixture) -> u16 {
    fixture.upload(AUDIT, Value::from(vec![event("a")]).to_string()).await.status.as_u16()
}

async fn reads(fixture: &Fixture) -> u16 {
    fixture.query(&json!({"query": AUDIT_TABLE})).await.status.as_u16()
}

#[tokio::test]
async fn a_role_on_anything_above_a_rule_lets_send_to_it_also_to_one_that_is_put_later() {
    for scope in [subscription(), group(), rule_id("miro-audit-logs")] {
        let fixture = bare();
        assert_eq!(sends(&fixture).await, 403, "{scope}");
        assert_eq!(call(&fixture, Method::PUT, &role_id(&scope, 1), &role(PUBLISHER)).await.status, 201);
        assert_eq!(sends(&fixture).await, 204, "{scope}: {}", fixture.reason());
    }
    let fixture = bare();
    call(&fixture, Method::PUT, &role_id(&group(), 1), &role(PUBLISHER)).await;
    let mut later = get(&fixture, &rule_id("miro-audit-logs")).await.json();
    call(&fixture, Method::DELETE, &rule_id("miro-audit-logs"), &Value::Null).await;
    later["properties"].as_object_mut().unwrap().remove("immutableId");
    assert_eq!(call(&fixture, Method::PUT, &rule_id("a-later-rule"), &later).await.status, 201, "{}", fixture.reason());
    assert_eq!(sends(&fixture).await, 204);
}

#[tokio::test]
async fn rights_add_up_and_each_assignment_ends_alone() {
    let fixture = bare();
    for (number, scope) in [group(), rule_id("miro-audit-logs")].iter().enumerate() {
        let number = u8::try_from(number).unwrap();
        call(&fixture, Method::PUT, &role_id(scope, number), &role(PUBLISHER)).await;
    }
    let gone = call(&fixture, Method::DELETE, &role_id(&rule_id("miro-audit-logs"), 1), &Value::Null).await;
    assert_eq!(
        (gone.status.as_u16(), gone.json()["type"].as_str()),
        (200, Some("Microsoft.Authorization/roleAssignments"))
    );
    assert_eq!(sends(&fixture).await, 204, "the one on the group is left");
    call(&fixture, Method::DELETE, &role_id(&group(), 0), &Value::Null).await;
    assert_eq!(sends(&fixture).await, 403);
}

#[tokio::test]
async fn a_reader_of_the_group_reads_the_workspace_and_a_worlds_reader_stays_one() {
    let fixture = bare();
    assert_eq!(reads(&fixture).await, 403);
    call(&fixture, Method::PUT, &role_id(&group(), 1), &role(READER)).await;
    assert_eq!(reads(&fixture).await, 200);
    call(&fixture, Method::DELETE, &role_id(&group(), 1), &Value::Null).await;
    assert_eq!(reads(&fixture).await, 403);
    let fixture = Fixture::new();
    call(&fixture, Method::PUT, &role_id(&workspace_id(), 1), &role(READER)).await;
    call(&fixture, Method::DELETE, &role_id(&workspace_id(), 1), &Value::Null).await;
    assert_eq!(reads(&fixture).await, 200, "the world's own role is another assignment");
}

#[tokio::test]
async fn a_second_equal_assignment_and_wrong_ones_are_refused() {
    let fixture = bare();
    assert_eq!(call(&fixture, Method::PUT, &role_id(&group(), 1), &role(PUBLISHER)).await.status, 201);
    assert_eq!(call(&fixture, Method::PUT, &role_id(&group(), 1), &role(PUBLISHER)).await.status, 200);
    let mut nobody = role(PUBLISHER);
    nobody["properties"]["principalId"] = json!("nobody");
    let mut odd = role(PUBLISHER);
    odd["properties"]["principalType"] = json!("Robot");
    let named = format!("{}/providers/Microsoft.Authorization/roleAssignments/mine", group());
    for (id, body, status, code) in [
        (role_id(&group(), 2), role(PUBLISHER), 409, "RoleAssignmentExists"),
        (role_id(&group(), 1), role(READER), 400, "RoleAssignmentUpdateNotPermitted"),
        (role_id(&group(), 3), role("nothing"), 404, "RoleDefinitionDoesNotExist"),
        (role_id(&group(), 3), nobody, 400, "PrincipalNotFound"),
        (role_id(&group(), 3), odd, 400, "InvalidParameter"),
        (role_id(&group(), 3), json!({"properties": {}}), 400, "BadRequestFormat"),
        (named, role(PUBLISHER), 400, "InvalidRoleAssignmentId"),
    ] {
        let refused = call(&fixture, Method::PUT, &id, &body).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (status, code), "{id}");
    }
}

#[tokio::test]
async fn assignments_and_definitions_are_listed_and_filtered() {
    let fixture = Fixture::new();
    let kind = "providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01";
    let count = async |scope: &str, filter: &str| {
        let url = format!("{scope}/{kind}&$filter={filter}");
        call_at(&fixture, Method::GET, &url, &Value::Null).await.json()["value"].as_array().unwrap().len()
    };
    let principal = App::default().object_id;
    assert_eq!(count(&subscription(), "").await, 4, "one above, one on the group, two on rules");
    assert_eq!(count(&group(), "atScope()").await, 2);
    assert_eq!(count(&rule_id("miro-audit-logs"), "atScope()").await, 3);
    assert_eq!(count(&group(), &format!("principalId%20eq%20'{principal}'")).await, 4);
    assert_eq!(count(&group(), "assignedTo('nobody')").await, 0);
    let url =
        "/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01&$filter=roleName%20eq%20'Reader'";
    let found = call_at(&fixture, Method::GET, &format!("{}{url}", group()), &Value::Null).await.json();
    assert_eq!((found["value"].as_array().unwrap().len(), &found["value"][0]["name"]), (1, &json!(READER)));
}

#[tokio::test]
async fn a_contributor_of_the_world_manages_and_does_not_read_rows() {
    let fixture = bare();
    assert_eq!(get(&fixture, &rule_id("miro-audit-logs")).await.status, 200);
    let url = format!("{}/api/query?api-version=2020-08-01", workspace_id());
    let refused = call_at(&fixture, Method::POST, &url, &json!({"query": "print 1"})).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "AuthorizationFailed"));
}
