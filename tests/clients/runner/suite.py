"""The suites as data, and the outcomes that they print."""

import dataclasses
import json
import pathlib

MARKS = {"ok": "passed", "FAIL": "failed", "skip": "skipped"}


@dataclasses.dataclass(frozen=True)
class Suite:
    """One entry of `suites.json`."""

    name: str
    what: str
    # With `{python}`, `{venv}`, `{here}`, `{repository}`, `{binaries}`, `{cache}` and `{schemathesis_seconds}`.
    command: list
    programs: list
    binaries: list
    # The file in `pins/` whose wheels go into an environment of this suite alone.
    wheels: str
    seconds_max: int


@dataclasses.dataclass(frozen=True)
class Row:
    """What came of one call of one client."""

    suite: str
    client: str
    call: str
    outcome: str
    mark: str
    seconds: float

    def as_json(self):
        return {**dataclasses.asdict(self), "seconds": round(self.seconds, 2), "mark": MARKS[self.mark]}


def read(file):
    """The suites in their order."""
    return [
        Suite(
            name=entry["name"],
            what=entry["what"],
            command=entry["command"],
            programs=entry["needs"].get("programs", []),
            binaries=entry["needs"].get("binaries", []),
            wheels=entry["needs"].get("wheels", ""),
            seconds_max=entry["seconds_max"],
        )
        for entry in json.loads(pathlib.Path(file).read_text())
    ]


def row(suite, line, seconds):
    """The outcome that a line tells, `client | call | outcome | mark`; None for any other line."""
    parts = line.rstrip("\n").split(" | ", 2)
    if len(parts) != 3:
        return None
    outcome, bar, mark = parts[2].rpartition(" | ")
    if not bar or mark not in MARKS:
        return None
    return Row(suite.name, parts[0], parts[1], outcome, mark, seconds)
