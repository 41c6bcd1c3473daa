"""What the store knows of why a batch stands where it stands."""

import asyncio
import sqlite3

import pytest

from skybatch.errors import NotFound
from skybatch.model.explanation import Group, Tally
from skybatch.model.outcome import Finished, Released, Retry
from skybatch.model.reason import Reason
from skybatch.model.state import BatchState, JobState
from skybatch.store import attempts, batches, claims, pausing, situation
from skybatch.store.database import READERS
from tests.store.seeds import submit


async def claim(store, limit=1):
    return await store.write(
        lambda tx: claims.claim(tx, boot="boot", lease_seconds=30, limit=limit)
    )


async def end(store, held, outcome):
    await store.write(lambda tx: attempts.finish(tx, held, outcome))


async def find(store, clock, batch_id):
    return await store.read(lambda db: situation.find(db, batch_id, now=clock.time))


def names(jobs):
    return [job.domain for job in jobs]


async def test_an_unknown_batch_is_not_found(store, clock):
    with pytest.raises(NotFound):
        await find(store, clock, "01999999-0000-7000-8000-000000000000")


async def test_a_new_batch_has_jobs_that_are_ready_and_its_own_limits(store, clock):
    batch_id = await submit(store, "a.example", "b.example", max_attempts=7, deadline_s=60)
    found = await find(store, clock, batch_id)
    assert (found.ready, found.waiting) == (Tally(2), Tally(0))
    assert (found.max_attempts, found.deadline_at) == (7, clock.time + 60)
    assert (found.running, found.waits, found.ended) == ((), (), ())
    assert not found.is_cancelled


async def test_running_jobs_are_those_of_the_batch_longest_at_their_stage_first(store, clock):
    await submit(store, "other.example")
    batch_id = await submit(store, "a.example", "b.example", "c.example")
    _, first, second, third = sorted(await claim(store, limit=4), key=lambda held: held.seq)
    for held, stage_at in ((first, 30.0), (second, 10.0), (third, 20.0)):
        await store.write(
            lambda tx, held=held, at=stage_at: attempts.note_stages(
                tx, [attempts.Stage(held.seq, held.attempt, "crawl", at)]
            )
        )
    found = await find(store, clock, batch_id)
    assert names(found.running) == ["b.example", "c.example", "a.example"]


async def test_jobs_that_wait_come_soonest_first_with_what_they_were_told(store, clock):
    batch_id = await submit(store, "slow.example", "down.example", "new.example")
    slow, down = await claim(store, limit=2)
    await end(store, slow, Released(waits=1, delay_s=120))
    await end(store, down, Retry(Reason.REFUSED, "connect: refused", delay_s=5))
    found = await find(store, clock, batch_id)
    down_wait, slow_wait = found.waits
    assert (down_wait.job.domain, down_wait.until) == ("down.example", clock.time + 5)
    assert (down_wait.job.reason, down_wait.job.charged) == (Reason.REFUSED, 1)
    assert (slow_wait.job.domain, slow_wait.until) == ("slow.example", clock.time + 120)
    assert (slow_wait.job.reason, slow_wait.job.wait_s) == (None, 120)
    assert (found.waiting, found.ready) == (Tally(2), Tally(1))


async def test_a_job_whose_time_has_come_is_ready(store, clock):
    batch_id = await submit(store, "down.example")
    (held,) = await claim(store)
    await end(store, held, Retry(Reason.REFUSED, None, delay_s=5))
    clock.time += 5
    found = await find(store, clock, batch_id)
    assert (found.waits, found.waiting, found.ready) == ((), Tally(0), Tally(1))


async def test_a_job_waits_for_a_host_that_another_batch_was_told_to_leave_alone(store, clock):
    await submit(store, "slow.example")
    (held,) = await claim(store)
    await end(store, held, Released(waits=1, delay_s=120))
    batch_id = await submit(store, "slow.example", "free.example")
    found = await find(store, clock, batch_id)
    (wait,) = found.waits
    assert (wait.job.domain, wait.until) == ("slow.example", clock.time + 120)
    assert (found.waiting, found.ready) == (Tally(1), Tally(1))


async def test_a_retry_waits_no_less_than_its_host_does(store, clock):
    batch_id = await submit(store, "slow.example")
    (held,) = await claim(store)
    await submit(store, "slow.example")
    (other,) = await claim(store)
    await end(store, held, Retry(Reason.TIMEOUT, None, delay_s=5))
    await end(store, other, Released(waits=1, delay_s=120))
    (wait,) = (await find(store, clock, batch_id)).waits
    assert wait.until == clock.time + 120


async def test_jobs_that_went_wrong_are_grouped_the_largest_group_first(store, clock):
    batch_id = await submit(store, *(f"{number}.example" for number in range(5)))
    held = await claim(store, limit=5)
    await end(store, held[0], Finished(JobState.COMPLETE))
    await end(store, held[1], Finished(JobState.PARTIAL, Reason.TIMEOUT))
    await end(store, held[2], Finished(JobState.FAILED, Reason.REFUSED))
    for failed in held[3:]:
        await end(store, failed, Finished(JobState.FAILED, Reason.NXDOMAIN))
    found = await find(store, clock, batch_id)
    assert found.ended == (
        Group(JobState.FAILED, Reason.NXDOMAIN, 2, "3.example", held[3].job_id),
        Group(JobState.PARTIAL, Reason.TIMEOUT, 1, "1.example", held[1].job_id),
        Group(JobState.FAILED, Reason.REFUSED, 1, "2.example", held[2].job_id),
    )
    assert found.ended_among is None


async def test_batches_that_are_claimed_from_first_are_counted(store, clock):
    batch_id = await submit(store, "mine.example", priority=5)
    await submit(store, "urgent.example", priority=0)
    await submit(store, "later.example", priority=5)
    paused = await submit(store, "paused.example", priority=0)
    await store.write(lambda tx: pausing.pause(tx, paused))
    await submit(store, "full.example", "too.example", priority=1, max_concurrent_jobs=1)
    urgent, full = await claim(store, limit=2)
    assert (urgent.target.domain, full.target.domain) == ("urgent.example", "full.example")
    assert (await find(store, clock, batch_id)).before == Tally(0)
    await submit(store, "next.example", priority=4)
    assert (await find(store, clock, batch_id)).before == Tally(1)


async def test_a_cancelled_batch_says_so(store, clock):
    batch_id = await submit(store, "a.example")
    await claim(store)
    await store.write(lambda tx: batches.cancel(tx, batch_id))
    assert (await find(store, clock, batch_id)).is_cancelled


@pytest.fixture
def small(monkeypatch):
    """Counts that end soon."""
    monkeypatch.setattr(situation, "COUNTED", 4)
    monkeypatch.setattr(situation, "SHOWN", 2)


async def put_back(store, delays):
    for delay in delays:
        (held,) = await claim(store)
        await end(store, held, Retry(Reason.REFUSED, None, delay_s=delay))


@pytest.mark.parametrize(
    ("later", "total", "waiting", "ready"),
    [
        (3, 20, Tally(3), Tally(17)),
        (16, 19, Tally(16), Tally(3)),
        (8, 16, Tally(4, is_whole=False), Tally(4, is_whole=False)),
    ],
    ids=["few wait", "few are ready", "many of both"],
)
@pytest.mark.usefixtures("small")
async def test_one_count_that_ends_makes_the_other_exact(
    store, clock, later, total, waiting, ready
):
    batch_id = await submit(store, *(f"{number}.example" for number in range(total)))
    await put_back(store, [10.0 + number for number in range(later)])
    found = await find(store, clock, batch_id)
    assert (found.waiting, found.ready) == (waiting, ready)
    assert [wait.until - clock.time for wait in found.waits] == [10.0, 11.0]


@pytest.mark.usefixtures("small")
async def test_reasons_are_counted_among_the_first_of_a_long_list_only(store, clock):
    batch_id = await submit(store, *(f"{number}.example" for number in range(6)))
    for held in await claim(store, limit=6):
        await end(store, held, Finished(JobState.FAILED, Reason.NXDOMAIN))
    found = await find(store, clock, batch_id)
    assert [group.jobs for group in found.ended] == [4]
    assert found.ended_among == 4


async def test_all_of_it_is_of_one_moment(store, clock, monkeypatch):
    batch_id = await submit(store, "a.example")
    running, loop = situation._running, asyncio.get_running_loop()

    def after_a_claim(db, batch):
        asyncio.run_coroutine_threadsafe(claim(store), loop).result(5)
        return running(db, batch)

    monkeypatch.setattr(situation, "_running", after_a_claim)
    found = await find(store, clock, batch_id)
    assert (found.batch.state, found.running) == (BatchState.PENDING, ())
    found = await find(store, clock, batch_id)
    assert (found.batch.state, names(found.running)) == (BatchState.RUNNING, ["a.example"])


async def test_who_gives_up_at_any_moment_leaves_no_snapshot_behind(store, clock):
    batch_id = await submit(store, "a.example")
    for turns in range(9):
        given_up = asyncio.create_task(find(store, clock, batch_id))
        for _ in range(turns):
            await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        for _ in range(READERS):
            assert (await find(store, clock, batch_id)).batch.batch_id == batch_id


async def test_no_query_scans_a_table(store, clock, tmp_path):
    """What is scanned is a bounded subquery, or the index of running jobs: as long as the pool."""
    batch_id = await submit(store, "a.example", "b.example")
    (held,) = await claim(store)
    await end(store, held, Finished(JobState.FAILED, Reason.NXDOMAIN))
    asked = []

    def look(db):
        db.set_trace_callback(asked.append)
        situation.find(db, batch_id, now=clock.time)
        db.set_trace_callback(None)

    await store.read(look)
    plain = sqlite3.connect(f"file:{tmp_path / 'skybatch.db'}?mode=ro", uri=True)
    try:
        plans = [row[3] for sql in asked for row in plain.execute(f"EXPLAIN QUERY PLAN {sql}")]
    finally:
        plain.close()
    bounded = ("SCAN (subquery-", "SCAN due", "SCAN j USING INDEX jobs_leased")
    assert len(asked) == 7
    assert [p for p in plans if p.startswith("SCAN") and not p.startswith(bounded)] == []
