"""The real daemon as a child process, and its API over real HTTP."""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from skybatch.torture.child import API, Child

PROGRAM = Path(sys.executable).with_name("skybatch")
PREFIX = API
TOKEN = "scraper_sky_2024"  # noqa: S105 - that of the README
TERMINAL = {"complete", "partial", "failed", "cancelled"}


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class DaemonProcess:
    """`skybatch serve` on a free port and a data directory that outlives it."""

    def __init__(self, folder: Path, settings: str = "", *, delay_s: float = 0.0) -> None:
        written = (
            f'[server]\nport = 0\n[auth]\ntoken = "{TOKEN}"\n'
            f'[store]\ndata_dir = "{folder / "data"}"\n'
            f"[crawl]\nper_host_delay_s = {delay_s}\nmax_attempts = 1\n{settings}\n"
        )
        env = {"SKYBATCH_AUTH__TOKEN": TOKEN, "HTTP_PROXY": "http://127.0.0.1:9"}
        self.child = Child(folder, settings=written, env=env)
        self.folder = folder
        self.config = self.child.config

    @property
    def url(self) -> str:
        return self.child.url

    @property
    def process(self) -> subprocess.Popen:
        return self.child.process

    def start(self) -> float:
        """Start and wait until submissions are taken; returns the seconds that it took."""
        return self.child.start()

    def kill(self) -> None:
        """kill -9."""
        self.child.kill()

    def stop(self, *, timeout_s: float = 20) -> int:
        """SIGTERM; returns the exit code."""
        self.child.terminate()
        return self.child.wait(timeout_s)

    def log(self) -> str:
        return self.child.log.read_text("utf-8", "replace")

    def log_lines(self) -> list[dict]:
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def request(self, method, path, *, body=None, headers=None, prefix=PREFIX, token=TOKEN):
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.url + prefix + path, data=body, method=method, headers=sent
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as response:
                return Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())

    def get(self, path, **kwargs):
        return self.request("GET", path, **kwargs)

    def post(self, path, body=None, **kwargs):
        return self.request("POST", path, body=body, **kwargs)

    def submit(self, domains, **members) -> str:
        answer = self.post("/batch", {"domains": domains, **members})
        assert answer.status == 202, answer.body
        return answer.json["batch_id"]

    def status(self, batch_id):
        return self.get(f"/batch/{batch_id}/status").json

    def wait(self, batch_id, *, timeout_s: float = 60):
        """The status of a batch once it has ended."""
        until = time.monotonic() + timeout_s
        while True:
            status = self.get(f"/batch/{batch_id}/status?wait=5").json
            if status["status"] in TERMINAL:
                return status
            if time.monotonic() > until:
                raise AssertionError(
                    f"not ended after {timeout_s} s: {status}\n{self.log()[-3000:]}"
                )

    def results(self, batch_id, query="") -> list[dict]:
        answer = self.get(f"/batch/{batch_id}/results?format=ndjson{query}")
        assert answer.status == 200, answer.body
        return [json.loads(line) for line in answer.body.splitlines()]


def connect_to(port: int) -> str:
    """The setting that sends every name to a port of loopback; port 443 refuses."""
    return f'[fetch]\nconnect_to = {{"*:80" = "127.0.0.1:{port}", "*:443" = "127.0.0.1:1"}}'


def family(pid: int) -> list[int]:
    """A process and its children."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(int(child) for task in tasks for child in task.read_text().split())]


class SiteProcess:
    """The sample sites in a process of their own."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "skybatch.demo.server", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        found = re.search(r"(\d+)\s*$", line)
        assert found, f"no port in {line!r}"
        self.port = int(found[1])

    @property
    def connect_to(self) -> str:
        """The setting that sends every name to these sites; port 443 refuses."""
        return connect_to(self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
