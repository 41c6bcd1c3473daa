"""Room in memory for large bodies: few at a time, from the wire until they have been read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LARGE = 256 * 1024  # bytes; most pages are smaller, and take no place
_PLACES = 4  # of up to `fetch.max_body_bytes` each


class Share:
    """What one page may take of the room."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self.is_taken = False

    async def take(self) -> None:
        """Wait for a place; the server waits with us, as nothing is read meanwhile."""
        if not self.is_taken:
            await self._places.acquire()
            self.is_taken = True


class Room:
    """The room of one process."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_PLACES)

    @asynccontextmanager
    async def share(self) -> AsyncIterator[Share]:
        """A share that is given back at the end."""
        share = Share(self._places)
        try:
            yield share
        finally:
            if share.is_taken:
                self._places.release()
