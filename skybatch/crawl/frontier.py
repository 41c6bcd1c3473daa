"""The URLs of one crawl: what is known, what comes next, and what the budgets still allow."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import count
from typing import NamedTuple

from skybatch.crawl.url import MAX_LENGTH, identity
from skybatch.model.facts import Link
from skybatch.model.page import FrontierRow, Page, Progress
from skybatch.model.state import PageState, SkipReason

MAX_OTHERS = 50  # page requests that may end otherwise than fetched
MAX_OUTSIDE = 20_000  # URLs that are only counted, and remembered to be counted once


@dataclass(frozen=True, slots=True)
class Entry:
    """A page to be asked for."""

    url: str  # identity
    depth: int
    tries: int = 0  # requests made for it so far
    score: int = 0  # those with a higher one come first


class Skip(NamedTuple):
    """Why a URL will not be asked for."""

    reason: SkipReason
    detail: str | None = None  # what decided it, where the reason does not tell


NOFOLLOW = Skip(SkipReason.ROBOTS, "nofollow")
_HELD = Skip(SkipReason.DUPLICATE)


@dataclass(frozen=True, slots=True)
class Found:
    """What the links of one page add to the job."""

    rows: tuple[FrontierRow, ...] = ()
    outside: tuple[tuple[int, SkipReason], ...] = ()


class Frontier:
    """The mirror in memory of the rows of one job; `judge` says what is wrong with a new URL, told
    its depth and whether it will only be counted."""

    def __init__(
        self,
        max_pages: int,
        progress: Progress,
        judge: Callable[[str, int, bool], Skip | None],
        *,
        by_depth: bool = False,
    ) -> None:
        """`by_depth`: the nearer page first, as its depth must be the least that there is."""
        self._by_depth = by_depth
        self.fetched = 0
        self._max_pages = max_pages
        self._max_rows = max(1_000, 5 * max_pages)
        self._judge = judge
        self._others = 0
        self._in_flight = 0
        self._known: set[str] = set()
        self._held: set[str] = set()
        self._outside = set(progress.outside)
        self._order = count()
        self._queue: list[tuple[int, int, int, Entry]] = []  # score, depth, discovery
        self._retries: list[tuple[float, int, Entry]] = []  # by the time when they are due
        for row in progress.known:
            self._known.add(row.url)
            if row.state is PageState.QUEUED:
                self._push(Entry(row.url, row.depth, row.tries, row.score))
            elif row.state is PageState.FETCHED:
                self.fetched += 1
                self.hold(row.url, row.final_url)
            elif row.was_requested:
                self._others += 1

    @property
    def is_spent(self) -> bool:
        """Whether a budget is used up."""
        return self.fetched >= self._max_pages or self._others >= MAX_OTHERS

    @property
    def is_full(self) -> bool:
        """Whether what is found from now on only counts."""
        return len(self._known) >= self._max_rows

    @property
    def has_waiting(self) -> bool:
        """Whether there are pages left to ask for."""
        return bool(self._queue or self._retries)

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to do, and nothing in flight that could change that."""
        return not self._in_flight and (self.is_spent or not self.has_waiting)

    def take(self, now: float) -> Entry | None:
        """The next page to ask for, if there is one that the budgets allow."""
        if not self._may_take:
            return None
        if self._retries and self._retries[0][0] <= now:
            entry = heapq.heappop(self._retries)[2]
        elif self._queue:
            entry = heapq.heappop(self._queue)[3]
        else:
            return None
        self._in_flight += 1
        return entry

    def pause_s(self, now: float) -> float | None:
        """For how long there is nothing to take; `None` = until a page in flight has ended."""
        if not self._retries or not self._may_take:
            return None
        return max(0.0, self._retries[0][0] - now)

    @property
    def _may_take(self) -> bool:
        """Whether the budgets hold however those in flight may end."""
        return (
            self.fetched + self._in_flight < self._max_pages
            and self._others + self._in_flight < MAX_OTHERS
        )

    def begin(self, url: str) -> Entry:
        """The start page, which no other page has led to."""
        self._known.add(url)
        # An earlier attempt may have left it queued.
        self._queue = sorted(item for item in self._queue if item[3].url != url)
        self._in_flight += 1
        return Entry(url, 0)

    def put_back(self, entry: Entry, *, due_at: float) -> None:
        """Ask for a page again later."""
        self._in_flight -= 1
        heapq.heappush(self._retries, (due_at, next(self._order), entry))

    def settle(self, page: Page) -> None:
        """A page that was taken has come to its end, and is stored."""
        self._in_flight -= 1
        if page.state is PageState.FETCHED:
            self.fetched += 1
        elif page.tries:
            self._others += 1

    def hold(self, url: str, final_url: str | None) -> None:
        """A page is fetched: what leads to where it was found is a duplicate from now on."""
        self._held.add(url)
        if final_url is not None:
            self._held.add(identity(final_url))

    def holds(self, url: str) -> bool:
        """Whether the page behind a URL is fetched already."""
        return identity(url) in self._held

    def add(self, links: Iterable[Link], *, depth: int, may_follow: bool = True) -> Found:
        """What is new among the links of a page.

        `may_follow`: the page does not ask that its links be left alone.
        """
        rows: list[FrontierRow] = []
        outside: list[tuple[int, SkipReason]] = []
        for link, score in links:
            if link in self._known:
                continue
            url = identity(link)
            if url in self._known:
                continue
            skip = self._skip(url, depth, may_follow=may_follow)
            reason = skip.reason if skip else None
            if reason is SkipReason.SCOPE or self.is_full:
                is_outside = reason is SkipReason.SCOPE
                self._count(url, SkipReason.SCOPE if is_outside else SkipReason.BUDGET, outside)
            elif len(url) > MAX_LENGTH:
                self._count(url, SkipReason.TRAP, outside)
            elif not (self._outside and _hash(url) in self._outside):
                rows.append(self._row(FrontierRow(url, depth, score=score), skip))
        return Found(tuple(rows), tuple(outside))

    def _skip(self, url: str, depth: int, *, may_follow: bool) -> Skip | None:
        if url in self._held:
            return _HELD
        skip = self._judge(url, depth, self.is_full)
        return NOFOLLOW if skip is None and not may_follow else skip

    def _row(self, row: FrontierRow, skip: Skip | None) -> FrontierRow:
        self._known.add(row.url)
        if skip is None:
            self._push(Entry(row.url, row.depth, score=row.score))
            return row
        return replace(row, skipped=skip.reason, detail=skip.detail)

    def _count(self, url: str, reason: SkipReason, outside: list[tuple[int, SkipReason]]) -> None:
        key = _hash(url)
        if key not in self._outside and len(self._outside) < MAX_OUTSIDE:
            self._outside.add(key)
            outside.append((key, reason))

    def _push(self, entry: Entry) -> None:
        first = (entry.depth, -entry.score) if self._by_depth else (-entry.score, entry.depth)
        heapq.heappush(self._queue, (*first, next(self._order), entry))


def _hash(url: str) -> int:
    """64 bits with a sign, as SQLite keeps whole numbers."""
    digest = blake2b(url.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
