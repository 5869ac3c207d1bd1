"""A tap of Singer's SDK against mock-miro: its messages are counted, and a second run goes on from the first one's state."""

import json
import os
import pathlib
import subprocess
import sys
from datetime import datetime, timedelta, timezone

from served_mock import ORGANIZATION, TOKENS, miro
from call_table import Table, expect, once_each

TAP = pathlib.Path(__file__).with_name("singer_tap.py")
SCRATCH = pathlib.Path(os.environ["CLIENTS_SCRATCH"])
SLOWEST = 60

singer = Table("singer-sdk")


def instant(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


class Run:
    """One run of the tap: its messages by stream, and the state it ended with."""

    def __init__(self, mock, *streams, state=None, **settings):
        now = datetime.now(timezone.utc)
        settings = {
            "base_url": mock.told["base_url"],
            "organization_id": ORGANIZATION,
            "audit_token": TOKENS["audit"],
            "content_token": TOKENS["content"],
            "start_date": instant(now - timedelta(hours=7)),
            "end": instant(now + timedelta(minutes=1)),
            **settings,
        }
        config = self.file("config", settings)
        catalog = json.loads(tap("--config", config, "--discover").stdout)
        self.discovered = [stream["stream"] for stream in catalog["streams"]]
        for stream in catalog["streams"]:
            stream["selected"] = stream["stream"] in streams
            for entry in stream["metadata"]:
                entry["metadata"]["selected"] = stream["selected"]
        arguments = ["--config", config, "--catalog", self.file("catalog", catalog)]
        if state:
            arguments += ["--state", self.file("state", state)]
        ran = tap(*arguments)
        self.code, self.said = ran.returncode, ran.stderr
        # Texts of events hold U+2028, where `splitlines` would cut.
        self.messages = [json.loads(line) for line in ran.stdout.split("\n") if line]
        states = [message["value"] for message in self.messages if message["type"] == "STATE"]
        self.state = states[-1] if states else None

    def ids(self, stream):
        expect(self.code == 0, f"exit {self.code}: {self.said.strip()[-300:]}")
        return [m["record"]["id"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    @staticmethod
    def file(name, what):
        file = SCRATCH / f"singer-{name}.json"
        file.write_text(json.dumps(what))
        return str(file)


def tap(*arguments):
    return subprocess.run(
        [sys.executable, str(TAP), *arguments], capture_output=True, text=True, timeout=SLOWEST, check=False
    )


@singer.call("audit and content")
def _():
    with miro() as mock:
        run = Run(mock, "audit", "content")
        expect(run.discovered == ["audit", "content"], run.discovered)
        kinds = sorted({message["type"] for message in run.messages})
        expect(kinds == ["RECORD", "SCHEMA", "STATE"], kinds)
        return "; ".join(f"{log} {once_each(run.ids(log), mock.ids(log))}" for log in run.discovered)


def read(name, fault=None, log="audit", **world):
    @singer.call(f"{log}, {name}")
    def _():
        with miro(**world) as mock:
            if fault:
                mock.control("faults", {"when": {"call": f"{log}_logs", "nth": 3}, **fault})
            said = once_each(Run(mock, log).ids(log), mock.ids(log))
            struck = [entry for entry in mock.control("journal")["entries"] if entry.get("fault")]
            expect(len(struck) == (1 if fault else 0), f"{len(struck)} faults struck")
            return said


read("last cursor null", switches={"audit_last_cursor": "null"})
read("last cursor empty", switches={"audit_last_cursor": "empty"})
read("an empty page follows", switches={"full_last_page": "empty_page_follows"})
read("last cursor absent", log="content", switches={"content_last_cursor": "absent"})
read("429 with Retry-After", fault={"answer": {"status": 429, "retry_after": "1s"}})
read("503", fault={"answer": {"status": 503}})
read("an answer cut", fault={"fault": {"cut_after_bytes": 2000}})
read("a connection reset", fault={"fault": {"reset": True}})


@singer.call("audit, a second run goes on from the state of the first")
def _():
    with miro() as mock:
        first = Run(mock, "audit")
        seen = first.ids("audit")
        bookmark = first.state["bookmarks"]["audit"]["replication_key_value"]
        mock.control("events", {"log": "audit", "generate": 37, "over": "1s", "seed": 9})
        second = Run(mock, "audit", state=first.state).ids("audit")
        expect(len(second) == len(set(second)), f"{len(second) - len(set(second))} twice")
        again = set(second) & set(seen)
        added = set(mock.ids("audit")) - set(seen)
        expect(set(second) - again == added and len(added) == 37, f"{len(second)} events, {len(again)} again")
        expect(len(again) <= 10, f"{len(again)} events again after {bookmark}")
        return f"37 new events, {len(again)} at the bookmark again"


@singer.call("audit, a token that is none")
def _():
    with miro() as mock:
        run = Run(mock, "audit", audit_token="made-up")
        asked = mock.statuses("audit_logs")
        expect(run.code != 0 and "401" in run.said, f"exit {run.code}")
        expect(not any(message["type"] == "RECORD" for message in run.messages), "events")
        return f"exit {run.code}, 401, {len(asked)} request"


singer.end()
