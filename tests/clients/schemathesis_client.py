"""schemathesis against both mocks: requests made up from their OpenAPI documents, answers held to what these say.

    schemathesis_client.py [SECONDS FOR EACH MOCK] [SEED]
"""

import json
import os
import pathlib
import subprocess
import sys
import urllib.parse
import urllib.request

from served_mock import ORGANIZATION, serve
from call_table import Table

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 20
SEED = sys.argv[2] if len(sys.argv) > 2 else "1"
# The time that is allowed beyond the phases: a start, a slow last case, the report.
GRACE = 120
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
PROGRAM = pathlib.Path(sys.executable).with_name("schemathesis")
SCRATCH = pathlib.Path(os.environ["CLIENTS_SCRATCH"])
# These would make the mock misbehave as asked, so that what follows is no verdict.
STEERING = r"^/_control/(assertion|clock|events|faults|reset|roles|secret|world)"

MIRO = {
    "organizations": [
        {
            "id": ORGANIZATION,
            "credits_per_minute": 1_000_000_000,
            "tokens": [
                {
                    "name": "all",
                    "value": "token-all",
                    "app": "Console",
                    "scopes": ["auditlogs:read", "contentlogs:export", "organizations:read", "aiinteractionlogs:read"],
                }
            ],
            "apps": [
                {
                    "name": "Console",
                    "client_id": "77",
                    "client_secret": "example-secret",
                    "redirect_uris": ["http://127.0.0.1:9/back"],
                    "scopes": ["organizations:read"],
                }
            ],
            "audit": {"generate": 300, "over": "6h", "seed": 1},
            "content": {"generate": 300, "over": "6h", "seed": 1},
        }
    ]
}
SENTINEL = {
    "query": {"per_thirty_seconds": 1_000_000},
    "ingestion": {
        "calls_per_minute": 1_000_000_000,
        # The default, 500 without a body, is what Azure was seen to answer: a server error, and meant to be one.
        "answers": {"empty_body": {"status": 400, "code": "InvalidRequestBody"}},
    },
}

table = Table("schemathesis")


def miro_config(_mock):
    """What requests need to get beyond the door."""
    parameters = {
        "path.org_id": [ORGANIZATION, "1"],
        "query.client_id": ["77", "78"],
        "query.client_secret": ["example-secret", "wrong"],
        "query.redirect_uri": ["http://127.0.0.1:9/back"],
    }
    return [known(parameters), authorized("^/v[12]/", "token-all")]


def token(mock, resource):
    """A token for one of Azure's services."""
    told = mock.told
    form = {
        "grant_type": "client_credentials",
        "client_id": told["client_id"],
        "client_secret": told["client_secret"],
        "scope": f"{resource}/.default",
    }
    url = f"{told['http_url']}/{told['tenant_id']}/oauth2/v2.0/token"
    with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode()) as answer:
        return json.load(answer)["access_token"]


def sentinel_config(mock):
    told, workspace = mock.told, mock.control("world")["workspace"]
    stream, rule = next(iter(told["rules"].items()))
    parameters = {
        "path.tenant": [told["tenant_id"], "common"],
        "path.rule": [rule, "dcr-0"],
        "path.stream": [stream, "Custom-None"],
        # The query API names a workspace by its id, the resource manager by its name.
        "path.workspace": [told["workspace_id"], workspace["name"], "nowhere"],
        "path.subscription": [workspace["subscription_id"]],
        "path.group": [workspace["resource_group"], "nowhere"],
        "path.namespace": ["Microsoft.OperationalInsights", "Microsoft.Insights"],
        "path.kind": ["workspaces", "dataCollectionRules", "dataCollectionEndpoints"],
        "path.name": [workspace["name"], "miro-audit-logs", "other"],
        "path.table": ["MiroAuditLogs_CL", "None_CL"],
        "query.api-version": ["2023-01-01", "2022-10-01", "2023-03-11", "2018-02-01", "2019-08-01"],
        "query.query": ["MiroAuditLogs_CL | count", "print 1", "MiroAuditLogs_CL |", "range n from 1 to 9 step 1"],
        "query.timespan": ["P1D", "PT1H", "2026-01-01/2026-02-01", "tomorrow"],
        "query.resource": ["https://monitor.azure.com", "https://management.azure.com/", "nothing"],
        "header.Metadata": ["true"],
        "header.X-IDENTITY-HEADER": ["mock-identity-header", "wrong"],
        "body.grant_type": ["client_credentials"],
        "body.client_id": [told["client_id"]],
        "body.client_secret": [told["client_secret"], "wrong"],
        "body.scope": ["https://monitor.azure.com/.default", "nothing"],
        "body.query": ["MiroAuditLogs_CL | count", "print 1", "MiroAuditLogs_CL |"],
    }
    audiences = {
        "^/dataCollectionRules/": "https://monitor.azure.com",
        "^/v1/": "https://api.loganalytics.io",
        "^/subscriptions|^/tenants|^/providers": "https://management.azure.com",
    }
    return [known(parameters), *(authorized(path, token(mock, audience)) for path, audience in audiences.items())]


def known(values):
    """Values that lead beyond the door, four times out of five: the words of a parameter by its place and name."""
    lists = [f"[dictionaries.word{n}]\nvalues = {json.dumps(words)}\n" for n, words in enumerate(values.values())]
    uses = [f'{json.dumps(name)} = {{dictionary = "word{n}", probability = 0.8}}' for n, name in enumerate(values)]
    return "".join(lists) + "[parameters]\n" + "\n".join(uses) + "\n"


def authorized(path, bearer):
    """The header of the operations whose path matches."""
    header = f'headers = {{Authorization = "Bearer {bearer}"}}\n'
    return f"[[operations]]\ninclude-path-regex = {json.dumps(path)}\n{header}"


def fuzz(program, world, config_of, url):
    """Runs schemathesis once; prints a line for each operation, and one for each thing that is wrong."""
    with serve(program, world) as mock:
        config, report = SCRATCH / f"{program}.toml", SCRATCH / f"{program}.json"
        config.write_text("\n".join(config_of(mock)))
        base = mock.told[url]
        command = [PROGRAM, "--config-file", config, "run", f"{mock.told['control_url']}/openapi.json", "--url", base]
        command += ["--checks", CHECKS, "--max-time", str(SECONDS), "--seed", SEED, "--request-timeout", "10"]
        command += ["--exclude-path-regex", STEERING, "--continue-on-failure", "--generation-database", "none"]
        command += ["--report", "json", "--report-json-path", report, "--no-color"]
        ran = subprocess.run(command, cwd=SCRATCH, capture_output=True, text=True, timeout=SECONDS + GRACE, check=False)
        if not report.exists():
            said = (ran.stdout + ran.stderr).strip().splitlines()[-1:]
            raise RuntimeError(f"exit {ran.returncode} without a report: {said}")
        # Whatever it was asked, it is still there.
        mock.control("health")
    tell(program, json.loads(report.read_text()), ran.stdout)


def tell(program, report, log):
    cases, failures = report["test_cases"], report["failures"]
    wrong = {operation for failure in failures for operation in failure["operations"]}
    for operation, phases in sorted(report["valid_rates"].items()):
        if operation not in wrong:
            counts = {key: sum(phase[key] for phase in phases.values()) for key in ("accepted", "rejected")}
            table.line(f"{program}: {operation}", f"{counts['accepted']} accepted, {counts['rejected']} refused", "ok")
    for failure in failures:
        for operation in failure["operations"]:
            said = f"{failure['code']} {failure['title']}, {failure['count']} of its kind: {repeated(operation, log)}"
            table.line(f"{program}: {operation}", said, "FAIL")
    for error in report["errors"]:
        table.line(f"{program}: all operations", f"error: {json.dumps(error)}", "FAIL")
    tested = report["operations"]["tested"]
    said = f"{cases['generated']} cases in {report['running_time']:.0f} s, {cases['unique_failures']} kinds of failure"
    table.line(f"{program}: all {tested} operations", said, "ok" if tested and not failures else "FAIL")


def repeated(operation, log):
    """The first command in schemathesis's own report that repeats a failure of an operation."""
    parts = log.partition(f"_ {operation} _")[2].split("\n")
    return next((line.strip() for line in parts if line.strip().startswith("curl ")), "its log has no command")


for mock_of in (
    ("mock-miro", MIRO, miro_config, "base_url"),
    ("mock-sentinel", SENTINEL, sentinel_config, "http_url"),
):
    try:
        fuzz(*mock_of)
    except Exception as error:  # noqa: BLE001 - every failure is a line of the table
        table.line(f"{mock_of[0]}: all operations", f"{type(error).__name__}: {error}", "FAIL")
table.end()
