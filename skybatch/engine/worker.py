"""One worker: carries one claimed job to the end of its attempt."""

import asyncio
import random
from dataclasses import dataclass, field

import structlog

from skybatch.crawl.crawler import Assignment, crawl
from skybatch.crawl.stop import Stop
from skybatch.crawl.web import Web
from skybatch.engine.backoff import job_delay
from skybatch.engine.queue import JobQueue
from skybatch.errors import LeaseLost, StoreUnavailable
from skybatch.model.clock import Clock
from skybatch.model.job import Claim
from skybatch.model.outcome import Ended, Report, decide
from skybatch.model.page import PageWrite
from skybatch.model.state import PageState

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Bench:
    """What every worker needs."""

    queue: JobQueue
    web: Web
    clock: Clock
    max_wait_s: float  # a host that asks for more ends the job
    jitter: random.Random = field(default_factory=random.SystemRandom)


class Worker:
    """An attempt at work: the claim, where it stands, and how to ask it to end."""

    def __init__(self, claim: Claim, bench: Bench) -> None:
        self.claim = claim
        self.stop = Stop()
        self.stage_name = "claimed"
        self._bench = bench
        self._fetched = claim.fetched

    async def run(self) -> None:
        """Crawl the job and end the attempt. Raises only CancelledError; whatever else happens
        becomes a reason of the job, or leaves the job to whoever holds it now."""
        with structlog.contextvars.bound_contextvars(
            batch_id=self.claim.batch_id, job_id=self.claim.job_id, attempt=self.claim.attempt
        ):
            try:
                await self._finish(await self._report())
            except LeaseLost:
                log.warning("job.lease_lost", stage=self.stage_name)
            except StoreUnavailable as error:
                # The lease runs out, and the rescuer puts the job back when it can write again.
                log.error("job.left", stage=self.stage_name, error=str(error))

    async def release(self) -> None:
        """Give the job of an attempt that was broken off back, uncharged."""
        try:
            await self._finish(Report(Ended.DRAINED, self._fetched))
        except LeaseLost:
            log.info("job.ended_while_draining", job_id=self.claim.job_id)
        except StoreUnavailable as error:
            log.error("job.left", job_id=self.claim.job_id, error=str(error))

    async def store(self, write: PageWrite) -> None:
        """The sink of the crawl: durable when it returns."""
        await self._bench.queue.store(self.claim, write)
        if write.page.state is PageState.FETCHED:
            self._fetched += 1

    def stage(self, name: str) -> None:
        """The sink of the crawl: where it stands."""
        if name != self.stage_name:
            self.stage_name = name
            self._bench.queue.note_stage(self.claim, name, self._bench.clock.now())

    async def _report(self) -> Report:
        try:
            return await self._crawl()
        except (LeaseLost, StoreUnavailable):
            raise
        except Exception as error:
            log.exception("job.crashed", stage=self.stage_name)
            return Report(Ended.CRASHED, self._fetched, detail=f"{type(error).__name__}: {error}")

    async def _crawl(self) -> Report:
        claim, bench = self.claim, self._bench
        progress = await bench.queue.progress(claim)
        if progress.is_cancelled:
            self.stop.ask(Ended.CANCELLED)
        elif progress.is_paused:
            self.stop.ask(Ended.DRAINED)
        timer = None
        if claim.deadline_at is not None:
            seconds = max(0.0, claim.deadline_at - bench.clock.now())
            timer = asyncio.get_running_loop().call_later(seconds, self.stop.ask, Ended.DEADLINE)
        try:
            assignment = Assignment(claim.target, claim.max_pages, claim.options, progress)
            return await crawl(assignment, web=bench.web, sink=self, stop=self.stop)
        finally:
            if timer is not None:
                timer.cancel()

    async def _finish(self, report: Report) -> None:
        outcome = decide(
            report,
            self.claim,
            retry_delay_s=job_delay(self.claim.charged + 1, jitter=self._bench.jitter),
            max_wait_s=self._bench.max_wait_s,
        )
        await self._bench.queue.finish(self.claim, outcome)
