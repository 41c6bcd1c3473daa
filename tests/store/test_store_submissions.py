"""A submission is stored whole, or not at all."""

import asyncio

import pytest

from skybatch.errors import Conflict, Invalid, NotFound
from skybatch.model.batch import Rejected
from skybatch.model.state import BatchState, JobState
from skybatch.model.target import Entry
from skybatch.store import batches, claims, jobs, staging, submissions
from skybatch.store.domains import Seen
from tests.store.seeds import accepted, slices_of, submission, submit
from tests.until import until


async def rows(store, table):
    count = f"SELECT count(*) FROM {table}"
    return await store.read(lambda db: db.execute(count).fetchone()[0])


async def test_duplicates_merge_and_rejected_lines_are_told(store):
    wanted = submission()
    lines = [
        accepted(0, "a.example"),
        Rejected(Entry(1, "???"), "bad_host", "no"),
        accepted(2, "a.example"),
        accepted(3, "b.example"),
    ]
    receipt = await submissions.submit(store, wanted, slices_of(lines))
    assert (receipt.job_count, receipt.duplicates, receipt.rejected_count) == (2, 1, 1)
    assert receipt.rejected[0].entry.row == 1
    batch = await store.read(lambda db: batches.find(db, wanted.batch_id))
    assert batch.state is BatchState.PENDING
    assert batch.counts[JobState.PENDING] == 2
    found = await store.read(lambda db: jobs.first(db, batch.seq, limit=10))
    left = await store.read(lambda db: batches.leftovers(db, batch.seq, limit=10))
    assert [job.input_row for job in found] == [0, 3]
    assert [(line.row, line.code, line.job_seq) for line in left] == [
        (1, "bad_host", None), (2, None, found[0].seq)
    ]  # fmt: skip


async def test_a_submission_cut_off_midway_leaves_nothing(store):
    async def slices():
        yield [accepted(row, f"a{row}.example") for row in range(10)]
        yield [accepted(row, f"a{row}.example") for row in range(10, 20)]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await submissions.submit(store, submission(), slices())
    assert await store.write(lambda tx: claims.claim(tx, boot="b", lease_seconds=1, limit=9)) == []

    async def is_empty():
        await store.write(staging.discard)
        return await rows(store, "jobs") == await rows(store, "batches") == 0

    await until(is_empty)


async def test_a_staged_batch_is_seen_by_nobody(store):
    wanted = submission()

    async def is_stored():
        return await rows(store, "jobs") == 1

    async def slices():
        yield [accepted(0, "a.example")]
        yield [accepted(1, "b.example")]
        await until(is_stored)  # the first slice is, the last one is not
        with pytest.raises(NotFound):
            await store.read(lambda db: batches.find(db, wanted.batch_id))
        assert await store.read(lambda db: batches.listing(db, limit=10)) == []
        yield [accepted(2, "c.example")]

    await submissions.submit(store, wanted, slices())
    assert (await store.read(lambda db: batches.find(db, wanted.batch_id))).total == 3


async def test_a_list_without_a_domain_is_refused_with_every_fault(store):
    lines = [Rejected(Entry(row, "?"), "bad_host", "no") for row in range(3)]
    with pytest.raises(Invalid) as refusal:
        await submissions.submit(store, submission(), slices_of(lines))
    assert [fault.pointer for fault in refusal.value.faults] == [
        "/domains/0", "/domains/1", "/domains/2"
    ]  # fmt: skip
    assert await rows(store, "batches") == 0
    assert await rows(store, "leftovers") == 0


async def test_a_batch_id_is_given_once(store):
    batch_id = await submit(store, "a.example")
    with pytest.raises(Conflict):
        await submit(store, "b.example", batch_id=batch_id)
    assert (await store.read(lambda db: batches.find(db, batch_id))).total == 1


async def test_a_refused_submission_does_not_take_another_with_it(store):
    """A row number is given again after a rollback: discarding by number alone would delete the
    next submission."""
    lines = [Rejected(Entry(0, "?"), "bad_host", "no")]
    for _ in range(5):
        with pytest.raises(Invalid):
            await submissions.submit(store, submission(), slices_of(lines))

        async def slices():
            yield [accepted(0, "a.example")]
            yield [accepted(1, "b.example")]

        receipt = await submissions.submit(store, submission(), slices())
        assert receipt.job_count == 2
    assert await rows(store, "jobs") == 10


async def test_recovery_deletes_what_a_dead_run_left_staged(store):
    staged = submission()

    def half(tx):
        row = batches.create(tx, staged)
        jobs.add(tx, row, [accepted(0, "a.example")], Seen())

    await store.write(half)
    assert await store.write(staging.abandon_all) == 1
    while await store.write(staging.discard):
        continue
    assert await rows(store, "batches") == await rows(store, "jobs") == 0


async def test_batches_are_listed_newest_first_with_a_cursor(store):
    ids = [await submit(store, "a.example") for _ in range(5)]
    first = await store.read(lambda db: batches.listing(db, limit=2))
    second = await store.read(lambda db: batches.listing(db, before=first[-1].seq, limit=2))
    assert [batch.batch_id for batch in (*first, *second)] == ids[:0:-1]


async def test_a_submission_that_is_cancelled_while_it_waits_for_its_first_slice_leaves_nothing(
    store,
):
    async def slices():
        yield [accepted(0, "a.example")]
        yield [accepted(1, "b.example")]
        yield [accepted(2, "c.example")]

    task = asyncio.create_task(submissions.submit(store, submission(), slices()))
    await asyncio.sleep(0)  # the first slice is queued
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    while await store.write(staging.discard):  # after whatever was queued
        continue
    assert await rows(store, "batches") == await rows(store, "jobs") == 0


async def test_rejected_lines_of_a_cut_off_submission_are_deleted_in_slices(store, monkeypatch):
    monkeypatch.setattr(staging, "BULK", 4)
    staged = submission()

    def half(tx):
        row = batches.create(tx, staged)
        jobs.add(tx, row, [accepted(0, "a.example")], Seen())
        jobs.add(
            tx,
            row,
            [Rejected(Entry(number, "?"), "bad_host", "no") for number in range(10)],
            Seen(),
        )

    await store.write(half)
    await store.write(staging.abandon_all)
    left = []
    while await store.write(staging.discard):
        left.append(await rows(store, "leftovers"))
    assert left == [6, 2, 0]
    assert await rows(store, "leftovers") == await rows(store, "batches") == 0
