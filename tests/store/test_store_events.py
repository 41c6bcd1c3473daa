"""Events, read in slices."""

import random
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybatch.model.event import EventType
from skybatch.model.outcome import Finished
from skybatch.model.state import JobState
from skybatch.store import attempts, events, staging
from tests.store.seeds import submit
from tests.store.test_store_claims import claim


@pytest.fixture
def heard(bus):
    found = []
    bus.listen(found.append)
    return found


async def emit(store, batch_id, *types):
    def unit(tx):
        for each in types:
            tx.emit(each, batch_id, job_id="j", attempt=2, domain="ä.example", count=1)

    await store.write(unit)


async def after(store, position=0, **rest):
    return await store.read(lambda db: events.after(db, position, **{"limit": 100, **rest}))


async def test_an_event_reads_as_it_was_told(store, clock, heard):
    batch_id = await submit(store, "a.example")
    for _ in range(50):
        clock.time += random.Random(1).random() * 1e3  # noqa: S311 - of a test
        await emit(store, batch_id, EventType.JOB_CLAIMED)
    found = await after(store)
    assert list(found.events) == heard
    assert found.is_last
    assert found.position == heard[-1].id


@pytest.mark.parametrize("window", [1, 2, 3, 7, 5000])
async def test_slices_of_any_size_give_each_event_once_in_order(store, monkeypatch, heard, window):
    monkeypatch.setattr(events, "WINDOW", window)
    first, second = await submit(store, "a.example"), await submit(store, "b.example")
    for number in range(10):
        await emit(store, (first, second)[number % 2], EventType.JOB_CLAIMED)
        await emit(store, second, EventType.JOB_RELEASED)
    for batch_id in (None, first):
        for types in (None, [EventType.JOB_RELEASED]):
            wanted = [
                event
                for event in heard
                if batch_id in (None, event.batch_id) and (types is None or event.type in types)
            ]
            for limit in (1, 3, 100):
                position, is_last, seen = 0, False, []
                while not is_last:
                    part = await after(store, position, batch_id=batch_id, types=types, limit=limit)
                    assert part.position > position or part.is_last
                    seen += part.events
                    position, is_last = part.position, part.is_last
                assert seen == wanted
                assert position == heard[-1].id


async def test_self_checks_and_deleted_batches_are_not_among_all(store):
    batch_id = await submit(store, "a.example")
    check = await submit(store, "b.example")
    await store.write(lambda tx: tx.execute("UPDATE batches SET hidden = 1 WHERE id = ?", (check,)))
    assert {event.batch_id for event in (await after(store)).events} == {batch_id}
    assert len((await after(store, batch_id=check)).events) == 1
    assert await store.read(lambda db: events.is_listed(db, batch_id)) is True
    assert await store.read(lambda db: events.is_listed(db, check)) is False
    while held := await claim(store):
        await store.write(lambda tx, c=held[0]: attempts.finish(tx, c, Finished(JobState.COMPLETE)))
    assert (await after(store)).events
    await store.write(lambda tx: staging.hide(tx, batch_id))
    assert (await after(store)).events == ()
    assert await store.read(lambda db: events.is_listed(db, batch_id)) is None
    newest = await store.read(events.newest)
    while await store.write(staging.discard):
        pass
    assert await store.read(events.newest) == newest  # ids are not given again


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=30), st.integers(-1, 60))
def test_the_first_event_since_a_moment_is_found_by_halves(steps, moment):
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    db.execute("CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL)")
    now, kept = 0.0, []
    for step, is_deleted in steps:
        now += step
        number = db.execute("INSERT INTO events (at) VALUES (?)", (now,)).lastrowid
        if is_deleted:
            db.execute("DELETE FROM events WHERE id = ?", (number,))
        else:
            kept.append((number, now))
    low = events.before(db, moment)
    db.close()
    assert [number for number, _ in kept if number > low] == [
        number for number, at in kept if at >= moment
    ]


async def test_no_query_scans_the_table(store, tmp_path):
    """What is scanned is the window that was read, of 5,000 rows at most."""
    batch_id = await submit(store, "a.example")
    asked = []

    def look(db):
        db.set_trace_callback(asked.append)
        types = [EventType.JOB_CLAIMED]
        events.after(db, 0, types=types, since=1.0, limit=10)
        events.after(db, 0, batch_id=batch_id, types=types, limit=10)
        events.before(db, 1.0)
        events.is_listed(db, batch_id)
        events.is_over(db, batch_id)
        db.set_trace_callback(None)

    await store.read(look)
    plain = sqlite3.connect(f"file:{tmp_path / 'skybatch.db'}?mode=ro", uri=True)
    try:
        plans = [row[3] for sql in asked for row in plain.execute(f"EXPLAIN QUERY PLAN {sql}")]
    finally:
        plain.close()
    bounded = ("SCAN seen", "SCAN found", "SCAN json_each", "SCAN sqlite_seq", "SCAN CONSTANT ROW")
    assert [p for p in plans if p.startswith("SCAN") and not p.startswith(bounded)] == []
    assert "SEARCH e USING INTEGER PRIMARY KEY (rowid>?)" in plans
    assert "SEARCH e USING INDEX events_of_batch (batch_id=? AND id>?)" in plans
