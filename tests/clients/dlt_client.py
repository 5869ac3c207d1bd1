"""dlt's REST source against mock-miro, loaded into DuckDB: what is counted is what stands in the tables afterwards."""

import logging
import os
import pathlib
from datetime import datetime, timedelta, timezone

import dlt
from dlt.sources.rest_api import rest_api_source
from served_mock import ORGANIZATION, TOKENS, miro
from call_table import Table, expect, once_each

SCRATCH = pathlib.Path(os.environ["CLIENTS_SCRATCH"])
logging.disable(logging.CRITICAL)

table = Table("dlt")


def source(mock, *names, token=None):
    """Both logs as resources, as a reader of dlt's documentation would write them."""
    end = datetime.now(timezone.utc) + timedelta(minutes=1)
    start, end = (t.strftime("%Y-%m-%dT%H:%M:%S.000Z") for t in (end - timedelta(hours=7), end))

    def resource(name, path, moment, after, before):
        return {
            "name": name,
            "primary_key": "id",
            "write_disposition": "append",
            "endpoint": {
                "path": path,
                "params": {before: end, "limit": 100},
                "data_selector": "data",
                "incremental": {"cursor_path": moment, "start_param": after, "initial_value": start},
                "paginator": {"type": "cursor", "cursor_path": "cursor", "cursor_param": "cursor"},
                "headers": {"Authorization": f"Bearer {token or TOKENS[name]}"},
            },
        }

    resources = [
        resource("audit", "v2/audit/logs", "createdAt", "createdAfter", "createdBefore"),
        resource("content", f"v2/orgs/{ORGANIZATION}/content-logs/items", "actionTime", "from", "to"),
    ]
    wanted = [one for one in resources if one["name"] in names]
    return rest_api_source({"client": {"base_url": mock.told["base_url"] + "/"}, "resources": wanted})


class Load:
    """A pipeline of its own into a database of its own."""

    count = 0

    def __init__(self):
        Load.count += 1
        name = f"miro_{Load.count}"
        self.pipeline = dlt.pipeline(
            name,
            destination=dlt.destinations.duckdb(str(SCRATCH / f"{name}.duckdb")),
            dataset_name="miro",
            pipelines_dir=str(SCRATCH / "pipelines"),
        )

    def run(self, mock, *names, **changes):
        self.pipeline.run(source(mock, *names, **changes)).raise_on_failed_jobs()

    def ids(self, name):
        with self.pipeline.sql_client() as client:
            return [row[0] for row in client.execute_sql(f"SELECT id FROM {name}")]


def loaded(call, *names, fault=None, log="audit", **world):
    @table.call(call)
    def _():
        with miro(**world) as mock:
            if fault:
                mock.control("faults", {"when": {"call": f"{log}_logs", "nth": 3}, **fault})
            load = Load()
            load.run(mock, *names)
            if fault:
                struck = [entry for entry in mock.control("journal")["entries"] if entry.get("fault")]
                expect(len(struck) == 1, f"the fault struck {len(struck)} times")
            return "; ".join(f"{name} {once_each(load.ids(name), mock.ids(name))}" for name in names)


loaded("audit and content into DuckDB", "audit", "content")
loaded("audit, last cursor null", "audit", switches={"audit_last_cursor": "null"})
loaded("audit, last cursor empty", "audit", switches={"audit_last_cursor": "empty"})
loaded("audit, an empty page follows", "audit", switches={"full_last_page": "empty_page_follows"})
loaded("content, last cursor absent", "content", switches={"content_last_cursor": "absent"})
loaded("audit, 429 with Retry-After", "audit", fault={"answer": {"status": 429, "retry_after": "1s"}})
loaded("audit, 503", "audit", fault={"answer": {"status": 503}})
loaded("audit, an answer cut", "audit", fault={"fault": {"cut_after_bytes": 2000}})
loaded("audit, a connection reset", "audit", fault={"fault": {"reset": True}})
loaded("content, 429 with Retry-After", "content", log="content", fault={"answer": {"status": 429, "retry_after": "1s"}})


@table.call("audit, a second run takes what is new")
def _():
    with miro() as mock:
        load = Load()
        load.run(mock, "audit")
        mock.control("events", {"log": "audit", "generate": 37, "over": "1s", "seed": 9})
        load.run(mock, "audit")
        return once_each(load.ids("audit"), mock.ids("audit"))


@table.call("audit, nothing is new")
def _():
    with miro() as mock:
        load = Load()
        load.run(mock, "audit")
        load.run(mock, "audit")
        return once_each(load.ids("audit"), mock.ids("audit"))


@table.call("audit, a token that is none")
def _():
    with miro() as mock:
        try:
            Load().run(mock, "audit", token="made-up")
        except Exception as error:  # noqa: BLE001 - dlt wraps what requests raised
            expect("401" in str(error), str(error)[:200])
            return f"{type(error).__name__} 401, {len(mock.statuses('audit_logs'))} request"
    raise AssertionError("was loaded")


table.end()
