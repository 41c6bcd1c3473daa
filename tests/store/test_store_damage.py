"""Damage in the middle of the file: looked for beside the work, and then nothing is written."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from skybatch.engine.inspector import EVERY_SECONDS, FIRST_SECONDS, Inspector
from skybatch.errors import StoreUnavailable, StoreUnreadable
from skybatch.store import inspection
from skybatch.store.database import Store
from skybatch.store.inspection import Inspection
from skybatch.store.opening import FILE

PAGE = 4096


@pytest.fixture
async def path(tmp_path, clock, bus):
    """A database that was closed."""
    store = Store(tmp_path / FILE, clock, bus.publish)
    await store.open()
    await store.close()
    return tmp_path / FILE


@pytest.fixture
async def store(path, clock, bus):
    store = Store(path, clock, bus.publish)
    await store.open()
    yield store
    await store.close()


def root_of(path, name):
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()[
            0
        ]


def spoil(path, name):
    """Overwrite the first page of a table or an index, behind the back of whoever has it open."""
    root = root_of(path, name)
    with path.open("r+b") as file:
        file.seek((root - 1) * PAGE)
        file.write(b"\xa5" * PAGE)


def insert(tx):
    tx.execute("INSERT INTO hosts (host) VALUES ('h')")


async def test_a_sound_file_is_looked_through_and_the_time_is_told(store, clock):
    assert store.inspected_at is None
    await store.inspect()
    assert store.inspected_at == clock.now()
    assert store.damage is None


@pytest.mark.parametrize("what", ["deliveries", "deliveries_due"])
async def test_damage_where_nobody_looks_is_found_and_nothing_is_written_any_more(
    path, store, what
):
    await store.write(insert)
    spoil(path, what)
    with pytest.raises(StoreUnavailable, match=r"is damaged.*deliveries.*restore it from a backup"):
        await store.inspect()
    assert "deliveries" in store.damage
    for write in (store.write, store.write_soon, store.write_freeing):
        with pytest.raises(StoreUnavailable, match="is damaged"):
            await write(insert)
    with pytest.raises(StoreUnavailable, match="is damaged"):
        await store.probe()
    rows = await store.read(lambda db: db.execute("SELECT host FROM hosts").fetchall())
    assert [row["host"] for row in rows] == ["h"]


def spoil_free_pages(path):
    """Let the list of free pages name one that is in use."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE filler (x)")
        db.executemany("INSERT INTO filler VALUES (zeroblob(?))", [(3_000,)] * 50)
        db.commit()
        db.execute("DROP TABLE filler")
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(32)
        trunk = int.from_bytes(file.read(4), "big")
        assert trunk, "there are free pages"
        file.seek((trunk - 1) * PAGE + 8)
        file.write(root_of(path, "hosts").to_bytes(4, "big"))


async def test_a_list_of_free_pages_that_names_a_used_one_is_damage(path):
    spoil_free_pages(path)
    assert "reelist" in (Inspection(path).run() or "")


async def test_what_is_said_of_another_file_in_our_place_is_not_held_against_ours(path, store):
    away = path.with_name("away")
    path.rename(away)
    path.write_bytes(b"not a database" * 1_000)
    with pytest.raises(StoreUnavailable, match="was replaced"):
        await store.inspect()
    away.replace(path)
    await store.write(insert)
    assert store.damage is None


def redefine(path, name, sql):
    """Change what the schema says of an index, but not what stands in it; what it said before."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema = ON")
        (before,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (sql, name))
        db.commit()
    return before


async def test_an_index_that_lost_an_entry_is_damage(path):
    name = "events_of_batch"
    whole = redefine(path, name, f"CREATE INDEX {name} ON events (batch_id, id) WHERE id < 0")
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO events (at, type, batch_id) VALUES (1, 'x', 'b')")
        db.commit()
    redefine(path, name, whole)
    assert name in (Inspection(path).run() or "")


async def test_damage_that_a_write_meets_ends_all_writing(path, clock, bus):
    spoil(path, "hosts")
    store = Store(path, clock, bus.publish)
    await store.open()
    try:
        with pytest.raises(StoreUnavailable):
            await store.write(insert)
        with pytest.raises(StoreUnavailable, match="is damaged"):
            await store.write(lambda tx: tx.execute("UPDATE daemon SET seen_at = 1"))
    finally:
        await store.close()


async def test_damage_that_a_reader_meets_ends_all_writing(path, store):
    spoil(path, "deliveries")
    with pytest.raises(StoreUnreadable):
        await store.read(lambda db: db.execute("SELECT * FROM deliveries").fetchall())
    with pytest.raises(StoreUnavailable, match="is damaged"):
        await store.write(insert)


async def test_an_inspection_does_not_hold_up_the_end(store, monkeypatch):
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    endless = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    )

    def look(db, _table):
        loop.call_soon_threadsafe(begun.set)
        return db.execute(endless).fetchall()

    monkeypatch.setattr(inspection, "_faults", look)
    looking = asyncio.create_task(store.inspect())
    await begun.wait()
    async with asyncio.timeout(5):
        await store.stop_inspecting()
        await looking


async def test_an_inspection_that_is_stopped_has_found_nothing(store, monkeypatch):
    """In the midst of a table, by the interrupt that SQLite itself obeys."""
    row = (1.0, "x", "b", "x" * 200)
    await store.write(
        lambda tx: tx.db.executemany(
            "INSERT INTO events (at, type, batch_id, data) VALUES (?, ?, ?, ?)", [row] * 300_000
        )
    )
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    faults = inspection._faults

    def look(db, table):
        if table == "events":
            loop.call_soon_threadsafe(begun.set)
        return faults(db, table)

    monkeypatch.setattr(inspection, "_faults", look)
    looking = asyncio.create_task(store.inspect())
    await begun.wait()
    async with asyncio.timeout(5):
        await store.stop_inspecting()
        await looking
    assert store.inspected_at is None, "it was not looked through to the end"
    assert store.damage is None


async def test_the_inspector_waits_looks_and_does_not_look_again_at_what_is_damaged(path, store):
    inspector = Inspector(store)
    assert await inspector.run_once() == FIRST_SECONDS
    assert await inspector.run_once() == EVERY_SECONDS
    spoil(path, "deliveries")
    with pytest.raises(StoreUnavailable):
        await inspector.run_once()
    assert await inspector.run_once() == EVERY_SECONDS
