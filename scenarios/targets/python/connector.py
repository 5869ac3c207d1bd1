#!/usr/bin/env python3
"""Copies Miro's audit and content logs into Microsoft Sentinel.

Every POLL_EVERY it asks Miro for what happened since the last poll, sends the new events to the stream's data collection
rule, and writes down in STATE_DIR/state.json how far it got. Events are sent as Miro sent them; the rule's
transform makes columns of them.

Miro does not say how soon an event shows up, so each poll looks back OVERLAP and drops what it has already sent by id. An
event that shows up later than that is missed.

Settings come from the environment; `main` has the list.
"""

import json
import logging
import os
import re
import signal
import sys
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import requests
from azure.identity import ClientSecretCredential
from azure.monitor.ingestion import LogsIngestionClient
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

OVERLAP = timedelta(minutes=5)
# A long way to catch up is read in pieces, so that a restart does not begin at the start of it.
WINDOW_MAX = timedelta(hours=1)
TIMEOUT_SECONDS = 60

log = logging.getLogger("connector")


def parse_time(text):
    """A time of RFC 3339, in UTC. Digits after the microseconds are dropped."""
    text = re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00")
    return datetime.fromisoformat(text).astimezone(timezone.utc)


def format_time(time):
    """The form Miro asks for: milliseconds and a `Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def parse_seconds(text):
    """`500ms`, `15s`, `5m`, `1h`, or a plain number of seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?", text.strip())
    if not match:
        raise ValueError(f"POLL_EVERY is {text!r}: expected a duration such as 15s or 5m")
    return float(match[1]) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[match[2] or "s"]


class State:
    """What survives a restart: for each stream the last time covered, and the ids sent in the last window."""

    def __init__(self, path):
        self.path = path
        self.streams = json.loads(path.read_text()) if path.exists() else {}

    def last_time(self, stream):
        text = self.streams.get(stream, {}).get("last_time")
        return parse_time(text) if text else None

    def recent_ids(self, stream):
        return set(self.streams.get(stream, {}).get("recent_ids", []))

    def save(self, stream, last_time, recent_ids):
        self.streams[stream] = {
            "last_time": format_time(last_time) if last_time else None,
            "recent_ids": sorted(recent_ids),
        }
        # Renamed into place: a crash leaves the old file or the new one, never half of one.
        temporary = self.path.with_suffix(".tmp")
        with open(temporary, "w") as file:
            json.dump(self.streams, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)


@dataclass
class Stream:
    """One of Miro's logs, and where it goes."""

    name: str
    url: str
    token: str
    from_parameter: str
    to_parameter: str
    sorting: str
    page_size: int
    rule_id: str
    stream_name: str


class Connector:
    def __init__(self, streams, session, client, state, start, stop):
        self.streams = streams
        self.session = session
        self.client = client
        self.state = state
        self.start = start
        self.stop = stop

    def run(self, poll_every):
        while not self.stop.is_set():
            for stream in self.streams:
                try:
                    self.catch_up(stream)
                except Exception as error:
                    # Nothing is lost: the state has not moved, so the next poll reads the same window again.
                    log.warning("%s: %s: %s; next try in %g s", stream.name, type(error).__name__, error, poll_every)
            self.stop.wait(poll_every)

    def catch_up(self, stream):
        """Copies everything from the last time covered until now."""
        now = datetime.now(timezone.utc)
        while not self.stop.is_set():
            last = self.state.last_time(stream.name)
            begin = max(self.start, last - OVERLAP) if last else self.start
            end = min(now, (last or self.start) + WINDOW_MAX)
            if begin >= end or not self.copy(stream, begin, end):
                return
            if end == now:
                return

    def copy(self, stream, begin, end):
        """Copies one window, page by page. False when told to stop before its end."""
        last = self.state.last_time(stream.name)
        sent = self.state.recent_ids(stream.name)
        in_window = set()
        cursor = None
        count = 0
        while not self.stop.is_set():
            page = self.fetch(stream, begin, end, cursor)
            events = page.get("data", [])
            fresh = [event for event in events if event["id"] not in sent]
            if fresh:
                self.client.upload(rule_id=stream.rule_id, stream_name=stream.stream_name, logs=fresh)
            ids = {event["id"] for event in events}
            in_window |= ids
            sent |= ids
            count += len(fresh)
            cursor = page.get("cursor")
            if not cursor:
                # The next window begins inside this one, so older ids cannot come again.
                self.state.save(stream.name, end, in_window)
                if count:
                    log.info("%s: %d events until %s", stream.name, count, format_time(end))
                return True
            if fresh:
                self.state.save(stream.name, last, sent)
        return False

    def fetch(self, stream, begin, end, cursor):
        """One page of a log. Rate limits and server errors are retried by the session."""
        parameters = {
            stream.from_parameter: format_time(begin),
            stream.to_parameter: format_time(end),
            "limit": stream.page_size,
            "sorting": stream.sorting,
        }
        if cursor:
            parameters["cursor"] = cursor
        response = self.session.get(
            stream.url,
            params=parameters,
            headers={"Authorization": f"Bearer {stream.token}", "Accept": "application/json"},
            timeout=TIMEOUT_SECONDS,
        )
        response.raise_for_status()
        return response.json()


def make_session(ca_file):
    """A session that retries 429 and 5xx, as told by `Retry-After` and otherwise with growing waits."""
    retry = Retry(
        total=5,
        backoff_factor=1,
        status_forcelist=[429, 500, 502, 503, 504],
        allowed_methods=["GET"],
        raise_on_status=False,
    )
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.mount("http://", HTTPAdapter(max_retries=retry))
    if ca_file:
        session.verify = ca_file
    return session


def make_client(env, ca_file):
    private = {"connection_verify": ca_file} if ca_file else {}
    credential = ClientSecretCredential(
        tenant_id=env["AZURE_TENANT_ID"],
        client_id=env["AZURE_CLIENT_ID"],
        client_secret=env["AZURE_CLIENT_SECRET"],
        authority=env.get("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com"),
        # An authority with its own certificate is not one that the public cloud knows.
        disable_instance_discovery=bool(ca_file),
        **private,
    )
    return LogsIngestionClient(endpoint=env["SENTINEL_ENDPOINT"], credential=credential, **private)


def make_streams(env):
    base = env.get("MIRO_BASE_URL", "https://api.miro.com").rstrip("/")
    streams = []
    if env.get("MIRO_ACCESS_TOKEN_AUDIT"):
        streams.append(
            Stream(
                "audit", f"{base}/v2/audit/logs", env["MIRO_ACCESS_TOKEN_AUDIT"],
                "createdAfter", "createdBefore", "ASC", 500,
                env["SENTINEL_RULE_AUDIT"], env.get("SENTINEL_STREAM_AUDIT", "Custom-MiroAuditLogs_CL"),
            )
        )  # fmt: skip
    if env.get("MIRO_ACCESS_TOKEN_CONTENT"):
        streams.append(
            Stream(
                "content", f"{base}/v2/orgs/{env['MIRO_ORGANIZATION_ID']}/content-logs/items",
                env["MIRO_ACCESS_TOKEN_CONTENT"],
                "from", "to", "asc", 1000,
                env["SENTINEL_RULE_CONTENT"], env.get("SENTINEL_STREAM_CONTENT", "Custom-MiroContentLogs_CL"),
            )
        )  # fmt: skip
    return streams


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("azure").setLevel(logging.WARNING)

    env = os.environ
    ca_file = env.get("CA_FILE")
    poll_every = parse_seconds(env.get("POLL_EVERY", "60s"))
    start = parse_time(env["START"]) if env.get("START") else datetime.now(timezone.utc) - timedelta(days=1)
    state_dir = Path(env.get("STATE_DIR", "."))
    state_dir.mkdir(parents=True, exist_ok=True)

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    streams = make_streams(env)
    if not streams:
        sys.exit("set MIRO_ACCESS_TOKEN_AUDIT, MIRO_ACCESS_TOKEN_CONTENT or both")
    connector = Connector(streams, make_session(ca_file), make_client(env, ca_file), State(state_dir / "state.json"), start, stop)
    log.info("started: %s", ", ".join(stream.name for stream in streams))
    connector.run(poll_every)
    log.info("stopped")


if __name__ == "__main__":
    main()
