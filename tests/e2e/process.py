"""The real daemon as a child process, and its API over real HTTP."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("skybatch")
PREFIX = "/api/v3/batch_page_scraper"
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
        self.folder = folder
        self.config = folder / "skybatch.toml"
        self.config.write_text(
            f'[server]\nport = 0\n[auth]\ntoken = "{TOKEN}"\n'
            f'[store]\ndata_dir = "{folder / "data"}"\n'
            f"[crawl]\nper_host_delay_s = {delay_s}\nmax_attempts = 1\n{settings}\n"
        )
        self.url = ""
        self.process: subprocess.Popen | None = None
        self.log_path = folder / "daemon.log"

    def start(self, *, timeout_s: float = 20) -> float:
        """Start and wait until submissions are taken; returns the seconds that it took."""
        began = time.monotonic()
        address = self.folder / "data" / "address"
        address.unlink(missing_ok=True)
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--config", self.config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, "HTTP_PROXY": "http://127.0.0.1:9", "NO_COLOR": "1"},
            )
        while time.monotonic() - began < timeout_s:
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended:\n{self.log()}")
            if address.exists() and address.read_text().strip():
                self.url = address.read_text().strip()
                if self.get("/readyz", prefix="").status == 200:
                    return time.monotonic() - began
            time.sleep(0.01)
        raise AssertionError(f"not ready after {timeout_s} s:\n{self.log()}")

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self, *, timeout_s: float = 20) -> int:
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def log(self) -> str:
        return self.log_path.read_text("utf-8", "replace")

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
        return (
            f'[fetch]\nconnect_to = {{"*:80" = "127.0.0.1:{self.port}", "*:443" = "127.0.0.1:1"}}'
        )

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
