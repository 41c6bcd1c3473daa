"""What a start does, and in which order: the real daemon over a folder that a dead run has left."""

import asyncio
import socket
import sqlite3
import time
from contextlib import closing, suppress

import pytest

from skybatch import config
from skybatch.bus import Bus
from skybatch.daemon import run
from skybatch.engine.queue import JobQueue
from skybatch.errors import StoreUnavailable
from skybatch.model.clock import SystemClock
from skybatch.model.recovery import Suspect
from skybatch.recorder.lines import read
from skybatch.recorder.mark import Mark
from skybatch.store import batches, jobs, rescue
from skybatch.store.database import Store
from skybatch.store.domains import Seen
from skybatch.store.opening import FILE
from tests.store.seeds import accepted, submission, submit
from tests.store.test_store_claims import claim
from tests.until import until

ORPHAN, PENDING = "orphan.invalid", "pending.invalid"  # names that nobody asks for


def settings(folder, port=0):
    return config.Config(
        server=config.Server(port=port),
        auth=config.Auth(token="scraper_sky_2024"),  # noqa: S106 - of a folder of one test
        store=config.Store(data_dir=str(folder)),
    )


@pytest.fixture
async def left(tmp_path):
    """The folder of a run that died while it read a page: its mark, and the claim."""
    store = Store(tmp_path / FILE, SystemClock(), Bus().publish)
    await store.open()
    await submit(store, ORPHAN)
    (held,) = await claim(store, boot="dead")
    await submit(store, PENDING)
    await store.close()
    suspect = Suspect(held.job_id, held.attempt, f"http://{ORPHAN}/")
    mark = Mark(tmp_path)
    mark.around(suspect).__enter__()
    mark.close()
    return suspect


def mark_in(folder):
    with closing(Mark(folder)) as mark:
        return mark.left()


def value(folder, query):
    with closing(sqlite3.connect(folder / FILE)) as db:
        return db.execute(query).fetchone()[0]


def change(folder, statement):
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as db:
        db.execute(statement)


async def test_a_start_deletes_what_was_being_taken_in(tmp_path):
    store = Store(tmp_path / FILE, SystemClock(), Bus().publish)
    await store.open()
    wanted = submission()
    await store.write(
        lambda tx: jobs.add(tx, batches.create(tx, wanted), [accepted(0, "a.example")], Seen())
    )
    await store.close()
    async with run(settings(tmp_path)):
        await until(lambda: value(tmp_path, "SELECT count(*) FROM batches") == 0)
    assert value(tmp_path, "SELECT count(*) FROM jobs") == 0


async def test_a_recovery_that_fails_leaves_the_mark_for_the_next_start(
    tmp_path, left, monkeypatch
):
    def fails(tx, **_):
        raise StoreUnavailable("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(rescue, "recover", fails)
        with pytest.raises(StoreUnavailable):
            async with run(settings(tmp_path)):
                pass
    assert mark_in(tmp_path) == left
    async with run(settings(tmp_path)):
        pass
    assert value(tmp_path, f"SELECT crashes FROM jobs WHERE domain = '{ORPHAN}'") == 1


async def test_a_start_takes_the_mark_away_once_it_has_counted(tmp_path, left):
    async with run(settings(tmp_path)):
        pass
    assert mark_in(tmp_path) is None
    assert value(tmp_path, f"SELECT crashes FROM jobs WHERE domain = '{ORPHAN}'") == 1


async def test_a_start_recovers_before_it_claims_and_before_it_listens(tmp_path, left, monkeypatch):
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    listening, recover = [], JobQueue.recover

    async def watched(queue, *args):
        with suppress(ConnectionRefusedError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            listening.append(port)
            writer.close()
        return await recover(queue, *args)

    monkeypatch.setattr(JobQueue, "recover", watched)
    async with run(settings(tmp_path, port)):
        await until(lambda: any(line.type == "job.claimed" for line in read(tmp_path)))
    assert listening == []
    order = [line.type for line in read(tmp_path)]
    assert order.index("daemon.recovered") < order.index("job.claimed")


async def test_a_start_notices_a_clock_that_was_set_back(tmp_path, left):
    hour, wait = 3_600, 300
    now = time.time()
    change(tmp_path, f"UPDATE daemon SET seen_at = {now + hour}")
    change(tmp_path, f"UPDATE jobs SET run_after = {now + hour + wait} WHERE domain = '{PENDING}'")
    async with run(settings(tmp_path)):
        pass
    run_after = value(tmp_path, f"SELECT run_after FROM jobs WHERE domain = '{PENDING}'")
    assert run_after - now == pytest.approx(wait, abs=30)
