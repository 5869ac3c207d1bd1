#!/usr/bin/env python3
"""Measures mock-miro against WireMock on the same 100-event page, in the same run.

    benches/peers/wiremock.py
    benches/peers/wiremock.py --mock target/release/mock-miro --events 1000000 --pages 5000

One keep-alive connection asks for page after page, after as many unmeasured ones. Reported are the server's CPU time a
page (from /proc, user and system), pages a second, resident memory at the end, what of it the events do not take (their
bytes and 40 for the index of each), and the time from start to the first answer. Every server is measured in every round;
the table shows medians, and the ratios their range over the rounds. Build first: `cargo build --release --bin mock-miro`.
Needs Linux, Python 3.9, Java 11 and, once, npm with the network. Exits 1 when mock-miro misses a budget.
"""

import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone

WIREMOCK_VERSION = "3.13.2"
BUDGET_MICROS = 60
BUDGET_FIRST_ANSWER = 0.1
BUDGET_BESIDES_MIB = 50
INDEX_BYTES = 40
TUNED = ["--no-request-journal", "--disable-request-logging", "--disable-gzip", "--container-threads", "16"]


class Server:
    """A process, its CPU time and its memory."""

    def __init__(self, command, **options):
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, **options)

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Connection:
    """One keep-alive connection, read with as little effort as possible."""

    def __init__(self, base_url):
        address = urllib.parse.urlsplit(base_url)
        self.socket = socket.create_connection((address.hostname, address.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def get(self, path, token):
        request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\r\n"
        self.socket.sendall(request.encode())
        status = int(self.file.readline().split()[1])
        length = None
        while (line := self.file.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = self.file.read(length) if length is not None else self.chunks()
        return status, body

    def chunks(self):
        parts = []
        while size := int(self.file.readline(), 16):
            parts.append(self.file.read(size))
            self.file.readline()
        self.file.readline()
        return b"".join(parts)


def first_answer(server, url):
    """Seconds from the start of the server to its first answer of any kind."""
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).read()
        except urllib.error.HTTPError:
            pass
        except OSError:
            time.sleep(0.002)
            continue
        return time.monotonic() - server.started


def measure(server, base_url, token, path_of, pages):
    """Warm up, then ask for pages; returns a row of the table."""
    connection = Connection(base_url)
    cursor, total = None, 0

    def page():
        nonlocal cursor, total
        status, body = connection.get(path_of(cursor), token)
        assert status == 200, body[:300]
        total += len(body)
        head = body[:200]
        at = head.find(b'"cursor":"')
        cursor = head[at + 10 : head.index(b'"', at + 10)].decode() if at >= 0 else None
        return body

    for _ in range(pages):
        page()
    cpu, begun = server.cpu_seconds(), time.monotonic()
    for _ in range(pages):
        body = page()
    passed = time.monotonic() - begun
    return {
        "cpu_micros": (server.cpu_seconds() - cpu) / pages * 1e6,
        "pages_per_second": pages / passed,
        "resident_mib": server.resident_mib(),
        "bytes": total / (2 * pages),
    }, body


def window():
    now = datetime.now(timezone.utc)
    after, before = (t.strftime("%Y-%m-%dT%H:%M:%S.000Z") for t in (now - timedelta(days=2), now))
    return f"/v2/audit/logs?createdAfter={after}&createdBefore={before}&limit=100"


def mock_miro(options):
    command = [options.mock, "serve", "--generate-audit", str(options.events), "--credits-per-minute", "1000000000"]
    base = window()

    def path_of(cursor):
        return base + (f"&cursor={urllib.parse.quote(cursor, safe='')}" if cursor else "")

    with Server([options.mock, "serve"], stdout=subprocess.PIPE, text=True) as empty:
        started = first_answer(empty, json.loads(empty.process.stdout.readline())["base_url"])
    with Server(command, stdout=subprocess.PIPE, text=True) as server:
        told = json.loads(server.process.stdout.readline())
        row, body = measure(server, told["base_url"], told["tokens"]["audit"], path_of, options.pages)
    events_mib = options.events * (row["bytes"] / 100 + INDEX_BYTES) / 2**20
    row["besides_mib"] = row["resident_mib"] - events_mib
    return {"name": f"mock-miro, {options.events:,} events", "first_answer": started, **row}, body


def wiremock(name, jar, flags, page, pages, folder):
    mappings = folder / "mappings"
    mappings.mkdir(parents=True, exist_ok=True)
    (folder / "__files").mkdir(exist_ok=True)
    (folder / "__files" / "page.json").write_bytes(page)
    stub = {
        "request": {"method": "GET", "urlPath": "/v2/audit/logs"},
        "response": {
            "status": 200,
            "bodyFileName": "page.json",
            "headers": {"content-type": "application/json", "x-ratelimit-remaining": "99900"},
        },
    }
    (mappings / "audit.json").write_text(json.dumps(stub))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["java", "-jar", str(jar), "--port", str(port), "--bind-address", "127.0.0.1"]
    command += ["--root-dir", str(folder), *flags]
    with Server(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        base_url = f"http://127.0.0.1:{port}"
        started = first_answer(server, base_url)
        path = window()
        row, _ = measure(server, base_url, "any", lambda _cursor: path, pages)
    return {"name": name, "first_answer": started, **row}


def install(cache):
    jar = cache / "node_modules" / "wiremock" / "build" / f"wiremock-standalone-{WIREMOCK_VERSION}.jar"
    if not jar.exists():
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(cache)]
        subprocess.run([*npm, f"wiremock@{WIREMOCK_VERSION}"], check=True)
    return jar


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mock", default="target/release/mock-miro", help="the mock-miro program")
    parser.add_argument("--events", type=int, default=1_000_000, help="how many events mock-miro holds")
    parser.add_argument("--pages", type=int, default=5_000, help="how many pages are measured")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    parser.add_argument("--cache", type=pathlib.Path, help="where WireMock is kept; a temporary folder unless given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        cache = (options.cache or folder / "cache").expanduser().absolute()
        cache.mkdir(parents=True, exist_ok=True)
        jar = install(cache)
        rounds = [one_round(options, jar, folder) for _ in range(options.rounds)]
    return report(rounds)


def one_round(options, jar, folder):
    """Every server once; returns their rows, ours first."""
    ours, page = mock_miro(options)
    return [
        ours,
        wiremock("WireMock, default", jar, [], page, options.pages, folder / "default"),
        wiremock("WireMock, tuned", jar, TUNED, page, options.pages, folder / "tuned"),
    ]


def report(rounds):
    """Prints medians and ratios; returns the exit code."""
    print(f"{'':<30}{'CPU µs/page':>12}{'pages/s':>10}{'MiB':>8}{'first answer ms':>17}{'bytes/page':>12}")
    for rows in zip(*rounds):
        name, middle = rows[0]["name"], median_of(rows)
        cells = f"{middle('cpu_micros'):>12.1f}{middle('pages_per_second'):>10.0f}{middle('resident_mib'):>8.0f}"
        print(f"{name:<30}{cells}{middle('first_answer') * 1000:>17.0f}{middle('bytes'):>12.0f}")
    for nth, said in ((1, "default"), (2, "tuned")):
        cpu = sorted(rows[nth]["cpu_micros"] / rows[0]["cpu_micros"] for rows in rounds)
        speed = sorted(rows[0]["pages_per_second"] / rows[nth]["pages_per_second"] for rows in rounds)
        print(
            f"WireMock, {said}: {cpu[0]:.0f} to {cpu[-1]:.0f} times the CPU a page; "
            f"mock-miro: {speed[0]:.0f} to {speed[-1]:.0f} times the pages a second"
        )
    ours = median_of([rows[0] for rows in rounds])
    kept = [
        ("CPU µs a page", ours("cpu_micros"), BUDGET_MICROS),
        ("ms from start to the first answer", ours("first_answer") * 1000, BUDGET_FIRST_ANSWER * 1000),
        ("MiB besides the events", ours("besides_mib"), BUDGET_BESIDES_MIB),
    ]
    for what, found, budget in kept:
        print(f"{'kept' if found <= budget else 'MISSED'}: {found:.1f} {what}, budget {budget:.0f}")
    return 0 if all(found <= budget for _, found, budget in kept) else 1


def median_of(rows):
    return lambda key: statistics.median(row[key] for row in rows)


if __name__ == "__main__":
    sys.exit(main())
