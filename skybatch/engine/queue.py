"""The queue of jobs as workers see it: the seam where another engine can stand in."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TypeVar

from skybatch.bus import Bus
from skybatch.engine.gate import Gate
from skybatch.errors import StoreUnavailable
from skybatch.model.clock import SteadyClock
from skybatch.model.event import EventType, PageEvent, PageEventType
from skybatch.model.job import Claim
from skybatch.model.outcome import Outcome
from skybatch.model.page import Discovery, Earlier, Known, Page, PageWrite, Progress
from skybatch.model.profile import Profile
from skybatch.model.recovery import Asked, Recovered, Suspect
from skybatch.model.state import PageState
from skybatch.store import again, attempts, batches, claims, pages, pausing, rescue, steps, watching
from skybatch.store.attempts import Stage
from skybatch.store.database import Store
from skybatch.store.reader import Snapshot
from skybatch.store.tx import Tx
from skybatch.store.watching import Quiet

LEASE_SECONDS = 30.0
STAGES_SECONDS = 0.05  # stages are written together: there are four in a job
SLICE = 2_000  # rows of one read
SEEDS = 5_000  # pages of an earlier batch that are asked for again, if there is room
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one look at the queue gave."""

    claims: tuple[Claim, ...] = ()
    next_ready_at: float | None = None  # when a job that waits for its time may run
    is_paused: bool = False  # nothing is claimed at all until somebody resumes
    must_clear: bool = False  # a job that must run alone waits until nothing else runs


class JobQueue:
    """Claims, renews and ends jobs in the name of one run of the daemon, its boot.

    What a worker has in hand is not given up because the database cannot be written for a while:
    `store` and `finish` wait at the gate, and try again.
    """

    def __init__(
        self, store: Store, boot: str, gate: Gate, clock: SteadyClock, bus: Bus | None = None
    ) -> None:
        """The bus is told of pages; without one nobody is."""
        self._store = store
        self._bus = bus or Bus()
        self._clock = clock
        self._boot = boot
        self._gate = gate
        self._stages: dict[int, Stage] = {}  # by job: the newest that is not yet written

    async def claim(self, limit: int, *, is_idle: bool) -> Claimed:
        """Take up to `limit` jobs that may run now; one that must run alone only when `is_idle`."""

        def unit(tx: Tx) -> Claimed:
            if pausing.is_daemon_paused(tx):
                return Claimed(is_paused=True)
            if claims.has_suspect(tx):
                if not is_idle:
                    return Claimed(must_clear=True)
                found = claims.claim_suspect(tx, boot=self._boot, lease_seconds=LEASE_SECONDS)
            else:
                found = claims.claim(tx, boot=self._boot, lease_seconds=LEASE_SECONDS, limit=limit)
            return Claimed(tuple(found), claims.next_ready_at(tx))

        return await self._store.write(unit)  # places are free: not even 20 ms are waited

    async def progress(self, claim: Claim) -> Progress:
        """What earlier attempts of the job stored. Raises StoreUnreadable."""
        known: list[Known] = []
        outside = frozenset[int]()
        if claim.attempt > 1:  # there was nobody before the first, and hundreds may start at once
            known, outside = await self._known(claim), await self._outside(claim)
        progress = await self._store.read_to_work(partial(_progress, claim))
        return replace(progress, known=tuple(known), outside=outside)

    async def _known(self, claim: Claim) -> list[Known]:
        """The URLs of the frontier, read in slices."""
        known: list[Known] = []
        after, is_more = 0, True
        while is_more:
            found, after = await self._store.read_to_work(
                partial(pages.known, held=claim, after=after, limit=SLICE)
            )
            known += found
            is_more = len(found) == SLICE
        return known

    async def _outside(self, claim: Claim) -> frozenset[int]:
        """The keys of what is outside of the frontier, read in slices."""
        outside: set[int] = set()
        last, is_more = None, True
        while is_more:
            keys = await self._store.read_to_work(
                partial(pages.outside, held=claim, after=last, limit=SLICE)
            )
            outside.update(keys)
            is_more = len(keys) == SLICE
            last = keys[-1] if keys else None
        return frozenset(outside)

    async def store(self, claim: Claim, write: PageWrite, newest: Callable[[], Profile]) -> None:
        """Store a page; durable when it returns. Raises LeaseLost.

        When it must be tried again it takes the newest profile along: another page of the job may
        have been stored meanwhile, and its facts must not be lost.
        """
        tries = count()

        def once() -> Awaitable[None]:
            present = _renewed(write, newest()) if next(tries) else write
            return self._store.write_soon(lambda tx: pages.store(tx, claim, present))

        await self._patiently(once)
        if self._bus.is_watched and write.page.state in _SHOWN:
            self._bus.show(_shown(claim, write.page, self._clock.now()))

    async def earlier(self, claim: Claim, url: str) -> Earlier | None:
        """A page as the batch that is repeated has it, if its server can tell of changes. When it
        cannot be read now, the page is asked for as any other; also when its body is wanted."""
        if claim.again is None or claim.options.store_html:
            return None
        with suppress(StoreUnavailable):
            return await self._store.read_to_work(lambda db: again.earlier(db, claim, url))
        return None

    async def discover(self, claim: Claim, discovery: Discovery) -> None:
        """Store URLs that no page has led to; durable when it returns. Raises LeaseLost."""
        await self._patiently(
            lambda: self._store.write_soon(lambda tx: pages.discover(tx, claim, discovery))
        )

    async def finish(self, claim: Claim, outcome: Outcome) -> None:
        """End the attempt. Raises LeaseLost."""
        await self._patiently(lambda: self.end_now(claim, outcome))

    async def end_now(self, claim: Claim, outcome: Outcome) -> None:
        """End the attempt now, or never. Raises LeaseLost and StoreUnavailable."""
        await self._store.write_soon(lambda tx: attempts.finish(tx, claim, outcome))

    def note_stage(self, claim: Claim, stage: str, at: float) -> None:
        """Tell where a job stands, in a moment, with others: nobody waits for it."""
        if not self._stages:
            asyncio.get_running_loop().call_later(STAGES_SECONDS, self._note_stages)
        self._stages[claim.seq] = Stage(claim.seq, claim.attempt, stage, at)

    def _note_stages(self) -> None:
        stages, self._stages = self._stages, {}
        if self._gate.trouble is None:
            self._store.post(lambda tx: attempts.note_stages(tx, stages.values()))

    def note_lease_lost(self, claim: Claim) -> None:
        """Tell that an attempt went on after its job was given to another."""
        self._store.post(
            lambda tx: tx.emit(
                EventType.JOB_LEASE_LOST,
                claim.batch_id,
                job_id=claim.job_id,
                attempt=claim.attempt,
                domain=claim.target.domain,
            )
        )

    async def renew(self, held: Sequence[Claim]) -> None:
        """Say that the workers of these jobs are alive, and so are we."""

        def unit(tx: Tx) -> None:
            steps.see(tx)
            attempts.renew(tx, boot=self._boot, held=held, lease_seconds=LEASE_SECONDS)

        await self._store.write_soon(unit)

    async def recover(self, suspect: Suspect | None, asked: Sequence[Asked]) -> Recovered:
        """At the start: put back the jobs of dead runs."""
        return await self._store.write(
            lambda tx: rescue.recover(tx, boot=self._boot, suspect=suspect, asked=asked)
        )

    async def rescue(self, held: Sequence[Claim]) -> Recovered:
        """Take back the jobs of workers that are gone."""
        rows = [claim.seq for claim in held]
        return await self._store.write(lambda tx: rescue.rescue(tx, boot=self._boot, held=rows))

    async def quiet_batches(self, before: float, *, after: int) -> list[Quiet]:
        """Open batches without a change since `before`; none while everything is paused."""
        now = self._clock.now()
        return await self._store.read_to_work(
            lambda db: watching.quiet_batches(db, before=before, after=after, now=now)
        )

    async def has_future(self, batch_id: str) -> bool:
        """Whether a job of a batch waits for a time that will come."""
        now = self._clock.now()
        return await self._store.read_to_work(lambda db: watching.has_future(db, batch_id, now=now))

    async def note_stuck(self, batch_id: str, sentence: str) -> None:
        """Tell that a batch gets nowhere."""
        await self._store.write(
            lambda tx: tx.emit(EventType.BATCH_STUCK, batch_id, detail=sentence)
        )

    async def pause(self) -> None:
        """Let nothing be claimed, also after a restart."""
        await self._store.write(pausing.pause_daemon)

    async def resume(self) -> None:
        """Let jobs be claimed again."""
        await self._store.write(pausing.resume_daemon)

    async def end_stopped(self) -> batches.Stopped | None:
        """End a slice of the pending jobs of a batch that is cancelled or past its deadline."""
        return await self._store.write(batches.end_stopped)

    async def resume_clock(self) -> float:
        """At the start: seconds by which the clock was set back while nobody ran; 0 or less."""
        return await self._store.write(steps.resume)

    async def follow_clock(self, seconds: float) -> None:
        """Move our clock, and all that waits for a time, in one transaction."""

        moved = False

        def unit(tx: Tx) -> None:
            nonlocal moved
            steps.follow(tx, seconds)
            self._clock.step(seconds)
            moved = True

        try:
            await self._store.write(unit)
        except StoreUnavailable:
            if moved:
                self._clock.step(-seconds)  # what it moved is rolled back: again in the next round
            raise

    async def _patiently(self, action: Callable[[], Awaitable[T]]) -> T:
        """Do it, however long the database cannot be used."""
        while True:
            await self._gate.passed()
            try:
                return await action()
            except StoreUnavailable as error:
                self._gate.close(error)


def _progress(claim: Claim, db: Snapshot) -> Progress:
    progress = pages.progress(db, claim)
    if claim.again is None or progress.has_sitemaps:
        return progress
    return replace(progress, seeds=again.seeds(db, claim, limit=SEEDS))


def _renewed(write: PageWrite, newest: Profile) -> PageWrite:
    return write if write.profile is None else replace(write, profile=newest)


_SHOWN = {
    PageState.FETCHED: PageEventType.PAGE_FETCHED,
    PageState.FAILED: PageEventType.PAGE_FAILED,
}


def _shown(claim: Claim, page: Page, now: float) -> PageEvent:
    """The page with the members that it has in a trace."""
    data = {
        "domain": claim.target.domain,
        "url": page.url,
        "status": page.status,
        "reason": page.reason,
        "detail": page.detail,
        "tries": page.tries,
        "bytes": page.bytes,
        "elapsed_ms": page.elapsed_ms,
    }
    return PageEvent(
        at=now,
        type=_SHOWN[page.state],
        batch_id=claim.batch_id,
        job_id=claim.job_id,
        attempt=claim.attempt,
        data={name: value for name, value in data.items() if value is not None},
    )
