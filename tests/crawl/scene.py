"""A crawl on a stage: a sink in memory that keeps rows as the database does, and one call."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from skybatch.crawl.crawler import Assignment, crawl
from skybatch.crawl.settings import FetchSettings
from skybatch.crawl.stop import Stop
from skybatch.crawl.watch import Unwatched
from skybatch.crawl.web import Web, open_web
from skybatch.model.clock import SystemClock
from skybatch.model.options import Options
from skybatch.model.outcome import Report
from skybatch.model.page import Discovery, Known, Page, PageWrite, Progress
from skybatch.model.profile import Profile
from skybatch.model.state import PageState, SkipReason
from skybatch.model.target import Target
from tests.site import Site

HOST = "shop.example"
START = f"http://{HOST}/"


async def nothing(_write: PageWrite) -> None:
    """Store at once."""


class Memory(Unwatched):
    """What the crawl has stored. Refuses what the database would refuse."""

    def __init__(self, before_store: Callable[[PageWrite], Awaitable[None]] = nothing) -> None:
        self.writes: list[PageWrite] = []
        self.rows: dict[str, Page] = {}  # in the order of discovery
        self.outside: dict[int, SkipReason] = {}
        self.profile = Profile()
        self.start_url: str | None = None
        self.has_sitemaps = False
        self.final_url: str | None = None
        self.stages: list[str] = []
        self._before_store = before_store

    async def store(self, write: PageWrite, _newest=None) -> None:
        await self._before_store(write)
        self.writes.append(write)
        self._add(write)
        known = self.rows.get(write.page.url)
        assert known is None or known.state is PageState.QUEUED, f"{known} was settled twice"
        self.rows[write.page.url] = write.page
        self.profile = write.profile or self.profile
        self.start_url = write.start_url or self.start_url
        self.final_url = write.final_url or self.final_url

    async def discover(self, discovery: Discovery) -> None:
        self._add(discovery)
        self.has_sitemaps = self.has_sitemaps or discovery.is_last

    def _add(self, write: PageWrite | Discovery) -> None:
        for row in write.found:
            assert row.url not in self.rows, f"{row.url} was discovered twice"
            state = PageState.SKIPPED if row.skipped else PageState.QUEUED
            self.rows[row.url] = Page(row.url, row.depth, state, row.skipped, tries=0)
        for key, reason in write.outside:
            assert key not in self.outside, "a URL was counted twice"
            self.outside[key] = reason

    def stage(self, name: str) -> None:
        self.stages.append(name)

    def row(self, path: str) -> Page:
        return self.rows[f"http://{HOST}{path}"]

    def paths(self, state: PageState) -> list[str]:
        """The paths of the rows in a state, in the order in which they were discovered."""
        found = (page for page in self.rows.values() if page.state is state)
        return [page.url.removeprefix(f"http://{HOST}") for page in found]

    @property
    def fetched(self) -> list[str]:
        """The paths of the fetched pages in the order in which they were stored."""
        pages = (write.page for write in self.writes)
        return [
            page.url.removeprefix(f"http://{HOST}")
            for page in pages
            if page.state is PageState.FETCHED
        ]

    @property
    def skipped(self) -> Counter[SkipReason]:
        """How many rows and counted links were skipped, by reason."""
        rows = (page.reason for page in self.rows.values() if page.state is PageState.SKIPPED)
        return Counter([*(SkipReason(reason) for reason in rows if reason), *self.outside.values()])

    def progress(self) -> Progress:
        """What the next attempt is told."""
        return Progress(
            known=tuple(
                Known(
                    page.url,
                    page.depth,
                    page.state,
                    page.reason,
                    page.tries,
                    page.final_url,
                    detail=page.detail,
                )
                for page in self.rows.values()
            ),
            outside=frozenset(self.outside),
            profile=self.profile,
            start_url=self.start_url,
            final_url=self.final_url,
            has_sitemaps=self.has_sitemaps,
        )


def settings_of(site: Site, **changes: object) -> FetchSettings:
    """Every name leads to the site; time limits are short."""
    settings = FetchSettings(
        user_agent="skybatch-test",
        connect_to=site.connect_to,
        connect_timeout_s=2.0,
        read_timeout_s=2.0,
        request_timeout_s=5.0,
    )
    return replace(settings, **changes)


@asynccontextmanager
async def web_of(site: Site, **changes: object) -> AsyncIterator[Web]:
    async with open_web(settings_of(site, **changes), SystemClock()) as web:
        yield web


class Scene:
    """One domain, one sink, as many attempts as a test wants."""

    def __init__(self, web: Web, *, host: str = HOST, max_pages: int = 10, **options: object):
        self.web = web
        self.sink = Memory()
        self.stop = Stop()
        self.target = Target(host, host)
        self.max_pages = max_pages
        self.options = Options(**{"per_host_delay_s": 0.0, "use_sitemaps": False, **options})

    async def run(self, progress: Progress | None = None) -> Report:
        assignment = Assignment(self.target, self.max_pages, self.options, progress or Progress())
        return await crawl(assignment, web=self.web, sink=self.sink, stop=self.stop)


def links(*targets: str, title: str = "A page") -> str:
    """A page that leads to the targets."""
    anchors = "".join(f'<a href="{target}">go</a>' for target in targets)
    return f"<!doctype html><title>{title}</title><body>{anchors}</body>"
