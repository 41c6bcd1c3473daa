"""A submission whose answer was lost to a kill -9, sent again: one batch, whole."""

import json
import os
import socket
import subprocess
import threading
import time
import urllib.error
from contextlib import suppress

import pytest

from tests.e2e.process import PROGRAM, TOKEN, DaemonProcess

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


def test_the_command_sends_its_list_again_when_the_daemon_is_killed_meanwhile(daemon, tmp_path):
    """A proxy of one connection plays the kill: it takes the answer, and gives it to nobody."""
    (tmp_path / "list.txt").write_text("\n".join(DOMAINS))
    host, _, port = daemon.url.removeprefix("http://").rpartition(":")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        env = {"PATH": os.defpath, "SKYBATCH_URL": url, "SKYBATCH_TOKEN": TOKEN}
        command = subprocess.Popen(
            [PROGRAM, "submit", "list.txt"],
            cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        for is_last in (False, True):
            client, _ = listening.accept()
            with client, socket.create_connection((host, int(port))) as server:
                upward = threading.Thread(target=pump, args=(client, server))
                upward.start()
                answer = server.recv(65_536)
                assert answer.startswith(b"HTTP/1.1 202")
                if is_last:
                    assert b"Idempotency-Replayed: true" in answer
                    client.sendall(answer)
                client.shutdown(socket.SHUT_RDWR)
            upward.join()
        out, err = command.communicate(timeout=20)
    assert command.returncode == 0, err
    listed = daemon.get("/batch").json["items"]
    assert [batch["batch_id"] for batch in listed] == [out.strip()]


def pump(source, target):
    with suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
