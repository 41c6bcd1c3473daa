"""Scrapes, one after the other."""

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

    async def text(self) -> bytes:
        """All values of this moment."""
        async with self._turn:
            if self._exposition is None:
                self._exposition = await asyncio.to_thread(_open, self._parts)
            return await self._exposition.text()


def _open(parts: Parts) -> "Exposition":
    # Imported only where somebody scrapes: the library takes 10 ms of a start.
    from skybatch.metrics.exposition import Exposition

    return Exposition(parts)
