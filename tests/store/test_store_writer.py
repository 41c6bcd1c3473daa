"""The writer: units fail alone, groups commit together, nobody can cancel it."""

import asyncio
import sqlite3

import pytest

from skybatch.errors import StorageFull, StoreUnavailable
from skybatch.model.clock import SystemClock
from skybatch.model.event import EventType
from skybatch.store import tokens
from skybatch.store.opening import FILE, open_writing
from skybatch.store.writer import Writer
from tests.until import until


def add(token_id):
    return lambda tx: tokens.add(tx, token_id, b"", "test")


async def ids(store):
    return set(await store.write(tokens.valid))


@pytest.mark.parametrize("urgent", ["", "other", "broken", "other, broken"])
async def test_a_unit_that_fails_leaves_the_others_of_its_group_alone(store, bus, urgent):
    """Each of them is stored once, and so is its event."""
    told = []
    bus.listen(told.append)

    def broken(tx):
        add("half")(tx)
        tx.emit(EventType.BATCH_STUCK, "half")
        raise ValueError("no")

    def other(name):
        def unit(tx):
            add(name)(tx)
            tx.emit(EventType.BATCH_STUCK, name)

        return unit

    def write(kind, unit):
        return store.write(unit) if kind in urgent else store.write_soon(unit)

    one, failed, two = await asyncio.gather(
        write("other", other("one")), write("broken", broken), write("other", other("two")),
        return_exceptions=True,
    )  # fmt: skip
    assert (one, str(failed), two) == (None, "no", None)
    assert await ids(store) == {"one", "two"}
    await until(lambda: len(told) == 2)
    assert {event.batch_id for event in told} == {"one", "two"}
    rows = await store.read(lambda db: db.execute("SELECT batch_id FROM events").fetchall())
    assert sorted(row["batch_id"] for row in rows) == ["one", "two"]


async def test_a_cancelled_wait_leaves_its_unit_whole(store):
    def two_rows(tx):
        add("one")(tx)
        add("two")(tx)

    async def wait():
        await store.write_soon(two_rows)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)  # the unit is queued
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await ids(store) in ({"one", "two"}, set())


async def test_a_storm_of_cancelled_waits_leaves_no_half_unit(store):
    def pair(number):
        def unit(tx):
            add(f"{number}-a")(tx)
            add(f"{number}-b")(tx)

        return unit

    async def wait(number):
        await store.write(pair(number))

    tasks = [asyncio.create_task(wait(number)) for number in range(300)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    found = await ids(store)
    assert {name[:-2] for name in found if name.endswith("a")} == {
        name[:-2] for name in found if name.endswith("b")
    }
    assert {str(number) for number in range(300) if number % 3} <= {name[:-2] for name in found}


async def test_a_full_disk_fails_the_unit_and_the_writer_goes_on(store):
    """SQLite's own limit of pages stands in for the disk; the error code is the same."""

    def limit(tx, pages):
        return tx.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0]

    size = await store.write(lambda tx: limit(tx, 1))  # answers the present size
    await store.write(lambda tx: limit(tx, size + 1))

    def many(tx):
        for number in range(1000):
            add(f"{number}-" + "x" * 2000)(tx)

    with pytest.raises(StorageFull):
        await store.write(many)
    await store.write(lambda tx: limit(tx, size + 10_000))
    await store.write(add("again"))
    assert "again" in await ids(store)


async def test_events_are_published_after_the_commit_in_order(store, bus):
    heard = []
    bus.listen(heard.append)
    await store.write(lambda tx: tx.emit(EventType.BATCH_SUBMITTED, "b", jobs=1))
    await store.write(lambda tx: tx.emit(EventType.BATCH_STARTED, "b"))
    assert [event.type for event in heard] == [EventType.BATCH_SUBMITTED, EventType.BATCH_STARTED]
    assert heard[0].id < heard[1].id
    assert heard[0].data == {"jobs": 1}


async def test_many_events_are_published_in_a_few_turns_of_the_loop(store, bus):
    """Not all in one, which would hold it; not one in each: a commit waits behind those before."""
    turn, heard = 0, []
    loop = asyncio.get_running_loop()

    def next_turn():
        nonlocal turn
        turn += 1
        if len(heard) < 500:
            loop.call_soon(next_turn)

    def unit(tx):
        for _ in range(500):
            tx.emit(EventType.BATCH_STARTED, "b")

    bus.listen(lambda _event: heard.append(turn))
    next_turn()
    await store.write(unit)
    await until(lambda: len(heard) == 500)
    assert 3 <= len(set(heard)) <= 6


async def test_a_unit_that_fails_publishes_nothing(store, bus):
    heard = []
    bus.listen(heard.append)

    def unit(tx):
        tx.emit(EventType.BATCH_STARTED, "b")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - raised just above
        await store.write(unit)
    assert heard == []


async def test_readers_cannot_write(store):
    from skybatch.errors import StoreUnavailable

    with pytest.raises(StoreUnavailable, match="readonly"):
        await store.read(lambda db: db.execute("DELETE FROM tokens"))


async def test_the_settings_are_in_force(store):
    def settings(tx):
        names = ["synchronous", "foreign_keys", "journal_mode", "mmap_size", "auto_vacuum"]
        return {name: tx.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    assert await store.write(settings) == {
        "synchronous": 2, "foreign_keys": 1, "journal_mode": "wal", "mmap_size": 0,
        "auto_vacuum": 2,
    }  # fmt: skip


async def test_a_reader_that_takes_too_long_is_stopped(store, monkeypatch):
    from skybatch.errors import StoreUnavailable
    from skybatch.store import reader

    monkeypatch.setattr(reader, "READ_SECONDS", 0.05)
    endless = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    )
    with pytest.raises(StoreUnavailable, match="interrupted"):
        await store.read(lambda db: db.execute(endless).fetchall())


def test_sqlite_here_is_recent_enough():
    assert sqlite3.sqlite_version_info >= (3, 37), "STRICT tables"


async def test_a_unit_that_raises_stop_iteration_is_told_like_any_other(store):
    """A future cannot carry StopIteration; its neighbours were never told."""
    failed = store.write_soon(lambda tx: next(iter(())))
    after = store.write_soon(add("after"))
    async with asyncio.timeout(5):
        await after
        with pytest.raises(RuntimeError, match="StopIteration"):
            await failed


async def test_a_statement_that_fills_the_disk_is_told_as_that_and_not_as_a_bug(store):
    """SQLite undoes such a statement alone, and leaves the transaction open."""

    def limit(tx, pages):
        return tx.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0]

    def one_large_statement(tx):
        tx.execute(
            """
            INSERT INTO tokens (id, secret_sha256, created_at)
            WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000)
            SELECT printf('%d-%.2000c', x, 'x'), x'00', 0 FROM n
            """
        )

    size = await store.write(lambda tx: limit(tx, 1))
    await store.write(lambda tx: limit(tx, size + 1))
    with pytest.raises(StorageFull):
        await store.write(one_large_statement)
    await store.write(lambda tx: limit(tx, size + 10_000))
    await store.write(add("again"))


class Breaking(sqlite3.Connection):
    """A connection that cannot end a transaction any more."""

    is_broken = False

    def execute(self, sql, *args):
        if self.is_broken and sql in ("COMMIT", "ROLLBACK"):
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, *args)


async def test_a_connection_that_cannot_even_roll_back_is_replaced(store, tmp_path):
    opened = []

    def connect():
        db = sqlite3.connect(tmp_path / FILE, isolation_level=None, factory=Breaking)
        db.row_factory = sqlite3.Row
        opened.append(db)
        return db

    writer = Writer(connect, SystemClock(), lambda events: None)
    await writer.open()
    opened[0].is_broken = True
    async with asyncio.timeout(5):
        with pytest.raises(StoreUnavailable):
            await writer.put(add("lost"), urgent=True)
        await writer.put(add("kept"), urgent=True)
    await writer.close()
    assert len(opened) == 2
    assert await ids(store) == {"kept"}


async def test_a_database_that_another_process_locks_is_unavailable_and_then_works_again(
    tmp_path, store
):
    def impatient():
        db = open_writing(tmp_path / FILE)
        db.execute("PRAGMA busy_timeout = 1")
        return db

    writer = Writer(impatient, SystemClock(), lambda events: None)
    await writer.open()
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await writer.put(add("no"), urgent=True)
    other.execute("ROLLBACK")
    other.close()
    await writer.put(add("yes"), urgent=True)
    await writer.close()
    assert await ids(store) == {"yes"}


async def test_a_listener_that_fails_keeps_the_event_from_nobody_else(store, bus):
    heard = []

    def broken(event):
        raise RuntimeError

    bus.listen(broken)
    bus.listen(heard.append)
    await store.write(lambda tx: tx.emit(EventType.BATCH_STARTED, "b"))
    assert [event.type for event in heard] == [EventType.BATCH_STARTED]
