"""Takes a submission in: slices into a hidden batch, which the last one makes visible."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial

from skybatch.errors import Fault, Invalid
from skybatch.model.batch import Accepted, Receipted, Rejected, Submission
from skybatch.store import batches, domains, jobs, staging
from skybatch.store.database import Store
from skybatch.store.domains import Keyed, Seen
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
        self.seen = Seen()
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

    def unit(self, lines: Slice, tx: Tx) -> None:
        """Store one slice; the batch with the first."""
        if self.batch is None:
            self.batch = batches.create(tx, self.submission)
            self.created_at = tx.now
        added = jobs.add(tx, self.batch, lines, self.seen)
        self.jobs += added.jobs
        self.duplicates += added.duplicates
        batches.add_counts(
            tx,
            self.batch,
            jobs=added.jobs,
            duplicates=added.duplicates,
            rejected=len(lines) - added.jobs - added.duplicates,
        )

    def last_unit(self, lines: Slice, tx: Tx) -> None:
        """Store the last slice; a short list is complete then."""
        self.unit(lines, tx)
        if self.jobs == 0:
            raise no_domain(self.rejected)
        if self.is_short:
            for keyed in self.seen.in_order():
                self.keys_unit(keyed, tx)
            self.publish(tx)

    @property
    def is_short(self) -> bool:
        """Whether the keys of its domains go with its last slice."""
        return len(self.seen) <= domains.TOGETHER

    def keys_unit(self, keyed: Sequence[Keyed], tx: Tx) -> None:
        """Let some of the jobs be found by their domains."""
        domains.add(tx, self._row, keyed)

    def publish(self, tx: Tx) -> None:
        """Make the batch visible, now that all of it is there."""
        batches.publish(tx, self._row, tuple(self.columns))
        self.conclude(tx, self.receipted())

    @property
    def _row(self) -> int:
        if self.batch is None:
            raise RuntimeError("no slice is stored")
        return self.batch

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
                writing = asyncio.create_task(_write(store, intake, held))
            held = lines
        if writing is not None:
            await writing
        await _write_last(store, intake, held)
    except BaseException:
        _drop(writing)
        store.post_surely(intake.give_up)
        raise
    return intake.receipted()


async def _write(store: Store, intake: _Intake, lines: Slice) -> None:
    intake.note(lines)
    await store.write(partial(intake.unit, lines))


async def _write_last(store: Store, intake: _Intake, lines: Slice) -> None:
    intake.note(lines)
    await store.write(partial(intake.last_unit, lines))
    if not intake.is_short:
        for keyed in intake.seen.in_order():
            await store.write(partial(intake.keys_unit, keyed))
        await store.write(intake.publish)


def _drop(writing: "asyncio.Task[None] | None") -> None:
    """Wait for a slice no longer. It is with the writer already, or will never be."""
    if writing is not None and not writing.cancel() and not writing.cancelled():
        writing.exception()  # another one is told; asyncio would log this one as forgotten
