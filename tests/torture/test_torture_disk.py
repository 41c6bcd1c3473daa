"""The disk beside a torture: which pages a standstill may hold back."""

import errno
import os
import threading
import time

import pytest

from skybatch.torture.disk import STALL_S, Disk

LAG_S = 0.2


@pytest.fixture
def sync(monkeypatch):
    """Syncs that wait until the event is set."""
    goes_on = threading.Event()
    goes_on.set()
    real = os.fsync

    def fsync(handle: int) -> None:
        goes_on.wait(10)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    yield goes_on
    goes_on.set()


def stand_still(disk: Disk, sync: threading.Event) -> float:
    """Let syncs wait until one has taken too long; when that began, or a moment before."""
    began = time.monotonic()
    sync.clear()
    deadline = began + 10
    while disk.behind_since(time.monotonic(), lag_s=0) > time.monotonic() - STALL_S:
        assert time.monotonic() < deadline, "a standstill is not seen"
    return began


def test_without_a_standstill_only_the_usual_time_counts(tmp_path, sync):
    with Disk(tmp_path) as disk:
        at = time.monotonic()
        assert disk.behind_since(at, lag_s=LAG_S) == at - LAG_S


def test_a_standstill_that_goes_on_holds_back_what_came_shortly_before_it(tmp_path, sync):
    with Disk(tmp_path) as disk:
        began = stand_still(disk, sync)
        assert began - LAG_S <= disk.behind_since(time.monotonic(), lag_s=LAG_S) < began
        sync.set()


def test_a_standstill_that_is_over_holds_back_until_the_usual_time_after_it(tmp_path, sync):
    with Disk(tmp_path) as disk:
        began = stand_still(disk, sync)
        sync.set()
        while disk.slowest_s < STALL_S:
            assert time.monotonic() < began + 10, "it does not go on"
        ended = time.monotonic()
        assert disk.behind_since(ended, lag_s=LAG_S) < began
        assert disk.behind_since(ended + LAG_S + 1, lag_s=LAG_S) == ended + 1
        assert disk.behind_since(began - 1, lag_s=LAG_S) == began - 1 - LAG_S


def test_a_disk_that_cannot_be_measured_excuses_nothing_and_is_told(tmp_path, monkeypatch):
    def fail(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with Disk(tmp_path) as disk:
        deadline = time.monotonic() + 10
        while disk.trouble is None:
            assert time.monotonic() < deadline, "nobody is told"
        at = time.monotonic() + 10
        assert disk.behind_since(at, lag_s=LAG_S) == at - LAG_S
    assert "No space left" in disk.trouble


def test_the_file_goes_with_it(tmp_path):
    with Disk(tmp_path) as disk:
        deadline = time.monotonic() + 10
        while not disk.slowest_s:
            assert time.monotonic() < deadline, "nothing is synced"
    assert list(tmp_path.iterdir()) == []
