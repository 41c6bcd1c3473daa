"""Takes a submission in: slices into a hidden batch, which the last one makes visible."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from skybatch.errors import Fault, Invalid
from skybatch.model.batch import Accepted, Receipted, Rejected, Submission
from skybatch.store import batches, jobs, staging
from skybatch.store.database import Store
from skybatch.store.staging import Staged
from skybatch.store.tx import Tx

Slice = Sequence[Accepted | Rejected]
Conclusion = Callable[[Tx, Receipted], None]
LISTED = 1_000  # rejected lines that the answer names


class _Intake:
    """One submission on its way into the store."""

    def __init__(self, submission: Submission, conclude: Conclusion) -> None:
        self.submission = submission
        self.conclude = conclude
        self.batch: int | None = None
        self.columns: dict[str, None] = {}  # a set that keeps its order
        self.jobs = 0
        self.duplicates = 0
        self.rejected: list[Rejected] = []
        self.rejected_count = 0
        self.created_at = 0.0

    def note(self, lines: Slice) -> None:
        """What the slice tells apart from its jobs."""
        for line in lines:
            if line.entry.columns:
                self.columns.update(dict.fromkeys(name for name, _ in line.entry.columns))
            if isinstance(line, Rejected):
                self.rejected_count += 1
                if len(self.rejected) < LISTED:
                    self.rejected.append(line)

    def unit(self, tx: Tx, lines: Slice, *, is_last: bool) -> None:
        """Store one slice; the batch with the first, visible with the last."""
        if self.batch is None:
            self.batch = batches.create(tx, self.submission)
            self.created_at = tx.now
        added = jobs.add(tx, self.batch, lines)
        self.jobs += added.jobs
        self.duplicates += added.duplicates
        batches.add_counts(
            tx,
            self.batch,
            jobs=added.jobs,
            duplicates=added.duplicates,
            rejected=len(lines) - added.jobs - added.duplicates,
        )
        if is_last and self.jobs == 0:
            raise no_domain(self.rejected)
        if is_last:
            batches.publish(tx, self.batch, tuple(self.columns))
            self.conclude(tx, self.receipted())

    def give_up(self, tx: Tx) -> None:
        """Leave what is stored to be deleted. Looks only in the writer's thread: a first slice
        whose wait was cancelled is stored all the same."""
        if self.batch is not None:
            staging.abandon(tx, Staged(self.batch, self.submission.batch_id))

    def receipted(self) -> Receipted:
        return Receipted(
            job_count=self.jobs,
            duplicates=self.duplicates,
            rejected=tuple(self.rejected),
            rejected_count=self.rejected_count,
            created_at=self.created_at,
        )


def no_domain(rejected: Sequence[Rejected]) -> Invalid:
    """The refusal of a list without a single domain, with every line that was rejected."""
    faults = (Fault(f"/domains/{line.entry.row}", line.code, line.detail) for line in rejected)
    return Invalid(tuple(faults), "no line of the list is a domain")


async def one_slice(lines: Slice) -> AsyncIterator[Slice]:
    """A submission that is a single slice."""
    yield lines


def nothing_more(_tx: Tx, _receipt: Receipted) -> None:
    """The conclusion of a submission that nobody needs to remember."""


async def submit(
    store: Store,
    submission: Submission,
    slices: AsyncIterator[Slice],
    conclude: Conclusion = nothing_more,
) -> Receipted:
    """Store the whole submission, or nothing of it; durable when it returns.

    `conclude` runs in the transaction that makes the batch visible. Raises Conflict when the
    batch id exists, Invalid with every rejected line when none is good,
    and whatever `slices` raises.
    """
    intake = _Intake(submission, conclude)
    writing: asyncio.Task[None] | None = None
    try:
        held: Slice = ()
        async for lines in slices:
            if writing is not None:
                await writing
                writing = None
            if held:  # the next one is read while this one is written
                writing = asyncio.create_task(_write(store, intake, held, is_last=False))
            held = lines
        if writing is not None:
            await writing
        await _write(store, intake, held, is_last=True)
    except BaseException:
        _drop(writing)
        store.post_surely(intake.give_up)
        raise
    return intake.receipted()


async def _write(store: Store, intake: _Intake, lines: Slice, *, is_last: bool) -> None:
    intake.note(lines)
    await store.write(lambda tx: intake.unit(tx, lines, is_last=is_last))


def _drop(writing: "asyncio.Task[None] | None") -> None:
    """Wait for a slice no longer. It is with the writer already, or will never be."""
    if writing is not None and not writing.cancel() and not writing.cancelled():
        writing.exception()  # another one is told; asyncio would log this one as forgotten
