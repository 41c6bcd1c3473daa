"""The clock of the machine is set while the daemon runs."""

import json
import time
from email.utils import parsedate_to_datetime

import pytest

from skybatch.torture.child import API, Child
from tests.weather.figures import LONG
from tests.weather.injection import Calendar
from tests.weather.scene import (
    PAGES,
    assert_sound,
    ended,
    hosts,
    is_ready,
    settings,
    status,
    stop,
    submit,
    until,
)

pytestmark = pytest.mark.needs("faketime")


def stands_elsewhere(daemon: Child) -> bool:
    """Whether the daemon's clock is another than ours: an answer is dated with it."""
    date = parsedate_to_datetime(daemon.request("GET", "/livez").headers["date"])
    return abs(date.timestamp() - time.time()) > 3_000


@pytest.mark.parametrize("offset", ["+1d", "-1h", *(["-10y", "+10y"] if LONG else [])])
def test_a_clock_that_is_set_neither_loses_nor_hurries_nor_holds_up_a_job(tmp_path, sites, offset):
    calendar = Calendar(tmp_path)
    with Child(tmp_path, settings=settings(sites, delay_s=0.3), env=calendar.env) as daemon:
        daemon.start()
        acknowledged = [submit(daemon, hosts(6), max_pages=PAGES)]
        until(lambda: status(daemon, acknowledged[0])["pages"]["fetched"] > 6)
        assert not stands_elsewhere(daemon)
        calendar.set(offset)
        until(lambda: stands_elsewhere(daemon))
        acknowledged.append(submit(daemon, hosts(2, after=9), max_pages=2))
        for batch_id in acknowledged:
            found = ended(daemon, batch_id)
            assert found["status"] == "complete", found["counts"]
            assert found["processing_time"] >= 0
        reply = daemon.request("GET", f"{API}/batch/{acknowledged[0]}/results?format=ndjson")
        jobs = [json.loads(line) for line in reply.body.splitlines()]
        assert {job["attempts"] for job in jobs} == {1}, "nothing is taken for overdue"
        assert all(job["processing_time"] >= 0 for job in jobs)
        assert is_ready(daemon)
        stop(daemon)
        daemon.start()  # on a clock that is not that of the last run
        acknowledged.append(submit(daemon, hosts(2), max_pages=1))
        assert ended(daemon, acknowledged[-1])["status"] == "complete"
        stop(daemon)
        assert len(set(acknowledged)) == 3
        assert_sound(daemon, acknowledged)
        log = "\n".join(daemon.log_lines())
        assert "job.rescued" not in log
        assert "job.lease_lost" not in log
