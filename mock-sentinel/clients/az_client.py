"""The Azure CLI, unchanged, against mock-sentinel: every line is a command and what came of it.

The mock is a cloud of its own, named by its metadata; `REQUESTS_CA_BUNDLE` and `SSL_CERT_FILE` hold its root certificate. Commands that need an extension are
skipped, and said so, where it cannot be installed.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request

HANDSHAKE = json.load(open(os.environ["CLIENTS_HANDSHAKE"]))
FOLDER = os.environ["CLIENTS_FOLDER"]
TEMPLATES = os.environ["CLIENTS_TEMPLATES"]
# What is not reached within this time is skipped: each command starts an interpreter.
SECONDS_MAX = float(os.environ.get("CLIENTS_AZ_SECONDS", "170"))

GROUP, WORKSPACE, LOCATION = HANDSHAKE["resource_group"], HANDSHAKE["workspace_name"], HANDSHAKE["location"]
GROUP_ID = f"/subscriptions/{HANDSHAKE['subscription_id']}/resourceGroups/{GROUP}"
WORKSPACE_ID = f"{GROUP_ID}/providers/Microsoft.OperationalInsights/workspaces/{WORKSPACE}"
RULES = f"{GROUP_ID}/providers/Microsoft.Insights/dataCollectionRules"
ENDPOINTS = f"{GROUP_ID}/providers/Microsoft.Insights/dataCollectionEndpoints"
PUBLISHER = "Monitoring Metrics Publisher"

ENVIRONMENT = {
    **os.environ,
    "AZURE_CONFIG_DIR": os.path.join(FOLDER, "az"),
    "AZURE_EXTENSION_DIR": os.path.join(FOLDER, "az", "extensions"),
    "REQUESTS_CA_BUNDLE": HANDSHAKE["ca_file"],
    "SSL_CERT_FILE": HANDSHAKE["ca_file"],
    # The known clouds are those that the mock tells of; the extension log-analytics finds its host in no other way.
    "ARM_CLOUD_METADATA_URL": HANDSHAKE["https_url"] + "/metadata/endpoints?api-version=2020-06-01",
    "AZURE_CORE_COLLECT_TELEMETRY": "false",
    "AZURE_CORE_NO_COLOR": "true",
    "AZURE_CORE_ONLY_SHOW_ERRORS": "true",
    # The authority is not one that Microsoft's own instance discovery knows.
    "AZURE_CORE_INSTANCE_DISCOVERY": "false",
    "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
}

# Other clients may have used the same mock before.
urllib.request.urlopen(urllib.request.Request(HANDSHAKE["control_url"] + "/reset", data=b"{}")).close()

started = time.monotonic()
failures = 0


def line(name, outcome, mark):
    print(f"az | {name} | {outcome} | {mark}", flush=True)


def az(*arguments):
    command = [sys.executable, "-m", "azure.cli", *arguments]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)


def check(name, *arguments, expect=None, refused=None):
    """Runs a command; `expect` is what its JSON must be, `refused` a part of the error it must end with."""
    global failures
    if time.monotonic() - started > SECONDS_MAX:
        line(name, f"skipped: not reached within {SECONDS_MAX:.0f} s", "skip")
        return
    try:
        ran = az(*arguments)
        said = json.loads(ran.stdout) if ran.returncode == 0 and ran.stdout.strip() else ran.stdout
    except Exception as error:  # noqa: BLE001 - every failure is a line of the table
        ran, said = None, f"{type(error).__name__}: {str(error)[:200]!r}"
    if ran is None or (ran.returncode == 0) == (refused is not None):
        outcome, mark = f"{said!r} {ran.stderr[-300:]!r}" if ran else said, "FAIL"
    elif refused is not None:
        outcome, mark = (refused, "ok") if refused in ran.stderr else (ran.stderr[-300:], "FAIL")
    elif expect is not None and said != expect:
        outcome, mark = f"{said!r}, not {expect!r}", "FAIL"
    else:
        outcome, mark = json.dumps(said)[:100] if said else "done", "ok"
    failures += mark == "FAIL"
    line(name, outcome.replace("\n", " "), mark)


def has_extension(name):
    try:
        return az("extension", "add", "--name", name, "--yes").returncode == 0
    except subprocess.TimeoutExpired:
        return False


# By hand or from the metadata, both ways to name the cloud work.
check("cloud register", "cloud", "register", "-n", "mock", "--endpoint-resource-manager", HANDSHAKE["https_url"])
check("cloud set", "cloud", "set", "-n", "MockSentinel")
check(
    "login --service-principal",
    *("login", "--service-principal", "-u", HANDSHAKE["client_id"], "-p", HANDSHAKE["client_secret"]),
    *("--tenant", HANDSHAKE["tenant_id"], "--query", "[].id"),
    expect=[HANDSHAKE["subscription_id"]],
)
check("account show", "account", "show", "--query", "tenantId", expect=HANDSHAKE["tenant_id"])

check("group list", "group", "list", "--query", "[].name", expect=[GROUP])
check("group show", "group", "show", "-n", GROUP, "--query", "location", expect=LOCATION)
check("group exists", "group", "exists", "-n", "nobody", expect=False)
check("group create", "group", "create", "-n", "extra", "-l", LOCATION, "--query", "name", expect="extra")
check("group delete", "group", "delete", "-n", "extra", "--yes")
check("provider register", "provider", "register", "-n", "Microsoft.Insights")

workspace = ("monitor", "log-analytics", "workspace")
of_workspace = ("-g", GROUP, "--workspace-name", WORKSPACE)
columns = ("TimeGenerated=datetime", "id=string")
check("workspace list", *workspace, "list", "--query", "[].name", expect=[WORKSPACE])
check(
    "workspace show",
    *workspace,
    "show",
    "-g",
    GROUP,
    "-n",
    WORKSPACE,
    "--query",
    "customerId",
    expect=HANDSHAKE["workspace_id"],
)
check(
    "workspace update",
    *workspace,
    "update",
    "-g",
    GROUP,
    "-n",
    WORKSPACE,
    "--retention-time",
    "60",
    "--query",
    "retentionInDays",
    expect=60,
)
check(
    "workspace create, which is there",
    *workspace,
    "create",
    "-g",
    GROUP,
    "-n",
    WORKSPACE,
    "-l",
    LOCATION,
    "--query",
    "name",
    expect=WORKSPACE,
)
check(
    "table create",
    *workspace,
    "table",
    "create",
    *of_workspace,
    "-n",
    "AzAcme_CL",
    "--columns",
    *columns,
    "--query",
    "name",
    expect="AzAcme_CL",
)
check(
    "table list",
    *workspace,
    "table",
    "list",
    *of_workspace,
    "--query",
    "[?name=='AzAcme_CL'].plan",
    expect=["Analytics"],
)
check(
    "table show",
    *workspace,
    "table",
    "show",
    *of_workspace,
    "-n",
    "AzAcme_CL",
    "--query",
    "schema.columns[].name",
    expect=["TimeGenerated", "id"],
)
check(
    "table update",
    *workspace,
    "table",
    "update",
    *of_workspace,
    "-n",
    "AzAcme_CL",
    "--retention-time",
    "60",
    "--query",
    "retentionInDays",
    expect=60,
)
check("table delete", *workspace, "table", "delete", *of_workspace, "-n", "AzAcme_CL", "--yes")
check(
    "table show, which is gone",
    *workspace,
    "table",
    "show",
    *of_workspace,
    "-n",
    "AzAcme_CL",
    refused="ResourceNotFound",
)

check(
    "deployment group create, tables",
    *(
        "deployment",
        "group",
        "create",
        "-g",
        GROUP,
        "-f",
        f"{TEMPLATES}/tables.json",
        "-p",
        f"workspaceName={WORKSPACE}",
    ),
    *("--query", "properties.provisioningState"),
    expect="Succeeded",
)
check(
    "deployment group create, rules",
    *("deployment", "group", "create", "-g", GROUP, "-f", f"{TEMPLATES}/rules.json"),
    *("-p", f"workspaceResourceId={WORKSPACE_ID}", f"principalId={HANDSHAKE['object_id']}"),
    *("--query", "properties.outputs.endpoint.value"),
    expect=HANDSHAKE["https_url"],
)
check(
    "deployment group what-if",
    *(
        "deployment",
        "group",
        "what-if",
        "-g",
        GROUP,
        "-f",
        f"{TEMPLATES}/tables.json",
        "-p",
        f"workspaceName={WORKSPACE}",
    ),
    *("--no-pretty-print", "--query", "status"),
    expect="Succeeded",
)

check("ad sp show", "ad", "sp", "show", "--id", HANDSHAKE["client_id"], "--query", "id", expect=HANDSHAKE["object_id"])
role = ("--role", PUBLISHER, "--assignee", HANDSHAKE["client_id"], "--scope", GROUP_ID)
check(
    "role definition list",
    "role",
    "definition",
    "list",
    "--name",
    PUBLISHER,
    "--query",
    "[].roleName",
    expect=[PUBLISHER],
)
check("role assignment create", "role", "assignment", "create", *role, "--query", "scope", expect=GROUP_ID)
check(
    "role assignment list",
    "role",
    "assignment",
    "list",
    "--scope",
    GROUP_ID,
    "--role",
    PUBLISHER,
    "--query",
    "[].scope",
    expect=[GROUP_ID],
)
check("role assignment delete", "role", "assignment", "delete", *role)

endpoint = json.dumps({"location": LOCATION, "properties": {"networkAcls": {"publicNetworkAccess": "Enabled"}}})
check(
    "rest, put of an endpoint",
    "rest",
    "-m",
    "put",
    "-u",
    f"{ENDPOINTS}/az?api-version=2023-03-11",
    "-b",
    endpoint,
    "--query",
    "name",
    expect="az",
)
check(
    "rest, get of the rules",
    "rest",
    "-u",
    f"{RULES}?api-version=2023-03-11",
    "--query",
    "value[].kind || [`0`]",
    expect=[0],
)
check(
    "rest, an unknown api-version", "rest", "-u", f"{RULES}?api-version=2099-01-01", refused="NoRegisteredProviderFound"
)
check(
    "resource tag",
    "resource",
    "tag",
    "--ids",
    f"{RULES}/miro-audit-logs",
    "--tags",
    "a=b",
    "--query",
    "tags.a",
    expect="b",
)
check(
    "resource list",
    "resource",
    "list",
    "--resource-type",
    "Microsoft.Insights/dataCollectionEndpoints",
    "--query",
    "[].name",
    expect=["az", "miro-logs"],
)
check("resource delete", "resource", "delete", "--ids", f"{ENDPOINTS}/az")
query = json.dumps({"query": "print answer = 42"})
check(
    "rest, a query",
    *(
        "rest",
        "-m",
        "post",
        "-u",
        f"{HANDSHAKE['query_url']}",
        "--resource",
        "https://api.loganalytics.io",
        "-b",
        query,
    ),
    *("--query", "tables[0].rows[0][0]"),
    expect=42,
)
check(
    "rest, a query through the manager",
    *(
        "rest",
        "-m",
        "post",
        "-u",
        f"{WORKSPACE_ID}/api/query?api-version=2020-08-01",
        "-b",
        query,
        "--query",
        "tables[0].rows[0][0]",
    ),
    expect=42,
)

if has_extension("monitor-control-service"):
    collection = ("monitor", "data-collection")
    check(
        "data-collection endpoint create",
        *collection,
        "endpoint",
        "create",
        "-g",
        GROUP,
        "-n",
        "azdc",
        "-l",
        LOCATION,
        "--public-network-access",
        "Enabled",
    )
    check("data-collection endpoint delete", *collection, "endpoint", "delete", "-g", GROUP, "-n", "azdc", "--yes")
    check("data-collection rule list", *collection, "rule", "list", "-g", GROUP)
    check("data-collection rule show", *collection, "rule", "show", "-g", GROUP, "-n", "miro-audit-logs")
else:
    line("data-collection", "skipped: the extension monitor-control-service cannot be installed", "skip")
if has_extension("log-analytics"):
    check(
        "log-analytics query",
        "monitor",
        "log-analytics",
        "query",
        "-w",
        HANDSHAKE["workspace_id"],
        "--analytics-query",
        "print 1",
    )
else:
    line("log-analytics query", "skipped: the extension log-analytics cannot be installed", "skip")

sys.exit(1 if failures else 0)
