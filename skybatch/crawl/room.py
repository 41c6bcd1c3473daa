"""Room in memory for large bodies: few at a time, from the wire until they have been read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LARGE = 256 * 1024  # bytes; most pages are smaller, and take no place
_PLACES = 4  # of up to `fetch.max_body_bytes` each
_STAY_S = 5.0  # that one may be on its way when others wait: enough for 3 MB


class _Places:
    """Those of one room, and how many wait for one."""

    def __init__(self) -> None:
        self.waiting = 0
        self._free = asyncio.Semaphore(_PLACES)

    async def acquire(self) -> None:
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1

    def release(self) -> None:
        self._free.release()


class Share:
    """What one page may take of the room."""

    def __init__(self, places: _Places) -> None:
        self._places = places
        self._since: float | None = None  # by the clock of the loop

    @property
    def is_taken(self) -> bool:
        return self._since is not None

    async def take(self) -> bool:
        """Wait for a place, if there is none yet; the server waits with us, as nothing is read
        meanwhile. Whether more may be read: who drips gives his place to those who wait."""
        clock = asyncio.get_running_loop()
        if self._since is None:
            await self._places.acquire()
            self._since = clock.time()
        return not self._places.waiting or clock.time() - self._since < _STAY_S


class Room:
    """The room of one process."""

    def __init__(self) -> None:
        self._places = _Places()

    @asynccontextmanager
    async def share(self) -> AsyncIterator[Share]:
        """A share that is given back at the end."""
        share = Share(self._places)
        try:
            yield share
        finally:
            if share.is_taken:
                self._places.release()
