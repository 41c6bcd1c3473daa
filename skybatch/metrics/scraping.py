"""Scrapes, one after the other, each for all who wait for it."""

import asyncio
from typing import TYPE_CHECKING

from skybatch.metrics.parts import Parts

if TYPE_CHECKING:
    from skybatch.metrics.exposition import Exposition


class Metrics:
    """What the API gives to Prometheus."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"  # of the format that all can read

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._exposition: Exposition | None = None
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[bytes] | None = None  # a scrape that has not begun

    async def text(self) -> bytes:
        """All values of a moment that is not before this call. Whoever asks while another scrape is
        made shares the next one: open pages ask all at once when something happens."""
        if self._next is None:
            self._next = asyncio.create_task(self._scrape())
        return await asyncio.shield(self._next)

    async def _scrape(self) -> bytes:
        async with self._turn:
            self._next = None
            if self._exposition is None:
                self._exposition = await asyncio.to_thread(_open, self._parts)
            return await self._exposition.text()


def _open(parts: Parts) -> "Exposition":
    # Imported only where somebody scrapes: the library takes 10 ms of a start.
    from skybatch.metrics.exposition import Exposition

    return Exposition(parts)
