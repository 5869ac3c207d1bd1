"""Microsoft's Python clients against mock-sentinel: every line is a scenario and what came of it."""

import datetime
import io
import json
import logging
import os
import random
import sys
import urllib.error
import urllib.request

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError, ServiceResponseError
from azure.identity import (
    CertificateCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)
from azure.monitor.ingestion import LogsIngestionClient
from azure.monitor.query import LogsBatchQuery, LogsQueryClient, LogsQueryStatus

HANDSHAKE = json.load(open(os.environ["CLIENTS_HANDSHAKE"]))
CA = HANDSHAKE["ca_file"]
STREAM, TABLE = "Custom-MiroAuditLogs_CL", "MiroAuditLogs_CL"
RULE = HANDSHAKE["rules"][STREAM]
SCOPE = "https://monitor.azure.com/.default"
DAY = datetime.timedelta(days=1)

# The clients log what they then raise.
logging.disable(logging.CRITICAL)

failures = 0


def scenario(name):
    """Runs a function at once and prints what it says, or how it failed."""

    def run(function):
        global failures
        try:
            outcome, mark = function(), "ok"
            if isinstance(outcome, str) and outcome.startswith("skipped"):
                mark = "skip"
        except Exception as error:  # noqa: BLE001 - every failure is a line of the table
            outcome, mark = f"{type(error).__name__}: {str(error)[:200]!r}", "FAIL"
            failures += 1
        print(f"python | {name} | {outcome} | {mark}", flush=True)

    return run


def control(path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{HANDSHAKE['control_url']}/{path}", data=data, method=method)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def calls(kind="sentinel.ingest"):
    return control(f"journal?call={kind}")["entries"]


def secret(**change):
    settings = {
        "tenant_id": HANDSHAKE["tenant_id"],
        "client_id": HANDSHAKE["client_id"],
        "client_secret": HANDSHAKE["client_secret"],
        **change,
    }
    return ClientSecretCredential(
        authority=HANDSHAKE["authority"], disable_instance_discovery=True, connection_verify=CA, **settings
    )


def uploader(credential=None):
    return LogsIngestionClient(HANDSHAKE["endpoint"], credential or secret(), connection_verify=CA)


def querier():
    return LogsQueryClient(
        secret(),
        endpoint=HANDSHAKE["https_url"] + "/v1",
        audience="https://api.loganalytics.io",
        connection_verify=CA,
    )


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def rows(count, prefix="row", padding=180):
    return [
        {"id": f"{prefix}-{n}", "event": "sign_in", "createdAt": now(), "details": {"text": "x" * padding}}
        for n in range(count)
    ]


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def refused(kind, status, code, function):
    """What the client makes of a refusal."""
    try:
        function()
    except kind as error:
        expect(error.status_code == status, f"status {error.status_code}")
        expect(error.error and error.error.code == code, f"code {error.error and error.error.code}")
        return f"{type(error).__name__} {status} {code}"
    raise AssertionError("was accepted")


@scenario("secret credential, 20,000 rows of 290 bytes, counted by the query client")
def _():
    control("reset", {})
    uploader().upload(RULE, STREAM, rows(20_000))
    sent = calls()
    answer = querier().query_workspace(HANDSHAKE["workspace_id"], f"{TABLE} | count", timespan=DAY)
    expect(answer.tables[0].rows[0][0] == 20_000, f"{answer.tables[0].rows[0][0]} rows")
    expect(len(sent) > 1 and all(call["status"] == 204 for call in sent), "uploads")
    return f"{len(sent)} uploads, 20000 rows"


@scenario("certificate credential")
def _():
    credential = CertificateCredential(
        HANDSHAKE["tenant_id"],
        HANDSHAKE["client_id"],
        os.environ["CLIENTS_CERTIFICATE"],
        authority=HANDSHAKE["authority"],
        disable_instance_discovery=True,
        connection_verify=CA,
    )
    uploader(credential).upload(RULE, STREAM, rows(1, "certificate"))
    return "uploaded"


@scenario("workload identity credential")
def _():
    order = {
        "issuer": "https://issuer.example",
        "subject": "system:serviceaccount:miro:connector",
        "audience": "api://AzureADTokenExchange",
    }
    token_file = os.path.join(os.environ["CLIENTS_FOLDER"], "federated")
    with open(token_file, "w") as file:
        file.write(control("assertion", order)["assertion"])
    credential = WorkloadIdentityCredential(
        tenant_id=HANDSHAKE["tenant_id"],
        client_id=HANDSHAKE["client_id"],
        token_file_path=token_file,
        authority=HANDSHAKE["authority"],
        disable_instance_discovery=True,
        connection_verify=CA,
    )
    uploader(credential).upload(RULE, STREAM, rows(1, "federated"))
    return "uploaded"


def managed(name, environment):
    @scenario(f"managed identity, {name}")
    def _():
        os.environ.update(environment)
        try:
            uploader(ManagedIdentityCredential()).upload(RULE, STREAM, rows(1, name))
        finally:
            for key in environment:
                del os.environ[key]
        return "uploaded"


managed(
    "App Service",
    {"IDENTITY_ENDPOINT": HANDSHAKE["http_url"] + "/msi/token", "IDENTITY_HEADER": "mock-identity-header"},
)
managed("IMDS", {"AZURE_POD_IDENTITY_AUTHORITY_HOST": HANDSHAKE["http_url"]})
if "CLIENTS_ARC" in os.environ:
    managed(
        "Azure Arc",
        {
            "IDENTITY_ENDPOINT": HANDSHAKE["http_url"] + "/metadata/identity/oauth2/token",
            "IMDS_ENDPOINT": HANDSHAKE["http_url"],
        },
    )
else:

    @scenario("managed identity, Azure Arc")
    def _():
        return "skipped: the client reads /var/opt/azcmagent/tokens, which cannot be written here"


def no_token(name, part, **change):
    @scenario(f"token: {name}")
    def _():
        try:
            secret(**change).get_token(SCOPE)
        except (ClientAuthenticationError, ValueError) as error:
            expect(part in str(error), str(error)[:200])
            return f"{type(error).__name__} {part}"
        raise AssertionError("was given")


no_token("wrong secret", "AADSTS7000215", client_secret="wrong")
no_token("expired secret", "AADSTS7000222", client_secret="expired")
no_token("unknown app", "AADSTS700016", client_id="00000000-0000-0000-0000-000000000000")
no_token("unknown tenant", "Unable to get authority configuration", tenant_id="00000000-0000-0000-0000-000000000000")


@scenario("token: scope with two slashes")
def _():
    token = secret().get_token("https://monitor.azure.com//.default")
    return f"expires in {round((token.expires_on - datetime.datetime.now().timestamp()) / 60)} min"


def no_token_for_assertion(name, part, **change):
    @scenario(f"token: federated assertion, {name}")
    def _():
        order = {
            "issuer": "https://issuer.example",
            "subject": "system:serviceaccount:miro:connector",
            "audience": "api://AzureADTokenExchange",
            **change,
        }
        token_file = os.path.join(os.environ["CLIENTS_FOLDER"], "federated-wrong")
        with open(token_file, "w") as file:
            file.write(control("assertion", order)["assertion"])
        credential = WorkloadIdentityCredential(
            tenant_id=HANDSHAKE["tenant_id"],
            client_id=HANDSHAKE["client_id"],
            token_file_path=token_file,
            authority=HANDSHAKE["authority"],
            disable_instance_discovery=True,
            connection_verify=CA,
        )
        try:
            credential.get_token(SCOPE)
        except ClientAuthenticationError as error:
            expect(part in str(error), str(error)[:200])
            return f"{type(error).__name__} {part}"
        raise AssertionError("was given")


no_token_for_assertion("another issuer", "AADSTS700211", issuer="https://elsewhere.example")
no_token_for_assertion("another subject", "AADSTS700213", subject="system:serviceaccount:other:other")
no_token_for_assertion("another audience", "AADSTS700023", audience="api://elsewhere")
no_token_for_assertion("expired", "AADSTS700024", life="-1h")


class Static:
    """The smallest credential: a token that was got elsewhere."""

    def __init__(self, token):
        self.token = token

    def get_token(self, *scopes, **options):
        return AccessToken(self.token, int(datetime.datetime.now().timestamp()) + 3600)


@scenario("upload: unknown api-version")
def _():
    client = LogsIngestionClient(HANDSHAKE["endpoint"], secret(), connection_verify=CA, api_version="2020-01-01")
    return refused(HttpResponseError, 400, "InvalidApiVersion", lambda: client.upload(RULE, STREAM, rows(1)))


@scenario("upload: a token for another audience")
def _():
    credential = Static(secret().get_token("https://api.loganalytics.io/.default").token)
    upload = lambda: uploader(credential).upload(RULE, STREAM, rows(1))  # noqa: E731
    return refused(ClientAuthenticationError, 401, "InvalidAuthenticationToken", upload)


@scenario("upload: a token that is none")
def _():
    upload = lambda: uploader(Static("opaque")).upload(RULE, STREAM, rows(1))  # noqa: E731
    return refused(ClientAuthenticationError, 401, "UnsupportedAccessTokenType", upload)


@scenario("upload: a token that has expired")
def _():
    credential = Static(secret().get_token(SCOPE).token)
    control("clock", {"advance": "2h"})
    try:
        upload = lambda: uploader(credential).upload(RULE, STREAM, rows(1))  # noqa: E731
        return refused(ClientAuthenticationError, 401, "InvalidAuthenticationToken", upload)
    finally:
        control("clock", {"advance": "-2h"})


@scenario("upload: unknown rule")
def _():
    return refused(ResourceNotFoundError, 404, "NotFound", lambda: uploader().upload("dcr-0", STREAM, rows(1)))


@scenario("upload: unknown stream")
def _():
    return refused(HttpResponseError, 400, "InvalidStream", lambda: uploader().upload(RULE, "Custom-X", rows(1)))


@scenario("upload: role not assigned, then assigned")
def _():
    control("roles", {"stream": STREAM, "assigned": False})
    said = refused(HttpResponseError, 403, "OperationFailed", lambda: uploader().upload(RULE, STREAM, rows(1)))
    control("roles", {"stream": STREAM, "assigned": True})
    uploader().upload(RULE, STREAM, rows(1))
    return said + ", then uploaded"


@scenario("upload: one row of 2 MiB that does not compress")
def _():
    noise = random.Random(1).randbytes(2 * 1024 * 1024).hex()
    row = [{"id": "big", "event": noise}]
    return refused(HttpResponseError, 413, "ContentLengthLimitExceeded", lambda: uploader().upload(RULE, STREAM, row))


@scenario("upload: one row of 2 MiB that compresses is taken and cut")
def _():
    uploader().upload(RULE, STREAM, [{"id": "long", "createdAt": now(), "event": "x" * 2 * 1024 * 1024}])
    answer = querier().query_workspace(
        HANDSHAKE["workspace_id"], f"{TABLE} | where id == 'long' | project strlen(event)", timespan=DAY
    )
    expect(answer.tables[0].rows[0][0] == 65_536, answer.tables[0].rows[0][0])
    return "65536 characters stored"


def retried(name, fault, attempts):
    @scenario(f"upload: {name}")
    def _():
        control("faults", fault)
        before = len(calls())
        uploader().upload(RULE, STREAM, rows(1, name))
        made = calls()[before:]
        control("faults", method="DELETE")
        expect(len(made) == attempts, f"{len(made)} attempts")
        expect(len({call["client_request_id"] for call in made}) == 1, "one request id")
        return f"{attempts} attempts under one request id"


retried(
    "429 with Retry-After is retried",
    {"when": {"call": "sentinel.ingest"}, "answer": {"status": 429, "retry_after": 1}},
    2,
)
retried("503 is retried", {"when": {"call": "sentinel.ingest"}, "answer": {"status": 503}, "times": 2}, 3)
retried("500 is retried", {"when": {"call": "sentinel.ingest"}, "answer": {"status": 500}}, 2)


@scenario("upload: a lost answer is an error, though the rows are there")
def _():
    before = control(f"tables/{TABLE}")["count"]
    control("faults", {"when": {"call": "sentinel.ingest"}, "fault": {"lost_answer": True}})
    try:
        uploader().upload(RULE, STREAM, rows(1, "lost-answer"))
    except ServiceResponseError as error:
        expect(control(f"tables/{TABLE}")["count"] == before + 1, "not stored")
        return f"{type(error).__name__}, not retried, stored"
    raise AssertionError("was answered")


@scenario("upload: an empty body is answered 500 without a code")
def _():
    credential = secret().get_token(SCOPE).token
    url = f"{HANDSHAKE['http_url']}/dataCollectionRules/{RULE}/streams/{STREAM}?api-version=2023-01-01"
    request = urllib.request.Request(url, data=b"", headers={"Authorization": f"Bearer {credential}"})
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        expect(error.code == 500 and error.read() == b"", error.code)
        return "500, no body"
    raise AssertionError("was accepted")


@scenario("upload: what is no array is answered 204 and not stored")
def _():
    before = control(f"tables/{TABLE}")["count"]
    uploader().upload(RULE, STREAM, io.BytesIO(json.dumps(rows(1, "object")[0]).encode()))
    expect(control(f"tables/{TABLE}")["count"] == before, "stored")
    return "204, nothing stored"


@scenario("upload: on_error goes on with the other chunks")
def _():
    failed = []
    control("faults", {"when": {"call": "sentinel.ingest"}, "answer": {"status": 400}})
    uploader().upload(RULE, STREAM, rows(8_000, "chunk"), on_error=failed.append)
    expect(len(failed) == 1 and 0 < len(failed[0].failed_logs) < 8_000, f"{len(failed)} failures")
    return f"{len(failed[0].failed_logs)} of 8000 rows in the callback"


@scenario("upload: a stream of bytes")
def _():
    uploader().upload(RULE, STREAM, io.BytesIO(json.dumps(rows(2, "bytes")).encode()))
    return "uploaded"


@scenario("query: statistics, visualization and types")
def _():
    query = f"{TABLE} | summarize n = count() by event, bin(TimeGenerated, 1h) | render timechart"
    answer = querier().query_workspace(
        HANDSHAKE["workspace_id"],
        query,
        timespan=(datetime.datetime.now(datetime.timezone.utc) - DAY, DAY * 2),
        include_statistics=True,
        include_visualization=True,
        server_timeout=30,
    )
    expect(answer.status == LogsQueryStatus.SUCCESS, answer.status)
    expect(answer.visualization["visualization"] == "timechart", answer.visualization)
    expect("query" in answer.statistics, answer.statistics)
    return ", ".join(answer.tables[0].columns_types)


@scenario("query: more rows than the limit")
def _():
    uploader().upload(RULE, STREAM, rows(12_000, "many"))
    answer = querier().query_workspace(HANDSHAKE["workspace_id"], TABLE, timespan=None)
    expect(answer.status == LogsQueryStatus.PARTIAL, answer.status)
    return f"partial, {len(answer.partial_data[0].rows)} rows, {answer.partial_error.code}"


@scenario("query: more bytes than the limit")
def _():
    query = "range n from 1 to 30000 step 1 | extend text = strcat_array(repeat('x', 500), '')"
    answer = querier().query_workspace(HANDSHAKE["workspace_id"], query, timespan=None)
    expect(answer.status == LogsQueryStatus.PARTIAL, answer.status)
    count = len(answer.partial_data[0].rows)
    expect(20_000 < count < 30_000, count)
    return f"partial, {count} rows, {answer.partial_error.code}"


@scenario("query: a timespan is honoured")
def _():
    day_ahead = datetime.datetime.now(datetime.timezone.utc) + DAY
    counts = []
    for timespan in [None, DAY, (day_ahead, DAY), (day_ahead - 2 * DAY, day_ahead)]:
        answer = querier().query_workspace(HANDSHAKE["workspace_id"], f"{TABLE} | count", timespan=timespan)
        counts.append(answer.tables[0].rows[0][0])
    expect(counts[0] == counts[1] == counts[3] > 0 and counts[2] == 0, counts)
    return f"{counts[0]} within, {counts[2]} outside"


@scenario("query: 503 and 429 are retried")
def _():
    control("faults", {"when": {"call": "sentinel.query"}, "answer": {"status": 503}})
    querier().query_workspace(HANDSHAKE["workspace_id"], "print 1", timespan=None)
    control("faults", {"when": {"call": "sentinel.query"}, "answer": {"status": 429, "retry_after": 1}})
    querier().query_workspace(HANDSHAKE["workspace_id"], "print 1", timespan=None)
    return "answered"


@scenario("query: no role on the workspace")
def _():
    client = LogsQueryClient(
        secret(client_id="c11e9700-0000-4000-8000-000000000001", client_secret="stranger"),
        endpoint=HANDSHAKE["https_url"] + "/v1",
        audience="https://api.loganalytics.io",
        connection_verify=CA,
    )
    query = lambda: client.query_workspace(HANDSHAKE["workspace_id"], "print 1", timespan=None)  # noqa: E731
    return refused(HttpResponseError, 403, "InsufficientAccessError", query)


@scenario("query: unknown workspace")
def _():
    nowhere = "00000000-0000-0000-0000-000000000000"
    query = lambda: querier().query_workspace(nowhere, "print 1", timespan=None)  # noqa: E731
    return refused(HttpResponseError, 404, "WorkspaceNotFoundError", query)


@scenario("query: a mistake")
def _():
    query = f"{TABLE} | project nothing"
    return refused(
        HttpResponseError,
        400,
        "BadArgumentError",
        lambda: querier().query_workspace(HANDSHAKE["workspace_id"], query, timespan=None),
    )


@scenario("query: a batch")
def _():
    workspace = HANDSHAKE["workspace_id"]
    answers = querier().query_batch(
        [
            LogsBatchQuery(workspace_id=workspace, query=f"{TABLE} | count", timespan=DAY),
            LogsBatchQuery(workspace_id=workspace, query="nonsense |", timespan=None),
            LogsBatchQuery(workspace_id=workspace, query="print 1", timespan=None, include_statistics=True),
        ]
    )
    expect([answer.status for answer in answers] == ["Success", "Failure", "Success"], answers)
    return "Success, Failure, Success"


sys.exit(1 if failures else 0)
