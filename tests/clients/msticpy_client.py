"""msticpy's query provider against mock-sentinel under Azure's own names, as an analyst's notebook uses it."""

import contextlib
import io
import json
import os
import ssl
import subprocess
import sys
import urllib.request
import warnings
from datetime import datetime, timedelta, timezone

import azure_names
from served_mock import ORGANIZATION, TOKENS, miro, serve
from call_table import Table, expect

AUDIT, CONTENT = "MiroAuditLogs_CL", "MiroContentLogs_CL"
# The sample queries of Miro's guide to the integration and of its two connector pages
# (https://help.miro.com/hc/en-us/articles/31325941684882, read 2026-11-22), and the most rows each may have.
SAMPLES = {
    "recent audit events": (
        f"{AUDIT} | sort by TimeGenerated desc"
        " | project TimeGenerated, event, category, createdBy_email, context_ip | take 20",
        20,
    ),
    "activity by user and event": (
        f"{AUDIT} | summarize EventCount = count() by createdBy_email, event, category | order by EventCount desc",
        100,
    ),
    "content changes by user": (
        f"{CONTENT} | where TimeGenerated > ago(7d) | summarize Changes = count() by actor_email, actionType"
        " | order by Changes desc",
        100,
    ),
    "event trend": (f"{AUDIT} | summarize count() by event, bin(TimeGenerated, 1h) | render timechart", 100),
    "most active users": (
        f"{CONTENT} | where TimeGenerated > ago(30d) | summarize TotalActions = count() by actor_email"
        " | top 10 by TotalActions desc",
        10,
    ),
    "audit events by category": (f"{AUDIT} | summarize count() by category | render piechart", 100),
    "last data received": (f"{AUDIT} | summarize Time = max(TimeGenerated) | where isnotempty(Time)", 1),
}

msticpy = Table("msticpy")


def events(log):
    """A page of events as Miro sends them."""
    paths = {
        "audit": ("/v2/audit/logs", "createdAfter", "createdBefore"),
        "content": (f"/v2/orgs/{ORGANIZATION}/content-logs/items", "from", "to"),
    }
    path, after, before = paths[log]
    now = datetime.now(timezone.utc)
    since, until = (t.strftime("%Y-%m-%dT%H:%M:%S.000Z") for t in (now - timedelta(hours=7), now + timedelta(minutes=1)))
    with miro(audit=100, content=100) as mock:
        url = f"{mock.told['base_url']}{path}?{after}={since}&{before}={until}&limit=100"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKENS[log]}"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["data"]


def upload(mock, token, stream, rows):
    told = mock.told
    url = f"{told['http_url']}/dataCollectionRules/{told['rules'][stream]}/streams/{stream}?api-version=2023-01-01"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(rows).encode(), headers)) as answer:
        expect(answer.status == 204, answer.status)


def knows_names():
    """Whether this mock-sentinel carries Azure's names by itself."""
    program = os.path.join(os.environ["CLIENTS_BINARIES"], "mock-sentinel")
    return "--tls-name" in subprocess.run([program, "serve", "--help"], capture_output=True, text=True, check=True).stdout


def settings_file():
    """msticpy's settings; it asks for them at its import."""
    path = os.path.join(os.environ["CLIENTS_SCRATCH"], "msticpyconfig.yaml")
    with open(path, "w") as file:
        file.write('Azure: {cloud: "global", auth_methods: ["env"]}\n')
    return path


@contextlib.contextmanager
def quiet():
    """msticpy prints greetings; the table is all that is printed here."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def play(mock):
    told = mock.told
    os.environ.update(
        AZURE_TENANT_ID=told["tenant_id"],
        AZURE_CLIENT_ID=told["client_id"],
        AZURE_CLIENT_SECRET=told["client_secret"],
        MSTICPYCONFIG=settings_file(),
    )
    warnings.simplefilter("ignore")
    with quiet():
        import msticpy as mp
        from azure.identity import EnvironmentCredential
        from msticpy.common.wsconfig import WorkspaceConfig

    resource = mock.control("world")["workspace"]
    workspace = WorkspaceConfig(
        config={
            "TenantId": told["tenant_id"],
            "WorkspaceId": told["workspace_id"],
            "SubscriptionId": resource["subscription_id"],
            "ResourceGroup": resource["resource_group"],
            "WorkspaceName": resource["name"],
        }
    )
    providers = []

    @msticpy.call("credential from the environment, an upload of both logs")
    def _():
        token = EnvironmentCredential().get_token("https://monitor.azure.com/.default").token
        for log, stream in (("audit", f"Custom-{AUDIT}"), ("content", f"Custom-{CONTENT}")):
            upload(mock, token, stream, events(log))
        return "100 and 100 rows"

    @msticpy.call("QueryProvider('MSSentinel'), connect")
    def _():
        with quiet():
            provider = mp.QueryProvider("MSSentinel")
            provider.connect(workspace, auth_types=["env"])
        expect(provider.connected, "not connected")
        providers.append(provider)
        return "connected"

    @msticpy.call("connect by workspace id")
    def _():
        with quiet():
            provider = mp.QueryProvider("MSSentinel")
            provider.connect(workspace_ids=[told["workspace_id"]], tenant_id=told["tenant_id"], auth_types=["env"])
            provider.exec_query("print 1")
        providers.append(provider)
        return "connected"

    def query(text, **options):
        expect(providers, "no provider is connected")
        with quiet():
            return providers[-1].exec_query(text, **options)

    @msticpy.call("schema of the workspace")
    def _():
        schema = providers[0].schema
        expect({AUDIT, CONTENT} <= set(schema), f"{len(schema)} tables: {sorted(schema)[:5]}")
        # It looks for `customColumns` beside `standardColumns`; the service sends `columns`, so that only the latter are seen
        # (https://learn.microsoft.com/rest/api/loganalytics/tables/list-by-workspace, read 2026-11-29).
        expect("TenantId" in schema[AUDIT], schema[AUDIT])
        return f"{AUDIT} and {CONTENT} with their standard columns"

    for log, table in (("audit", AUDIT), ("content", CONTENT)):

        @msticpy.call(f"every {log} row is there")
        def _():
            count = query(f"{table} | summarize Rows = count(), Ids = dcount(id)")
            expect(list(count.iloc[0]) == [100, 100], list(count.iloc[0]))
            return "100 rows, 100 ids"

    for title, (text, most) in SAMPLES.items():

        @msticpy.call(f"the guide's query: {title}")
        def _():
            frame = query(text)
            expect(0 < len(frame) <= most, f"{len(frame)} rows")
            return f"{len(frame)} rows of {len(frame.columns)} columns"

    @msticpy.call("types of the data frame")
    def _():
        frame = query(f"{AUDIT} | project TimeGenerated, event, details, n = 1, r = 1.5, b = true | take 5")
        kinds = [str(kind) for kind in frame.dtypes]
        expect(kinds[0].startswith("datetime64") and "utc" in kinds[0].lower(), kinds)
        expect(kinds[3:] == ["int64", "float64", "bool"], kinds)
        return ", ".join(kind.split("[")[0] for kind in kinds)

    @msticpy.call("a stretch of time")
    def _():
        now = datetime.now(timezone.utc)
        span = {"start": now + timedelta(days=1), "end": now + timedelta(days=2)}
        count = query(f"{AUDIT} | count", time_span=span).iloc[0, 0]
        expect(count == 0, count)
        return "0 rows of tomorrow"

    @msticpy.call("split by hours and put together")
    def _():
        now = datetime.now(timezone.utc)
        with quiet():
            provider = mp.QueryProvider("MSSentinel")
            provider.connect(workspace, auth_types=["env"])
            provider.add_custom_query(
                name="miro_audit",
                query=f"{AUDIT} | where TimeGenerated between (datetime({{start}}) .. datetime({{end}})) | project id",
                family="Miro",
                parameters=[
                    provider.create_param(name=name, data_type="datetime", description=name)
                    for name in ("start", "end")
                ],
            )
            frame = provider.Miro.miro_audit(start=now - timedelta(days=1), end=now, split_query_by="6h")
        expect(sorted(frame["id"]) == sorted(set(frame["id"])) and len(frame) == 100, f"{len(frame)} rows")
        return "4 queries, 100 rows, once each"

    @msticpy.call("a query with a mistake")
    def _():
        try:
            query(f"{AUDIT} | project nothing")
        except Exception as error:  # noqa: BLE001 - msticpy wraps what the query client raised
            expect(type(error).__name__ == "MsticpyDataQueryError" and "nothing" in str(error), repr(error))
            return type(error).__name__
        raise AssertionError("was answered")

    @msticpy.call("429 with Retry-After is retried")
    def _():
        mock.control("faults", {"when": {"call": "query"}, "answer": {"status": 429, "retry_after": 1}})
        expect(query("print n = 7").iloc[0, 0] == 7, "another answer")
        return "answered"


options = []
root = None
if knows_names():
    root = os.path.join(os.environ["CLIENTS_SCRATCH"], "root.pem")
    options = ["--tls-name", "azure", "--ca-file", root]
with serve("mock-sentinel", {}, *options) as sentinel:
    with azure_names.lead_to(sentinel.told["https_url"], root):
        play(sentinel)
msticpy.end()
