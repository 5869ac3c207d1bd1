"""The programs that are under way, each the head of a process group, so that what it started ends with it."""

import contextlib
import os
import signal
import subprocess
import threading

PATIENCE = 3


class Processes:
    """Starts programs, and ends them all when there is no more time for any."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = {}
        self.ended = False

    def start(self, command, **options):
        with self.lock:
            if self.ended:
                raise TimeoutError("no more is started")
            process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, start_new_session=True, **options
            )
            self.running[process.pid] = process
        return process

    def done(self, process):
        """Waits for a program whose output was read to its end, then ends what it left behind."""
        code = process.wait()
        send(process.pid, signal.SIGKILL)
        process.stdout.close()
        with self.lock:
            self.running.pop(process.pid, None)
        return code

    def stop(self, process):
        """Ends a program and what it started, kindly first."""
        send(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        send(process.pid, signal.SIGKILL)

    def stop_all(self):
        with self.lock:
            self.ended = True
            running = list(self.running.values())
        for process in running:
            self.stop(process)


def send(group, what):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, what)
