"""A submission whose answer was lost to a kill -9, sent again: one batch, whole."""

import json
import threading
import time
import urllib.error
from contextlib import suppress

import pytest

from tests.e2e.process import DaemonProcess

DOMAINS = [f"host-{number}.invalid" for number in range(2_500)]  # two units of the writer


@pytest.fixture
def daemon(tmp_path):
    process = DaemonProcess(tmp_path)
    process.start()
    yield process
    process.stop()


def test_a_kill_at_any_moment_of_a_submission_leaves_one_batch_or_none(daemon):
    """The kill comes a little later each time: before, between and after the commits."""
    for attempt, delay_s in enumerate((0.01, 0.04, 0.08, 0.16)):
        body = json.dumps({"domains": DOMAINS, "label": f"try {attempt}"}).encode()
        key = {"Idempotency-Key": f"try-{attempt}", "Content-Type": "application/json"}
        answers = []

        def post(body=body, key=key, answers=answers):
            with suppress(OSError, urllib.error.URLError):  # the daemon is killed meanwhile
                answers.append(daemon.post("/batch", body, headers=key))

        thread = threading.Thread(target=post)
        thread.start()
        time.sleep(delay_s)
        daemon.kill()
        thread.join()
        daemon.start()
        again = daemon.post("/batch", body, headers=key)
        assert again.status == 202
        if answers:
            assert again.body == answers[0].body
        listed = daemon.get(f"/batch?label=try%20{attempt}").json["items"]
        assert [batch["batch_id"] for batch in listed] == [again.json["batch_id"]]
        assert listed[0]["total_domains"] == len(DOMAINS)
