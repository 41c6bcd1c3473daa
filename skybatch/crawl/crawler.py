"""One domain crawled: its start page, then page after page until there is nothing left to do."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Protocol

from skybatch.crawl import content
from skybatch.crawl.admission import Admission
from skybatch.crawl.candidates import NoStart, find_start
from skybatch.crawl.fetcher import FetchError, TooSoon
from skybatch.crawl.frontier import Entry, Frontier
from skybatch.crawl.pages import Pages
from skybatch.crawl.scope import Scope
from skybatch.crawl.sitemaps import Sitemaps
from skybatch.crawl.stop import Interrupted, Stop
from skybatch.crawl.url import identity
from skybatch.crawl.visitor import Forbidden, Visit, Visitor
from skybatch.crawl.watch import Watch
from skybatch.crawl.web import Web
from skybatch.model.facts import Link
from skybatch.model.options import Options
from skybatch.model.outcome import Ended, Report
from skybatch.model.page import Discovery, Earlier, FrontierRow, PageWrite, Progress
from skybatch.model.profile import Profile
from skybatch.model.reason import MEANING, Reason
from skybatch.model.state import PageState
from skybatch.model.target import Target

_AHEAD = 1  # lanes more for each request that may run at a time


class Sink(Watch, Protocol):
    """Where the pages of a crawl go, and what it tells of itself."""

    async def store(self, write: PageWrite, newest: Callable[[], Profile]) -> None:
        """Durable when it returns. When it must be tried again it takes the newest profile: that of
        a later page may have been stored meanwhile. Raises LeaseLost when the job is not this
        attempt's any more."""

    async def discover(self, discovery: Discovery) -> None:
        """As `store`, for URLs that no page has led to."""

    async def earlier(self, url: str) -> Earlier | None:
        """The page behind an identity as it was fetched before, if it can be asked for changes."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one attempt is to do."""

    target: Target
    max_pages: int
    options: Options
    progress: Progress
    is_alone: bool = False  # a page of it has taken the process down


async def crawl(assignment: Assignment, *, web: Web, sink: Sink, stop: Stop) -> Report:
    """Crawl one domain, carrying on where `progress` ends, and tell what it came to.

    Failures of the network are part of the report. Raises what the sink raises, and whatever is a
    bug of ours.
    """
    return await _Crawl(assignment, web, sink, stop).run()


class _Crawl:
    """One attempt under way."""

    def __init__(self, assignment: Assignment, web: Web, sink: Sink, stop: Stop) -> None:
        options, progress = assignment.options, assignment.progress
        scope = Scope(assignment.target, options)
        admission = Admission(scope, options, web.robots)
        frontier = Frontier(
            assignment.max_pages, progress, admission.judge, by_depth=options.max_depth > 0
        )
        visitor = Visitor(web, options, scope=scope, holds=frontier.holds, stop=stop, watch=sink)
        self._assignment = assignment
        self._clock = web.clock
        self._is_reading_late = web.is_reading_late
        self._sink = sink
        self._stop = stop
        self._frontier = frontier
        self._visitor = visitor
        self._pages = Pages(
            frontier,
            visitor,
            web,
            host=assignment.target.host,
            progress=progress,
            earlier=sink.earlier,
        )
        self._sitemaps = Sitemaps(visitor, scope, max_pages=assignment.max_pages)
        self._start_url = progress.final_url or progress.start_url or ""  # where it was found
        self._changed = asyncio.Event()  # a page came to its end: look again what to do

    async def run(self) -> Report:
        if self._assignment.progress.start_url is None:
            if lost := self._lost_start():
                return lost
            try:
                await self._start()
            except Interrupted:
                return self._report(self._stop.ended)
            except NoStart as failure:
                return await self._no_start(failure.url, failure.error)
        try:
            await self._discover()
        except Interrupted:
            return self._report(self._stop.ended)
        except TooSoon as error:
            self._pages.wait = error
            return self._report(self._waiting())
        self._sink.stage("crawl")
        await self._run_lanes()
        return self._report(self._how_it_ended())

    def _lost_start(self) -> Report | None:
        """An earlier attempt has stored that the start page will never do, and was cut off then."""
        for row in self._assignment.progress.known:
            if row.state is PageState.FAILED and row.reason is not None:
                return Report(Ended.NO_START, 0, reason=Reason(row.reason), detail=row.detail)
        return None

    async def _start(self) -> None:
        start = await find_start(self._assignment.target, self._ask_for_start)
        self._start_url = start.answer.response.url
        entry = self._frontier.begin(identity(start.url))
        write = self._pages.answered(entry, start.answer, is_start=True)
        await self._store(
            replace(
                write,
                found=(FrontierRow(entry.url, entry.depth), *write.found),  # before its links
                start_url=start.url,
                final_url=start.answer.response.url,
            )
        )

    async def _discover(self) -> None:
        """Pages that no page may lead to: those of an earlier batch, and those of sitemaps."""
        progress, options = self._assignment.progress, self._assignment.options
        if progress.has_sitemaps or not (options.use_sitemaps or progress.seeds):
            return
        for depth, rows in groupby(progress.seeds, key=lambda row: row.depth):
            await self._add((Link(row.url, row.score) for row in rows), depth=depth)
        if options.use_sitemaps and not self._is_full():
            await self._read_sitemaps(self._start_url)
        await self._sink.discover(Discovery(is_last=True))

    async def _read_sitemaps(self, start_url: str) -> None:
        self._sink.stage("sitemaps")
        try:
            rules = await self._visitor.rules(start_url)
        except FetchError:
            return  # nobody may ask for anything: the pages will tell why

        async def take(links: list[Link]) -> bool:
            await self._add(links, depth=1)
            return not self._is_full()

        await self._sitemaps.read(start_url, rules, take)

    async def _add(self, links: Iterable[Link], *, depth: int) -> None:
        found = self._frontier.add(links, depth=depth)
        if found.rows or found.outside:
            await self._sink.discover(Discovery(found.rows, found.outside))

    def _is_full(self) -> bool:
        """Whether nothing that a sitemap could tell would be asked for."""
        is_met = self._pages.meet(self._assignment.options.until)
        return is_met or self._frontier.is_spent or self._frontier.is_full

    async def _ask_for_start(self, url: str) -> Visit:
        self._sink.stage("robots")
        rules = await self._visitor.rules(url)
        if (line := rules.forbidden_by(url)) is not None:
            raise Forbidden(url, line)
        self._sink.stage("start")
        visit = await self._visitor.visit(url, rules, await self._sink.earlier(identity(url)))
        final_url = visit.response.url
        if visit.earlier is not None:
            return visit
        if visit.response.body == b"":
            raise FetchError(Reason.EMPTY, "its body has no bytes", url=final_url)
        if visit.reading is None:
            kind = content.essence(visit.response.content_type) or "not told"
            raise FetchError(Reason.NOT_HTML, f"its type is {kind}", url=final_url)
        if visit.reading.size == 0:
            raise FetchError(Reason.EMPTY, "its body has no bytes", url=final_url)
        return visit

    async def _no_start(self, url: str, error: FetchError) -> Report:
        if error.retry_after_s is not None:
            self._pages.wait = error
            return self._report(self._waiting())
        if not MEANING[error.reason].is_passing:
            # For a passing reason the job is tried again, and the next attempt starts anew.
            entry = self._frontier.begin(identity(url))
            write = self._pages.lose(entry, error, is_start=True)
            await self._store(replace(write, final_url=error.url))
        fetched = self._frontier.fetched
        return Report(Ended.NO_START, fetched, reason=error.reason, detail=error.detail)

    async def _run_lanes(self) -> None:
        """Lanes that ask for page after page."""
        task = asyncio.current_task()
        name = task.get_name() if task else "crawl"
        try:
            async with asyncio.TaskGroup() as lanes:
                for number in range(self._lanes):
                    is_ahead = number >= self._assignment.options.per_host_concurrency
                    lane = self._lane(is_ahead=is_ahead)
                    lanes.create_task(lane, name=f"{name}, lane {number + 1}")
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None  # the first one; it cancelled the other lanes

    @property
    def _lanes(self) -> int:
        """As many as requests may run at a time, and as many again, whose pages are read and stored
        meanwhile. Who wants no more than a goal, or must be alone with a page, looks at each page
        before it asks for the next."""
        options = self._assignment.options
        is_careful = options.until or self._assignment.is_alone
        return options.per_host_concurrency * (1 if is_careful else 1 + _AHEAD)

    async def _lane(self, *, is_ahead: bool) -> None:
        with suppress(Interrupted):
            while not self._is_over():
                # While pages wait to be read anyway, more of them only wait longer.
                if is_ahead and self._is_reading_late():
                    await self._wait_for_change(None)  # a page that is read is one
                    continue
                now = self._clock.monotonic()
                entry = self._frontier.take(now)
                if entry is None:
                    await self._wait_for_change(self._frontier.pause_s(now))
                else:
                    await self._handle(entry)
                    self._changed.set()

    async def _handle(self, entry: Entry) -> None:
        try:
            write = await self._pages.ask(entry)
        except Interrupted:
            self._frontier.put_back(entry, due_at=0.0)  # still to be done, by a later attempt
            raise
        if write is not None:
            await self._store(write)

    async def _store(self, write: PageWrite) -> None:
        await self._sink.store(write, self._pages.newest)
        self._frontier.settle(write.page)

    def _is_over(self) -> bool:
        return (
            self._stop.ended is not None
            or self._pages.wait is not None
            or self._pages.meet(self._assignment.options.until)
            or self._frontier.is_done
        )

    async def _wait_for_change(self, pause_s: float | None) -> None:
        """Until a page has come to its end, or some seconds are over."""
        self._changed.clear()
        async with self._stop.waiting():
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()

    def _how_it_ended(self) -> Ended:
        frontier = self._frontier
        if self._stop.ended is not None and self._stop.is_immediate:
            return self._stop.ended
        if self._pages.meet(self._assignment.options.until):
            return Ended.GOAL
        if not frontier.has_waiting:
            return Ended.DRY
        if frontier.is_spent:
            return Ended.BUDGET
        return self._waiting() if self._pages.wait is not None else Ended.DRAINED

    def _waiting(self) -> Ended:
        """Whether the host has asked for time, or just wants little at a time."""
        return Ended.PACED if isinstance(self._pages.wait, TooSoon) else Ended.WAIT

    def _report(self, ended: Ended | None) -> Report:
        wait = self._pages.wait
        return Report(
            ended or Ended.DRAINED,
            self._frontier.fetched,
            detail=wait.detail if wait else None,
            lost=self._pages.lost,
            wait_s=wait.retry_after_s or 0.0 if wait else 0.0,
        )
