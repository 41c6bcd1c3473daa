"""A user's retry: what is fetched stays, what was lost for a passing reason is asked for again."""

import pytest

from skybatch.errors import InProgress, NotFound
from skybatch.model.outcome import Finished
from skybatch.model.page import FrontierRow, Page, PageWrite
from skybatch.model.reason import Reason
from skybatch.model.state import BatchState, JobState, PageState, SkipReason
from skybatch.store import attempts, batches, pages, retrying
from tests.store.seeds import submit
from tests.store.test_store_claims import assert_balanced, batch_of, claim, job_of

A = "http://a.example"
PARTIAL = Finished(JobState.PARTIAL, Reason.TIMEOUT)


async def retry(store, batch_id, *reasons):
    back = await store.write(lambda tx: retrying.retry(tx, batch_id, reasons, after=0))
    await assert_balanced(store)
    return back.jobs


async def end(store, held, outcome):
    await store.write(lambda tx: attempts.finish(tx, held, outcome))


async def test_a_partial_job_keeps_its_pages_and_asks_again_for_the_lost_ones(store):
    batch_id = await submit(store, "a.example")
    (held,) = await claim(store)
    rows = tuple(FrontierRow(f"{A}/{name}", 1) for name in ("lost", "dead"))
    start = Page(f"{A}/", 0, PageState.FETCHED)
    outside = ((7, SkipReason.SCOPE),)
    for write in (
        PageWrite(start, found=rows, outside=outside, start_url=f"{A}/"),
        PageWrite(Page(f"{A}/lost", 1, PageState.FAILED, Reason.TIMEOUT, tries=3)),
        PageWrite(Page(f"{A}/dead", 1, PageState.FAILED, Reason.HTTP_4XX)),
    ):
        await store.write(lambda tx, write=write: pages.store(tx, held, write))
    await end(store, held, PARTIAL)
    assert await retry(store, batch_id) == 1
    batch = await batch_of(store, batch_id)
    assert batch.state is BatchState.RUNNING
    assert batch.finished_at is None
    assert (batch.pages.fetched, batch.pages.failed, batch.pages.queued) == (1, 1, 1)
    assert batch.pages.skipped[SkipReason.SCOPE] == 1
    (again,) = await claim(store)
    assert (again.attempt, again.charged, again.fetched) == (2, 0, 1)
    known, _ = await store.read(lambda db: pages.known(db, again, after=0, limit=10))
    assert {row.url: (row.state, row.tries) for row in known if row.url != f"{A}/"} == {
        f"{A}/lost": (PageState.QUEUED, 0),
        f"{A}/dead": (PageState.FAILED, 1),
    }


async def test_a_job_without_a_start_page_begins_anew(store):
    batch_id = await submit(store, "a.example")
    (held,) = await claim(store)
    failed = PageWrite(Page(f"{A}/", 0, PageState.FAILED, Reason.HTTP_4XX))
    await store.write(lambda tx: pages.store(tx, held, failed))
    await end(store, held, Finished(JobState.FAILED, Reason.HTTP_4XX))
    assert await retry(store, batch_id) == 1
    (again,) = await claim(store)
    await store.write(lambda tx: pages.store(tx, again, failed))  # no trace of the first one
    assert (await batch_of(store, batch_id)).pages.discovered == 1
    await assert_balanced(store)


async def test_only_the_reasons_asked_for_are_tried_again(store):
    batch_id = await submit(store, "a.example", "b.example", "c.example")
    for held, reason in zip(
        await claim(store, limit=3), (Reason.TIMEOUT, Reason.NXDOMAIN, None), strict=True
    ):
        state = JobState.FAILED if reason else JobState.COMPLETE
        await end(store, held, Finished(state, reason))
    assert await retry(store, batch_id, Reason.TIMEOUT, Reason.REFUSED) == 1
    counts = (await batch_of(store, batch_id)).counts
    assert (counts[JobState.PENDING], counts[JobState.FAILED]) == (1, 1)
    (again,) = await claim(store, limit=9)
    assert again.target.domain == "a.example"


async def test_a_cancelled_or_overdue_batch_may_run_again(store, clock):
    batch_id = await submit(store, "a.example", deadline_s=60)
    (held,) = await claim(store)
    fetched = PageWrite(Page(f"{A}/", 0, PageState.FETCHED), start_url=f"{A}/")
    await store.write(lambda tx: pages.store(tx, held, fetched))
    await store.write(lambda tx: batches.cancel(tx, batch_id))
    await end(store, held, Finished(JobState.PARTIAL, Reason.CANCELLED))
    clock.time += 3600
    assert await retry(store, batch_id) == 1
    assert await store.write(batches.end_stopped) is None
    assert len(await claim(store)) == 1


async def test_a_complete_batch_has_nothing_to_retry(store):
    batch_id = await submit(store, "a.example")
    (held,) = await claim(store)
    await end(store, held, Finished(JobState.COMPLETE))
    assert await retry(store, batch_id) == 0
    assert (await batch_of(store, batch_id)).state is BatchState.COMPLETE
    assert (await job_of(store, held.job_id)).state is JobState.COMPLETE


async def test_slices_reach_every_job(store, monkeypatch):
    monkeypatch.setattr(retrying, "SLICE", 2)
    batch_id = await submit(store, *(f"h{number}.example" for number in range(5)))
    for held in await claim(store, limit=5):
        await end(store, held, Finished(JobState.FAILED, Reason.TIMEOUT))
    after, sizes = 0, []
    while not sizes or sizes[-1] == 2:
        back = await store.write(lambda tx, at=after: retrying.retry(tx, batch_id, (), after=at))
        after = back.last
        sizes.append(back.jobs)
    assert sizes == [2, 2, 1]
    await assert_balanced(store)


async def test_an_unknown_batch_is_not_found(store):
    with pytest.raises(NotFound):
        await retry(store, "nothing")


async def cancelled(store, batch_id):
    await store.write(lambda tx: batches.cancel(tx, batch_id))


async def test_a_cancel_between_two_slices_of_a_retry_is_the_last_word(store, monkeypatch):
    monkeypatch.setattr(retrying, "SLICE", 1)
    batch_id = await submit(store, "a.example", "b.example")
    for held in await claim(store, limit=2):
        await end(store, held, Finished(JobState.FAILED, Reason.NXDOMAIN))
    first = await store.write(lambda tx: retrying.retry(tx, batch_id, (), after=0))
    await cancelled(store, batch_id)
    second = await store.write(lambda tx: retrying.retry(tx, batch_id, (), after=first.last))
    assert (first.jobs, second.jobs) == (1, 0)
    batch = await batch_of(store, batch_id)
    assert (batch.counts[JobState.CANCELLED], batch.counts[JobState.FAILED]) == (1, 1)


async def test_a_batch_that_is_still_being_cancelled_is_not_tried_again(store, monkeypatch):
    monkeypatch.setattr(batches, "ENDED", 1)
    batch_id = await submit(store, "a.example", "b.example", "c.example")
    (held,) = await claim(store)
    await end(store, held, Finished(JobState.FAILED, Reason.NXDOMAIN))
    await cancelled(store, batch_id)
    with pytest.raises(InProgress):
        await retry(store, batch_id)
    await store.write(batches.end_stopped)
    assert await retry(store, batch_id) == 1
