"""The log cannot be written: a full disk, a pipe without a reader, closed. The work goes on."""

import sys

import pytest

from skybatch.torture.child import Child
from tests.weather.figures import LONG
from tests.weather.injection import broken_pipe, shell
from tests.weather.scene import FILE, assert_sound, ended, hosts, settings, stop, submit

TARGETS = {
    "all closed": shell("<&- >&- 2>&-"),
    "stderr closed": shell("2>&-"),
    "stderr on a full disk": shell("2>/dev/full"),
    "stdout on a full disk": shell(">/dev/full"),
    "stderr into a broken pipe": broken_pipe(2),
    "stdout into a broken pipe": broken_pipe(1),
}
SOME = TARGETS if LONG else {name: TARGETS[name] for name in [*TARGETS][:5]}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /dev/full")
@pytest.mark.parametrize("wrapper", SOME.values(), ids=SOME.keys())
def test_work_is_done_although_nobody_can_read_the_log(tmp_path, sites, wrapper):
    with Child(tmp_path, settings=settings(sites), wrap=wrapper) as daemon:
        assert daemon.start() < 10
        acknowledged = [submit(daemon, hosts(1), max_pages=1)]
        assert ended(daemon, acknowledged[0])["status"] == "complete"
        stop(daemon)
        assert_sound(daemon, acknowledged)
        assert (daemon.data / FILE).read_bytes().startswith(b"SQLite format 3\0")
