"""Microsoft's Python management clients against mock-sentinel: every line is a call and what came of it."""

import json
import logging
import os
import sys
import urllib.request
import uuid

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

HANDSHAKE = json.load(open(os.environ["CLIENTS_HANDSHAKE"]))
GROUP, WORKSPACE, LOCATION = HANDSHAKE["resource_group"], HANDSHAKE["workspace_name"], HANDSHAKE["location"]
GROUP_ID = f"/subscriptions/{HANDSHAKE['subscription_id']}/resourceGroups/{GROUP}"
WORKSPACE_ID = f"{GROUP_ID}/providers/Microsoft.OperationalInsights/workspaces/{WORKSPACE}"
PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"

# The clients log what they then raise.
logging.disable(logging.CRITICAL)

CREDENTIAL = ClientSecretCredential(
    HANDSHAKE["tenant_id"],
    HANDSHAKE["client_id"],
    HANDSHAKE["client_secret"],
    authority=HANDSHAKE["authority"],
    disable_instance_discovery=True,
    connection_verify=HANDSHAKE["ca_file"],
)

# Other clients may have used the same mock before.
urllib.request.urlopen(urllib.request.Request(HANDSHAKE["control_url"] + "/reset", data=b"{}")).close()

failures = 0


def client(kind):
    return kind(
        CREDENTIAL,
        HANDSHAKE["subscription_id"],
        base_url=HANDSHAKE["https_url"],
        credential_scopes=["https://management.azure.com/.default"],
        connection_verify=HANDSHAKE["ca_file"],
    )


def check(name, call, expect=None):
    """Makes a call; what it returns must be `expect`, if that is given."""
    global failures
    try:
        said = call()
        mark = "ok" if expect is None or said == expect else "FAIL"
    except Exception as error:  # noqa: BLE001 - every failure is a line of the table
        said, mark = f"{type(error).__name__}: {str(error)[:200]!r}", "FAIL"
    failures += mark == "FAIL"
    print(f"python-mgmt | {name} | {said} | {mark}", flush=True)


def refused(kind, part, call):
    try:
        call()
    except kind as error:
        assert part in str(error), str(error)[:200]
        return f"{type(error).__name__} {part}"
    raise AssertionError("was accepted")


def names(items):
    return sorted(item.name for item in items)


logs = client(LogAnalyticsManagementClient)
table = {
    "plan": "Analytics",
    "retentionInDays": 30,
    "schema": {
        "name": "Mgmt_CL",
        "columns": [{"name": "TimeGenerated", "type": "dateTime"}, {"name": "id", "type": "string"}],
    },
}
check(
    "loganalytics: workspaces.get", lambda: logs.workspaces.get(GROUP, WORKSPACE).customer_id, HANDSHAKE["workspace_id"]
)
check("loganalytics: workspaces.list", lambda: names(logs.workspaces.list()), [WORKSPACE])
check(
    "loganalytics: workspaces.begin_create_or_update, which is there",
    lambda: logs.workspaces.begin_create_or_update(
        GROUP, WORKSPACE, {"location": LOCATION, "properties": {"retentionInDays": 90}}
    )
    .result()
    .retention_in_days,
    90,
)
check(
    "loganalytics: workspaces.update",
    lambda: logs.workspaces.update(GROUP, WORKSPACE, {"tags": {"a": "b"}}).tags,
    {"a": "b"},
)
check(
    "loganalytics: tables.begin_create_or_update",
    lambda: logs.tables.begin_create_or_update(GROUP, WORKSPACE, "Mgmt_CL", {"properties": table}).result().name,
    "Mgmt_CL",
)
check("loganalytics: tables.get", lambda: logs.tables.get(GROUP, WORKSPACE, "Mgmt_CL").schema.table_type, "CustomLog")
check(
    "loganalytics: tables.begin_update",
    lambda: logs.tables.begin_update(GROUP, WORKSPACE, "Mgmt_CL", {"properties": {"retentionInDays": 60}})
    .result()
    .retention_in_days,
    60,
)
check(
    "loganalytics: tables.list_by_workspace",
    lambda: "Mgmt_CL" in names(logs.tables.list_by_workspace(GROUP, WORKSPACE)),
    True,
)

monitor = client(MonitorManagementClient)
if not hasattr(monitor, "data_collection_rules"):
    print("python-mgmt | monitor | skipped: this version has no data collection rules | skip", flush=True)
else:
    rules, endpoints = monitor.data_collection_rules, monitor.data_collection_endpoints
    endpoint = {"location": LOCATION, "properties": {"networkAcls": {"publicNetworkAccess": "Enabled"}}}
    rule = {
        "location": LOCATION,
        "properties": {
            "dataCollectionEndpointId": f"{GROUP_ID}/providers/Microsoft.Insights/dataCollectionEndpoints/mgmt",
            "streamDeclarations": {"Custom-Mgmt": {"columns": [{"name": "id", "type": "string"}]}},
            "destinations": {"logAnalytics": [{"name": "la", "workspaceResourceId": WORKSPACE_ID}]},
            "dataFlows": [
                {
                    "streams": ["Custom-Mgmt"],
                    "destinations": ["la"],
                    "outputStream": "Custom-Mgmt_CL",
                    "transformKql": "source | extend TimeGenerated = now()",
                }
            ],
        },
    }
    check(
        "monitor: data_collection_endpoints.create",
        lambda: endpoints.create(GROUP, "mgmt", endpoint).logs_ingestion.endpoint,
        HANDSHAKE["https_url"],
    )
    check("monitor: data_collection_rules.create", lambda: rules.create(GROUP, "mgmt", rule).immutable_id[:4], "dcr-")
    check("monitor: data_collection_rules.get", lambda: rules.get(GROUP, "mgmt").name, "mgmt")
    check(
        "monitor: data_collection_rules.update",
        lambda: rules.update(GROUP, "mgmt", {"tags": {"a": "b"}}).tags,
        {"a": "b"},
    )
    check(
        "monitor: data_collection_rules.list_by_resource_group",
        lambda: "mgmt" in names(rules.list_by_resource_group(GROUP)),
        True,
    )
    check(
        "monitor: data_collection_rules.list_by_subscription",
        lambda: "mgmt" in names(rules.list_by_subscription()),
        True,
    )
    check(
        "monitor: what was read is put back", lambda: rules.create(GROUP, "mgmt", rules.get(GROUP, "mgmt")).name, "mgmt"
    )
    check("monitor: data_collection_rules.delete", lambda: rules.delete(GROUP, "mgmt"))
    check("monitor: data_collection_endpoints.delete", lambda: endpoints.delete(GROUP, "mgmt"))
    check(
        "monitor: a rule that is gone",
        lambda: refused(ResourceNotFoundError, "ResourceNotFound", lambda: rules.get(GROUP, "mgmt")),
    )
check("loganalytics: tables.begin_delete", lambda: logs.tables.begin_delete(GROUP, WORKSPACE, "Mgmt_CL").result())

roles = client(AuthorizationManagementClient)
definition = (
    f"/subscriptions/{HANDSHAKE['subscription_id']}/providers/Microsoft.Authorization/roleDefinitions/{PUBLISHER}"
)
assignment = {
    "properties": {
        "roleDefinitionId": definition,
        "principalId": HANDSHAKE["object_id"],
        "principalType": "ServicePrincipal",
    }
}
assigned = str(uuid.uuid4())
check(
    "authorization: role_definitions.list",
    lambda: [
        role.role_name
        for role in roles.role_definitions.list(GROUP_ID, filter="roleName eq 'Monitoring Metrics Publisher'")
    ],
    ["Monitoring Metrics Publisher"],
)
check(
    "authorization: role_assignments.create",
    lambda: roles.role_assignments.create(GROUP_ID, assigned, assignment).scope,
    GROUP_ID,
)
check(
    "authorization: a second equal assignment",
    lambda: refused(
        HttpResponseError,
        "RoleAssignmentExists",
        lambda: roles.role_assignments.create(GROUP_ID, str(uuid.uuid4()), assignment),
    ),
)
check(
    "authorization: role_assignments.list_for_scope",
    lambda: assigned in names(roles.role_assignments.list_for_scope(GROUP_ID)),
    True,
)
check(
    "authorization: role_assignments.delete", lambda: roles.role_assignments.delete(GROUP_ID, assigned).name, assigned
)

resources = client(ResourceManagementClient)
check("resource: resource_groups.list", lambda: names(resources.resource_groups.list()), [GROUP])
check("resource: resource_groups.check_existence", lambda: resources.resource_groups.check_existence("nobody"), False)
check(
    "resource: resource_groups.create_or_update",
    lambda: resources.resource_groups.create_or_update("mgmt", {"location": LOCATION}).name,
    "mgmt",
)
check("resource: resource_groups.begin_delete", lambda: resources.resource_groups.begin_delete("mgmt").result())
check("resource: resources.list", lambda: WORKSPACE in names(resources.resources.list()), True)
check(
    "resource: providers.register",
    lambda: resources.providers.register("Microsoft.Insights").registration_state,
    "Registered",
)

sys.exit(1 if failures else 0)
