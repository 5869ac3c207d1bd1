"""What is printed: a line for each outcome as it comes, then each suite's sum, what failed, what was skipped and why."""

import json
import pathlib
import sys
import threading


class Report:
    """Collects rows from several threads."""

    def __init__(self, out):
        self.out = out
        self.lock = threading.Lock()
        self.rows, self.sums = [], []

    def show(self, row):
        with self.lock:
            self.rows.append(row)
            print(line(row), file=self.out, flush=True)

    def suite(self, name, installed, played):
        """Adds a suite's seconds."""
        with self.lock:
            self.sums.append((name, installed, played))

    def count(self, mark, suite=None):
        return sum(row.mark == mark and suite in (None, row.suite) for row in self.rows)

    def end(self, seconds):
        """Prints the sums; returns how many calls failed."""

        def say(text=""):
            print(text, file=self.out, flush=True)

        say(f"\n{'SUITE':<20}{'PASSED':>8}{'FAILED':>8}{'SKIPPED':>9}{'INSTALLED':>12}{'RAN':>9}")
        for name, installed, played in self.sums:
            counts = [self.count(mark, name) for mark in ("ok", "FAIL", "skip")]
            say(f"{name:<20}{counts[0]:>8}{counts[1]:>8}{counts[2]:>9}{installed:>10.1f} s{played:>7.1f} s")
        for mark, title in (("FAIL", "FAILED"), ("skip", "SKIPPED")):
            named = [row for row in self.rows if row.mark == mark]
            if named:
                say(f"\n{title}")
            for row in named:
                say(f"  {row.client} | {row.call} | {row.outcome}")
        passed, failed, skipped = (self.count(mark) for mark in ("ok", "FAIL", "skip"))
        say(f"\n{seconds:.0f} s in all")
        say(f"clients: {passed} passed, {failed} failed, {skipped} skipped")
        return failed

    def write(self, file, seconds):
        """Everything as one line of JSON; `-` is stdout."""
        whole = {
            "seconds": round(seconds, 1),
            "passed": self.count("ok"),
            "failed": self.count("FAIL"),
            "skipped": self.count("skip"),
            "suites": [
                {"name": name, "install_seconds": round(installed, 1), "run_seconds": round(played, 1)}
                for name, installed, played in self.sums
            ],
            "rows": [row.as_json() for row in self.rows],
        }
        text = json.dumps(whole, separators=(",", ":"), ensure_ascii=False) + "\n"
        if file == "-":
            sys.stdout.write(text)
        else:
            pathlib.Path(file).write_text(text)


def line(row):
    return f"{row.seconds:7.1f} s | {row.client} | {row.call} | {row.outcome} | {row.mark}"
