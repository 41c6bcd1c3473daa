"""Guards of the store that nothing else would miss: each test turns red without its guard."""

import asyncio
import os
import shutil
import sqlite3

import pytest

from skybatch.engine.discarder import Discarder
from skybatch.engine.gate import Gate
from skybatch.engine.queue import JobQueue
from skybatch.errors import Conflict, InProgress, LeaseLost, NotFound, StorageFull, StoreUnavailable
from skybatch.model.clock import SteadyClock, SystemClock
from skybatch.model.event import EventType
from skybatch.model.outcome import Finished, Released
from skybatch.model.page import Page, PageWrite
from skybatch.model.reason import Reason
from skybatch.model.recovery import Recovered, Suspect
from skybatch.model.state import JobState, PageState, SkipReason
from skybatch.recorder.flight import Recorder
from skybatch.store import (
    attempts,
    batches,
    claims,
    idempotency,
    jobs,
    opening,
    pages,
    reserve,
    staging,
    steps,
    submissions,
    tokens,
    writer,
)
from skybatch.store.audit import audit
from skybatch.store.database import Store
from skybatch.store.idempotency import Remembered
from skybatch.store.opening import FILE
from skybatch.store.rescue import recover
from skybatch.store.writer import Writer
from tests.store.seeds import accepted, slices_of, submission, submit
from tests.store.test_store_claims import FETCHED, assert_balanced, batch_of, claim, job_of
from tests.store.test_store_writer import Breaking, add, ids
from tests.until import until

DAY = 86_400.0
COMPLETE = Finished(JobState.COMPLETE)
FIRST = Remembered(b"fingerprint", "batch", 202, b"{}")


async def given_away(store):
    """A claim whose job was taken back and claimed again, and that second claim."""
    (stale,) = await claim(store, boot="boot-1")
    await store.write(lambda tx: recover(tx, boot="boot-2"))
    (fresh,) = await claim(store, boot="boot-2")
    return stale, fresh


async def lease_of(store, held):
    query = "SELECT lease_until FROM jobs WHERE seq = ?"
    return await store.write(lambda tx: tx.execute(query, (held.seq,)).fetchone()[0])


async def test_a_page_that_comes_after_the_end_of_its_job_is_refused(store):
    batch_id = await submit(store, "a.example")
    (held,) = await claim(store)
    await store.write(lambda tx: attempts.finish(tx, held, COMPLETE))
    with pytest.raises(LeaseLost):
        await store.write(lambda tx: pages.store(tx, held, FETCHED))
    assert (await batch_of(store, batch_id)).pages.discovered == 0


async def test_a_stale_attempt_cannot_give_back_a_job_that_was_given_away(store):
    await submit(store, "a.example")
    stale, fresh = await given_away(store)
    with pytest.raises(LeaseLost):
        await store.write(lambda tx: attempts.finish(tx, stale, Released(waits=0)))
    assert (await job_of(store, fresh.job_id)).state is JobState.RUNNING
    await assert_balanced(store)


async def test_a_job_that_has_ended_cannot_be_given_back(store):
    await submit(store, "a.example")
    (held,) = await claim(store)
    await store.write(lambda tx: attempts.finish(tx, held, COMPLETE))
    with pytest.raises(LeaseLost):
        await store.write(lambda tx: attempts.finish(tx, held, Released(waits=0)))
    assert (await job_of(store, held.job_id)).state is JobState.COMPLETE


async def test_a_stale_attempt_does_not_renew_the_lease_of_the_next(store):
    await submit(store, "a.example")
    stale, fresh = await given_away(store)
    before = await lease_of(store, fresh)
    await store.write(
        lambda tx: attempts.renew(tx, boot="boot-2", held=[stale], lease_seconds=1_000)
    )
    assert await lease_of(store, fresh) == before


async def test_a_stale_attempt_does_not_say_where_the_next_one_stands(store):
    await submit(store, "a.example")
    stale, fresh = await given_away(store)
    told = attempts.Stage(stale.seq, stale.attempt, "pages", 0.0)
    await store.write(lambda tx: attempts.note_stages(tx, [told]))
    assert (await job_of(store, fresh.job_id)).stage == "claimed"


async def test_half_a_submission_is_not_claimed_from(store):
    async def slices():
        yield [accepted(0, "a.example")]
        yield [accepted(1, "b.example")]
        assert await claim(store, limit=10) == []
        yield [accepted(2, "c.example")]

    await submissions.submit(store, submission(), slices())
    assert len(await claim(store, limit=10)) == 3


async def test_a_batch_whose_answer_cannot_be_kept_is_not_taken(store):
    """Else the client that sends it again, because it got no answer, would have two batches."""

    def fails(_tx, _receipt):
        raise RuntimeError

    wanted = submission()
    with pytest.raises(RuntimeError):
        await submissions.submit(store, wanted, slices_of([accepted(0, "a.example")]), fails)
    assert await claim(store) == []
    with pytest.raises(NotFound):
        await store.read(lambda db: batches.find(db, wanted.batch_id))


async def test_a_batch_that_runs_cannot_be_forgotten(store):
    batch_id = await submit(store, "a.example")
    (held,) = await claim(store)
    with pytest.raises(Conflict):
        await store.write(lambda tx: staging.hide(tx, batch_id))
    await store.write(lambda tx: attempts.finish(tx, held, COMPLETE))
    assert (await batch_of(store, batch_id)).counts[JobState.COMPLETE] == 1


@pytest.mark.parametrize(
    "obstacle",
    [
        "UPDATE jobs SET run_after = 1e11",
        "UPDATE batches SET paused = 1",
        "UPDATE batches SET cancelled_at = 1",
        "UPDATE batches SET staging = 1",
        "INSERT INTO hosts (host, ready_at) VALUES ('a.example', 1e11)",
    ],
)
async def test_a_suspect_waits_as_any_other_job_does(store, obstacle):
    await submit(store, "a.example")

    def unit(tx):
        tx.execute("UPDATE jobs SET crashes = 2, suspect = 'http://a.example/'")
        may_run = claims.has_suspect(tx)
        tx.execute(obstacle)
        return may_run, claims.claim_suspect(tx, boot="boot-1", lease_seconds=30)

    assert await store.write(unit) == (True, [])


async def test_nothing_is_claimed_while_the_daemon_is_paused(store, tmp_path):
    await submit(store, "a.example")
    clock = SteadyClock()
    recorder = Recorder(tmp_path, "boot", clock)
    queue = JobQueue(store, "boot", Gate(recorder), clock)
    await queue.pause()
    rests = await queue.claim(10, is_idle=True)
    assert (rests.claims, rests.is_paused) == ((), True)
    await queue.resume()
    assert len((await queue.claim(10, is_idle=True)).claims) == 1
    recorder.close()


async def test_a_mark_of_a_job_that_was_given_back_blames_nobody(store):
    """The kill came between the end of the attempt and the end of the mark."""
    await submit(store, "a.example")
    (held,) = await claim(store, boot="boot-1")
    await store.write(lambda tx: attempts.finish(tx, held, Released(waits=0)))
    suspect = Suspect(held.job_id, held.attempt, "http://a.example/")
    await store.write(lambda tx: recover(tx, boot="boot-2", suspect=suspect))
    (again,) = await claim(store, boot="boot-2")
    assert (again.crashes, again.suspect) == (0, None)


async def test_a_recovery_leaves_the_jobs_of_its_own_run_alone(store):
    await submit(store, "a.example")
    (held,) = await claim(store, boot="boot-1")
    suspect = Suspect(held.job_id, held.attempt, "http://a.example/")
    found = await store.write(lambda tx: recover(tx, boot="boot-1", suspect=suspect))
    assert found == Recovered()
    assert (await job_of(store, held.job_id)).state is JobState.RUNNING


async def remembered(store, owner, now):
    return await store.read(lambda db: idempotency.recall(db, owner, "key", now=now))


async def test_a_key_belongs_to_its_owner(store, clock):
    await store.write(lambda tx: idempotency.remember(tx, "owner", "key", FIRST))
    assert await remembered(store, "owner", clock.time) == FIRST
    assert await remembered(store, "somebody else", clock.time) is None


async def test_a_key_is_remembered_for_a_day_by_a_clock_that_is_set_too(store, clock):
    await store.write(lambda tx: idempotency.remember(tx, "owner", "key", FIRST))
    await store.write(lambda tx: steps.follow(tx, 2 * DAY))
    assert await remembered(store, "owner", clock.time + 2 * DAY) == FIRST
    assert await remembered(store, "owner", clock.time + 3 * DAY + 1) is None


async def test_a_lease_ends_when_it_would_have_by_a_clock_that_is_set_too(store):
    await submit(store, "a.example")
    (held,) = await claim(store)
    before = await lease_of(store, held)
    await store.write(lambda tx: steps.follow(tx, -2 * DAY))
    assert await lease_of(store, held) == before - 2 * DAY


async def test_an_urgent_unit_does_not_wait_for_company(store, monkeypatch):
    monkeypatch.setattr(writer, "GATHER_SECONDS", 60)
    async with asyncio.timeout(5):
        await store.write(add("urgent"))


async def test_a_commit_that_fails_publishes_nothing_and_tells_everybody(store, tmp_path):
    """What was published could not be taken back; what was not told would be waited for."""
    opened, heard = [], []

    def connect():
        opened.append(sqlite3.connect(tmp_path / FILE, isolation_level=None, factory=Breaking))
        return opened[-1]

    def told(tx):
        tx.emit(EventType.BATCH_STARTED, "b")

    breaking = Writer(connect, SystemClock(), heard.extend)
    await breaking.open()
    opened[0].is_broken = True
    failed = [breaking.put(told, urgent=urgent) for urgent in (False, True)]
    async with asyncio.timeout(5):
        for future in failed:
            with pytest.raises(StoreUnavailable):
                await future
    await breaking.close()
    assert heard == []
    assert await store.write(lambda tx: tx.execute("SELECT * FROM events").fetchall()) == []


async def test_what_is_queued_is_written_before_the_store_is_closed(store, tmp_path, clock, bus):
    count = 3 * writer.GROUP_UNITS
    queued = [asyncio.create_task(store.write_soon(add(str(number)))) for number in range(count)]
    await asyncio.sleep(0)  # all of them have put their units
    await store.close()
    async with asyncio.timeout(10):
        await asyncio.gather(*queued)
    again = Store(tmp_path / FILE, clock, bus.publish)
    await again.open()
    assert await ids(again) == {str(number) for number in range(count)}
    await again.close()


async def test_a_database_that_was_only_half_made_is_made_again(tmp_path, clock, bus, monkeypatch):
    """An empty file at its place would be refused for ever: it might be what is left of one."""

    class Killed:
        def __format__(self, _spec):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(opening, "APPLICATION_ID", Killed())
        with pytest.raises(KeyboardInterrupt):
            opening.create(tmp_path / FILE)
    store = Store(tmp_path / FILE, clock, bus.publish)
    await store.open()
    await store.write(add("kept"))
    await store.close()


def take_away(path):
    path.rename(path.with_name("away"))


def replace(path):
    take_away(path)
    shutil.copy(path.with_name("away"), path)


@pytest.mark.parametrize("strike", [take_away, replace])
async def test_nothing_is_taken_while_the_file_is_not_in_its_place(store, tmp_path, strike):
    """What is written to a file that nobody can find any more is lost, however well synced."""
    path = tmp_path / FILE
    strike(path)
    with pytest.raises(StoreUnavailable, match=r"gone|replaced"):
        await store.write(add("lost"))
    with pytest.raises(StoreUnavailable, match=r"gone|replaced"):
        await store.read(lambda db: None)
    os.replace(path.with_name("away"), path)
    await store.write(add("kept"))
    assert await ids(store) == {"kept"}


async def test_while_the_reserve_is_in_use_only_deleting_is_done(store, tmp_path):
    """A disk that has room only where the reserve was."""
    await store.write(add("old"))

    def delete(tx):
        if (tmp_path / reserve.FILE).exists():
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        tx.execute("DELETE FROM tokens")

    assert (tmp_path / reserve.FILE).exists()
    await store.write_freeing(delete)
    with pytest.raises(StorageFull):
        await store.write(add("too early"))
    with pytest.raises(StorageFull):
        await store.write_soon(add("too early"))
    await store.probe()
    assert (tmp_path / reserve.FILE).exists()
    await store.write(add("new"))
    assert await ids(store) == {"new"}


async def test_a_token_that_was_taken_back_is_valid_no_more(store):
    await store.write(add("good"))
    await store.write(lambda tx: tx.execute("UPDATE tokens SET revoked_at = 1"))
    assert await store.write(tokens.valid) == {}


async def test_an_id_whose_submission_was_cut_off_is_in_progress_not_taken(store):
    first = submission()

    async def broken():
        yield [accepted(0, "a.example")]
        yield [accepted(1, "b.example")]
        await until(is_staged)
        raise ConnectionResetError

    async def is_staged():
        return await store.read(lambda db: db.execute("SELECT 1 FROM jobs").fetchone())

    with pytest.raises(ConnectionResetError):
        await submissions.submit(store, first, broken())
    with pytest.raises(InProgress):
        await submissions.submit(store, first, slices_of([accepted(0, "a.example")]))
    while await store.write(staging.discard):
        continue
    await submissions.submit(store, first, slices_of([accepted(0, "a.example")]))


async def test_what_could_not_be_given_up_at_once_is_given_up_later(store):
    first = submission()

    async def broken():
        yield [accepted(0, "a.example")]
        yield [accepted(1, "b.example")]
        store._writer._check = gone
        raise ConnectionResetError

    def gone():
        raise StoreUnavailable

    check = store._writer._check
    with pytest.raises(ConnectionResetError):
        await submissions.submit(store, first, broken())
    await until(lambda: store._missed)
    store._writer._check = check
    discarder = Discarder(store)
    while await discarder.run_once() == 0.0:
        continue
    await submissions.submit(store, first, slices_of([accepted(0, "a.example")]))


async def test_a_wait_that_ends_a_job_is_kept_for_the_host_and_its_twin(store):
    await submit(store, "www.a.example")
    (held,) = await claim(store)
    ended = Finished(JobState.FAILED, Reason.RATE_LIMITED, wait_s=3_600.0)
    await store.write(lambda tx: attempts.finish(tx, held, ended))
    for name in ("a.example", "www.a.example"):
        await submit(store, name)
    assert await claim(store, limit=2) == []


async def test_a_job_whose_host_rests_for_another_tells_when_it_may_run(store, clock):
    await submit(store, "a.example")
    (held,) = await claim(store)
    other = await batch_of(store, await submit(store, "a.example"))
    await store.write(lambda tx: attempts.finish(tx, held, Released(waits=1, delay_s=60)))
    (job,) = await store.read(lambda db: jobs.first(db, other.seq, limit=1))
    assert job.waits_until == pytest.approx(clock.now() + 60, abs=1)


async def test_urls_that_are_only_counted_as_traps_are_no_violation(store, tmp_path):
    await submit(store, "a.example")
    (held,) = await claim(store)
    write = PageWrite(
        Page("http://a.example/", 0, PageState.FETCHED),
        outside=((1, SkipReason.TRAP),),
        start_url="http://a.example/",
    )
    await store.write(lambda tx: pages.store(tx, held, write))
    await store.write(lambda tx: attempts.finish(tx, held, COMPLETE))
    await store.close()
    assert audit(tmp_path / FILE).violations == ()
