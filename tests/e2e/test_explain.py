"""`explain` of the real daemon: what it says of waiting, refused, paused and ended batches."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from tests.e2e.process import PROGRAM, TOKEN, DaemonProcess

BUSY, GOOD = "busy.example", "good.example"
REFUSING, SILENT = "refusing.example", "silent.example"
FAILING = "failing.example"  # but for its start page
PATIENT = {"max_attempts": 3}
SHOP = "shop.example"  # forbids some pages, and asks to wait before another
ROBOTS = b"# welcome\nUser-agent: *\nAllow: /\nDisallow: /private"
LINKS = b"".join(b'<a href="%s">x</a>' % path for path in (b"/private/a", b"/private/b", b"/busy"))

CLOSING = Event()  # ends the silence


class Web(BaseHTTPRequestHandler):
    """Plays every host: one asks to wait, one says nothing for long, the others have a page."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/robots.txt":
            is_shop = self.headers["Host"] == SHOP
            self.answer(200 if is_shop else 404, body=ROBOTS if is_shop else b"")
        elif self.headers["Host"] == SHOP and self.path == "/":
            self.answer(200, body=b"<title>Shop</title>" + LINKS)
        elif self.headers["Host"] == FAILING:
            self.answer(*((200, {}, LINKS) if self.path == "/" else (500,)))
        elif self.path == "/busy" or self.headers["Host"] == BUSY:
            self.answer(429, {"Retry-After": "120"})
        elif self.headers["Host"] == SILENT:
            CLOSING.wait()
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
    try:
        yield server.server_address[1]
    finally:
        CLOSING.set()
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


def command(daemon, *words, **env):
    return subprocess.run(
        [PROGRAM, "explain", *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={"SKYBATCH_URL": daemon.url, "SKYBATCH_TOKEN": TOKEN, "PATH": os.defpath, **env},
    )


def until_told(daemon, batch_id, pattern):
    """The explanation once one of its sentences is like this."""
    deadline = time.monotonic() + 20
    while True:
        found = explanation(daemon, batch_id)
        if any(re.fullmatch(pattern, sentence) for sentence in found["sentences"]):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_a_batch_that_waits_tells_for_whom_and_how_long(daemon):
    batch_id = daemon.submit([BUSY, GOOD, REFUSING], options=PATIENT)
    attempt = r"refusing\.example: attempt 1 of 3 failed \(connect: refused\), next attempt in \d s"
    until_told(daemon, batch_id, attempt)
    found = until_told(daemon, batch_id, r"busy\.example asked to wait 120 s, 1[12]\d s left")
    assert (found["status"], found["problems"]) == ("running", [])
    counts = "1 of 3 domains done, [01] running, [12] waiting; 1 page stored"
    until_told(daemon, batch_id, rf"running for \d+ s: {counts}")
    daemon.post(f"/batch/{batch_id}/cancel")


def test_a_job_that_waits_tells_its_pages_and_the_line_that_forbids_some(daemon):
    batch_id = daemon.submit([SHOP], max_pages=10, options=PATIENT)
    pages = r"1 of 10 pages stored; 2 skipped by line 4 of robots\.txt"
    until_told(daemon, batch_id, rf"shop\.example asked to wait 120 s, 1[12]\d s left; {pages}")
    daemon.post(f"/batch/{batch_id}/cancel")


def test_another_batch_of_a_host_that_asked_to_wait_waits_too(daemon):
    first = daemon.submit([BUSY], options=PATIENT)
    until_told(daemon, first, r"busy\.example asked .* left")
    second = daemon.submit([BUSY])
    found = until_told(daemon, second, r"busy\.example asked to be left alone, 1[012]\d s left")
    assert (found["status"], found["problems"]) == ("pending", [])


def test_a_running_job_tells_what_it_does(daemon):
    batch_id = daemon.submit([SILENT])
    asking = r"silent\.example has been asking for its start page for \d+ s"
    found = until_told(daemon, batch_id, asking)
    assert (found["status"], found["problems"]) == ("running", [])
    silence = r"it waits for an answer from silent\.example, asked \d+ s ago"
    until_told(daemon, batch_id, rf"{asking}; {silence}(; nothing new for \d+ s)?")
    daemon.post(f"/batch/{batch_id}/cancel")


def test_a_job_whose_host_is_asked_more_slowly_says_so(daemon):
    batch_id = daemon.submit([FAILING])
    turn = r"it waits for its turn at failing\.example"
    why = r"which is slow or fails and gets [\d.]+ s more between requests"
    until_told(daemon, batch_id, rf"failing\.example has been fetching pages .*; {turn}, {why}.*")
    daemon.post(f"/batch/{batch_id}/cancel")


def test_a_paused_batch_and_a_paused_daemon_say_so(daemon):
    batch_id = daemon.submit([BUSY])
    daemon.post(f"/batch/{batch_id}/pause")
    assert until_told(daemon, batch_id, "the batch is paused")["problems"] == []
    daemon.post("/pause")
    held = daemon.submit([GOOD])
    where, why = explanation(daemon, held)["sentences"]
    assert re.fullmatch(r"pending for \d s: its domain has not started", where)
    assert why == "the daemon is paused"
    daemon.post("/resume")
    daemon.wait(held)


def test_an_ended_batch_tells_how_it_ended_and_why(daemon):
    batch_id = daemon.submit([GOOD, REFUSING, "a.invalid", "b.invalid"])
    daemon.wait(batch_id)
    first, failed, *_ = explanation(daemon, batch_id)["sentences"]
    assert re.fullmatch(r"partial: 1 complete and 3 failed of 4 domains, 1 page in \d s", first)
    assert failed == (
        "3 domains failed: 2 because the name does not exist in the DNS (nxdomain), "
        "refusing.example because the server refused the connection (refused)"
    )


def test_the_command_prints_a_sentence_a_line_and_exits_with_0_when_all_is_well(daemon):
    batch_id = daemon.submit([GOOD])
    daemon.wait(batch_id)
    for words in ([], [batch_id], [batch_id[:-2]]):
        done = command(daemon, *words)
        assert (done.returncode, done.stderr) == (0, "")
        assert re.fullmatch(r"complete: 1 of 1 domain, 1 page in \d s\n", done.stdout)
    told = json.loads(command(daemon, batch_id, "--json").stdout)
    assert told == explanation(daemon, batch_id)


def test_the_command_marks_a_problem_and_exits_with_1(daemon):
    batch_id = daemon.submit([SILENT], options={"deadline_s": 0.2})
    daemon.wait(batch_id)
    done = command(daemon, batch_id)
    assert done.returncode == 1
    assert done.stdout.splitlines()[1] == (
        "problem: the deadline passed before 1 domain could be completed"
    )


def test_the_command_exits_as_every_other_for_what_is_not_there(daemon):
    assert command(daemon, "01999999-0000-7000-8000-000000000000").returncode == 5
    assert command(daemon, SKYBATCH_URL="http://127.0.0.1:1").returncode == 7
    assert command(daemon, SKYBATCH_TOKEN=TOKEN[:-1]).returncode == 6
