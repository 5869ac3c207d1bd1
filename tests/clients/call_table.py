"""The lines that a suite prints: `client | call | outcome | ok, skip or FAIL`."""

import sys


class Skipped(Exception):
    """The call cannot be made here; says why."""


class Table:
    """Prints an outcome for every call of one client, as it comes."""

    def __init__(self, client):
        self.client = client
        self.failed = 0

    def call(self, name):
        """Runs a function at once; what it returns is the outcome, what it raises is a failure."""

        def run(function):
            try:
                self.line(name, function(), "ok")
            except Skipped as reason:
                self.line(name, f"skipped: {reason}", "skip")
            except Exception as error:  # noqa: BLE001 - every failure is a line of the table
                self.line(name, f"{type(error).__name__}: {error}", "FAIL")

        return run

    def line(self, call, outcome, mark):
        self.failed += mark == "FAIL"
        short = " ".join(str(outcome).split())[:300]
        print(f"{self.client} | {call} | {short} | {mark}", flush=True)

    def end(self):
        """Ends the program with what came of it."""
        sys.exit(1 if self.failed else 0)


def expect(condition, what):
    """A failure that says what was seen instead."""
    if not condition:
        raise AssertionError(what)


def once_each(seen, wanted):
    """Fails unless every wanted id was seen, once, and nothing else was."""
    missing, beyond = set(wanted) - set(seen), set(seen) - set(wanted)
    expect(not missing, f"{len(missing)} of {len(set(wanted))} missing, such as {sorted(missing)[:2]}")
    expect(not beyond, f"{len(beyond)} are not in the log, such as {sorted(beyond)[:2]}")
    expect(len(seen) == len(set(seen)), f"{len(seen) - len(set(seen))} twice")
    return f"{len(seen)} events, once each"
