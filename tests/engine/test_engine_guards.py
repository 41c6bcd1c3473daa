"""Guards of the engine that nothing else would miss: each test turns red without its guard."""

import asyncio
import sqlite3
import threading
from dataclasses import replace

import pytest

from skybatch.crawl.settings import FetchSettings
from skybatch.crawl.web import open_web
from skybatch.engine import gate as gate_module
from skybatch.engine import pool as pool_module
from skybatch.engine import worker as worker_module
from skybatch.engine.gate import Probe
from skybatch.engine.monitor import QUIET_SECONDS
from skybatch.engine.pool import Pool
from skybatch.engine.service import Loop
from skybatch.engine.worker import Worker
from skybatch.errors import StoreUnavailable, StoreUnreadable
from skybatch.extract.reading import read
from skybatch.model.clock import SystemClock
from skybatch.model.finding import FindingKind
from skybatch.model.page import FrontierRow, Page, PageWrite
from skybatch.model.profile import Profile
from skybatch.model.reason import Reason
from skybatch.model.state import BatchState, JobState, PageState
from skybatch.store import batches, pages, pausing
from tests.engine.test_engine_pool import FAST, NAMES, batch_of, ended, engine, jobs_of
from tests.engine.workbench import PAGES, bench_of
from tests.store.seeds import submit
from tests.until import until


class Door:
    """Start pages are read; what comes behind them waits until the door is open."""

    def __init__(self):
        self._opened = asyncio.Event()

    def open(self):
        self._opened.set()

    async def read(self, raw, within):
        if not raw.url.endswith("/"):
            await self._opened.wait()
        return read(raw)


@pytest.fixture
def door():
    return Door()


@pytest.fixture
async def bench(store, port, tmp_path):
    """What a worker needs, without an engine around it."""
    connect_to = {"*:80": f"127.0.0.1:{port}", "*:443": "127.0.0.1:1"}
    settings = FetchSettings(user_agent="skybatch-test", connect_to=connect_to)
    async with open_web(settings, SystemClock()) as web:
        with bench_of(store, web, tmp_path) as (bench, _):
            yield bench


async def claimed(bench):
    (claim,) = (await bench.queue.claim(1, is_idle=True)).claims
    return claim


async def work(bench, claim):
    await Worker(claim, bench, relieved=lambda: None).run()


async def first_page(store, batch_id):
    async def is_there():
        return (await batch_of(store, batch_id)).pages.fetched >= 1

    await until(is_there)


async def test_a_cancel_between_claim_and_start_stops_the_job(store, bench):
    """Nobody hears the event: the worker is not there yet."""
    batch_id = await submit(store, NAMES[0], **FAST)
    claim = await claimed(bench)
    await store.write(lambda tx: batches.cancel(tx, batch_id))
    await work(bench, claim)
    assert (await batch_of(store, batch_id)).state is BatchState.CANCELLED


async def test_a_pause_between_claim_and_start_gives_the_job_back(store, bench):
    batch_id = await submit(store, NAMES[0], **FAST)
    claim = await claimed(bench)
    await store.write(lambda tx: pausing.pause(tx, batch_id))
    await work(bench, claim)
    (job,) = await jobs_of(store, batch_id)
    assert (job.state, job.charged, job.pages.fetched) == (JobState.PENDING, 0, 0)


async def test_the_deadline_ends_a_job_that_runs(store, bench):
    batch_id = await submit(store, NAMES[0], **FAST)
    claim = await claimed(bench)
    await work(bench, replace(claim, deadline_at=bench.clock.now()))
    (job,) = await jobs_of(store, batch_id)
    assert job.reason is Reason.DEADLINE


async def test_a_suspect_does_not_wait_for_the_others_to_end(store, bus, port):
    async with engine(store, bus, port) as running:
        other = await submit(store, NAMES[0], **{**FAST, "per_host_delay_s": 0.5})
        running.wake()
        await first_page(store, other)
        suspect = await submit(store, NAMES[1], **FAST)
        mark = "UPDATE jobs SET crashes = 2, suspect = ? WHERE domain = ?"
        await store.write(lambda tx: tx.execute(mark, (f"http://{NAMES[1]}/", NAMES[1])))
        running.wake()
        assert (await ended(store, suspect)).state is BatchState.COMPLETE
        assert (await batch_of(store, other)).pages.fetched < PAGES


async def test_nothing_is_claimed_while_a_suspect_runs(store, bus, port):
    let_go = asyncio.Event()

    async def held_up(raw, within):
        await let_go.wait()
        return read(raw)

    suspect = await submit(store, NAMES[1], **FAST)
    mark = "UPDATE jobs SET crashes = 2, suspect = ?"
    await store.write(lambda tx: tx.execute(mark, (f"http://{NAMES[1]}/",)))
    async with engine(store, bus, port, read=held_up) as running:
        await until(lambda: len(running.pool.held) == 1)
        other = await submit(store, NAMES[0], **FAST)
        await running.pool.run_once()
        assert [claim.batch_id for claim in running.pool.held] == [suspect]
        let_go.set()
        assert (await ended(store, other)).state is BatchState.COMPLETE


async def idle(running):
    """The pool has looked, and found nothing: its loop has its first round between these two."""
    for _ in range(2):
        await running.pool.run_once()


def loop_of(running, name):
    return next(loop for loop in running._loops if loop._service.name == name)


async def lease_ends(store):
    await store.write(lambda tx: tx.execute("UPDATE jobs SET lease_until = 0"))


async def test_a_worker_keeps_its_job_although_its_lease_ran_out(store, bus, port, door):
    async with engine(store, bus, port, read=door.read) as running:
        batch_id = await submit(store, NAMES[0], **FAST)
        running.wake()
        await first_page(store, batch_id)
        await lease_ends(store)
        await loop_of(running, "rescuer")._service.run_once()
        (job,) = await jobs_of(store, batch_id)
        assert (job.state, job.attempt) == (JobState.RUNNING, 1)
        door.open()


async def test_the_lease_of_a_job_that_runs_is_kept(store, bus, port, door):
    async with engine(store, bus, port, read=door.read) as running:
        batch_id = await submit(store, NAMES[0], **FAST)
        running.wake()
        await first_page(store, batch_id)
        await lease_ends(store)
        for loop in running._loops:
            loop.wake()

        async def is_kept():
            query = "SELECT count(*) FROM jobs WHERE lease_until > 0"
            return await store.write(lambda tx: tx.execute(query).fetchone()[0])

        await until(is_kept)
        door.open()


async def test_a_job_whose_worker_is_gone_is_taken_back_and_run(store, bus, port, monkeypatch):
    monkeypatch.setattr(pool_module, "IDLE_SECONDS", 0.2)
    async with engine(store, bus, port) as running:
        async with running.pool._claiming:
            batch_id = await submit(store, NAMES[0], **FAST)
            await running.pool._bench.queue.claim(1, is_idle=True)  # and nobody works on it
            await lease_ends(store)
        for loop in running._loops:
            loop.wake()
        assert (await ended(store, batch_id)).state is BatchState.COMPLETE
        (job,) = await jobs_of(store, batch_id)
        assert (job.attempt, job.charged) == (2, 1)


async def test_a_worker_that_dies_of_a_bug_gives_its_job_back_at_once(
    store, bus, port, monkeypatch
):
    async def dies(_worker):
        raise RuntimeError("a bug")

    monkeypatch.setattr(Worker, "run", dies)
    async with engine(store, bus, port) as running:
        batch_id = await submit(store, NAMES[0], **{**FAST, "max_attempts": 1})
        running.wake()
        assert (await ended(store, batch_id)).state is BatchState.FAILED
        (job,) = await jobs_of(store, batch_id)
        assert job.reason is Reason.INTERNAL


async def test_a_pool_that_is_drained_claims_nothing_more(store, bench):
    pool = Pool(4, bench)
    await pool.drain(0)
    batch_id = await submit(store, NAMES[0], **FAST)
    await pool.run_once()
    assert (await batch_of(store, batch_id)).counts[JobState.PENDING] == 1


async def test_a_page_in_flight_is_stored_before_a_drain_ends(store, bus, port):
    is_reading, let_go = asyncio.Event(), asyncio.Event()

    async def held_up(raw, within):
        is_reading.set()
        await let_go.wait()
        return read(raw)

    async with engine(store, bus, port, read=held_up) as running:
        batch_id = await submit(store, NAMES[0], **FAST)
        running.wake()
        await is_reading.wait()
        await idle(running)  # no claim is under way that the drain would wait for
        draining = asyncio.create_task(running.stop(10))
        await until(lambda: all(worker.stop.ended for worker in running.pool.workers))
        let_go.set()
        await draining
        (job,) = await jobs_of(store, batch_id)
    assert (job.state, job.pages.fetched) == (JobState.PENDING, 1)


async def test_time_in_which_nothing_could_be_written_is_held_against_nobody(
    store, bus, port, door
):
    async with engine(store, bus, port, stuck_after_s=60, read=door.read) as running:
        batch_id = await submit(store, NAMES[0], **FAST)
        running.wake()
        await first_page(store, batch_id)
        for worker in running.pool.workers:
            worker.progressed_at -= 3_600
        running.gate.close(StoreUnavailable("a test says so"))
        found = await running.monitor.round()
        assert {finding.kind for finding in found} == {FindingKind.STORE_UNAVAILABLE}
        door.open()


async def test_who_waits_for_its_turn_at_a_host_is_not_stuck(store, bus, port):
    async with engine(store, bus, port, stuck_after_s=60) as running:
        await submit(store, NAMES[0], **{**FAST, "per_host_delay_s": 9.0})
        running.wake()
        await until(lambda: [each for each in running.pool.workers if each.stop.waits_for_turn])
        for worker in running.pool.workers:
            worker.progressed_at -= 200
        assert await running.monitor.round() == ()


async def test_a_batch_that_nobody_starts_is_started_by_the_monitor(store, bus, port, monkeypatch):
    monkeypatch.setattr(pool_module, "IDLE_SECONDS", 3_600)
    async with engine(store, bus, port) as running:
        await idle(running)
        batch_id = await submit(store, NAMES[0], **FAST)
        running.pool._bench.clock.step(QUIET_SECONDS + 1)
        await running.monitor.round()
        (finding,) = await running.monitor.round()
        assert finding.kind is FindingKind.SLOTS_IDLE
        assert (await ended(store, batch_id)).pages.fetched == PAGES


class Failing:
    """A duty whose first round fails."""

    name = "failing"

    def __init__(self):
        self.rounds = 0

    async def run_once(self):
        self.rounds += 1
        if self.rounds == 1:
            raise RuntimeError("a bug")
        return 3_600.0


async def test_a_round_that_fails_is_tried_again_and_a_wake_cuts_the_rest_short():
    duty = Failing()
    loop = Loop(duty, unavailable=lambda error: None, after_error_seconds=0)
    running = asyncio.create_task(loop.run())
    await until(lambda: duty.rounds == 2)
    loop.wake()
    await until(lambda: duty.rounds == 3)
    loop.stop()
    async with asyncio.timeout(5):
        await running


async def test_the_monitor_is_not_blind_after_the_clock_was_set_back(store, bus, port):
    async with engine(store, bus, port) as running:
        monitor = running.monitor
        monitor._since = monitor._bench.clock.now() + 3_600
        await monitor.look()
        assert monitor._since <= monitor._bench.clock.now()


async def test_a_disk_that_stands_still_closes_the_gate_and_is_held_against_nobody(
    store, bus, port, monkeypatch
):
    monkeypatch.setattr(gate_module, "STALL_SECONDS", 0.05)
    monkeypatch.setattr(gate_module, "ROUND_SECONDS", 0.02)
    moves = threading.Event()
    async with engine(store, bus, port) as running:
        stalled = asyncio.ensure_future(store.write(lambda _: moves.wait(10)))
        await until(lambda: running.gate.trouble)
        assert "the disk has not answered for" in running.gate.trouble
        moves.set()
        await stalled
        await until(lambda: running.gate.trouble is None)


async def test_pages_that_cannot_be_read_for_a_moment_are_charged_to_nobody(
    store, bus, port, monkeypatch
):
    monkeypatch.setattr(worker_module, "READ_AGAIN_SECONDS", 0.01)
    async with engine(store, bus, port) as running:
        queue = running._queue
        whole, failures = queue.progress, iter([True, True])

        async def standing_still(claim):
            if next(failures, False):
                raise StoreUnreadable
            return await whole(claim)

        monkeypatch.setattr(queue, "progress", standing_still)
        batch_id = await submit(store, NAMES[0], **FAST)
        running.wake()
        await ended(store, batch_id)
    (job,) = await jobs_of(store, batch_id)
    assert (job.state, job.charged, job.attempt) == (JobState.COMPLETE, 0, 1)


async def test_nothing_is_claimed_while_no_process_can_read_pages(store, bus, port):
    async with engine(store, bus, port) as running:
        can_read = [False]
        web = replace(running.pool._bench.web, can_read=lambda: can_read[0])
        running.pool._bench = replace(running.pool._bench, web=web)
        batch_id = await submit(store, NAMES[0], **FAST)
        running.wake()
        assert await running.pool.run_once() < 1.0
        assert (await batch_of(store, batch_id)).state is BatchState.PENDING
        assert running.pool.obstacle == "no process reads pages yet"
        can_read[0] = True
        running.wake()
        assert (await ended(store, batch_id)).state is BatchState.COMPLETE


async def test_a_page_that_is_stored_again_takes_the_newest_profile_along(store, tmp_path):
    """The profile of the page before would have taken the facts of the page after it away."""
    with bench_of(store, None, tmp_path) as (bench, gate):
        await submit(store, "shop.example")
        (claim,) = (await bench.queue.claim(1, is_idle=True)).claims
        urls = [f"http://shop.example/{path}" for path in ("", "a", "b")]
        profile = Profile(title="Shop")

        def write(number: int, **more) -> PageWrite:
            return PageWrite(Page(urls[number], 0, PageState.FETCHED), profile=profile, **more)

        found = tuple(FrontierRow(url, 0) for url in urls)
        await bench.queue.store(claim, write(0, found=found), lambda: profile)
        check, has_failed = store._writer._check, threading.Event()

        def fail_once() -> None:
            if not has_failed.is_set():
                has_failed.set()
                raise sqlite3.OperationalError("disk I/O error")
            check()

        store._writer._check = fail_once
        profile = replace(profile, description="of a")
        first = asyncio.create_task(bench.queue.store(claim, write(1), lambda: profile))
        await until(lambda: gate.trouble is not None)
        profile = replace(profile, logo_url="of b")
        stored = write(2)
        await store.write(lambda tx: pages.store(tx, claim, stored))
        await Probe(store, gate).run_once()
        await first
        progress = await bench.queue.progress(replace(claim, attempt=2))
    assert progress.profile == profile


async def test_a_file_that_is_gone_for_a_while_is_charged_to_nobody(store, bus, port, monkeypatch):
    monkeypatch.setattr(worker_module, "READ_AGAIN_SECONDS", 0.05)
    async with engine(store, bus, port) as running:
        queue, away = running._queue, store._path.with_suffix(".away")
        progress, is_first = queue.progress, asyncio.Event()

        async def gone_at_first(claim):
            if not is_first.is_set():
                is_first.set()
                store._path.rename(away)  # just after the claim
                asyncio.get_running_loop().call_later(0.5, away.rename, store._path)
            return await progress(claim)

        monkeypatch.setattr(queue, "progress", gone_at_first)
        batch_id = await submit(store, NAMES[0], **{**FAST, "max_attempts": 1})
        running.wake()
        await until(lambda: is_first.is_set() and store._path.exists())
        batch = await ended(store, batch_id)
        (job,) = await jobs_of(store, batch_id)
    assert (batch.state, job.charged) == (BatchState.COMPLETE, 0)


async def test_a_pool_that_cannot_read_pages_is_no_idle_one(store, bus, port):
    async with engine(store, bus, port, stuck_after_s=60) as running:
        bench = running.pool._bench
        running.pool._bench = replace(bench, web=replace(bench.web, can_read=lambda: False))
        await submit(store, NAMES[0], **FAST)
        running.wake()
        bench.clock.step(61)
        await running.monitor.round()
        assert await running.monitor.round() == ()
        assert running.pool.obstacle == "no process reads pages yet"


async def test_a_claim_under_way_is_taken_back_by_nobody(store, bus, port, monkeypatch):
    """The process was stopped for a minute between the commit of a claim and its answer: the lease
    had ended, and a job that nobody had begun was charged."""
    async with engine(store, bus, port) as running:
        queue, is_committed, may_go_on = running._queue, asyncio.Event(), asyncio.Event()
        claim = queue.claim

        async def late(limit, *, is_idle):
            claimed = await claim(limit, is_idle=is_idle)
            if claimed.claims and not is_committed.is_set():
                await lease_ends(store)
                is_committed.set()
                await may_go_on.wait()
            return claimed

        monkeypatch.setattr(queue, "claim", late)
        batch_id = await submit(store, NAMES[0], **FAST)
        running.wake()
        await is_committed.wait()
        rescue = asyncio.create_task(loop_of(running, "rescuer")._service.run_once())
        await asyncio.wait({rescue}, timeout=0.1)
        may_go_on.set()
        await rescue
        batch = await ended(store, batch_id)
        (job,) = await jobs_of(store, batch_id)
    assert (batch.state, job.charged, job.attempt) == (BatchState.COMPLETE, 0, 1)
