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
    pages: deque[Page] = field(default_factory=deque)  # in the order in which they were given
    size: int = 0  # of their bodies
    has_read: bool = False
    heard_at: float = 0.0

    def takes(self, page: Page) -> bool:
        """Whether a page can be given to it now: a suspect is read alone, a large one nearly so."""
        if not self.pages:
            return True
        if page.is_suspect or self.pages[0].is_suspect:
            return False
        fits = self.size + len(page.raw.body) <= _BYTES_IN_HAND
        return fits and len(self.pages) < _IN_HAND
