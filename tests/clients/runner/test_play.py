"""How the lines and the end of a suite become outcomes. `python3 -m unittest discover -s tests/clients -t tests/clients`"""

import os
import pathlib
import subprocess
import tempfile
import time
import types
import unittest

from . import install, play, processes, suite


class Budget:
    text = "12m"

    def __init__(self, seconds):
        self.ends = time.monotonic() + seconds

    def left(self):
        return self.ends - time.monotonic()


def named(**changes):
    settings = {"command": [], "programs": [], "binaries": [], "wheels": "", "seconds_max": 60}
    return suite.Suite(**{"name": "suite", "what": "a suite", **settings, **changes})


def played(script, seconds=60, **changes):
    """The outcomes of a suite whose command is a shell script."""
    with tempfile.TemporaryDirectory() as scratch:
        told = types.SimpleNamespace(scratch=pathlib.Path(scratch), environment=dict(os.environ))
        running = processes.Processes()
        rows = play.play(running, named(**changes), ["sh", "-c", script], told, Budget(seconds), lambda _: None)
    return [(row.call, row.outcome, row.mark) for row in rows]


def ends(process):
    """Whether a process ends within ten seconds; one that nobody has waited for counts as ended."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        said = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
        if said.stdout.strip()[:1] in ("", "Z"):
            return True
    return False


class Lines(unittest.TestCase):
    def test_a_line_of_four_parts_is_an_outcome(self):
        row = suite.row(named(), "python | a | b, | c | and d | ok\n", 1.5)
        self.assertEqual((row.client, row.call, row.outcome, row.mark), ("python", "a", "b, | c | and d", "ok"))

    def test_any_other_line_is_none(self):
        for line in ("", "ok", "a | b | ok", "a | b | c | fine", "CALL   PYTHON"):
            self.assertIsNone(suite.row(named(), line, 0))


class Ends(unittest.TestCase):
    def test_outcomes_stand_as_they_were_printed(self):
        said = played("echo 'c | one | 1 | ok'; echo noise; echo 'c | two | 2 | FAIL'; exit 1")
        self.assertEqual(said, [("one", "1", "ok"), ("two", "2", "FAIL")])

    def test_an_exit_code_without_a_failed_outcome_is_a_failure(self):
        said = played("echo 'c | one | 1 | ok'; echo 'no such module' >&2; exit 3")
        self.assertEqual(said[-1], ("the suite", "exit 3: no such module", "FAIL"))

    def test_a_suite_without_outcomes_has_failed(self):
        self.assertEqual(played("true")[-1][2], "FAIL")

    def test_what_is_slow_has_failed(self):
        said = played("echo 'c | one | 1 | ok'; sleep 60", seconds_max=1)
        self.assertEqual(said, [("one", "1", "ok"), ("the suite", "took more than 1 s", "FAIL")])

    def test_what_the_budget_cuts_is_skipped(self):
        said = played("echo 'c | one | 1 | ok'; sleep 60", seconds=1)
        self.assertEqual(said[1][2], "skip")
        self.assertIn("cut after 1 calls, the budget of 12m was gone", said[1][1])

    def test_what_a_suite_left_behind_is_ended(self):
        with tempfile.TemporaryDirectory() as folder:
            pid = pathlib.Path(folder) / "pid"
            played(f"sleep 60 >/dev/null 2>&1 & echo $! > {pid}; echo 'c | one | 1 | ok'")
            self.assertTrue(ends(int(pid.read_text())), "still there after 10 s")


class Installs(unittest.TestCase):
    def test_what_cannot_be_installed_is_absent_with_its_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            pins = pathlib.Path(folder) / "pins.txt"
            pins.write_text("--index-url http://127.0.0.1:9/simple\nno-such-package-of-the-laboratory==1.0\n")
            with self.assertRaisesRegex(install.Absent, "out of reach: ERROR"):
                install.environment(processes.Processes(), pins, pathlib.Path(folder) / "venv", 120)

    def test_no_time_is_said(self):
        with tempfile.TemporaryDirectory() as folder:
            pins = pathlib.Path(folder) / "pins.txt"
            pins.write_text("")
            with self.assertRaisesRegex(install.Absent, "no time was left"):
                install.environment(processes.Processes(), pins, pathlib.Path(folder) / "venv", 0)


class Data(unittest.TestCase):
    def test_every_suite_has_its_files(self):
        here = pathlib.Path(__file__).resolve().parent.parent
        for one in suite.read(here / "suites.json"):
            if one.wheels:
                pins = (here / "pins" / f"{one.wheels}.txt").read_text().splitlines()
                self.assertTrue(all("==" in line for line in pins), one.name)
            for part in one.command:
                path = part.format(
                    here=here, repository=here.parent.parent, python="", venv="", binaries="", cache="", schemathesis_seconds=""
                )
                if path.startswith(str(here.parent.parent)):
                    self.assertTrue(pathlib.Path(path).exists(), path)


if __name__ == "__main__":
    unittest.main()
