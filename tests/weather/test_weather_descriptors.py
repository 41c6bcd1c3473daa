"""File descriptors run out: nothing fails for that, the log stays small, and it goes on."""

import resource
import socket
from urllib.parse import urlsplit

import pytest

from skybatch.torture.child import API, LOST, Child
from tests.weather.figures import LONG, takes_long
from tests.weather.scene import (
    HOSTS,
    PAGES,
    assert_sound,
    ended,
    hosts,
    pass_time,
    settings,
    status,
    stop,
    submit,
    until,
)

DESCRIPTORS, IDLE = 128, 300
SECONDS = 60 if LONG else 2
LINES_A_MINUTE = 100


def few():
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))


@pytest.fixture
def daemon(tmp_path, sites):
    with Child(tmp_path, settings=settings(sites, delay_s=0.3), preexec=few) as child:
        child.start()
        yield child


def troubles(daemon):
    """Lines of the log that are no news of a batch or of a job."""
    return [
        line
        for line in daemon.log_lines()
        if '"level": "warning"' in line or '"level": "error"' in line or "Traceback" in line
    ]


def crowd(daemon):
    """Clients that connect and say nothing."""
    place = urlsplit(daemon.url)
    clients = []
    for _ in range(IDLE):
        client = socket.socket()
        client.setblocking(False)  # noqa: FBT003 - its only argument
        client.connect_ex((place.hostname, place.port))
        clients.append(client)
    return clients


def test_idle_clients_that_take_every_descriptor_fail_no_job(daemon):
    batch_id = submit(daemon, hosts(), max_pages=PAGES)
    until(lambda: status(daemon, batch_id)["pages"]["fetched"] > 0)
    before = len(troubles(daemon))
    clients = crowd(daemon)
    try:
        until(lambda: daemon.footprint().fds >= DESCRIPTORS - 5, what="descriptors are used up")
        pass_time(SECONDS)
        assert daemon.exit_code is None
    finally:
        for client in clients:
            client.close()
    assert until(lambda: answers(daemon), 5) < 2
    found = ended(daemon, batch_id)
    assert found["counts"]["complete"] == HOSTS, found["counts"]
    said = troubles(daemon)[before:]
    assert len(said) < max(20, LINES_A_MINUTE * SECONDS / 60), (len(said), said[-1])
    assert not [line for line in said if "unable to open" in line]
    daemon.kill()
    assert_sound(daemon, [batch_id])


@takes_long
def test_a_daemon_that_is_ended_without_a_descriptor_left_says_so_in_a_few_lines(daemon):
    """A body that stops coming keeps the server a while; asyncio tries again in that time."""
    place = urlsplit(daemon.url)
    with socket.create_connection((place.hostname, place.port)) as slow:
        head = f"POST {API}/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {daemon.token}\r\n"
        slow.sendall(
            f"{head}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{{".encode()
        )
        clients = crowd(daemon)
        until(lambda: any("out of system resource" in line for line in troubles(daemon)))
        stop(daemon)
    for client in clients:
        client.close()
    assert len(troubles(daemon)) < 20, troubles(daemon)[-1]


def answers(daemon):
    """Asked anew each time: a connection that found the queue full is tried again after seconds."""
    try:
        return daemon.request("GET", "/readyz", timeout_s=0.5).status == 200
    except LOST:
        return False
