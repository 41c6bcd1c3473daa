"""One page of the built-in site, crawled by hand: what works without a database."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from skybatch.checks.site import TITLE
from skybatch.checks.stages import StageFailed, tried
from skybatch.crawl.crawler import Assignment, crawl
from skybatch.crawl.stop import Stop
from skybatch.crawl.watch import Unwatched
from skybatch.crawl.web import Web
from skybatch.model.options import Options
from skybatch.model.page import Discovery, Page, PageWrite, Progress
from skybatch.model.profile import Profile
from skybatch.model.selfcheck import Stage
from skybatch.model.target import Target

OPTIONS = Options(per_host_delay_s=0.0, max_attempts=1, priority=0)
LIMIT_S = 4.0


@dataclass
class _Memory(Unwatched):
    """A sink without a database."""

    writes: list[PageWrite] = field(default_factory=list)

    async def store(self, write: PageWrite, _newest: Callable[[], Profile]) -> None:
        self.writes.append(write)

    async def discover(self, _discovery: Discovery) -> None:
        """There is nothing to discover: the site has one page."""

    @property
    def start(self) -> Page:
        """The start page. Raises StageFailed when the crawl came to none."""
        for write in self.writes:
            return write.page
        raise StageFailed("the site was not reached")


async def probe(web: Web, target: Target) -> tuple[Stage, ...]:
    """The stages worker, fetch and extract."""
    memory = _Memory()

    async def worker() -> str:
        assignment = Assignment(target, 1, OPTIONS, Progress())
        work = crawl(assignment, web=web, sink=memory, stop=Stop())
        report = await asyncio.create_task(work, name="self-check")
        return f"a task was started, and ended: {report.ended}"

    async def fetch() -> str:
        page = memory.start
        if page.status is None:
            raise StageFailed(f"{page.url}: {page.reason}, {page.detail}")
        return f"{page.url}: status {page.status}, {page.bytes} bytes in {page.elapsed_ms} ms"

    async def extract() -> str:
        facts = memory.start.facts
        if facts is None or facts.title != TITLE:
            raise StageFailed(f"the title of the page was not found: {facts}")
        return f"title: {facts.title}"

    return (
        await tried("worker", worker, limit_s=LIMIT_S),
        await tried("fetch", fetch, limit_s=1.0),
        await tried("extract", extract, limit_s=1.0),
    )
