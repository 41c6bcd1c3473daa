"""Pages as one stream shows them: a few a second, so that a crawl drowns no browser."""

from collections.abc import Callable
from dataclasses import replace

from skybatch.model.event import PageEvent

SECONDS = 0.1  # between two pages that are shown


class Glance:
    """Holds the newest page, and counts those that it has taken the place of."""

    def __init__(self, is_wanted: Callable[[PageEvent], bool]) -> None:
        self._is_wanted = is_wanted
        self._newest: PageEvent | None = None
        self._left_out = 0
        self._next_at = 0.0
        self.wake: Callable[[], None] = lambda: None  # there is one to be shown, when it is due

    def hear(self, page: PageEvent) -> None:
        """A watcher of the bus."""
        if not self._is_wanted(page):
            return
        if self._newest is not None:
            self._left_out += 1
            self._newest = page
            return
        self._newest = page
        self.wake()

    @property
    def due_at(self) -> float | None:
        """When there is something to show, by the clock of `take`."""
        return None if self._newest is None else self._next_at

    def take(self, now: float) -> PageEvent | None:
        """The newest page, with the number of those left out before it, if one is due."""
        page = self._newest
        if page is None or now < self._next_at:
            return None
        if self._left_out:
            page = replace(page, data={**page.data, "left_out": self._left_out})
        self._newest, self._left_out, self._next_at = None, 0, now + SECONDS
        return page
