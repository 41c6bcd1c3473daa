"""Another program holds the lock of the database."""

import time

import pytest

from skybatch.torture.child import Child
from tests.weather.figures import takes_long
from tests.weather.injection import locked
from tests.weather.scene import (
    FILE,
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

pytestmark = pytest.mark.needs("sqlite3")


@pytest.fixture
def working(tmp_path, sites):
    """A daemon in the middle of a batch, and the id."""
    with Child(tmp_path, settings=settings(sites, delay_s=0.3)) as daemon:
        daemon.start()
        batch_id = submit(daemon, hosts(10), max_pages=PAGES)
        until(lambda: status(daemon, batch_id)["pages"]["fetched"] > 0)
        yield daemon, batch_id


def assert_went_on(daemon, acknowledged):
    for batch_id in acknowledged:
        found = ended(daemon, batch_id)
        assert found["status"] == "complete", found["counts"]
    stop(daemon)
    assert_sound(daemon, acknowledged)


def test_a_lock_of_three_seconds_is_waited_out(working):
    daemon, batch_id = working
    began = time.monotonic()
    with locked(daemon.data / FILE, seconds=3):
        second = submit(daemon, hosts(2), max_pages=1)
    assert time.monotonic() - began < 4
    assert any("store.slow" in line for line in daemon.log_lines()), "nobody is told"
    assert_went_on(daemon, [batch_id, second])


@takes_long
def test_a_lock_of_half_a_minute_is_told_and_survived(working):
    daemon, batch_id = working
    with locked(daemon.data / FILE, seconds=30):
        began = time.monotonic()
        assert_problem(post(daemon, hosts(2)), "store_unavailable", 503)
        assert time.monotonic() - began < 12
        until(lambda: not is_ready(daemon), 15)
        assert status(daemon, batch_id)["counts"]["failed"] == 0
        assert daemon.request("GET", "/livez").status == 200
    assert until(lambda: is_ready(daemon)) < 10
    assert_went_on(daemon, [batch_id, submit(daemon, hosts(2), max_pages=1)])
