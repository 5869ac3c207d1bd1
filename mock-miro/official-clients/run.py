#!/usr/bin/env python3
"""Runs Miro's official clients against mock-miro and prints a table of client x call x outcome.

    mock-miro/official-clients/run.py
    mock-miro/official-clients/run.py --mock target/release/mock-miro --cache ~/.cache/miro-clients

Installs the Python package `miro_api` and the npm package `@mirohq/miro-api` into the cache folder first, which needs
the network once. Exits 1 when an outcome is not the expected one. Needs Python 3.9 and Node 18 or later.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import venv

VERSION = "2.2.4"
HERE = pathlib.Path(__file__).resolve().parent

EXPECTED = {
    "audit, every page": "350 events",
    "audit, newest first": "350 events",
    "content, every page": "350 events",
    "content, by board and actor": "the event is found again",
    "token information": "auditlogs:read",
    "organization": "company",
    "unknown token": "401 tokenNotFound",
    "unknown token, information": "400 tokenNotFound",
    "scope missing": "403 insufficientPermissions",
    "wrong organization": "403 insufficientPermissions",
    "limit too large": "400 invalidParameters",
    "no Enterprise Guard": "403 insufficientPermissions",
    "plan without audit logs": "403 insufficientPermissions",
    "rate limit": "429 tooManyRequests",
    "server error": "500 internalError",
    "revoke v1": "revoked",
    "revoked token": "401 tokenNotFound",
    "revoke v2": "revoked",
    "revoke v2, again": "404 notFound",
}


def install(cache):
    """Puts both clients into the cache folder; returns their commands."""
    python = cache / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(cache / "venv", with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"miro_api=={VERSION}"], check=True)
    if not (cache / "node_modules" / "@mirohq").exists():
        npm = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(cache)]
        subprocess.run([*npm, f"@mirohq/miro-api@{VERSION}"], check=True)
    return {"python": [str(python), str(HERE / "client.py")], "node": ["node", str(HERE / "client.cjs")]}


def outcomes(command, mock, cache):
    """Runs one client against a mock of its own; returns outcome by call."""
    serve = [mock, "serve", "--world", str(HERE / "world.yaml")]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as serving:
        try:
            told = json.loads(serving.stdout.readline())
            arguments = [told["base_url"], told["control_url"], told["organization_id"]]
            environment = {**os.environ, "NODE_PATH": str(cache / "node_modules")}
            ran = subprocess.run(
                [*command, *arguments], env=environment, stdout=subprocess.PIPE, text=True, timeout=120, check=False
            )
        finally:
            serving.terminate()
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    return {line["call"]: line["outcome"] for line in lines}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mock", default="target/debug/mock-miro", help="the mock-miro program")
    parser.add_argument("--cache", type=pathlib.Path, help="where the clients are kept; a temporary folder unless given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        cache = (options.cache or pathlib.Path(temporary)).expanduser().absolute()
        cache.mkdir(parents=True, exist_ok=True)
        clients = install(cache)
        found = {client: outcomes(command, options.mock, cache) for client, command in clients.items()}

    wrong = 0
    print(f"{'CALL':<30}{'PYTHON miro_api ' + VERSION:<34}{'NODE @mirohq/miro-api ' + VERSION:<34}")
    for call, expected in EXPECTED.items():
        cells = []
        for client in ("python", "node"):
            outcome = found[client].get(call, "not called")
            as_expected = outcome == expected
            wrong += not as_expected
            cells.append(outcome if as_expected else f"{outcome} (expected {expected})")
        print(f"{call:<30}{cells[0]:<34}{cells[1]:<34}")
    print(f"\n{2 * len(EXPECTED) - wrong} of {2 * len(EXPECTED)} outcomes as expected")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
