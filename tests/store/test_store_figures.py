"""How deep the queue is, as the counters tell it."""

import pytest

from skybatch.errors import StoreUnavailable
from skybatch.model.outcome import Finished, Released
from skybatch.model.reason import Reason
from skybatch.model.state import BatchState, JobState
from skybatch.store import attempts, claims, figures, pausing
from tests.store.seeds import submit


async def claim(store, limit=1):
    return await store.write(
        lambda tx: claims.claim(tx, boot="boot", lease_seconds=30, limit=limit)
    )


async def end(store, held, outcome):
    await store.write(lambda tx: attempts.finish(tx, held, outcome))


async def depth(store):
    return await store.read(figures.depth)


async def test_nothing_waits_in_an_empty_database(store):
    found = await depth(store)
    assert set(found.jobs.values()) | set(found.batches.values()) == {0}
    assert found.oldest_pending_at is None


async def test_the_counters_of_all_batches_are_added_up(store):
    await submit(store, "a.example", "b.example")
    await submit(store, "c.example", "d.example")
    held = await claim(store, limit=3)
    await end(store, held[0], Finished(JobState.COMPLETE))
    await end(store, held[1], Finished(JobState.FAILED, Reason.NXDOMAIN))
    found = await depth(store)
    assert {state: count for state, count in found.jobs.items() if count} == {
        JobState.PENDING: 1, JobState.RUNNING: 1, JobState.COMPLETE: 1, JobState.FAILED: 1
    }  # fmt: skip
    assert found.batches[BatchState.RUNNING] == 2


async def test_a_job_that_was_put_back_does_not_hide_one_that_waits_for_longer(store, clock):
    submitted_at = clock.time
    await submit(store, "a.example", "b.example")
    clock.time += 100
    (held,) = await claim(store)
    await end(store, held, Released(waits=0))
    assert held.target.domain == "a.example"
    assert (await depth(store)).oldest_pending_at == submitted_at


async def test_a_batch_that_may_not_go_on_waits_for_nobody(store, clock):
    rests, is_cancelled = await submit(store, "a.example"), await submit(store, "b.example")
    clock.time += 50
    await store.write(lambda tx: pausing.pause(tx, rests))
    await store.write(
        lambda tx: tx.execute("UPDATE batches SET cancelled_at = 1 WHERE id = ?", (is_cancelled,))
    )
    assert (await depth(store)).oldest_pending_at is None
    await submit(store, "c.example")
    assert (await depth(store)).oldest_pending_at == clock.time


async def test_no_query_walks_the_jobs(store):
    def plans(db):
        return [
            row["detail"]
            for sql in (figures._TOTALS, figures._OLDEST)
            for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", {"limit": 1})
        ]

    plan = await store.read(plans)
    assert [step for step in plan if step.startswith("SCAN") and " j" in step] == []
    assert [step for step in plan if "TEMP B-TREE" in step] == []


async def test_the_writer_counts_groups_units_and_failures(store):
    before = (sum(store.writes.commits.counts), store.writes.units)
    await store.write(lambda tx: tx.execute("UPDATE daemon SET seen_at = 1"))
    assert (sum(store.writes.commits.counts), store.writes.units) == (before[0] + 1, before[1] + 1)
    assert (store.queued, store.writes.failed, store.failed_reads) == (0, 0, 0)
    store.damage = "broken by a test"
    with pytest.raises(StoreUnavailable):
        await store.write(lambda tx: None)
    assert store.writes.failed == 1


async def test_a_read_that_fails_counts(store):
    with pytest.raises(StoreUnavailable):
        await store.read(lambda db: db.execute("SELECT nothing FROM nowhere"))
    assert store.failed_reads == 1


async def test_sizes_are_those_of_the_files(store, tmp_path):
    await submit(store, "a.example")
    found = store.sizes()
    assert found.database == sum(path.stat().st_size for path in tmp_path.glob("*.db"))
    assert found.log > 0
    assert found.free > 0
