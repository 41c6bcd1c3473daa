"""Webhooks of a real daemon, to a real server that verifies them with the reference package."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks import Webhook

from skybatch.demo.sites import bench_hosts
from tests.e2e.process import DaemonProcess, SiteProcess
from tests.e2e.waiting import until

HOSTS = 12
NAMES = bench_hosts(HOSTS)
SETTINGS = """
[webhooks]
allow_networks = ["127.0.0.0/8"]
first_retry_s = 0.2
timeout_s = 2.0
"""


class Receiver:
    """Keeps what it takes, and answers as it is told."""

    def __init__(self, port=0):
        self.taken, self.refused, self.status = [], 0, 204
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.status == 204:
                    receiver.taken.append((self.path, dict(self.headers), body))
                else:
                    receiver.refused += 1
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def sites():
    process = SiteProcess("--hosts", str(HOSTS), "--pages", "3", "--page-kb", "2")
    yield process
    process.stop()


@pytest.fixture
def daemon(tmp_path, sites):
    process = DaemonProcess(tmp_path, sites.connect_to + SETTINGS)
    process.start()
    yield process
    process.stop()


def verified(daemon, taken):
    """The messages, each with a signature that the reference accepts."""
    secret = (daemon.folder / "data" / "webhook_secret").read_text().strip()
    return [
        Webhook(secret).verify(body, {name.lower(): text for name, text in headers.items()})
        for _, headers, body in taken
    ]


def deliveries(daemon, query=""):
    return daemon.get(f"/deliveries?limit=1000{query}").json["items"]


def test_a_receiver_that_was_down_gets_every_message_in_order(daemon):
    """First it refuses, then nobody is there and the daemon is killed, then it is back."""
    receiver = Receiver()
    receiver.status = 503
    wanted = {
        "webhook_url": receiver.url("/hook?a=1"),
        "webhook_events": ["domain.finished", "batch.finished"],
    }
    batch_ids = [daemon.submit(NAMES, **wanted, label=f"number {n}") for n in range(3)]
    until(lambda: receiver.refused >= 6)
    receiver.close()
    for batch_id in batch_ids:
        daemon.wait(batch_id)
    daemon.kill()
    daemon.start()
    expected = 3 * (HOSTS + 1)
    assert len(deliveries(daemon)) == expected
    assert {each["status"] for each in deliveries(daemon)} == {"pending"}
    back = Receiver(receiver.port)
    until(lambda: len(back.taken) >= expected)
    until(lambda: {each["status"] for each in deliveries(daemon)} == {"delivered"})
    back.close()

    messages = verified(daemon, back.taken)
    ids = [headers["webhook-id"] for _, headers, _ in back.taken]
    assert len(set(ids)) == len(ids) == expected
    listed = [each["delivery_id"] for each in reversed(deliveries(daemon))]
    for number, batch_id in enumerate(batch_ids):
        of_batch = [each for each in messages if each["data"]["batch_id"] == batch_id]
        assert [each["type"] for each in of_batch] == ["domain.finished"] * HOSTS + [
            "batch.finished"
        ]
        assert {each["data"]["domain"] for each in of_batch[:-1]} == set(NAMES)
        assert of_batch[-1]["data"]["label"] == f"number {number}"
        assert of_batch[-1]["data"]["counts"]["complete"] == HOSTS
        got = [i for i, each in zip(ids, messages, strict=True) if each in of_batch]
        assert got == [each for each in listed if each in set(got)]  # as they were written
    assert {path for path, _, _ in back.taken} == {"/hook?a=1"}


def test_a_message_is_sent_again_and_one_to_a_private_address_is_not_sent_at_all(daemon):
    receiver = Receiver()
    batch_id = daemon.submit(NAMES[:1], webhook_url=receiver.url())
    (message,) = until(lambda: deliveries(daemon, f"&batch_id={batch_id}&status=delivered"))
    assert message["message"]["type"] == "batch.finished"
    answer = daemon.post(f"/deliveries/{message['delivery_id']}/send")
    assert (answer.status, answer.json["status"]) == (200, "pending")
    until(lambda: len(receiver.taken) == 2)
    assert receiver.taken[0][1]["webhook-id"] == receiver.taken[1][1]["webhook-id"]
    receiver.close()

    batch_id = daemon.submit(NAMES[:1], webhook_url="http://10.1.2.3/")
    (message,) = until(lambda: deliveries(daemon, f"&batch_id={batch_id}&status=failed"))
    assert message["detail"].startswith("blocked_address")
    assert "10.1.2.3" not in message["detail"]
    assert message["attempts"] == 1


def test_what_is_wrong_with_a_hook_is_told(daemon):
    body = {"domains": list(NAMES[:1]), "webhook_url": "ftp://x", "webhook_events": ["batch.gone"]}
    answer = daemon.post("/batch", body)
    assert answer.status == 422
    assert {fault["pointer"] for fault in answer.json["errors"]} == {
        "/webhook_url", "/webhook_events",
    }  # fmt: skip
    assert daemon.get("/deliveries?status=lost").status == 422
    assert daemon.post("/deliveries/none/send").status == 404
