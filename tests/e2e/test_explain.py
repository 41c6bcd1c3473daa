"""`explain` of the real daemon: what it says of waiting, refused, paused and ended batches."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.e2e.process import PROGRAM, TOKEN, DaemonProcess

RETRY_AFTER_S = 120
BUSY, GOOD, REFUSING = "busy.example", "good.example", "refusing.example"


class Web(BaseHTTPRequestHandler):
    """Every host: `busy` asks to wait, the others have one page."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/robots.txt":
            self.answer(404)
        elif self.headers["Host"] == BUSY:
            self.answer(429, {"Retry-After": str(RETRY_AFTER_S)})
        else:
            self.answer(200, body=b"<title>Good</title><h1>Good</h1>")

    def answer(self, status, headers=None, body=b"") -> None:
        self.send_response(status)
        sent = {"Content-Type": "text/html", "Content-Length": str(len(body)), **(headers or {})}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def web() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    with web() as port:
        process = DaemonProcess(
            tmp_path_factory.mktemp("daemon"),
            f'[fetch]\nconnect_to = {{"{REFUSING}:80" = "127.0.0.1:1", '
            f'"*:80" = "127.0.0.1:{port}", "*:443" = "127.0.0.1:1"}}',
        )
        process.start()
        yield process
        process.stop()


def explanation(daemon, batch_id):
    answer = daemon.get(f"/batch/{batch_id}/explain")
    assert answer.status == 200, answer.body
    return answer.json


def command(daemon, *words):
    return subprocess.run(
        [PROGRAM, "explain", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={"SKYBATCH_URL": daemon.url, "SKYBATCH_TOKEN": TOKEN, "PATH": os.defpath},
    )


def test_try(daemon):
    import time

    a = daemon.submit([BUSY, GOOD, REFUSING], options={"max_attempts": 3})
    b = daemon.submit([BUSY], options={"max_attempts": 3})
    time.sleep(1.5)
    print(json.dumps(explanation(daemon, a), indent=1))
    print(json.dumps(explanation(daemon, b), indent=1))
    daemon.post(f"/batch/{b}/pause")
    print(json.dumps(explanation(daemon, b), indent=1))
    c = daemon.submit([GOOD, REFUSING, "gone.invalid", "a.invalid", "10.1.2.3"])
    daemon.wait(c)
    print(json.dumps(explanation(daemon, c), indent=1))
    done = command(daemon)
    print(done.returncode, done.stdout, done.stderr)
    d = daemon.submit(["a.invalid"])
    daemon.wait(d)
    print(json.dumps(explanation(daemon, d), indent=1))
    daemon.post("/pause")
    e = daemon.submit(["a.invalid"])
    print(json.dumps(explanation(daemon, e), indent=1))
    daemon.post(f"/batch/{e}/cancel")
    print(json.dumps(explanation(daemon, e), indent=1))
    daemon.post("/resume")
    assert 0
