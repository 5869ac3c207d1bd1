"""Airbyte's low-code source against mock-miro: a manifest, played by the program that every Airbyte deployment plays it with."""

import json
import os
import pathlib
import subprocess
import sys
from datetime import datetime, timedelta, timezone

from served_mock import ORGANIZATION, TOKENS, miro
from call_table import Table, expect, once_each

MANIFEST = pathlib.Path(__file__).with_name("airbyte_manifest.yaml")
PROGRAM = pathlib.Path(sys.executable).with_name("source-declarative-manifest")
SCRATCH = pathlib.Path(os.environ["CLIENTS_SCRATCH"])
SLOWEST = 60
# Windows are read up to and with their last millisecond.
WINDOWS = {"switches": {"upper_bound": "inclusive"}}

airbyte = Table("airbyte-cdk")


def instant(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


class Source:
    """The source with one mock as its Miro; remembers the state it was given last."""

    def __init__(self, mock, **settings):
        end = datetime.now(timezone.utc) + timedelta(minutes=1)
        self.settings = {
            "base_url": mock.told["base_url"],
            "organization_id": ORGANIZATION,
            "audit_token": TOKENS["audit"],
            "content_token": TOKENS["content"],
            "start": instant(end - timedelta(hours=7)),
            "end": instant(end),
            **settings,
        }
        self.states = {}

    def run(self, command, *streams):
        """The messages of one run, by their type."""
        self.settings["end"] = instant(datetime.now(timezone.utc) + timedelta(minutes=1))
        arguments = ["--manifest-path", str(MANIFEST), "--config", self.file("config", self.settings)]
        if streams:
            arguments += ["--catalog", self.file("catalog", {"streams": [asked(stream) for stream in streams]})]
        if self.states:
            arguments += ["--state", self.file("state", list(self.states.values()))]
        ran = subprocess.run(
            [PROGRAM, command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=SLOWEST,
            check=False,
        )
        messages = [json.loads(line) for line in ran.stdout.split("\n") if line.startswith("{")]
        self.code = ran.returncode
        self.states.update(
            (m["state"]["stream"]["stream_descriptor"]["name"], m["state"]) for m in messages if m["type"] == "STATE"
        )
        return messages

    def read(self, *streams):
        """The ids of the events that were read, in their order."""
        messages = self.run("read", *streams)
        expect(self.code == 0, f"exit {self.code}: {trouble(messages)}")
        return [m["record"]["data"]["id"] for m in messages if m["type"] == "RECORD"]

    @staticmethod
    def file(name, what):
        file = SCRATCH / f"airbyte-{name}.json"
        file.write_text(json.dumps(what))
        return str(file)


def asked(stream):
    described = {"name": stream, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]}
    return {"stream": described, "sync_mode": "incremental", "destination_sync_mode": "append"}


def trouble(messages):
    """What the source said went wrong."""
    said = [m["trace"]["error"]["message"] for m in messages if m["type"] == "TRACE" and "error" in m["trace"]]
    return said[-1] if said else "nothing was said"


@airbyte.call("check")
def _():
    with miro() as mock:
        messages = Source(mock).run("check")
    status = next(m["connectionStatus"] for m in messages if m["type"] == "CONNECTION_STATUS")
    expect(status["status"] == "SUCCEEDED", status)
    return status["status"]


@airbyte.call("check with a token that is none")
def _():
    with miro() as mock:
        messages = Source(mock, audit_token="made-up").run("check")
    status = next(m["connectionStatus"] for m in messages if m["type"] == "CONNECTION_STATUS")
    expect(status["status"] == "FAILED" and "401" in json.dumps(messages), status)
    return "FAILED 401"


@airbyte.call("discover")
def _():
    with miro() as mock:
        messages = Source(mock).run("discover")
    catalog = next(m["catalog"] for m in messages if m["type"] == "CATALOG")
    names = [stream["name"] for stream in catalog["streams"]]
    expect(names == ["audit", "content"], names)
    return " ".join(names)


@airbyte.call("audit, windows of an hour")
def _():
    with miro(**WINDOWS) as mock:
        return once_each(Source(mock).read("audit"), mock.ids("audit"))


@airbyte.call("content, windows of an hour")
def _():
    with miro(**WINDOWS) as mock:
        return once_each(Source(mock).read("content"), mock.ids("content"))


@airbyte.call("audit and content at once, latency of 40 ms")
def _():
    with miro(latency={"all": {"median": "40ms", "p99": "200ms"}}, **WINDOWS) as mock:
        return once_each(Source(mock).read("audit", "content"), mock.ids("audit") + mock.ids("content"))


for form in ("absent", "null", "empty"):

    @airbyte.call(f"audit, last cursor {form}")
    def _():
        with miro(switches={"upper_bound": "inclusive", "audit_last_cursor": form}) as mock:
            return once_each(Source(mock).read("audit"), mock.ids("audit"))


@airbyte.call("audit, an empty page follows")
def _():
    with miro(switches={"upper_bound": "inclusive", "full_last_page": "empty_page_follows"}) as mock:
        return once_each(Source(mock).read("audit"), mock.ids("audit"))


def through(log, name, fault, shows):
    @airbyte.call(f"{log}, {name}")
    def _():
        with miro(**WINDOWS) as mock:
            mock.control("faults", {"when": {"call": f"{log}_logs", "nth": 3}, **fault})
            said = once_each(Source(mock).read(log), mock.ids(log))
            struck = [entry for entry in mock.control("journal")["entries"] if entry.get("fault")]
            expect(len(struck) == 1 and shows(struck[0]), struck)
        return said


def refused_for_a_second(entry):
    return entry["status"] == 429 and entry["retry_after"] == "1"


for log in ("audit", "content"):
    through(log, "429 with Retry-After", {"answer": {"status": 429, "retry_after": "1s"}}, refused_for_a_second)
    through(log, "an answer cut", {"fault": {"cut_after_bytes": 2000}}, lambda entry: entry["outcome"] == "cut")
through("audit", "503", {"answer": {"status": 503}}, lambda entry: entry["status"] == 503)
through("audit", "a connection reset", {"fault": {"reset": True}}, lambda entry: entry["outcome"] == "reset")


@airbyte.call("audit, a second run with the state of the first")
def _():
    with miro(**WINDOWS) as mock:
        source = Source(mock)
        first = source.read("audit")
        mock.control("events", {"log": "audit", "generate": 37, "over": "1s", "seed": 9})
        second = source.read("audit")
        added = set(mock.ids("audit")) - set(first)
        expect(len(second) == len(set(second)), f"{len(second) - len(set(second))} twice")
        again = set(second) & set(first)
        expect(set(second) - again == added and len(added) == 37, f"{len(second)} events, {len(again)} of the first run")
        expect(len(again) < 50, f"{len(again)} events were read again")
    return f"37 new events, {len(again)} of the last window again"


@airbyte.call("audit, a token that is none")
def _():
    with miro() as mock:
        messages = Source(mock, audit_token="made-up").run("read", "audit")
        asked_for = mock.statuses("audit_logs")
    expect(not any(m["type"] == "RECORD" for m in messages) and "401" in json.dumps(messages), trouble(messages))
    return f"{set(asked_for)}, an error, no events"


airbyte.end()
