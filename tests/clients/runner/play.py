"""Plays one suite: its lines become rows, its time is bounded, and what it did not get to is said."""

import subprocess
import threading
import time

from .suite import Row, row


def play(processes, suite, command, told, budget, show):
    """Runs a suite's command; hands each row to `show` as it comes."""
    began = last = time.monotonic()
    limit = min(suite.seconds_max, budget.left())
    log = told.scratch / "stderr.log"
    with open(log, "w") as errors:
        process = processes.start(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=told.scratch,
            env=told.environment,
            encoding="utf-8",
            errors="replace",
        )
    timer = threading.Timer(limit, processes.stop, [process])
    timer.start()
    rows, said = [], "nothing was said"
    for line in process.stdout:
        now = time.monotonic()
        if found := row(suite, line, now - last):
            last = now
            rows.append(found)
            show(found)
        elif line.strip():
            said = line.strip()
    code = processes.done(process)
    timer.cancel()
    for more in ending(suite, rows, code, time.monotonic() - began >= limit, budget, last_line(log) or said):
        rows.append(more)
        show(more)
    return rows


def ending(suite, rows, code, cut, budget, said):
    """What is to be said beside the rows: a cut, a failure of the suite itself, or that it did nothing."""

    def whole(outcome, mark):
        return Row(suite.name, suite.name, "the suite", outcome, mark, 0.0)

    if budget.left() <= 0:
        yield whole(f"skipped: cut after {len(rows)} calls, the budget of {budget.text} was gone", "skip")
    elif cut:
        yield whole(f"took more than {suite.seconds_max} s", "FAIL")
    elif code and not any(one.mark == "FAIL" for one in rows):
        yield whole(f"exit {code}: {said}", "FAIL")
    elif not rows:
        yield whole(f"printed no outcome: {said}", "FAIL")


def last_line(log):
    lines = [line.strip() for line in log.read_text(errors="replace").split("\n") if line.strip()]
    return lines[-1][:300] if lines else ""
