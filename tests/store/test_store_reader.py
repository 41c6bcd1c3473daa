"""Reads run in threads: of one moment, in turn, and whoever asked may go away."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from skybatch.errors import NotFound, StoreUnavailable
from skybatch.store import batches
from skybatch.store.database import READERS
from skybatch.store.opening import FILE
from tests.store.seeds import submit
from tests.store.test_store_writer import add
from tests.until import until

COUNT = "SELECT count(*) FROM tokens"


def count(db):
    return db.execute(COUNT).fetchone()[0]


class Held:
    """Reads that end when they are let go."""

    def __init__(self):
        self.begun = 0
        self.may_end = threading.Event()

    def read(self, db):
        before = count(db)
        self.begun += 1
        assert self.may_end.wait(10)
        return before, count(db)


async def test_all_that_a_read_sees_is_of_one_moment(store):
    held = Held()
    reading = asyncio.create_task(store.read(held.read))
    await until(lambda: held.begun)
    await store.write(add("meanwhile"))
    held.may_end.set()
    assert await reading == (0, 0)
    assert await store.read(count) == 1


async def test_what_comes_while_all_readers_are_busy_waits_and_the_jobs_have_their_own(store):
    held = Held()
    reading = [asyncio.create_task(store.read(held.read)) for _ in range(READERS + 1)]
    await until(lambda: held.begun == READERS)
    assert await store.read_to_work(count) == 0
    assert held.begun == READERS
    held.may_end.set()
    await asyncio.gather(*reading)
    assert held.begun == READERS + 1


async def test_a_cancelled_read_keeps_its_connection_until_it_ends_and_gives_it_back(store):
    held = Held()
    reading = [asyncio.create_task(store.read(held.read)) for _ in range(2 * READERS)]
    await until(lambda: held.begun == READERS)
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    late = asyncio.create_task(store.read(count))
    assert await store.read_to_work(count) == 0
    assert not late.done()  # both are still in use
    held.may_end.set()
    assert await late == 0
    assert held.begun == READERS  # for those who had not begun nobody waits any more


async def test_closing_waits_for_reads_under_way_and_does_those_that_wait(store):
    held = Held()
    reading = [asyncio.create_task(store.read(held.read)) for _ in range(READERS + 1)]
    await until(lambda: held.begun == READERS)
    closing_ = asyncio.create_task(store.close())
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.read(count)
    assert not closing_.done()
    held.may_end.set()
    await closing_
    assert await asyncio.gather(*reading) == [(0, 0)] * (READERS + 1)


async def test_what_a_read_raises_is_raised_to_whoever_asked_and_the_next_one_goes_on(store):
    unknown = "01999999-0000-7000-8000-000000000000"
    for _ in range(READERS + 1):
        with pytest.raises(NotFound):
            await store.read(lambda db: batches.find(db, unknown))
        with pytest.raises(RuntimeError, match="StopIteration"):
            await store.read(lambda db: next(iter(())))
    assert await store.read(count) == 0


async def test_a_read_that_has_ended_holds_the_log_of_changes_no_more(store, tmp_path):
    """Also one that fails with a query half read, and whoever asked keeps the error."""
    await submit(store, *(f"{number}.example" for number in range(50)))

    def half(db):
        rows = db.execute("SELECT * FROM jobs")
        rows.fetchone()
        raise NotFound(f"{rows} is not read to its end")

    kept = await asyncio.gather(
        *(store.read(half) for _ in range(2 * READERS)), return_exceptions=True
    )
    assert all(isinstance(error, NotFound) for error in kept)
    await store.write(add("meanwhile"))
    for _ in range(READERS):
        assert await store.read(count) == 1
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0


def test_a_read_that_never_ends_keeps_no_process_from_ending(tmp_path):
    program = """
import asyncio, sys, time
from pathlib import Path
from skybatch.model.clock import SystemClock
from skybatch.store.database import Store

async def main():
    store = Store(Path(sys.argv[1]), SystemClock(), lambda events: None)
    await store.open()
    asyncio.create_task(store.read(lambda db: time.sleep(60)))
    await asyncio.sleep(0.2)
    await store.close()

asyncio.run(main())
"""
    path = str(tmp_path / FILE)
    subprocess.run([sys.executable, "-c", program, path], check=True, timeout=20)
