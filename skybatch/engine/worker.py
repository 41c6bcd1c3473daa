"""One worker: carries one claimed job to the end of its attempt."""

import asyncio
import random
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import structlog

from skybatch.crawl.crawler import Assignment, crawl
from skybatch.crawl.stop import Stop
from skybatch.crawl.web import Web
from skybatch.engine.backoff import job_delay
from skybatch.engine.queue import JobQueue
from skybatch.engine.tally import Tally
from skybatch.errors import LeaseLost, StoreUnavailable, StoreUnreadable
from skybatch.model.clock import SteadyClock
from skybatch.model.job import Claim
from skybatch.model.outcome import Ended, Outcome, Report, decide
from skybatch.model.page import Discovery, Earlier, PageWrite, Progress
from skybatch.model.profile import Profile
from skybatch.model.recovery import ALONE_FROM, Suspect
from skybatch.model.state import PageState
from skybatch.model.text import storable
from skybatch.recorder.flight import Recorder
from skybatch.recorder.mark import Mark

log = structlog.get_logger()

ALONE_SECONDS = 60.0
READS, READ_AGAIN_SECONDS = 4, 2.0  # of what earlier attempts have stored


@dataclass(frozen=True, slots=True)
class Bench:
    """What every worker needs."""

    queue: JobQueue
    web: Web
    clock: SteadyClock
    recorder: Recorder
    mark: Mark
    max_wait_s: float  # a host that asks for more ends the job
    jitter: random.Random = field(default_factory=random.SystemRandom)
    tally: Tally = field(default_factory=Tally)


class Worker:
    """An attempt at work: the claim, where it stands, and how to ask it to end."""

    def __init__(self, claim: Claim, bench: Bench, *, relieved: Callable[[], None]) -> None:
        self.claim = claim
        self.stop = Stop()
        self.stage_name = "claimed"
        self.stage_at = bench.clock.monotonic()
        self.url: str | None = None  # the page it asked for last
        self.started_at = self.progressed_at = bench.clock.monotonic()
        # Its page has killed the daemon before: nobody shall be near until it is stored.
        self._must_be_alone = claim.crashes >= ALONE_FROM
        self._alone_until = self.progressed_at + ALONE_SECONDS
        self._relieved = relieved
        self._bench = bench
        self.fetched = claim.fetched  # pages of the job

    @property
    def is_alone(self) -> bool:
        """Whether nothing else may run. Not for long: the site may not give that page again, and
        should it kill the daemon later it is caught by its mark."""
        return self._must_be_alone and self._bench.clock.monotonic() < self._alone_until

    async def run(self) -> None:
        """Crawl the job and end the attempt. Raises only CancelledError; whatever else happens
        becomes a reason of the job, or leaves the job to whoever holds it now."""
        with structlog.contextvars.bound_contextvars(
            batch_id=self.claim.batch_id, job_id=self.claim.job_id, attempt=self.claim.attempt
        ):
            try:
                await self._bench.queue.finish(self.claim, self._decide(await self._report()))
            except LeaseLost:
                self._lost()

    async def give_back(self, ended: Ended, detail: str = "", stack: str | None = None) -> None:
        """End the attempt of a worker that was broken off, now: DRAINED, STUCK or CRASHED.

        What cannot be written is left to the next start, or to the rescuer.
        """
        report = Report(ended, self.fetched, detail=detail or None, stack=stack)
        try:
            await self._bench.queue.end_now(self.claim, self._decide(report))
        except LeaseLost:
            log.info("job.ended_meanwhile", job_id=self.claim.job_id)
        except StoreUnavailable as error:
            self._note("job.left", error=str(error))
            log.error("job.left", job_id=self.claim.job_id, error=str(error))

    async def store(self, write: PageWrite, newest: Callable[[], Profile]) -> None:
        """The sink of the crawl: durable when it returns."""
        await self._bench.queue.store(self.claim, write, newest)
        self._progress()
        page = write.page
        self._bench.tally.stored(page)
        if page.state is PageState.FETCHED:
            self.fetched += 1
        if page.state in (PageState.FETCHED, PageState.FAILED):
            self._note(f"page.{page.state}", url=page.url, status=page.status, reason=page.reason)
        if self._must_be_alone and write.page.url == self.claim.suspect:
            self._must_be_alone = False
            self._relieved()

    async def earlier(self, url: str) -> Earlier | None:
        """The sink of the crawl: the page as the batch that is repeated has it."""
        return await self._bench.queue.earlier(self.claim, url)

    async def discover(self, discovery: Discovery) -> None:
        """The sink of the crawl: durable when it returns."""
        await self._bench.queue.discover(self.claim, discovery)
        self._progress()

    def stage(self, name: str) -> None:
        """The sink of the crawl: where it stands."""
        self._progress()
        if name != self.stage_name:
            self.stage_name, self.stage_at = name, self.progressed_at
            self._bench.queue.note_stage(self.claim, name, self._bench.clock.now())
            self._note("job.stage", stage=name)

    def asking(self, url: str) -> None:
        """The sink of the crawl: a page is asked for."""
        self._progress()
        self.url = url
        self._note("page.asked", url=url)

    def knocking(self, url: str) -> None:
        """The sink of the crawl: something else than a page is asked for."""
        self._progress()
        self._note("site.asked", url=url)

    def missed(self, url: str, why: str) -> None:
        """The sink of the crawl: a page was asked for in vain."""
        self._note("page.missed", url=url, why=why)

    def reading(self, url: str) -> AbstractContextManager[object]:
        """The sink of the crawl: a page is read."""
        return self._bench.mark.around(Suspect(self.claim.job_id, self.claim.attempt, url))

    async def _report(self) -> Report:
        try:
            return await self._crawl()
        except LeaseLost:
            raise
        except Exception as error:
            log.exception("job.crashed", stage=self.stage_name)
            return self._crashed(error)

    def _crashed(self, error: Exception) -> Report:
        """A bug of ours: all of it for the trace, a way to find it there for the user."""
        stack = storable("".join(traceback.format_exception(error)))
        self._note("job.crashed", stage=self.stage_name, stack=stack)
        detail = f"a bug of skybatch, told in attempt {self.claim.attempt} of its trace"
        return Report(Ended.CRASHED, self.fetched, detail=detail, stack=stack)

    async def _crawl(self) -> Report:
        claim, bench = self.claim, self._bench
        try:
            progress = await self._progress_of_before()
        except StoreUnreadable as error:
            # Its rows only, or all: it is tried again later, and nobody else waits for it.
            return Report(Ended.CRASHED, self.fetched, detail=f"its pages: {error}")
        except StoreUnavailable as error:  # no fault of the job
            return Report(Ended.DRAINED, self.fetched, detail=str(error))
        if progress.is_cancelled:
            self.stop.ask(Ended.CANCELLED)
        elif progress.is_paused:
            self.stop.ask(Ended.DRAINED)
        timer = None
        if claim.deadline_at is not None:
            seconds = max(0.0, claim.deadline_at - bench.clock.now())
            timer = asyncio.get_running_loop().call_later(seconds, self.stop.ask, Ended.DEADLINE)
        try:
            assignment = Assignment(
                claim.target,
                claim.max_pages,
                claim.options,
                progress,
                is_alone=self._must_be_alone,
            )
            return await crawl(assignment, web=bench.web, sink=self, stop=self.stop)
        finally:
            if timer is not None:
                timer.cancel()

    async def _progress_of_before(self) -> Progress:
        """What earlier attempts have stored. A disk may stand still for a while: that is held
        against no job."""
        for _ in range(READS - 1):
            try:
                return await self._bench.queue.progress(self.claim)
            except StoreUnavailable as error:
                log.warning("job.unread", job_id=self.claim.job_id, error=str(error))
                await asyncio.sleep(READ_AGAIN_SECONDS)
                self._progress()
        return await self._bench.queue.progress(self.claim)

    def _decide(self, report: Report) -> Outcome:
        return decide(
            report,
            self.claim,
            retry_delay_s=job_delay(self.claim.charged + 1, jitter=self._bench.jitter),
            max_wait_s=self._bench.max_wait_s,
        )

    def _lost(self) -> None:
        log.warning("job.lease_lost", stage=self.stage_name)
        self._bench.queue.note_lease_lost(self.claim)

    def _progress(self) -> None:
        self.progressed_at = self._bench.clock.monotonic()

    def _note(self, kind: str, **data: str | int | float | None) -> None:
        claim = self.claim
        self._bench.recorder.note(
            kind, batch_id=claim.batch_id, job_id=claim.job_id, attempt=claim.attempt, **data
        )
