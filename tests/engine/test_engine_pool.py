"""The engine on a real database, crawling real sites on loopback, without an API."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

from skybatch.crawl.settings import FetchSettings
from skybatch.crawl.web import open_web
from skybatch.demo.sites import bench_hosts
from skybatch.engine import worker
from skybatch.engine.queue import JobQueue
from skybatch.engine.supervisor import Supervisor
from skybatch.model.clock import SystemClock
from skybatch.model.reason import Reason
from skybatch.model.state import BATCH_TERMINAL, BatchState, JobState
from skybatch.store import batches, jobs, pausing, results
from tests.engine.workbench import HOSTS, PAGES, bench_of
from tests.store.seeds import submit
from tests.until import until

NAMES = bench_hosts(HOSTS)
FAST = {"use_sitemaps": False, "per_host_delay_s": 0.0, "max_attempts": 2}


@asynccontextmanager
async def engine(store, bus, port, *, workers=4, stuck_after_s=300, read=None):
    """A running engine; drained at the end."""
    settings = FetchSettings(
        user_agent="skybatch-test",
        connect_to={"*:80": f"127.0.0.1:{port}", "*:443": "127.0.0.1:1"},
    )
    folder = store._path.parent
    async with open_web(settings, SystemClock(), read=read) as web, AsyncExitStack() as stack:
        bench, gate = stack.enter_context(bench_of(store, web, folder))
        supervisor = Supervisor(store, bench, gate, workers=workers, stuck_after_s=stuck_after_s)
        bus.listen(supervisor.pool.hear)
        running = asyncio.create_task(supervisor.run())
        try:
            yield supervisor
        finally:
            await supervisor.stop(10)
            await running


async def batch_of(store, batch_id):
    return await store.read(lambda db: batches.find(db, batch_id))


async def ended(store, batch_id):
    async def is_over():
        return (await batch_of(store, batch_id)).state in BATCH_TERMINAL

    await until(is_over)
    return await batch_of(store, batch_id)


async def jobs_of(store, batch_id):
    batch = await batch_of(store, batch_id)
    return await store.read(lambda db: jobs.first(db, batch.seq, limit=100))


async def test_a_batch_is_crawled_to_its_end(store, bus, port):
    async with engine(store, bus, port) as running:
        batch_id = await submit(store, *NAMES, **FAST)
        running.wake()
        batch = await ended(store, batch_id)
    assert batch.state is BatchState.COMPLETE
    assert batch.pages.fetched == HOSTS * PAGES
    found = await store.read(lambda db: results.domain_results(db, batch.seq, limit=10))
    for job, profile in found:
        assert job.start_url == f"http://{job.domain}/"
        assert profile.emails[0].value.endswith(f"@{job.domain}")
        assert profile.emails[0].source_url.startswith(f"http://{job.domain}/")


async def test_a_bug_ends_its_job_as_internal_and_frees_its_place(store, bus, port, monkeypatch):
    real = worker.crawl

    async def buggy(assignment, **kwargs):
        if assignment.target.host == NAMES[1]:
            raise RuntimeError("a bug")
        return await real(assignment, **kwargs)

    monkeypatch.setattr(worker, "crawl", buggy)
    async with engine(store, bus, port, workers=1) as running:
        options = {**FAST, "max_attempts": 1}
        batch_id = await submit(store, *NAMES[:3], **options)
        running.wake()
        batch = await ended(store, batch_id)
    assert batch.state is BatchState.PARTIAL
    states = {job.domain: (job.state, job.reason) for job in await jobs_of(store, batch_id)}
    assert states == {
        NAMES[0]: (JobState.COMPLETE, None),
        NAMES[1]: (JobState.FAILED, Reason.INTERNAL),
        NAMES[2]: (JobState.COMPLETE, None),
    }


async def test_a_drain_gives_jobs_back_uncharged_and_the_next_engine_carries_on(store, bus, port):
    batch_id = await submit(store, *NAMES, **{**FAST, "per_host_delay_s": 0.2})
    async with engine(store, bus, port) as running:
        running.wake()

        async def has_pages():
            return (await batch_of(store, batch_id)).pages.fetched >= 4

        await until(has_pages)
    stopped = await batch_of(store, batch_id)
    assert stopped.counts[JobState.RUNNING] == 0
    assert stopped.counts[JobState.PENDING] > 0
    assert all(job.charged == 0 for job in await jobs_of(store, batch_id))
    async with engine(store, bus, port):
        batch = await ended(store, batch_id)
    assert batch.state is BatchState.COMPLETE
    assert batch.pages.fetched == HOSTS * PAGES


async def test_cancelling_stops_the_running_jobs_of_that_batch_only(store, bus, port):
    slow = {**FAST, "per_host_delay_s": 3.0}
    async with engine(store, bus, port) as running:
        cancelled = await submit(store, NAMES[0], NAMES[1], **slow)
        running.wake()

        async def is_running():
            return (await batch_of(store, cancelled)).counts[JobState.RUNNING] == 2

        await until(is_running)
        other = await submit(store, NAMES[2], **FAST)
        running.wake()
        await store.write(lambda tx: batches.cancel(tx, cancelled))
        assert (await ended(store, cancelled)).state in {BatchState.CANCELLED, BatchState.PARTIAL}
        assert (await ended(store, other)).state is BatchState.COMPLETE


async def test_the_deadline_of_a_batch_ends_running_and_pending_jobs(store, bus, port):
    slow = {**FAST, "per_host_delay_s": 0.8, "deadline_s": 2.0}
    async with engine(store, bus, port, workers=2) as running:
        batch_id = await submit(store, *NAMES[:4], **slow)
        running.wake()
        batch = await ended(store, batch_id)
    assert {job.reason for job in await jobs_of(store, batch_id)} == {Reason.DEADLINE}
    assert batch.pages.queued > 0, "what was cut short stays queued"


async def test_a_worker_whose_job_was_given_away_stores_nothing_more(store, bus, port):
    async with engine(store, bus, port, workers=1) as running:
        batch_id = await submit(store, NAMES[0], **{**FAST, "per_host_delay_s": 0.3})
        running.wake()

        async def has_a_page():
            return (await batch_of(store, batch_id)).pages.fetched >= 1

        await until(has_a_page)
        queue = running.pool._bench.queue
        thief = JobQueue(store, "another boot", running.gate, queue._clock)
        assert (await thief.recover(None, ())).jobs == 1
        stolen = (await thief.claim(1, is_idle=True)).claims[0]
        kept = (await batch_of(store, batch_id)).pages.fetched

        async def was_dropped():
            return not running.pool.held

        await until(was_dropped)
        assert (await batch_of(store, batch_id)).pages.fetched == kept
        (job,) = await jobs_of(store, batch_id)
        assert (job.state, job.attempt) == (JobState.RUNNING, stolen.attempt)


async def test_a_paused_batch_rests_and_goes_on_where_it_was(store, bus, port):
    async with engine(store, bus, port) as running:
        slow = {**FAST, "per_host_delay_s": 0.3}
        batch_id = await submit(store, *NAMES[:4], **slow)
        running.wake()

        async def has_pages():
            return (await batch_of(store, batch_id)).pages.fetched >= 2

        await until(has_pages)
        await store.write(lambda tx: pausing.pause(tx, batch_id))

        async def rests():
            return (await batch_of(store, batch_id)).counts[JobState.RUNNING] == 0

        await until(rests)
        paused = await batch_of(store, batch_id)
        assert (paused.paused, paused.state) == (True, BatchState.RUNNING)
        assert (await running.pool._bench.queue.claim(10, is_idle=True)).claims == ()
        assert all(job.charged == 0 for job in await jobs_of(store, batch_id))
        await store.write(lambda tx: pausing.resume(tx, batch_id))
        batch = await ended(store, batch_id)
    assert batch.state is BatchState.COMPLETE
    assert batch.pages.fetched == 4 * PAGES


async def test_pausing_one_batch_leaves_the_others_alone(store, bus, port):
    resting = await submit(store, NAMES[0], **FAST)
    await store.write(lambda tx: pausing.pause(tx, resting))
    async with engine(store, bus, port) as running:
        other = await submit(store, NAMES[1], **FAST)
        running.wake()
        assert (await ended(store, other)).state is BatchState.COMPLETE
        assert (await batch_of(store, resting)).state is BatchState.PENDING
