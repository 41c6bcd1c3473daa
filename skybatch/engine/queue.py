"""The queue of jobs as workers see it: the seam where another engine can stand in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from skybatch.model.job import Claim
from skybatch.model.outcome import Outcome
from skybatch.model.page import Known, PageWrite, Progress
from skybatch.store import attempts, batches, pages, staging, submissions
from skybatch.store.database import Store
from skybatch.store.rescue import Rescued, rescue
from skybatch.store.tx import Tx

LEASE_SECONDS = 30.0
SLICE = 5_000  # rows of one read


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one look at the queue gave."""

    claims: tuple[Claim, ...]
    next_ready_at: float | None  # when a job that waits for its time may run


class JobQueue:
    """Claims, renews and ends jobs in the name of one run of the daemon, its boot."""

    def __init__(self, store: Store, boot: str) -> None:
        self._store = store
        self._boot = boot

    async def claim(self, limit: int) -> Claimed:
        """Take up to `limit` jobs that may run now."""

        def unit(tx: Tx) -> Claimed:
            claims = attempts.claim(tx, boot=self._boot, lease_seconds=LEASE_SECONDS, limit=limit)
            return Claimed(tuple(claims), attempts.next_ready_at(tx))

        return await self._store.write_soon(unit)

    async def progress(self, claim: Claim) -> Progress:
        """What earlier attempts of the job stored."""
        known: list[Known] = []
        after, is_more = 0, True
        while is_more:
            async with self._store.read() as db:
                found, after = await pages.known(db, claim, after=after, limit=SLICE)
            known += found
            is_more = len(found) == SLICE
        async with self._store.read() as db:
            return replace(await pages.progress(db, claim), known=tuple(known))

    async def store(self, claim: Claim, write: PageWrite) -> None:
        """Store a page; durable when it returns. Raises LeaseLost."""
        await self._store.write_soon(lambda tx: pages.store(tx, claim, write))

    def note_stage(self, claim: Claim, stage: str, at: float) -> None:
        """Tell where a job stands; nobody waits for it."""
        self._store.post(lambda tx: attempts.note_stage(tx, claim, stage, at))

    async def finish(self, claim: Claim, outcome: Outcome) -> None:
        """End the attempt. Raises LeaseLost."""
        await self._store.write_soon(lambda tx: attempts.finish(tx, claim, outcome))

    async def renew(self, held: Sequence[Claim]) -> None:
        """Say that the workers of these jobs are alive."""
        await self._store.write_soon(
            lambda tx: attempts.renew(tx, boot=self._boot, held=held, lease_seconds=LEASE_SECONDS)
        )

    async def rescue(self, held: Sequence[Claim] = ()) -> Rescued:
        """Put back the jobs of dead runs and of workers that are gone."""
        rows = [claim.seq for claim in held]
        return await self._store.write(lambda tx: rescue(tx, boot=self._boot, held=rows))

    async def end_stopped(self) -> batches.Stopped | None:
        """End a slice of the pending jobs of a batch that is cancelled or past its deadline."""
        return await self._store.write(batches.end_stopped)

    async def discard_staging(self) -> int:
        """Delete batches that a dead run was taking in or deleting; returns how many there were."""
        left_over = await self._store.write(staging.left_over)
        for staged in left_over:
            submissions.forget(self._store, staged)
        return len(left_over)
