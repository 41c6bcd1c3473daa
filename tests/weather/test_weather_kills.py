"""kill -9 at the very write or sync of the database, and errors of the disk at the same places."""

import shutil
import signal

import pytest

from skybatch.torture.child import LOST, Child, ChildFailed
from tests.weather.figures import LONG, Figures, takes_long
from tests.weather.injection import SYNCS, WRITES, failing, striking
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

pytestmark = pytest.mark.needs("strace")
JOBS, SUBMISSIONS = 2, 4

# How many such calls there are: those of a first start make the files.
FIRST_START = {WRITES: 70, SYNCS: 13}
AT_WORK = {WRITES: 400, SYNCS: 14}


def places(counts, *few, step=1):
    """Which calls to strike: these; all of them, or one write in so many, in the long run."""
    if not LONG:
        return few
    steps = {WRITES: step, SYNCS: 1}
    return [(calls, n) for calls, most in counts.items() for n in range(1, most + 1, steps[calls])]


@pytest.fixture(scope="module")
def before(tmp_path_factory, sites):
    """The data directory of a daemon that was killed, and its batch."""
    folder = tmp_path_factory.mktemp("before")
    with Child(folder, settings=settings(sites)) as daemon:
        daemon.start()
        batch_id = submit(daemon, hosts(JOBS, after=20), max_pages=3)
        daemon.kill()
    return daemon.data, batch_id


def struck(folder, sites, fault, calls, when):
    """A daemon whose calls on its database are struck."""
    names = ("", "-wal", ".new", ".new-journal")
    paths = [folder / "data" / f"{FILE}{name}" for name in names]
    wrapper = striking(calls, fault, str(when), paths=paths, log=folder / "struck")
    return Child(folder, settings=settings(sites), wrap=wrapper)


def begin(daemon):
    """Start; whether it came to work, or ended."""
    try:
        daemon.start(timeout_s=10)
    except ChildFailed:
        assert daemon.exit_code is not None
        return False
    return True


def was_struck(daemon):
    """Whether the fault came; the last numbers of the long run may be too high."""
    has_failed = "(INJECTED)" in (daemon.folder / "struck").read_text()
    is_struck = has_failed or daemon.exit_code == -signal.SIGKILL
    assert is_struck or LONG
    return is_struck


def work(daemon):
    """Submit until the daemon is gone; the ids that were acknowledged."""
    acknowledged = []
    try:
        for turn in range(SUBMISSIONS):
            reply = post(daemon, hosts(JOBS, after=turn), max_pages=3)
            if reply.status == 202:
                acknowledged.append(reply.read(dict)["batch_id"])
        for batch_id in acknowledged:
            until(lambda batch_id=batch_id: status(daemon, batch_id)["end_time"])
    except LOST:
        daemon.wait(10)
    return acknowledged


def assert_carried_on(folder, sites, acknowledged):
    """A start without faults ends what was acknowledged, and the books are right."""
    with Child(folder, settings=settings(sites)) as daemon:
        daemon.start()
        for batch_id in acknowledged:
            assert ended(daemon, batch_id)["status"] == "complete"
        stop(daemon)
        assert_sound(daemon, acknowledged, jobs_of=JOBS)


@pytest.mark.parametrize(("calls", "number"), places(FIRST_START, (WRITES, 40)))
def test_a_first_start_that_is_killed_at_a_write_is_no_obstacle(
    tmp_path, sites, figures: Figures, calls, number
):
    with struck(tmp_path, sites, "signal=SIGKILL", calls, number) as daemon:
        begin(daemon)
        figures.add("first starts killed at a write or sync", was_struck(daemon))
    assert_carried_on(tmp_path, sites, [])


@pytest.mark.parametrize(("calls", "number"), places(AT_WORK, (WRITES, 200), (SYNCS, 7)))
def test_a_kill_at_any_write_of_the_database_loses_nothing(
    tmp_path, sites, before, figures: Figures, calls, number
):
    shutil.copytree(before[0], tmp_path / "data")
    with struck(tmp_path, sites, "signal=SIGKILL", calls, number) as daemon:
        acknowledged = [before[1], *(work(daemon) if begin(daemon) else [])]
        figures.add("daemons at work killed at a write or sync", was_struck(daemon))
    assert_carried_on(tmp_path, sites, acknowledged)


def went_on(daemon, acknowledged):
    """Submissions are taken again; the fault may come to the first of them."""
    reply = post(daemon, hosts(JOBS, after=9), max_pages=3)
    if reply.status == 202:
        acknowledged.append(reply.read(dict)["batch_id"])
    return reply.status == 202


@pytest.mark.parametrize(
    ("fault", "calls", "number"),
    [
        (fault, *place)
        for fault, few in (("error=ENOSPC", (WRITES, 60)), ("error=EIO", (SYNCS, 4)))
        for place in places(AT_WORK, few, step=5)
    ],
)
def test_a_disk_that_fails_once_costs_no_acknowledged_batch(
    tmp_path, sites, before, figures: Figures, fault, calls, number
):
    shutil.copytree(before[0], tmp_path / "data")
    acknowledged = [before[1]]
    with struck(tmp_path, sites, fault, calls, number) as daemon:
        if begin(daemon):
            acknowledged += work(daemon)
            assert until(lambda: is_ready(daemon)) < 10, "it goes on by itself"
            until(lambda: went_on(daemon, acknowledged))
            for batch_id in acknowledged:
                assert ended(daemon, batch_id)["status"] == "complete"
            stop(daemon)
            assert_sound(daemon, acknowledged, jobs_of=JOBS)
            figures.add(f"writes or syncs that failed once with {fault[6:]}", was_struck(daemon))
        else:
            assert daemon.exit_code == 1
            figures.add(f"starts refused for one write or sync that failed with {fault[6:]}")
            assert_carried_on(tmp_path, sites, acknowledged)


@pytest.mark.parametrize(
    ("fault", "code", "expected"),
    [("error=ENOSPC", "storage_full", 507), ("error=EIO", "store_unavailable", 503)],
)
def test_a_disk_that_fails_for_a_while_is_told_and_then_work_goes_on(
    tmp_path, sites, fault, code, expected
):
    with Child(tmp_path, settings=settings(sites, delay_s=0.2)) as daemon:
        daemon.start()
        acknowledged = [submit(daemon, hosts(JOBS), max_pages=PAGES)]
        paths = [daemon.data / FILE, daemon.data / f"{FILE}-wal"]
        with failing(daemon.pid, WRITES, fault, paths=paths):
            until(lambda: post(daemon, hosts(JOBS)).status == expected, 5)
            assert_problem(post(daemon, hosts(JOBS)), code, expected)
            until(lambda: not is_ready(daemon), 5, what="it says that it takes nothing")
            assert status(daemon, acknowledged[0])["counts"]["failed"] == 0
            assert daemon.request("GET", "/livez").status == 200
        assert until(lambda: is_ready(daemon)) < 10
        acknowledged.append(submit(daemon, hosts(JOBS, after=9), max_pages=PAGES))
        for batch_id in acknowledged:
            assert ended(daemon, batch_id)["status"] == "complete"
        stop(daemon)
        assert_sound(daemon, acknowledged, jobs_of=JOBS)


@takes_long
def test_a_daemon_that_is_ended_while_its_disk_fails_has_lost_nothing(tmp_path, sites):
    with Child(tmp_path, settings=settings(sites, delay_s=0.2)) as daemon:
        daemon.start()
        acknowledged = [submit(daemon, hosts(JOBS), max_pages=PAGES)]
        paths = [daemon.data / FILE, daemon.data / f"{FILE}-wal"]
        with failing(daemon.pid, WRITES, "error=EIO", paths=paths):
            until(lambda: post(daemon, hosts(JOBS)).status == 503, 5)
            daemon.terminate()
            daemon.wait(12)
    assert_carried_on(tmp_path, sites, acknowledged)
