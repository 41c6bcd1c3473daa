"""The pages of one crawl, each turned into what is to be stored of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from skybatch.crawl import verdict
from skybatch.crawl.fetcher import FetchError
from skybatch.crawl.frontier import Entry, Found, Frontier
from skybatch.crawl.robots_rules import told
from skybatch.crawl.throttle import HOLD_S
from skybatch.crawl.underway import AlreadyHeld
from skybatch.crawl.url import parse
from skybatch.crawl.visitor import Forbidden, Visit, Visitor
from skybatch.crawl.web import Web
from skybatch.extract import merge
from skybatch.model.facts import Link
from skybatch.model.page import Earlier, PageWrite, Progress
from skybatch.model.profile import Profile
from skybatch.model.reason import MEANING, Reason
from skybatch.model.state import PageState

MAX_TRIES = 3  # of one page within an attempt
_RETRY_FIRST_S, _RETRY_MAX_S = 1.0, 30.0


class Pages:
    """Asks for pages, and folds what they say into the profile of the company."""

    def __init__(
        self,
        frontier: Frontier,
        visitor: Visitor,
        web: Web,
        *,
        host: str,
        progress: Progress,
        earlier: Callable[[str], Awaitable[Earlier | None]],
    ) -> None:
        self._frontier = frontier
        self._earlier = earlier  # the page behind an identity as it was fetched before
        self._in_order = asyncio.Lock()  # the better page is also asked for first
        self._visitor = visitor
        self._clock = web.clock
        self._jitter = web.jitter
        self._host = host
        self._profile = progress.profile or Profile()
        self.lost = _lost_before(progress)  # why a page was lost that might have been fetched
        self.wait: FetchError | None = None  # the host asks to be left alone for long

    def newest(self) -> Profile:
        """The profile with the facts of every page that was read."""
        return self._profile

    def meet(self, until: Mapping[str, int]) -> bool:
        """Whether the profile holds all that the batch wants."""
        return merge.goal_met(self._profile, until)

    async def ask(self, entry: Entry) -> PageWrite | None:
        """What came of a page; `None` when it was put back. Raises Interrupted."""
        if self._frontier.holds(entry.url):
            return PageWrite(verdict.of_duplicate(entry, entry.url, requests=0))
        try:
            rules = await self._visitor.rules(entry.url)
            if (line := rules.forbidden_by(entry.url)) is not None:
                return PageWrite(verdict.of_forbidden(entry, told(line), requests=0))
            async with self._in_order:
                earlier = await self._earlier(entry.url)
            visit = await self._visitor.visit(entry.url, rules, earlier)
        except AlreadyHeld as held:
            return PageWrite(verdict.of_duplicate(entry, held.url, requests=held.requests))
        except Forbidden as redirect:
            page = verdict.of_forbidden(entry, redirect.by, requests=1, target=redirect.url)
            return PageWrite(page)
        except FetchError as error:
            return self._failed(entry, error)
        return self.answered(entry, visit)

    def answered(self, entry: Entry, visit: Visit, *, is_start: bool = False) -> PageWrite:
        """The write of a page that was answered with success."""
        if visit.earlier is not None:
            page = verdict.of_unchanged(entry, visit, visit.earlier, now=self._clock.now())
        else:
            page = verdict.of_visit(entry, visit, now=self._clock.now())
        if page.facts is None:
            return PageWrite(page)
        url = visit.response.url
        self._frontier.hold(entry.url, url)
        found = self._found_by(entry, visit)
        before = self._profile
        self._profile = merge.add(before, url, page.facts, is_start=is_start, domain=self._host)
        profile = None if self._profile is before else self._profile
        return PageWrite(page, found.rows, found.outside, profile, kept=visit.kept)

    def _found_by(self, entry: Entry, visit: Visit) -> Found:
        """The new links of a page; one that is as it was leads where it led: to the seeds."""
        if visit.reading is None:
            return Found()
        return self._frontier.add(
            (*visit.reading.links, *_of_headers(visit)),
            depth=entry.depth + 1,
            may_follow=self._visitor.may_follow_links(visit.response, visit.reading),
        )

    def lose(self, entry: Entry, error: FetchError, *, is_start: bool = False) -> PageWrite:
        """The write of a page that is not asked for again."""
        if MEANING[error.reason].is_passing:
            self.lost = self.lost or error.reason
        page = verdict.of_failure(entry, error, now=self._clock.now())
        if not is_start or page.facts is None:
            return PageWrite(page)
        self._profile = replace(self._profile, diagnosis=page.facts.diagnosis)
        return PageWrite(page, profile=self._profile)

    def _failed(self, entry: Entry, error: FetchError) -> PageWrite | None:
        if error.retry_after_s is not None and error.retry_after_s > HOLD_S:
            self.wait = error
            self._frontier.put_back(entry, due_at=0.0)
            return None
        tries = entry.tries + 1
        if not MEANING[error.reason].is_passing or tries >= MAX_TRIES:
            return self.lose(entry, error)
        due_at = self._clock.monotonic() + self._delay(tries, error)
        self._frontier.put_back(replace(entry, tries=tries), due_at=due_at)
        return None

    def _delay(self, tries: int, error: FetchError) -> float:
        """Seconds to the next try: doubling, with full jitter; what the host says goes first."""
        if error.retry_after_s is not None:
            return error.retry_after_s
        ceiling = min(_RETRY_MAX_S, _RETRY_FIRST_S * 2.0 ** (tries - 1))
        return self._jitter.uniform(0.0, ceiling)


def _of_headers(visit: Visit) -> list[Link]:
    urls = (parse(reference, visit.response.url) for reference in visit.response.leads)
    return [Link(url) for url in urls if url is not None]


def _lost_before(progress: Progress) -> Reason | None:
    """Why earlier attempts have lost a page that might have been fetched."""
    for row in progress.known:
        if row.state is PageState.FAILED and row.reason is not None:
            reason = Reason(row.reason)
            if MEANING[reason].is_passing:
                return reason
    return None
