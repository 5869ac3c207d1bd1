"""Broken connectors as black boxes: `miro-lab certify` holds against each the families of the catalogue that should see it."""

import json
import os
import shutil
import subprocess
from collections import Counter

# A run of certify is over in some minutes; none goes on for ever.
SECONDS_MAX = 1_800
COLUMNS = ("broken connector", "families held against it", "cases that catch it", "scenarios that catch it")

# Where an author would look first for a bug of this kind.
FAMILIES = {
    "any-2xx": ("foreign-responses", "hostile"),
    "commit-before-delivery": ("crashes", "duplicates", "shutdown", "roles"),
    "cursor-not-encoded": ("paging",),
    "drop-on-400": ("ingestion", "columns"),
    "early-retry": ("ingestion", "rate-limits"),
    "empty-object": ("foreign-responses", "paging"),
    "first-piece": ("ingestion", "crashes"),
    "no-id-memory": ("duplicates", "lateness"),
    "strict-edge": ("windows", "lateness"),
    "sweep-never": ("lateness",),
    "token-in-log": ("tokens", "access"),
    "wrong-clock": ("clocks", "windows"),
}


def fail(text):
    raise SystemExit(f"broken: {text}")


class BlackBox:
    """Certifies programs; `lab` and `sentinel` are those of the connector as it is."""

    def __init__(self, lab, sentinel, work):
        self.lab = lab
        self.work = work
        self.sound = self.put("sound", sentinel)
        # By scenario, the cases that the connector as it is does not pass.
        self.failed_by_sound = {}
        listed = subprocess.run([str(lab), "scenario", "list", "--json"], capture_output=True, text=True, check=True)
        self.scenarios = json.loads(listed.stdout)["scenarios"]

    def put(self, name, sentinel):
        """A folder with `miro-lab` and, beside it, the `miro-sentinel` that it certifies then."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        os.link(self.lab, folder / "miro-lab")
        os.link(sentinel, folder / "miro-sentinel")
        return folder

    def certify(self, folder, ids):
        """The cases of these scenarios, held against the `miro-sentinel` in the folder."""
        command = [str(folder / "miro-lab"), "certify", *ids, "--json", "--jobs", "2", "--out", str(folder / "report")]
        log = folder / "certify.log"
        with open(log, "w") as told:
            try:
                held = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=told, text=True, timeout=SECONDS_MAX)
            except subprocess.TimeoutExpired:
                fail(f"{folder.name} is not certified after {SECONDS_MAX} s; see {log}")
        if held.returncode not in (0, 1):
            fail(f"`miro-lab certify` of {folder.name} ended with {held.returncode}; see {log}")
        cases = json.loads(held.stdout)["cases"]
        if any(case["id"] == "target" for case in cases):
            fail(f"{folder.name} does not start: {cases[0]['reason']}")
        return cases

    def examine(self, name, sentinel):
        """The row of the broken connector, and what is not as it should be."""
        families = FAMILIES[name]
        ids = [one["id"] for one in self.scenarios if one["family"] in families and "certify" in one["plays"]]
        folder = self.put(name, sentinel)
        cases = self.certify(folder, ids)
        for program in (folder / "miro-sentinel", sentinel):
            program.unlink()
        caught = [case for case in cases if case["verdict"] == "fail"]
        caught, known = self.held_by_sound(caught)
        played = sum(case["verdict"] != "unsupported" for case in cases)
        by_scenario = Counter(case["id"] for case in caught)
        of_scenario = Counter(case["id"] for case in cases)
        shown = [one if of_scenario[one] == 1 else f"{one} ({count} of {of_scenario[one]})" for one, count in by_scenario.items()]
        faults = [f"{name}: {case} fails for the connector as it is, and is not counted" for case in known]
        if not caught:
            faults.append(f"{name}: no case that is held against it as a black box fails")
        return [name, ", ".join(families), f"{len(caught)} of {played}", ", ".join(shown)], faults

    def held_by_sound(self, caught):
        """Those of the cases that the connector as it is passes, and the names of the others."""
        new = sorted({case["id"] for case in caught} - self.failed_by_sound.keys())
        if new:
            cases = self.certify(self.sound, new)
            self.failed_by_sound |= {one: set() for one in new}
            for case in cases:
                if case["verdict"] != "pass":
                    self.failed_by_sound[case["id"]].add(case["case"])
        holds, known = [], []
        for case in caught:
            if case["case"] in self.failed_by_sound[case["id"]]:
                known.append(case["id"] + (f" ({case['case']})" if case["case"] else ""))
            else:
                holds.append(case)
        return holds, known
