"""A mock of its own for whoever asks: started, steered and ended."""

import contextlib
import json
import os
import pathlib
import subprocess
import urllib.request

SLOWEST_ANSWER = 60


class Mock:
    """What one mock said when it listened, and its control plane."""

    def __init__(self, told):
        self.told = told

    def control(self, path, what=None, method=None):
        """Steers the mock, or looks at it."""
        body = None if what is None else json.dumps(what).encode()
        request = urllib.request.Request(f"{self.told['control_url']}/{path}", body, method=method)
        with urllib.request.urlopen(request, timeout=SLOWEST_ANSWER) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def ids(self, log):
        """The ids of the visible events of a log of mock-miro, in the log's order."""
        return self.control(f"events?log={log}")["ids"]

    def statuses(self, call):
        """How the requests of one call were answered, oldest first."""
        entries = self.control("journal")["entries"]
        return [entry["status"] for entry in entries if entry["call"] == call]


@contextlib.contextmanager
def serve(program, world, *options):
    """Serves a world with a mock from the folder that `CLIENTS_BINARIES` names, until the block ends."""
    scratch = pathlib.Path(os.environ["CLIENTS_SCRATCH"])
    file = scratch / f"{program}-{len(list(scratch.glob('*.world.yaml')))}.world.yaml"
    # JSON is YAML.
    file.write_text(json.dumps(world))
    command = [str(pathlib.Path(os.environ["CLIENTS_BINARIES"]) / program), "serve", "--world", str(file), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        try:
            line = serving.stdout.readline()
            if not line:
                raise RuntimeError(f"{program} did not start with {file}")
            yield Mock(json.loads(line))
        finally:
            serving.terminate()


ORGANIZATION = "3074457345618265000"
TOKENS = {"audit": "token-audit", "content": "token-content"}


def miro(audit=1200, content=450, **world):
    """An organization of mock-miro with six hours of both logs."""
    organization = {
        "id": ORGANIZATION,
        "tokens": [
            {"name": "audit", "value": TOKENS["audit"], "scopes": ["auditlogs:read"], "app": "SIEM"},
            {"name": "content", "value": TOKENS["content"], "scopes": ["contentlogs:export"], "app": "eDiscovery"},
        ],
        "audit": {"generate": audit, "over": "6h", "seed": 1},
        "content": {"generate": content, "over": "6h", "seed": 1},
    }
    return serve("mock-miro", {"organizations": [organization], **world})
