"""A program written for Azure, unchanged: no address, no certificate, no option of a mock in it.

It is started with what any deployment sets (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET) and prints a line for each
thing it does.
"""

import datetime
import os
import sys
import urllib.request

import requests
from azure.identity import DefaultAzureCredential
from azure.monitor.ingestion import LogsIngestionClient
from azure.monitor.query import LogsQueryClient

ENDPOINT = "https://miro-abcd.westeurope-1.ingest.monitor.azure.com"
WORKSPACE = (
    "/subscriptions/5ab5c41b-0000-4000-8000-6d69726f0005/resourceGroups/miro/providers/Microsoft.OperationalInsights"
    "/workspaces/miro-workspace"
)
STREAM, TABLE = "Custom-MiroAuditLogs_CL", "MiroAuditLogs_CL"

failures = 0


def step(name):
    def run(function):
        global failures
        try:
            outcome, mark = function(), "ok"
        except Exception as error:  # noqa: BLE001 - every failure is a line of the table
            outcome, mark = f"{type(error).__name__}: {str(error)[:200]!r}", "FAIL"
            failures += 1
        print(f"python, Azure's names | {name} | {outcome} | {mark}", flush=True)

    return run


credential = DefaultAzureCredential()


@step("DefaultAzureCredential, upload to a data collection endpoint")
def _():
    time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    rows = [{"id": "by-name", "event": "sign_in", "createdAt": time}]
    LogsIngestionClient(ENDPOINT, credential).upload(os.environ["RULE_ID"], STREAM, rows)
    return "uploaded"


@step("DefaultAzureCredential, query at the query client's own address")
def _():
    answer = LogsQueryClient(credential).query_workspace(
        os.environ["WORKSPACE_ID"],
        f"{TABLE} | where id == 'by-name' | project Type, late = ingestion_time() - TimeGenerated < 1h",
        timespan=datetime.timedelta(days=1),
    )
    row = list(answer.tables[0].rows[0])
    assert row == [TABLE, True], row
    return "one row, with its table's name and its time of receipt"


@step("Azure Resource Manager by its own name")
def _():
    token = credential.get_token("https://management.azure.com/.default").token
    answer = requests.get(
        f"https://management.azure.com{WORKSPACE}?api-version=2023-09-01",
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.json()["properties"]["customerId"] == os.environ["WORKSPACE_ID"], answer.text
    return "the workspace"


@step("a name that the certificate does not hold is still refused")
def _():
    try:
        requests.get("https://other.login.microsoftonline.com/", timeout=10)
    except requests.exceptions.SSLError:
        return "SSLError"
    raise AssertionError("was taken")


@step("urllib, which reads SSL_CERT_FILE")
def _():
    url = f"https://login.microsoftonline.com/{os.environ['AZURE_TENANT_ID']}/v2.0/.well-known/openid-configuration"
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert b"login.microsoftonline.com" in answer.read()
    return "the discovery document"


sys.exit(1 if failures else 0)
