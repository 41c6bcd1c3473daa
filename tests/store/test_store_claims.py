"""Claiming, fencing, ending and taking back, on a real database."""

from functools import partial

import pytest

from skybatch.errors import LeaseLost, SkybatchError
from skybatch.model.event import EventType
from skybatch.model.outcome import Ended, Finished, Released, Retry
from skybatch.model.page import FrontierRow, Page, PageWrite
from skybatch.model.reason import Reason
from skybatch.model.state import BatchState, JobState, PageState, SkipReason
from skybatch.store import attempts, batches, claims, counters, jobs, pages, results
from skybatch.store.rescue import recover, rescue
from tests.store.seeds import submit

FETCHED = PageWrite(Page("http://a.example/", 0, PageState.FETCHED, status=200))


async def claim(store, limit=1, boot="boot-1"):
    return await store.write(lambda tx: claims.claim(tx, boot=boot, lease_seconds=30, limit=limit))


async def batch_of(store, batch_id):
    return await store.read(lambda db: batches.find(db, batch_id))


async def job_of(store, job_id):
    return await store.read(lambda db: jobs.find(db, job_id))


async def assert_balanced(store):
    """The counters equal the rows, for every batch and job."""

    def look(db):
        for column in JobState:
            wrong = db.execute(
                f"SELECT id FROM batches b WHERE {column} <> "
                f"(SELECT count(*) FROM jobs j WHERE j.batch = b.seq AND j.state = '{column}')"
            )
            assert list(wrong) == [], column
        for column in ("queued", "fetched", "failed"):
            wrong = db.execute(
                f"SELECT id FROM jobs j WHERE pages_{column} <> "
                f"(SELECT count(*) FROM pages p WHERE p.job = j.seq AND p.state = '{column}')"
            )
            assert list(wrong) == [], column
            wrong = db.execute(
                f"SELECT id FROM batches b WHERE pages_{column} <> "
                f"(SELECT sum(pages_{column}) FROM jobs j WHERE j.batch = b.seq)"
            )
            assert list(wrong) == [], column

    await store.read(look)


async def test_jobs_are_claimed_in_submission_order(store):
    await submit(store, "a.example", "b.example", "c.example")
    claims = await claim(store, limit=10)
    assert [held.target.domain for held in claims] == ["a.example", "b.example", "c.example"]
    assert [held.attempt for held in claims] == [1, 1, 1]
    assert await claim(store) == []
    await assert_balanced(store)


async def test_a_batch_never_runs_more_jobs_than_it_allows(store):
    await submit(store, "a.example", "b.example", "c.example", max_concurrent_jobs=2)
    first, _ = await claim(store, limit=10)
    assert await claim(store, limit=10) == []
    await store.write(lambda tx: attempts.finish(tx, first, Finished(JobState.COMPLETE)))
    (third,) = await claim(store, limit=10)
    assert third.target.domain == "c.example"


async def test_an_urgent_batch_goes_first(store):
    await submit(store, "usual.example")
    await submit(store, "urgent.example", priority=0)
    (held,) = await claim(store)
    assert held.target.domain == "urgent.example"


async def test_batches_of_one_priority_share_the_workers(store):
    await submit(store, *(f"big-{number}.example" for number in range(10)))
    await submit(store, "small-1.example", "small-2.example")
    domains = [held.target.domain for held in await claim(store, limit=4)]
    assert domains == [
        "big-0.example", "small-1.example", "big-1.example", "small-2.example"
    ]  # fmt: skip


async def test_a_host_that_asked_to_wait_is_left_alone_by_every_batch(store, clock):
    await submit(store, "a.example")
    (held,) = await claim(store)
    await store.write(lambda tx: attempts.finish(tx, held, Released(waits=1, delay_s=60)))
    await submit(store, "a.example")
    assert await claim(store, limit=10) == []
    clock.time += 61
    assert len(await claim(store, limit=10)) == 2


async def test_a_retried_job_waits_for_its_time_and_is_charged(store, clock):
    await submit(store, "a.example")
    (held,) = await claim(store)
    retry = Retry(Reason.TIMEOUT, "no answer", delay_s=10)
    await store.write(lambda tx: attempts.finish(tx, held, retry))
    assert await claim(store) == []
    assert await store.write(claims.next_ready_at) == clock.time + 10
    clock.time += 10
    (again,) = await claim(store)
    assert (again.attempt, again.charged) == (2, 1)
    await assert_balanced(store)


async def test_a_stale_attempt_cannot_finish_a_job_that_was_given_away(store):
    await submit(store, "a.example")
    (stale,) = await claim(store, boot="boot-1")
    await store.write(lambda tx: recover(tx, boot="boot-2"))
    (fresh,) = await claim(store, boot="boot-2")
    assert fresh.attempt == 2
    with pytest.raises(LeaseLost):
        await store.write(lambda tx: attempts.finish(tx, stale, Finished(JobState.FAILED)))
    assert (await job_of(store, fresh.job_id)).state is JobState.RUNNING
    await assert_balanced(store)


async def test_a_stale_attempt_cannot_store_a_page(store):
    batch_id = await submit(store, "a.example")
    (stale,) = await claim(store, boot="boot-1")
    await store.write(lambda tx: recover(tx, boot="boot-2"))
    await claim(store, boot="boot-2")
    with pytest.raises(LeaseLost):
        await store.write(lambda tx: pages.store(tx, stale, FETCHED))
    assert (await batch_of(store, batch_id)).pages.discovered == 0
    await assert_balanced(store)


async def test_a_job_is_finished_once(store):
    await submit(store, "a.example")
    (held,) = await claim(store)
    await store.write(lambda tx: attempts.finish(tx, held, Finished(JobState.COMPLETE)))
    with pytest.raises(LeaseLost):
        await store.write(lambda tx: attempts.finish(tx, held, Finished(JobState.FAILED)))


async def test_orphans_of_a_dead_run_are_taken_back_at_once_and_uncharged(store):
    await submit(store, "a.example", "b.example")
    (held, _) = await claim(store, limit=2, boot="dead")
    await store.write(lambda tx: pages.store(tx, held, FETCHED))
    rescued = await store.write(lambda tx: recover(tx, boot="alive"))
    assert (rescued.jobs, rescued.pages_kept) == (2, 1)
    again = await claim(store, limit=2, boot="alive")
    assert [item.charged for item in again] == [0, 0]
    known, _ = await store.read(lambda db: pages.known(db, again[0], after=0, limit=10))
    assert [(row.url, row.state) for row in known] == [("http://a.example/", PageState.FETCHED)]


async def test_a_worker_that_is_alive_keeps_its_job_after_its_lease_ran_out(store, clock):
    await submit(store, "a.example", "b.example")
    alive, gone = await claim(store, limit=2)
    clock.time += 3600  # the whole process was stopped for an hour
    rescued = await store.write(lambda tx: rescue(tx, boot="boot-1", held=[alive.seq]))
    assert rescued.jobs == 1
    assert (await job_of(store, gone.job_id)).state is JobState.PENDING
    assert (await job_of(store, alive.job_id)).state is JobState.RUNNING


async def test_the_receipt_balances_through_a_whole_job(store):
    batch_id = await submit(store, "a.example")
    (held,) = await claim(store)
    start = PageWrite(
        Page("http://a.example/", 0, PageState.FETCHED, status=200),
        found=(
            FrontierRow("http://a.example/1", 1),
            FrontierRow("http://a.example/2", 1),
            FrontierRow("http://a.example/x.pdf", 1, SkipReason.TYPE),
        ),
        outside=((11, SkipReason.SCOPE), (12, SkipReason.SCOPE), (13, SkipReason.BUDGET)),
        start_url="http://a.example/",
    )
    await store.write(lambda tx: pages.store(tx, held, start))
    dead = Page("http://a.example/1", 1, PageState.FAILED, Reason.HTTP_4XX, status=404)
    again = PageWrite(dead, outside=((11, SkipReason.SCOPE),))
    await store.write(lambda tx: pages.store(tx, held, again))
    done = Finished(JobState.COMPLETE, leftover=Ended.BUDGET)
    await store.write(lambda tx: attempts.finish(tx, held, done))
    batch = await batch_of(store, batch_id)
    receipt = batch.pages
    assert (receipt.fetched, receipt.failed, receipt.queued) == (1, 1, 0)
    assert {name: n for name, n in receipt.skipped.items() if n} == {
        SkipReason.TYPE: 1, SkipReason.SCOPE: 2, SkipReason.BUDGET: 2
    }  # fmt: skip
    assert receipt.discovered == 7
    assert batch.state is BatchState.COMPLETE
    await assert_balanced(store)


async def test_a_page_is_stored_once(store):
    await submit(store, "a.example")
    (held,) = await claim(store)
    await store.write(lambda tx: pages.store(tx, held, FETCHED))
    other = PageWrite(Page("http://a.example/", 0, PageState.FAILED, Reason.HTTP_4XX))
    with pytest.raises(SkybatchError, match="fetched already"):
        await store.write(lambda tx: pages.store(tx, held, other))
    await assert_balanced(store)


async def test_a_page_whose_commit_only_seemed_to_fail_is_stored_again_without_effect(store):
    await submit(store, "a.example")
    (held,) = await claim(store)
    for _ in range(2):
        await store.write(lambda tx: pages.store(tx, held, FETCHED))
    assert (await job_of(store, held.job_id)).pages.fetched == 1
    await assert_balanced(store)


async def test_equal_bodies_are_told_and_both_kept(store):
    batch_id = await submit(store, "a.example")
    (held,) = await claim(store)
    for path in "12":
        page = Page(f"http://a.example/{path}", 0, PageState.FETCHED, sha256="ab" * 32)
        await store.write(lambda tx, page=page: pages.store(tx, held, PageWrite(page)))
    batch = await batch_of(store, batch_id)
    first, second = await store.read(
        lambda db: results.page_results(db, batch.seq, include_all=False, limit=10)
    )
    assert first.duplicate_of is None
    assert second.duplicate_of == "http://a.example/1"


async def test_a_cancelled_batch_ends_what_is_pending_and_keeps_pages(store):
    batch_id = await submit(store, "a.example", "b.example", "c.example")
    (with_page, running) = await claim(store, limit=2)
    await store.write(lambda tx: pages.store(tx, with_page, FETCHED))
    await store.write(lambda tx: attempts.finish(tx, with_page, Released(waits=0)))
    await store.write(lambda tx: batches.cancel(tx, batch_id))
    batch = await batch_of(store, batch_id)
    assert batch.state is BatchState.RUNNING
    assert batch.counts[JobState.PARTIAL] == 1
    assert batch.counts[JobState.CANCELLED] == 1
    await store.write(lambda tx: batches.cancel(tx, batch_id))  # idempotent
    done = Finished(JobState.CANCELLED, Reason.CANCELLED)
    await store.write(lambda tx: attempts.finish(tx, running, done))
    assert (await batch_of(store, batch_id)).state is BatchState.PARTIAL
    await assert_balanced(store)


async def test_a_cancelled_batch_is_not_claimed_from_and_its_orphans_end(store):
    batch_id = await submit(store, "a.example", "b.example")
    await claim(store, limit=1, boot="dead")
    await store.write(lambda tx: batches.cancel(tx, batch_id))
    await store.write(lambda tx: recover(tx, boot="alive"))
    assert await claim(store, limit=5, boot="alive") == []
    await store.write(batches.end_stopped)
    assert (await batch_of(store, batch_id)).state is BatchState.CANCELLED


async def test_the_deadline_ends_pending_jobs(store, clock):
    batch_id = await submit(store, "a.example", deadline_s=60)
    assert await store.write(batches.end_stopped) is None
    clock.time += 60
    assert (await store.write(batches.end_stopped)).batch_id == batch_id
    batch = await batch_of(store, batch_id)
    assert batch.state is BatchState.FAILED


async def test_a_claim_walks_two_indexes_in_order(store):
    """Neither a scan nor a sort: a claim costs the same at a thousand and a million jobs."""
    await submit(store, "a.example")

    def plan(tx):
        rows = []
        tx.db.set_trace_callback(rows.append)
        claims.claim(tx, boot="b", lease_seconds=1, limit=1)
        tx.db.set_trace_callback(None)
        (sql,) = [text for text in rows if "batches_claimable" in text]
        return [row["detail"] for row in tx.execute(f"EXPLAIN QUERY PLAN {sql}")]

    steps = await store.write(plan)
    assert not [step for step in steps if "TEMP B-TREE" in step], steps
    assert any("batches_claimable" in step for step in steps), steps
    assert any("jobs_ready" in step for step in steps), steps


async def test_a_job_that_comes_back_to_a_cancelled_batch_ends(store):
    """Its worker had decided on another attempt just before the user cancelled."""
    batch_id = await submit(store, "a.example", "b.example")
    late, stopped = await claim(store, limit=2)
    await store.write(lambda tx: batches.cancel(tx, batch_id))
    retry = Retry(Reason.TIMEOUT, "no answer", delay_s=10)
    await store.write(lambda tx: attempts.finish(tx, late, retry))
    done = Finished(JobState.CANCELLED, Reason.CANCELLED)
    await store.write(lambda tx: attempts.finish(tx, stopped, done))
    assert (await store.write(batches.end_stopped)).jobs == 1
    assert (await batch_of(store, batch_id)).state is BatchState.CANCELLED
    assert (await job_of(store, late.job_id)).reason is Reason.CANCELLED
    assert await store.write(batches.end_stopped) is None
    await assert_balanced(store)


async def test_a_large_batch_is_cancelled_in_slices(store, monkeypatch):
    """A million in one unit held every other writer for eleven seconds."""
    monkeypatch.setattr(batches, "ENDED", 4)
    batch_id = await submit(store, *(f"{number}.example" for number in range(10)))
    await store.write(lambda tx: batches.cancel(tx, batch_id))
    assert (await batch_of(store, batch_id)).counts[JobState.CANCELLED] == 4
    assert await claim(store, limit=10) == []
    slices = []
    while stopped := await store.write(batches.end_stopped):
        slices.append(stopped.jobs)
    assert slices == [4, 2]
    assert (await batch_of(store, batch_id)).state is BatchState.CANCELLED
    await assert_balanced(store)


async def test_every_job_that_is_ended_while_it_waits_has_its_event(store, bus):
    heard = []
    bus.listen(heard.append)
    batch_id = await submit(store, "a.example", "b.example")
    await store.write(lambda tx: batches.cancel(tx, batch_id))
    ended = [event for event in heard if event.type is EventType.JOB_FINISHED]
    assert [(event.data["domain"], event.data["state"]) for event in ended] == [
        ("a.example", "cancelled"), ("b.example", "cancelled")
    ]  # fmt: skip


async def test_a_stale_attempt_is_told_so_even_for_a_page_that_is_stored_already(store):
    """Not that the page is there already, which would be a bug of ours."""
    await submit(store, "a.example")
    (stale,) = await claim(store, boot="boot-1")
    await store.write(lambda tx: recover(tx, boot="boot-2"))
    (fresh,) = await claim(store, boot="boot-2")
    await store.write(lambda tx: pages.store(tx, fresh, FETCHED))
    with pytest.raises(LeaseLost):
        await store.write(lambda tx: pages.store(tx, stale, FETCHED))


async def test_what_is_only_counted_is_counted_once_also_when_the_job_runs_again(store):
    batch_id = await submit(store, "a.example")
    for path in "12":
        (held,) = await claim(store)
        await store.write(partial(_cut_short, held, f"http://a.example/{path}"))
    assert (await batch_of(store, batch_id)).pages.skipped[SkipReason.SCOPE] == 1
    (held,) = await claim(store)
    done = Finished(JobState.COMPLETE)
    await store.write(lambda tx: attempts.finish(tx, held, done))
    assert await store.write(lambda tx: tx.execute("SELECT * FROM outside").fetchall()) == []


def _cut_short(held, url, tx):
    """One page with a link to another site, the end, and back again as a user's retry does."""
    page = Page(url, 0, PageState.FETCHED)
    pages.store(tx, held, PageWrite(page, outside=((11, SkipReason.SCOPE),)))
    attempts.finish(tx, held, Finished(JobState.PARTIAL, Reason.DEADLINE))
    tx.execute("UPDATE jobs SET state = 'pending' WHERE seq = ?", (held.seq,))
    counters.move_jobs(tx, held.batch_seq, {JobState.PARTIAL: -1, JobState.PENDING: 1})


async def test_a_new_page_ends_the_row_of_waits_also_when_the_worker_dies(store):
    await submit(store, "a.example")
    (held,) = await claim(store)
    await store.write(lambda tx: attempts.finish(tx, held, Released(waits=2)))
    (held,) = await claim(store)
    assert held.waits == 2
    await store.write(lambda tx: pages.store(tx, held, FETCHED))
    await store.write(lambda tx: recover(tx, boot="alive"))
    (again,) = await claim(store)
    assert again.waits == 0


async def test_a_frontier_is_read_in_slices_in_the_order_of_discovery(store):
    await submit(store, "a.example")
    (held,) = await claim(store)
    found = tuple(FrontierRow(f"http://a.example/{9 - number}", 1) for number in range(9))
    await store.write(lambda tx: pages.store(tx, held, PageWrite(FETCHED.page, found)))
    seen, after = [], 0
    for size in (4, 4, 2):
        slice_ = partial(pages.known, held=held, after=after, limit=4)
        part, after = await store.read(slice_)
        assert len(part) == size
        seen += [row.url for row in part]
    explain = """
        EXPLAIN QUERY PLAN SELECT url FROM pages INDEXED BY pages_of_job
        WHERE job = 1 AND seq > 1 ORDER BY seq LIMIT 1
        """
    plan = await store.read(lambda db: db.execute(explain).fetchall())
    assert seen == [*(row.url for row in found), "http://a.example/"]
    assert [row["detail"] for row in plan] == [
        "SEARCH pages USING INDEX pages_of_job (job=? AND rowid>?)"
    ]


async def test_pages_are_listed_by_job_then_by_discovery_across_slices(store):
    batch_id = await submit(store, "a.example", "b.example")
    first, second = await claim(store, limit=2)
    for path in "123":
        for held in (second, first):
            page = Page(f"http://{held.target.host}/{path}", 0, PageState.FETCHED)
            write = PageWrite(page)
            await store.write(lambda tx, held=held, write=write: pages.store(tx, held, write))
    batch = await batch_of(store, batch_id)
    urls, after = [], 0
    slice_ = partial(results.page_results, batch=batch.seq, include_all=False, limit=2)
    while part := await store.read(partial(slice_, after=after)):
        urls += [row.page.url for row in part]
        after = part[-1].seq
    assert urls == [f"http://{host}.example/{path}" for host in "ab" for path in "123"]


async def test_a_slice_of_pages_begins_where_the_last_one_ended(store):
    """Without a sort: at 100,000 pages a job, each slice would read all of them."""
    asked = []

    def look(db):
        db.set_trace_callback(asked.append)
        results.page_results(db, 1, include_all=True, after=5, limit=2)
        db.set_trace_callback(None)
        (sql,) = [text for text in asked if "FROM jobs j" in text]
        return [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]

    steps = await store.read(look)
    assert not [step for step in steps if "TEMP B-TREE" in step], steps
    assert any("pages_of_job (job=? AND rowid>?)" in step for step in steps), steps
