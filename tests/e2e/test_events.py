"""Streams of a real daemon: over kills, beside each other, and at its end."""

import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from skybatch.demo.sites import bench_hosts
from tests.api.sse_reader import SseReader
from tests.e2e.process import PREFIX, TOKEN, DaemonProcess, SiteProcess, connect_to
from tests.e2e.waiting import until

HOSTS, PAGES = 12, 6
NAMES = bench_hosts(HOSTS)
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def sites():
    process = SiteProcess("--hosts", str(HOSTS), "--pages", str(PAGES), "--page-kb", "2")
    yield process
    process.stop()


@pytest.fixture
def daemon(tmp_path, sites):
    process = DaemonProcess(tmp_path, sites.connect_to, delay_s=0.1)
    process.start()
    yield process
    process.stop()


class Listener(threading.Thread):
    """An EventSource without a browser: connects again behind the last id, until it gets a 204."""

    def __init__(self, daemon, path="/events?last_event_id=0", *, is_patient=True):
        super().__init__(daemon=True)
        self.daemon_process, self.path, self.is_patient = daemon, path, is_patient
        self.reader, self.connections, self.is_done = SseReader(), 0, False
        self.statuses = []
        self.pause = threading.Event()
        self.start()

    def run(self):
        while not self.is_done:
            if url := self.daemon_process.url:  # none for a moment while it starts
                with suppress(OSError, HTTPException):
                    self.listen(url)
                self.reader.cut_off()
                self.is_done = self.is_done or not self.is_patient
            self.pause.wait(0.05)  # the time to wait before the next connection

    def listen(self, url):
        headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/event-stream"}
        if self.reader.last_id:
            headers["Last-Event-ID"] = self.reader.last_id
        asked = urllib.request.Request(url + PREFIX + self.path, headers=headers)  # noqa: S310
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(asked, timeout=30) as response:
            self.statuses.append(response.status)
            self.is_done = response.status == 204
            while line := response.readline():
                self.reader.feed(line)


def stored(daemon, path="/events"):
    items, cursor = [], ""
    while cursor is not None:
        page = daemon.get(f"{path}?limit=50{f'&cursor={cursor}' if cursor else ''}").json
        items += page["items"]
        cursor = page["next_cursor"]
    return items


def test_each_event_once_and_in_order_over_kills(daemon):
    everything = Listener(daemon)
    until(lambda: everything.statuses)
    batch_id = daemon.submit(NAMES, max_pages=PAGES)
    path = f"/batch/{batch_id}/events"
    of_batch = Listener(daemon, path)
    for share in (HOSTS, 3 * HOSTS):
        until(lambda n=share: daemon.status(batch_id)["pages"]["fetched"] >= n)
        daemon.kill()
        daemon.start()
    assert daemon.wait(batch_id)["status"] == "complete"
    until(lambda: of_batch.is_done)  # it was told to stop
    assert of_batch.statuses[-1] == 204
    assert len(of_batch.statuses) >= 4
    events = stored(daemon, path)
    told = [message.json for message in of_batch.reader.messages]
    assert [each for each in told if each["id"] is not None] == events
    assert [event["type"] for event in events].count("job.finished") == HOSTS
    assert "job.rescued" in {event["type"] for event in events}
    pages = [each for each in told if each["type"] == "page.fetched"]
    assert pages
    assert {page["id"] for page in pages} == {None}
    assert {page["batch_id"] for page in pages} == {batch_id}
    whole = stored(daemon)
    until(lambda: len(everything.reader.ids) >= len(whole))
    assert everything.reader.ids == [event["id"] for event in whole]
    daemon.get("/test_background_task")  # a real job, which nobody hears of
    other = daemon.submit(NAMES[:1], max_pages=1)
    until(lambda: f'"{other}"' in everything.reader.messages[-1].data)
    assert {message.json["batch_id"] for message in everything.reader.messages} == {batch_id, other}
    everything.is_done = True


def test_a_stop_ends_every_stream_at_once_and_they_do_not_hold_it_up(daemon):
    batch_id = daemon.submit(NAMES, max_pages=PAGES)
    path = f"/batch/{batch_id}/events"
    listeners = [Listener(daemon, path, is_patient=False) for _ in range(20)]
    until(lambda: all(listener.reader.ids for listener in listeners))
    began = time.monotonic()
    assert daemon.stop() == 0
    until(lambda: all(listener.is_done for listener in listeners), 2)
    assert time.monotonic() - began < 8
    assert {tuple(listener.statuses) for listener in listeners} == {(200,)}
    assert not [line for line in daemon.log_lines() if line["level"] in ("warning", "error")
                and line["event"].startswith("api.")]  # fmt: skip


def test_streams_end_before_the_drain_and_those_that_come_in_it_are_told_to_come_back(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it connects, and never answers
        silent.settimeout(20)
        silence = connect_to(silent.getsockname()[1])
        daemon = DaemonProcess(tmp_path, f"{silence}\n[workers]\ndrain_s = 2")
        daemon.start()
        try:
            batch_id = daemon.submit(NAMES[:1], max_pages=1)
            patient = Listener(daemon, f"/batch/{batch_id}/events")
            until(lambda: [m for m in patient.reader.messages if m.type == "job.claimed"])
            asked, _ = silent.accept()  # something is under way that a drain waits for
            assert patient.statuses == [200]
            daemon.process.terminate()
            until(lambda: len(patient.statuses) >= 3, 5)
            assert daemon.process.poll() is None
            assert set(patient.statuses) == {200}
            assert set(patient.reader.retry_ms) == {2000}
            assert daemon.process.wait(20) == 0
            daemon.start()
            until(lambda: [m for m in patient.reader.messages if m.type == "job.claimed"][1:])
            expected = [event["id"] for event in stored(daemon, f"/batch/{batch_id}/events")]
            until(lambda: patient.reader.ids[: len(expected)] == expected)
            patient.is_done = True
            asked.close()
        finally:
            daemon.kill()


def test_an_event_is_heard_within_milliseconds_of_its_answer(daemon):
    listener = Listener(daemon, "/events?type=batch.submitted")
    until(lambda: listener.reader.retry_ms)
    waits = []
    for number in range(1, 11):
        daemon.submit(NAMES[:1], max_pages=1)
        answered = time.monotonic()
        until(lambda n=number: len(listener.reader.messages) == n)
        waits.append(time.monotonic() - answered)
    assert sorted(waits)[5] < 0.1, waits
    listener.is_done = True


@pytest.mark.needs("curl")
def test_the_example_of_the_readme(daemon):
    example = re.search(r"^curl -N [^\n]*(?:\n  [^\n]*)*", README.read_text("utf-8"), re.MULTILINE)
    batch_id = daemon.submit(NAMES[:1], max_pages=1)
    command = example[0].replace("http://localhost:8000", daemon.url)
    done = subprocess.run(
        ["sh", "-c", command.replace("BATCH_ID", batch_id)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": os.defpath},
    )
    assert done.returncode == 0, done.stderr
    reader = SseReader()
    reader.feed(done.stdout.encode())
    assert reader.messages[-1].type == "batch.finished"
    assert json.loads(reader.messages[-1].data)["data"]["state"] == "complete"
