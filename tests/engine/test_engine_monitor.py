"""What gets nowhere is found, ended and told; what kills the daemon runs alone."""

import asyncio

import pytest

from skybatch.engine import monitor
from skybatch.engine.monitor import QUIET_SECONDS
from skybatch.errors import StorageFull
from skybatch.extract.reading import read
from skybatch.model.event import EventType
from skybatch.model.finding import FindingKind
from skybatch.model.reason import Reason
from skybatch.model.state import BatchState, JobState
from skybatch.recorder.lines import read as recorded
from skybatch.store import pausing, tracing, watching
from tests.engine.test_engine_pool import FAST, NAMES, batch_of, ended, engine, jobs_of
from tests.engine.workbench import PAGES
from tests.store.seeds import submit
from tests.until import until

ONCE = {**FAST, "max_attempts": 1}


async def reads_for_ever(raw, within):
    """A page that keeps its reader."""
    if raw.url.endswith("/"):
        return read(raw)
    with within:
        await asyncio.Event().wait()


async def test_an_attempt_that_gets_nowhere_is_ended_and_its_stack_is_kept(store, bus, port):
    async with engine(store, bus, port, stuck_after_s=1.0, read=reads_for_ever) as running:
        batch_id = await submit(store, NAMES[0], **ONCE)
        running.wake()

        async def found():
            return [finding.kind for finding in await running.monitor.look()]

        await until(found)
        assert running.pool.held, "looking touches nothing"
        (finding,) = await running.monitor.round()
        batch = await ended(store, batch_id)
    assert (finding.kind, finding.batch_id) == (FindingKind.WORKER_STUCK, batch_id)
    assert NAMES[0] in finding.sentence
    assert batch.state is BatchState.PARTIAL
    (job,) = await jobs_of(store, batch_id)
    assert job.reason is Reason.INTERNAL
    (attempt,) = await store.read(lambda db: tracing.attempts(db, job.seq))
    assert "in reads_for_ever" in (attempt.stack or "")
    assert "lane 2" in (attempt.stack or "")
    stuck = [line for line in recorded(store._path.parent) if line.type == "job.stuck"]
    assert stuck[0].job_id == job.job_id


async def test_time_in_which_the_process_was_stopped_is_held_against_nobody(store, bus, port):
    async with engine(store, bus, port, stuck_after_s=60, read=reads_for_ever) as running:
        await submit(store, NAMES[0], **ONCE)
        running.wake()
        await until(lambda: running.pool.workers and running.pool.workers[0].url)
        for worker in running.pool.workers:
            worker.progressed_at -= 3_600  # as after a SIGSTOP of an hour
        running.monitor._round_at -= 3_600
        assert await running.monitor.round() == ()


async def test_free_workers_and_a_job_that_nobody_starts_are_told_and_mended(store, bus, port):
    async with engine(store, bus, port, stuck_after_s=300) as running:
        async with running.pool._claiming:  # a pool that hangs
            batch_id = await submit(store, NAMES[0], **FAST)
            running.pool._bench.clock.step(QUIET_SECONDS + 1)
            assert await running.monitor.round() == (), "it may be claimed just now"
            (finding,) = await running.monitor.round()
            assert (finding.kind, finding.batch_id) == (FindingKind.SLOTS_IDLE, batch_id)
        assert (await ended(store, batch_id)).state is BatchState.COMPLETE
        assert await running.monitor.round() == ()
        assert running.monitor.totals == {FindingKind.SLOTS_IDLE: 1}


async def test_a_batch_that_is_stuck_is_announced_once(store, bus, port):
    heard = []
    bus.listen(heard.append)
    async with engine(store, bus, port, stuck_after_s=60) as running:
        async with running.pool._claiming:
            batch_id = await submit(store, NAMES[0], **FAST)
            running.pool._bench.clock.step(61)
            await running.monitor.round()
            for _ in range(3):
                (finding,) = await running.monitor.round()
                assert finding.kind is FindingKind.BATCH_STUCK
        assert (await ended(store, batch_id)).state is BatchState.COMPLETE
    told = [event.batch_id for event in heard if event.type is EventType.BATCH_STUCK]
    assert told == [batch_id]


async def test_every_quiet_batch_is_looked_at_also_when_a_round_sees_only_some(
    store, bus, port, monkeypatch
):
    for module in (monitor, watching):
        monkeypatch.setattr(module, "LOOKED_AT", 1)
    heard = []
    bus.listen(heard.append)
    async with engine(store, bus, port, stuck_after_s=60) as running:
        async with running.pool._claiming:
            batches = {await submit(store, name, **FAST) for name in NAMES[:2]}
            running.pool._bench.clock.step(61)
            for _ in range(9):
                await running.monitor.round()
        for batch_id in batches:
            await ended(store, batch_id)
    told = [event.batch_id for event in heard if event.type is EventType.BATCH_STUCK]
    assert sorted(told) == sorted(batches)


@pytest.mark.parametrize("rest", ["batch", "daemon", "wait"])
async def test_rest_that_somebody_asked_for_is_no_finding(store, bus, port, rest):
    async with engine(store, bus, port) as running:
        queue = running.pool._bench.queue
        if rest == "daemon":
            await running.pause()
        batch_id = await submit(store, NAMES[0], **FAST)
        if rest == "batch":
            await store.write(lambda tx: pausing.pause(tx, batch_id))
        if rest == "wait":
            far = "UPDATE jobs SET run_after = 1e11"
            await store.write(lambda tx: tx.execute(far))
        queue._clock.step(3_600)
        for _ in range(3):
            assert await running.monitor.round() == ()


async def test_a_paused_daemon_gives_back_what_runs_and_carries_on(store, bus, port):
    async with engine(store, bus, port) as running:
        batch_id = await submit(store, *NAMES[:3], **{**FAST, "per_host_delay_s": 0.3})
        running.wake()

        async def has_pages():
            return (await batch_of(store, batch_id)).pages.fetched >= 3

        await until(has_pages)
        await running.pause()
        await until(lambda: not running.pool.held)
        running.wake()
        counts = (await batch_of(store, batch_id)).counts
        assert counts[JobState.PENDING] == 3
        assert running.pool.obstacle == "the daemon is paused"
        await running.resume()
        batch = await ended(store, batch_id)
        assert batch.pages.fetched == 3 * PAGES
        assert [job.charged for job in await jobs_of(store, batch_id)] == [0, 0, 0]


async def test_a_job_whose_page_killed_the_daemon_twice_runs_alone_until_it_is_stored(
    store, bus, port
):
    near = []

    async def watched(raw, within):
        if NAMES[1] in raw.url and raw.url.endswith("/"):
            near.append(len(running.pool.workers))
        return read(raw)

    async with engine(store, bus, port, read=watched) as running:
        slow = {**FAST, "per_host_delay_s": 0.2}
        first = await submit(store, NAMES[0], NAMES[2], **slow)
        running.wake()
        await until(lambda: len(running.pool.held) == 2)
        async with running.pool._claiming:  # it is not to be claimed before it is marked
            suspect = await submit(store, NAMES[1], **slow)
            mark = "UPDATE jobs SET crashes = 2, suspect = ? WHERE domain = ?"
            await store.write(lambda tx: tx.execute(mark, (f"http://{NAMES[1]}/", NAMES[1])))
        running.wake()
        for batch_id in (first, suspect):
            assert (await ended(store, batch_id)).pages.fetched % PAGES == 0
    assert near == [1], "the others were given back, and wait until it is stored"
    assert [job.charged for job in await jobs_of(store, first)] == [0, 0]


async def test_work_waits_while_nothing_can_be_written_and_goes_on_by_itself(
    store, bus, port, monkeypatch
):
    async with engine(store, bus, port) as running:
        batch_id = await submit(store, *NAMES[:3], **{**FAST, "per_host_delay_s": 0.2})
        running.wake()

        async def has_pages():
            return (await batch_of(store, batch_id)).pages.fetched >= 3

        await until(has_pages)

        def full():
            raise StorageFull

        check = store._writer._check
        store._writer._check = full
        await until(lambda: running.gate.trouble)
        (finding,) = await running.monitor.round()
        assert finding.kind is FindingKind.STORE_UNAVAILABLE
        store._writer._check = check
        batch = await ended(store, batch_id)
        assert running.gate.trouble is None
    assert (batch.state, batch.pages.fetched) == (BatchState.COMPLETE, 3 * PAGES)
    assert [job.attempt for job in await jobs_of(store, batch_id)] == [1, 1, 1]
