"""The disk is full: work pauses, nothing is lost, room can be made, and it goes on by itself."""

import pytest

from skybatch.torture.child import API, Child
from tests.weather.figures import takes_long
from tests.weather.injection import full, mounted
from tests.weather.scene import (
    PAGES,
    assert_problem,
    assert_sound,
    ended,
    hosts,
    is_ready,
    post,
    settings,
    status,
    stop,
    submit,
    until,
)

pytestmark = pytest.mark.needs("mount")
MEGABYTES = 64


@pytest.fixture
def daemon(tmp_path, sites):
    with (
        mounted(tmp_path / "data", megabytes=MEGABYTES),
        Child(tmp_path, settings=settings(sites, delay_s=0.3)) as child,
    ):
        child.start()
        yield child


def refused(daemon, acknowledged):
    """The first submission that finds no room; the log of changes has some left for a few."""
    while (reply := post(daemon, hosts(3), max_pages=PAGES)).status == 202:
        acknowledged.append(reply.read(dict)["batch_id"])
        assert len(acknowledged) < 2_000
    return reply


def progressed(daemon, batch_id):
    return status(daemon, batch_id)["pages"]["fetched"] > 0


def test_work_pauses_on_a_full_disk_and_goes_on_when_there_is_room(daemon):
    acknowledged = [submit(daemon, hosts(10), max_pages=PAGES)]
    until(lambda: progressed(daemon, acknowledged[0]))
    with full(daemon.data):
        assert_problem(refused(daemon, acknowledged), "storage_full", 507)
        until(lambda: not is_ready(daemon), 5, what="it says that it takes nothing")
        assert daemon.request("GET", "/livez").status == 200
        counts = status(daemon, acknowledged[0])["counts"]
        assert counts["failed"] == counts["partial"] == 0
    assert until(lambda: is_ready(daemon)) < 10
    acknowledged.append(submit(daemon, hosts(3), max_pages=PAGES))
    for batch_id in acknowledged:
        assert ended(daemon, batch_id)["status"] == "complete"
    stop(daemon)
    assert_sound(daemon, acknowledged)


def test_a_batch_can_be_forgotten_on_a_full_disk(daemon):
    done = submit(daemon, hosts(10), max_pages=PAGES)
    ended(daemon, done)
    acknowledged = [submit(daemon, hosts(3), max_pages=PAGES)]
    with full(daemon.data):
        refused(daemon, acknowledged)
        assert daemon.request("DELETE", f"{API}/batch/{done}").status in (200, 202, 204)
        assert daemon.request("GET", f"{API}/batch/{done}/status").status == 404
    until(lambda: is_ready(daemon))
    for batch_id in acknowledged:
        assert ended(daemon, batch_id)["status"] == "complete"
    stop(daemon)
    assert_sound(daemon, acknowledged)


@takes_long
def test_a_daemon_that_is_ended_on_a_full_disk_has_lost_nothing(daemon):
    acknowledged = [submit(daemon, hosts(10), max_pages=PAGES)]
    until(lambda: progressed(daemon, acknowledged[0]))
    with full(daemon.data):
        refused(daemon, acknowledged)
        daemon.terminate()
        daemon.wait(12)
    daemon.start()
    for batch_id in acknowledged:
        assert ended(daemon, batch_id)["status"] == "complete"
    stop(daemon)
    assert_sound(daemon, acknowledged)


@takes_long
def test_a_start_on_a_full_disk_is_refused_or_works_but_harms_nothing(daemon):
    acknowledged = [submit(daemon, hosts(10), max_pages=PAGES)]
    until(lambda: progressed(daemon, acknowledged[0]))
    daemon.kill()
    with full(daemon.data):
        daemon.spawn()
        until(lambda: daemon.exit_code is not None or (daemon.data / "address").exists())
        if daemon.exit_code is None:
            daemon.kill()
        else:
            assert daemon.exit_code == 1
            assert "Traceback" not in "\n".join(daemon.log_lines())
    daemon.start()
    assert ended(daemon, acknowledged[0])["status"] == "complete"
    stop(daemon)
    assert_sound(daemon, acknowledged)
