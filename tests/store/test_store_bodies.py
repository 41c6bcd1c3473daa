"""Bodies that are kept, and what reading them again may change."""

import pytest

from skybatch.errors import Conflict, NotFound
from skybatch.model.facts import PageFacts
from skybatch.model.outcome import Finished
from skybatch.model.page import FrontierRow, Kept, Page, PageWrite
from skybatch.model.profile import Profile
from skybatch.model.reason import Reason
from skybatch.model.state import JobState, PageState
from skybatch.store import attempts, batches, bodies, claims, pages, results, retrying
from tests.store.seeds import submit

URL = "http://a.example/"
KEPT = Kept(b"body", "zstd", "de", was_cut=True, signs=("Server: nginx",))
PARTIAL = Finished(JobState.PARTIAL)


async def crawled(store, *domains: str, ends: Finished = PARTIAL) -> str:
    """A batch whose jobs have each a start page with a body, and one without."""
    batch_id = await submit(store, *domains, store_html=True)
    held = await store.write(
        lambda tx: claims.claim(tx, boot="boot", lease_seconds=30, limit=len(domains))
    )
    for claim in held:
        start = f"http://{claim.target.domain}/"
        for url, kept in ((start, KEPT), (f"{start}b", None)):
            page = Page(
                url, 0, PageState.FETCHED, status=200, facts=PageFacts(title="old"), fetched_at=1.0
            )
            write = PageWrite(page, (FrontierRow(url, 0),), start_url=start, kept=kept)
            await store.write(lambda tx, claim=claim, write=write: pages.store(tx, claim, write))
        await store.write(lambda tx, claim=claim: attempts.finish(tx, claim, ends))
    return batch_id


async def next_job(store):
    return await store.read(lambda db: bodies.next_job(db))


async def titles(store, batch_id) -> list[str]:
    batch = await store.read(lambda db: batches.find(db, batch_id))
    found = await store.read(
        lambda db: results.page_results(db, batch.seq, include_all=False, limit=100)
    )
    return [row.page.facts.title for row in found]


async def read_again(store, job) -> None:
    (first, second) = await store.read(
        lambda db: bodies.pages_of(db, job, after=bodies.BEGINNING, limit=10)
    )
    assert (first.kept, second.kept) == (KEPT, None)
    assert (first.asked, second.asked) == (job.start_url, f"{job.start_url}b")
    await store.write(lambda tx: bodies.store_facts(tx, job, [(first, PageFacts(title="new"))]))
    await store.write(lambda tx: bodies.finish(tx, job, Profile(title="new")))


async def test_the_jobs_of_a_batch_are_read_again_one_after_the_other(store):
    batch_id = await crawled(store, "a.example", "b.example")
    assert await next_job(store) is None
    assert await store.write(lambda tx: bodies.ask(tx, batch_id)) == 2
    for domain in ("a.example", "b.example"):
        job = await next_job(store)
        assert (job.domain, job.start_url) == (domain, f"http://{domain}/")
        await read_again(store, job)
    last = await next_job(store)
    assert last.job == 0
    await store.write(lambda tx: bodies.finish(tx, last, None))
    assert await next_job(store) is None
    assert await titles(store, batch_id) == ["new", "old", "new", "old"]


async def test_a_job_that_runs_again_meanwhile_is_left_alone(store):
    ends = Finished(JobState.PARTIAL, Reason.TIMEOUT)
    batch_id = await crawled(store, "a.example", ends=ends)
    await store.write(lambda tx: bodies.ask(tx, batch_id))
    job = await next_job(store)
    await store.write(lambda tx: retrying.retry(tx, batch_id, (), after=0))
    await read_again(store, job)
    assert await titles(store, batch_id) == ["old", "old"]


async def test_a_job_that_has_run_again_meanwhile_keeps_what_it_found(store):
    batch_id = await crawled(store, "a.example", ends=Finished(JobState.PARTIAL, Reason.TIMEOUT))
    await store.write(lambda tx: bodies.ask(tx, batch_id))
    job = await next_job(store)
    await store.write(lambda tx: retrying.retry(tx, batch_id, (), after=0))
    (held,) = await store.write(lambda tx: claims.claim(tx, boot="boot", lease_seconds=30, limit=1))
    await store.write(lambda tx: attempts.finish(tx, held, Finished(JobState.COMPLETE)))
    await read_again(store, job)
    assert await titles(store, batch_id) == ["old", "old"]


async def test_only_a_batch_that_has_ended_and_kept_bodies_is_read_again(store):
    running = await submit(store, "a.example")
    with pytest.raises(Conflict, match="has not ended"):
        await store.write(lambda tx: bodies.ask(tx, running))
    with pytest.raises(NotFound):
        await store.write(lambda tx: bodies.ask(tx, "x"))
