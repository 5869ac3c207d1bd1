#!/usr/bin/env python3
"""Runs Miro's official clients against mock-miro and prints a table of client x call x outcome.

    mock-miro/official-clients/run.py
    mock-miro/official-clients/run.py --mock target/release/mock-miro --cache ~/.cache/miro-clients

Builds mock-miro unless told where it is, and installs the Python package `miro_api` and the npm package
`@mirohq/miro-api` into the cache folder, which needs the network once. Exits 1 when an outcome is not the expected one.
A client whose language (Python 3.9 with venv, Node 18 with npm) or registry is absent is not run, which is said and is no
failure. Calls and expectations are in `calls.json`; each client makes them in its own way.
"""

import argparse
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

VERSION = "2.2.4"
HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
CALLS = json.loads((HERE / "calls.json").read_text())
LANGUAGES = ("python", "node")
TITLES = {"python": f"PYTHON miro_api {VERSION}", "node": f"NODE @mirohq/miro-api {VERSION}"}
SLOWEST_INSTALL = 300
SLOWEST_CLIENT = 120


class Absent(Exception):
    """What a client needs is not on this machine, or not within its reach."""


def mock_program(given):
    """The program to run, built now unless one was given."""
    if given:
        return given
    build = ["cargo", "build", "--quiet", "--message-format=json", "--bin", "mock-miro"]
    built = subprocess.run(build, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True).stdout
    messages = [json.loads(line) for line in built.splitlines() if line.startswith("{")]
    programs = [message["executable"] for message in messages if message.get("executable")]
    return programs[-1]


def install(language, cache):
    """Puts a client into the cache folder; returns the command that runs it."""
    if language == "python":
        python = cache / "venv" / "bin" / "python"
        if not (cache / "venv" / "miro_api.installed").exists():
            must_work("a virtual environment", [sys.executable, "-m", "venv", "--clear", str(cache / "venv")])
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
            must_work("PyPI", [*pip, f"miro_api=={VERSION}"])
            (cache / "venv" / "miro_api.installed").touch()
        return [str(python), str(HERE / "client.py")]
    for program in ("node", "npm"):
        if not shutil.which(program):
            raise Absent(f"no `{program}` on the path")
    if not (cache / "node_modules" / "@mirohq" / "miro-api" / "package.json").exists():
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(cache)]
        must_work("the npm registry", [*npm, f"@mirohq/miro-api@{VERSION}"])
    return ["node", str(HERE / "client.cjs")]


def must_work(what, command):
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SLOWEST_INSTALL, check=False
        )
    except subprocess.TimeoutExpired:
        raise Absent(f"{what} took more than {SLOWEST_INSTALL} s") from None
    if done.returncode:
        said = (done.stdout.strip().splitlines() or ["nothing was said"])[-1]
        raise Absent(f"{what} is out of reach: {said}")


def outcomes(command, mock, cache, tell):
    """Runs one client against a mock of its own; returns outcome by call, and tells each as it comes."""
    serve = [mock, "serve", "--world", str(HERE / "world.yaml")]
    found = {}
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as serving:
        try:
            told = json.loads(serving.stdout.readline())
            arguments = [told["base_url"], told["control_url"], told["organization_id"]]
            environment = {**os.environ, "NODE_PATH": str(cache / "node_modules"), "PYTHONWARNINGS": "ignore"}
            with subprocess.Popen([*command, *arguments], env=environment, stdout=subprocess.PIPE, text=True) as client:
                slow = threading.Timer(SLOWEST_CLIENT, client.kill)
                slow.start()
                for line in client.stdout:
                    made = json.loads(line)
                    found[made["call"]] = made["outcome"]
                    tell(made["call"], made["outcome"])
                slow.cancel()
        finally:
            serving.terminate()
    return found


def run_all(options, tell):
    """Outcome by call for each client that could be run, and why the others could not."""
    found, absent = {}, {}
    with tempfile.TemporaryDirectory() as temporary:
        cache = (options.cache or pathlib.Path(temporary)).expanduser().absolute()
        cache.mkdir(parents=True, exist_ok=True)
        mock = None
        for language in LANGUAGES:
            try:
                command = install(language, cache)
            except Absent as reason:
                absent[language] = reason
                continue
            mock = mock or mock_program(options.mock)
            found[language] = outcomes(command, mock, cache, functools.partial(tell, language))
    return found, absent


def expected_of(language, name):
    call = next(call for call in CALLS if call["call"] == name)
    return call.get(language, call.get("expected"))


def row(language, name, outcome):
    """A line for an outcome, as `tests/clients/run` reads it."""
    expected = expected_of(language, name)
    told, mark = (outcome, "ok") if outcome == expected else (f"{outcome} (expected {expected})", "FAIL")
    print(f"{TITLES[language]} | {name} | {told} | {mark}", flush=True)


def rest(found, absent):
    """The lines of what was not called; returns how many outcomes are not the expected ones."""
    wrong = 0
    for language, outcome_of in found.items():
        for call in CALLS:
            wrong += outcome_of.get(call["call"]) != expected_of(language, call["call"])
            if call["call"] not in outcome_of:
                row(language, call["call"], "not called")
    for language, reason in absent.items():
        print(f"{TITLES[language]} | all | skipped: {reason} | skip")
    return wrong


def report(found, absent):
    """Prints the table; returns how many outcomes are not the expected ones."""
    wrong = 0
    print(f"{'CALL':<34}" + "".join(f"{TITLES[language]:<36}" for language in found))
    for call in CALLS:
        cells = []
        for language, outcome_of in found.items():
            expected = expected_of(language, call["call"])
            outcome = outcome_of.get(call["call"], "not called")
            wrong += outcome != expected
            cells.append(outcome if outcome == expected else f"{outcome} (EXPECTED {expected})")
        print(f"{call['call']:<34}" + "".join(f"{cell:<36}" for cell in cells))
    total = len(found) * len(CALLS)
    print(f"\n{total - wrong} of {total} outcomes as expected")
    for language, reason in absent.items():
        print(f"NOT RUN: {TITLES[language]}: {reason}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mock", help="the mock-miro program; built from this checkout unless given")
    parser.add_argument("--cache", type=pathlib.Path, help="where the clients are kept; a temporary folder unless given")
    parser.add_argument("--rows", action="store_true", help="a line for each outcome instead of the table")
    options = parser.parse_args()
    found, absent = run_all(options, row if options.rows else lambda *_: None)
    return 1 if (rest if options.rows else report)(found, absent) else 0


if __name__ == "__main__":
    sys.exit(main())
