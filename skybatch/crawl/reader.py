"""Where pages are read: in this process, one in a turn of the loop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from skybatch.extract.reading import read
from skybatch.model.facts import RawPage, Reading

Reader: TypeAlias = Callable[[RawPage], Awaitable[Reading]]


class InlineReader:
    """Reads pages here, one after the other.

    Two hundred bodies may be complete in the same turn of the loop. Read at once they would hold
    everybody else up for a third of a second; so each waits its turn, and gives way before it.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def __call__(self, raw: RawPage) -> Reading:
        """Read a page."""
        async with self._turn:
            await asyncio.sleep(0)
            return read(raw)
