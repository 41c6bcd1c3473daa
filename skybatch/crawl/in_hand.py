"""Pages on their way to be read, and what is in the hands of a process that reads."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from skybatch.crawl.room import LARGE
from skybatch.model.facts import RawPage, Reading

_IN_HAND = 16  # pages that are with a process at a time
_BYTES_IN_HAND = 1024 * 1024  # of their bodies; a larger one goes alone
_LARGE_CODED = 64 * 1024  # bytes of a compressed body


@dataclass(slots=True, eq=False)
class Page:
    """A page on its way."""

    raw: RawPage
    host: str
    answer: "asyncio.Future[Reading]"
    is_suspect: bool = False  # it was in the hands of a process that died
    holds_much: bool = False  # by what a process found in a small body
    queued_at: float = 0.0
    is_slow: bool = False  # as far as was known when it was given to a process, or since

    @property
    def is_large(self) -> bool:
        """Whether it may take much memory."""
        body, coding = self.raw.body, self.raw.content_encoding
        if coding is None:
            return len(body) > LARGE
        return self.holds_much or len(body) > _LARGE_CODED

    @property
    def is_wanted(self) -> bool:
        """Whether somebody still waits for it."""
        return not self.answer.done()


@dataclass(slots=True, eq=False)
class Process:
    """One process that reads, and what is in its hands."""

    channel: asyncio.StreamWriter
    pid: int
    pages: deque[Page] = field(default_factory=deque)  # in the order in which they were given
    size: int = 0  # of their bodies
    slow: int = 0  # of them that may take long
    has_read: bool = False
    heard_at: float = 0.0

    def take(self, page: Page, *, is_slow: bool) -> None:
        """A page is given to it."""
        self.pages.append(page)
        self.size += len(page.raw.body)
        page.is_slow = is_slow
        self.slow += is_slow

    def give_back(self) -> Page:
        """It is done with the first page that it was given."""
        page = self.pages.popleft()
        self.size -= len(page.raw.body)
        self.slow -= page.is_slow
        return page

    def slow_down(self, host: str) -> None:
        """The pages of a host turn out to take long."""
        for page in self.pages:
            if page.host == host and not page.is_slow:
                page.is_slow = True
                self.slow += 1

    def takes(self, page: Page) -> bool:
        """Whether a page can be given to it now: a suspect is read alone, a large one nearly so."""
        if not self.pages:
            return True
        if page.is_suspect or self.pages[0].is_suspect:
            return False
        fits = self.size + len(page.raw.body) <= _BYTES_IN_HAND
        return fits and len(self.pages) < _IN_HAND
