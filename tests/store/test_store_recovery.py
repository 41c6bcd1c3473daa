"""What a start makes of the jobs that a dead run had in hand, and of the page that killed it."""

import pytest

from skybatch.model.outcome import Finished
from skybatch.model.page import FrontierRow, Page, PageWrite
from skybatch.model.reason import Reason
from skybatch.model.recovery import Asked, Recovered, Suspect
from skybatch.model.state import JobState, PageState
from skybatch.store import attempts, claims, pages, rescue
from tests.store.seeds import submit
from tests.store.test_store_claims import assert_balanced, claim, job_of

START, POISON = "http://a.example/", "http://a.example/poison"
WITH_LINK = PageWrite(Page(START, 0, PageState.FETCHED), (FrontierRow(POISON, 1),), start_url=START)


async def recover(store, boot, suspect=None, asked=()):
    found = await store.write(
        lambda tx: rescue.recover(tx, boot=boot, suspect=suspect, asked=asked)
    )
    await assert_balanced(store)
    return found


async def claim_suspect(store, boot):
    return await store.write(lambda tx: claims.claim_suspect(tx, boot=boot, lease_seconds=30))


async def crash(store, held, number, url=POISON):
    """The daemon dies while it reads a page of the job; the next one starts."""
    suspect = Suspect(held.job_id, held.attempt, url)
    return await recover(store, f"boot-{number}", suspect)


async def test_a_page_that_kills_the_daemon_three_times_ends_its_job(store):
    await submit(store, "a.example")
    (held,) = await claim(store, boot="boot-0")
    assert await crash(store, held, 1, START) == Recovered(jobs=1)
    (held,) = await claim(store, boot="boot-1")
    assert await crash(store, held, 2, START) == Recovered(jobs=1)
    assert await claim(store, boot="boot-2") == [], "it may run alone only"
    (held,) = await claim_suspect(store, "boot-2")
    assert (held.crashes, held.suspect, held.charged) == (2, START, 0)
    assert await crash(store, held, 3, START) == Recovered(ended=1)
    job = await job_of(store, held.job_id)
    assert (job.state, job.reason) == (JobState.FAILED, Reason.INTERNAL)
    assert START in (job.detail or "")


async def test_a_job_with_pages_that_ends_by_a_poisonous_one_is_partial(store):
    """And the pages beside it, stored between two crashes, do not save it from ending."""
    await submit(store, "a.example")
    (held,) = await claim(store, boot="boot-0")
    await store.write(lambda tx: pages.store(tx, held, WITH_LINK))
    await crash(store, held, 1)
    for number in (2, 3):
        taken = await claim(store, boot="b") or await claim_suspect(store, "b")
        held = taken[0]
        other = Page(f"http://a.example/{number}", 1, PageState.FETCHED)
        await store.write(
            lambda tx, held=held, other=other: pages.store(tx, held, PageWrite(other))
        )
        await crash(store, held, number)
    job = await job_of(store, held.job_id)
    assert (job.state, job.reason, job.pages.fetched) == (JobState.PARTIAL, Reason.INTERNAL, 3)


async def test_the_page_being_stored_clears_its_job(store):
    await submit(store, "a.example")
    (held,) = await claim(store, boot="boot-0")
    await crash(store, held, 1, START)
    (held,) = await claim(store, boot="boot-1")
    await store.write(lambda tx: pages.store(tx, held, WITH_LINK))
    await recover(store, "boot-2")
    (held,) = await claim(store, boot="boot-2")
    assert (held.crashes, held.suspect) == (0, None)


async def test_a_kill_that_caught_no_page_being_read_blames_nobody(store):
    await submit(store, "a.example", "b.example")
    await claim(store, limit=2, boot="boot-0")
    for number in range(1, 6):
        assert (await recover(store, f"boot-{number}")).jobs == 2
        held = await claim(store, limit=2, boot=f"boot-{number}")
        assert [(job.crashes, job.charged) for job in held] == [(0, 0), (0, 0)]


async def test_a_recovery_that_is_killed_itself_counts_a_crash_once(store):
    """The mark is cleared after the commit, so the next start may find it a second time."""
    await submit(store, "a.example")
    (held,) = await claim(store, boot="boot-0")
    await crash(store, held, 1, START)
    await crash(store, held, 2, START)
    (again,) = await claim(store, boot="boot-2")
    assert again.crashes == 1


async def test_the_report_counts_what_was_asked_for_and_never_stored(store):
    await submit(store, "a.example", "b.example")
    first, second = await claim(store, limit=2, boot="boot-0")
    await store.write(lambda tx: pages.store(tx, first, WITH_LINK))
    asked = [
        Asked(first.job_id, first.attempt, START),
        Asked(first.job_id, first.attempt, POISON),
        Asked(first.job_id, first.attempt, POISON),  # once more, after a failure
        Asked(second.job_id, second.attempt, "http://b.example/"),
        Asked(second.job_id, second.attempt - 1, "http://b.example/old"),
        Asked("no-such-job", 1, START),
    ]
    report = await recover(store, "boot-1", asked=asked)
    assert report == Recovered(jobs=2, pages_kept=1, pages_to_refetch=2)
    assert str(report) == "recovered 2 jobs, 1 page kept, 2 pages to refetch"


async def test_a_worker_of_our_own_that_is_gone_is_charged_until_its_job_has_failed(store, clock):
    """A bug of ours in the worker itself: uncharged, the job would go round for ever."""
    await submit(store, "a.example", max_attempts=2)
    for charged in (0, 1):
        (held,) = await claim(store)
        assert held.charged == charged
        clock.time += 31
        rescued = await store.write(lambda tx: rescue.rescue(tx, boot="boot-1", held=[]))
        assert rescued.jobs == 1
    job = await job_of(store, held.job_id)
    assert (job.state, job.reason) == (JobState.FAILED, Reason.INTERNAL)
    await assert_balanced(store)


async def test_a_job_whose_options_nobody_can_read_keeps_no_other_from_running(store):
    await submit(store, "a.example")
    await submit(store, "b.example")
    await store.write(lambda tx: tx.execute("UPDATE batches SET options = '[]' WHERE seq = 1"))
    (held,) = await claim(store, limit=5)
    assert held.target.domain == "b.example"


@pytest.mark.parametrize("state", [JobState.COMPLETE, JobState.PARTIAL])
async def test_an_ended_job_is_not_recovered(store, state):
    await submit(store, "a.example")
    (held,) = await claim(store, boot="boot-0")
    await store.write(lambda tx: attempts.finish(tx, held, Finished(state)))
    assert await crash(store, held, 1, START) == Recovered()
