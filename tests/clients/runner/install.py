"""A virtual environment for each suite that needs one: wheels only, every version pinned."""

import hashlib
import os
import subprocess
import sys
import threading
import time


class Absent(Exception):
    """What a suite needs is not on this machine, or not within its reach."""


def environment(processes, pins, folder, seconds):
    """The interpreter of an environment with what `pins` lists; it is made unless the folder has it already."""
    python = folder / "bin" / "python"
    made = folder / "installed"
    what = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()
    if made.exists() and made.read_text() == what:
        return python
    until = time.monotonic() + seconds
    must_work(processes, "python3 with venv", [sys.executable, "-m", "venv", "--clear", folder], until)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1"]
    must_work(processes, "PyPI", [*pip, "--only-binary", ":all:", "-r", pins], until)
    made.write_text(what)
    return python


def must_work(processes, what, command, until):
    said = []
    process = processes.start(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=os.environ
    )
    timer = threading.Timer(max(until - time.monotonic(), 0), processes.stop, [process])
    timer.start()
    said = [line.strip() for line in process.stdout if line.strip()]
    code = processes.done(process)
    timer.cancel()
    if time.monotonic() >= until or processes.ended:
        raise Absent(f"{what}: no time was left to install")
    if code:
        errors = [line for line in said if line.startswith("ERROR")] or said or ["nothing was said"]
        raise Absent(f"{what} is out of reach: {errors[-1]}")
