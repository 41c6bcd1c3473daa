"""One domain scanned in this process, without a daemon or a database."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from skybatch.crawl.crawler import Assignment, crawl
from skybatch.crawl.settings import FetchSettings
from skybatch.crawl.stop import Stop
from skybatch.crawl.watch import Unwatched
from skybatch.crawl.web import open_web
from skybatch.intake.target import parse_target
from skybatch.model.clock import SystemClock
from skybatch.model.ids import uuid7
from skybatch.model.job import Claim, Job
from skybatch.model.options import Options
from skybatch.model.outcome import Ended, Finished, Report, decide
from skybatch.model.page import Discovery, PageWrite, Progress
from skybatch.model.profile import Profile
from skybatch.model.receipt import Receipt
from skybatch.model.record import DomainRecord, domain_record
from skybatch.model.state import PageState, SkipReason

USER_AGENT = "skybatch"


class _Memory(Unwatched):
    """A sink that keeps what a domain result needs, in the place of a database."""

    def __init__(self) -> None:
        self.states: dict[str, PageState | SkipReason] = {}
        self.counted: Counter[SkipReason] = Counter()
        self.profile = Profile()
        self.start_url: str | None = None
        self.final_url: str | None = None

    async def discover(self, discovery: Discovery | PageWrite) -> None:
        for row in discovery.found:
            self.states.setdefault(row.url, row.skipped or PageState.QUEUED)
        self.counted.update(reason for _, reason in discovery.outside)

    async def store(self, write: PageWrite, _newest: Callable[[], Profile]) -> None:
        await self.discover(write)
        page = write.page
        self.states[page.url] = page.reason if isinstance(page.reason, SkipReason) else page.state
        self.profile = write.profile or self.profile
        self.start_url = write.start_url or self.start_url
        self.final_url = write.final_url or self.final_url

    def receipt(self, leftover: Ended | None) -> Receipt:
        """The counts, with what is still queued turned into what it was left for."""
        counts = Counter(self.states.values())
        skipped = Counter(self.counted)
        skipped.update({reason: counts[reason] for reason in SkipReason})
        queued = counts[PageState.QUEUED]
        if leftover is not None:
            skipped[SkipReason.GOAL if leftover is Ended.GOAL else SkipReason.BUDGET] += queued
            queued = 0
        return Receipt(
            counts[PageState.FETCHED],
            counts[PageState.FAILED],
            queued,
            {reason: skipped[reason] for reason in SkipReason},
        )


async def scan(
    domain: str,
    *,
    max_pages: int = 10,
    options: Options | None = None,
    settings: FetchSettings | None = None,
) -> DomainRecord:
    """Crawl one domain and return its record; one attempt, nothing is stored.

    `domain` is anything that a batch accepts. Raises BadDomain when it is none; every failure of
    the network is a `reason` of the record.
    """
    clock = SystemClock()
    started_at = clock.now()
    claim = _claim(domain, max_pages, options or Options(), started_at)
    memory = _Memory()
    given = settings or FetchSettings(USER_AGENT, reading_processes=1)
    async with open_web(
        replace(given, reading_processes=min(given.reading_processes, 1)), clock
    ) as web:
        assignment = Assignment(claim.target, max_pages, claim.options, Progress())
        report = await crawl(assignment, web=web, sink=memory, stop=Stop())
    job = _ended_job(domain, claim, memory, report)
    return domain_record(
        replace(job, started_at=started_at, finished_at=clock.now()), memory.profile
    )


def _claim(domain: str, max_pages: int, options: Options, now: float) -> Claim:
    return Claim(
        seq=0,
        batch_seq=0,
        job_id=uuid7(now),
        batch_id=uuid7(now),
        attempt=1,
        charged=options.max_attempts - 1,  # the only attempt is the last one
        crashes=0,
        suspect=None,
        waits=options.max_attempts - 1,
        target=parse_target(domain),
        max_pages=max_pages,
        options=options,
        fetched=0,
        deadline_at=None,
    )


def _ended_job(domain: str, claim: Claim, memory: _Memory, report: Report) -> Job:
    outcome = decide(report, claim, retry_delay_s=0.0, max_wait_s=0.0)
    if not isinstance(outcome, Finished):
        raise TypeError(f"a single attempt ends a job, not {outcome}")
    return Job(
        seq=0,
        job_id=claim.job_id,
        batch_id=claim.batch_id,
        domain=claim.target.domain,
        input=domain,
        input_row=0,
        state=outcome.state,
        reason=outcome.reason,
        detail=outcome.detail,
        attempt=1,
        pages=memory.receipt(outcome.leftover),
        start_url=memory.start_url,
        final_url=memory.final_url,
    )
