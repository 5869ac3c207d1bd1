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
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

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
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
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


def outcomes(command, mock, cache):
    """Runs one client against a mock of its own; returns outcome by call."""
    serve = [mock, "serve", "--world", str(HERE / "world.yaml")]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as serving:
        try:
            told = json.loads(serving.stdout.readline())
            arguments = [told["base_url"], told["control_url"], told["organization_id"]]
            environment = {**os.environ, "NODE_PATH": str(cache / "node_modules"), "PYTHONWARNINGS": "ignore"}
            ran = subprocess.run(
                [*command, *arguments],
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
                timeout=SLOWEST_CLIENT,
                check=False,
            )
        finally:
            serving.terminate()
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return {line["call"]: line["outcome"] for line in lines}


def run_all(options):
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
            found[language] = outcomes(command, mock, cache)
    return found, absent


def report(found, absent):
    """Prints the table; returns how many outcomes are not the expected ones."""
    wrong = 0
    print(f"{'CALL':<34}" + "".join(f"{TITLES[language]:<36}" for language in found))
    for call in CALLS:
        cells = []
        for language, outcome_of in found.items():
            expected = call.get(language, call.get("expected"))
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
    found, absent = run_all(parser.parse_args())
    return 1 if report(found, absent) else 0


if __name__ == "__main__":
    sys.exit(main())
