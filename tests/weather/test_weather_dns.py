"""A name server that never answers: the daemon ends in time, and no domain is charged for it."""

import socket

import pytest

from skybatch.torture.child import Child
from tests.weather.scene import assert_sound, status, stop, submit, until

DOMAINS = [f"silent{number}.example" for number in range(20)]


@pytest.fixture
def daemon(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        settings = f'[workers]\ndrain_s = 2\n[fetch]\ndns_servers = ["127.0.0.1:{port}"]\n'
        with Child(tmp_path, settings=settings) as child:
            child.start()
            yield child


def test_sigterm_while_names_are_looked_up_ends_the_daemon_in_time(daemon):
    batch_id = submit(daemon, DOMAINS)
    until(lambda: status(daemon, batch_id)["counts"]["running"] == len(DOMAINS))
    stop(daemon, within_s=4)
    assert_sound(daemon, [batch_id], jobs_of=len(DOMAINS))
    daemon.start()
    counts = status(daemon, batch_id)["counts"]
    assert counts["pending"] + counts["running"] == len(DOMAINS)
    daemon.kill()
