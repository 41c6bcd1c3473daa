"""The data directory is read-only, vanishes, or has another database in it all of a sudden."""

import os
import shutil
import sqlite3
from contextlib import closing

import pytest

from skybatch.torture.child import API, Child
from tests.weather.figures import takes_long
from tests.weather.injection import mounted, remount
from tests.weather.scene import (
    FILE,
    PAGES,
    assert_problem,
    assert_refused,
    assert_sound,
    ended,
    hosts,
    is_ready,
    post,
    settings,
    snapshot,
    status,
    stop,
    submit,
    until,
)


@pytest.mark.needs("mount")
def test_a_read_only_disk_is_refused_in_one_line(tmp_path, sites):
    with (
        mounted(tmp_path / "data", megabytes=64),
        Child(tmp_path, settings=settings(sites)) as daemon,
    ):
        daemon.start()
        submit(daemon, hosts(1), max_pages=1)
        daemon.kill()
        before = snapshot(daemon.data)
        remount(daemon.data, "ro")
        assert_refused(daemon, str(daemon.data), within_s=2)
        assert snapshot(daemon.data) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused_in_one_line(tmp_path, sites):
    (tmp_path / "data").mkdir(mode=0o500)
    with Child(tmp_path, settings=settings(sites)) as daemon:
        assert_refused(daemon, str(daemon.data), within_s=2)


@pytest.fixture
def working(tmp_path, sites):
    """A daemon in the middle of a batch, and the id."""
    with Child(tmp_path, settings=settings(sites, delay_s=0.3)) as daemon:
        daemon.start()
        batch_id = submit(daemon, hosts(10), max_pages=PAGES)
        until(lambda: status(daemon, batch_id)["pages"]["fetched"] > 0)
        yield daemon, batch_id


def vanish(daemon, away):
    daemon.data.rename(away)


def lose_the_file(daemon, away):
    """The folder stays: somebody has tidied up."""
    away.mkdir()
    (daemon.data / FILE).rename(away / FILE)


def replace(daemon, away):
    """Somebody restores an old backup under a daemon that runs."""
    away.mkdir()
    with closing(sqlite3.connect(daemon.data / FILE)) as db:
        db.execute("VACUUM INTO ?", (str(away / "copy"),))
    (daemon.data / FILE).rename(away / FILE)
    shutil.copy(away / "copy", daemon.data / FILE)


def bring_back(daemon, away):
    if (away / FILE).exists() and daemon.data.exists():
        (away / FILE).rename(daemon.data / FILE)
    else:
        away.rename(daemon.data)


@pytest.mark.parametrize("strike", [vanish, replace, pytest.param(lose_the_file, marks=takes_long)])
def test_a_database_that_is_not_in_its_place_takes_nothing_until_it_is_back(
    working, tmp_path, strike
):
    daemon, batch_id = working
    strike(daemon, tmp_path / "away")
    until(lambda: not is_ready(daemon), 5)
    assert_problem(post(daemon, hosts(2)), "store_unavailable", 503)
    assert daemon.request("GET", f"{API}/batch/{batch_id}/status").status in (200, 503)
    assert daemon.request("GET", "/livez").status == 200
    assert daemon.exit_code is None
    bring_back(daemon, tmp_path / "away")
    assert until(lambda: is_ready(daemon)) < 10
    acknowledged = [batch_id, submit(daemon, hosts(2), max_pages=1)]
    for name in acknowledged:
        assert ended(daemon, name)["status"] == "complete"
    stop(daemon)
    assert_sound(daemon, acknowledged)


def test_a_database_that_never_comes_back_does_not_keep_the_daemon_from_ending(working, tmp_path):
    daemon, _ = working
    pid = daemon.pid
    vanish(daemon, tmp_path / "away")
    until(lambda: not is_ready(daemon), 5)
    assert daemon.pid == pid
    daemon.terminate()
    assert daemon.wait(12) in (0, 1)
    assert not [line for line in daemon.log_lines() if "Traceback" in line]
    assert not daemon.data.exists(), "nothing is begun anew in its place"
