"""Reads pages in this process, one in a turn of the loop."""

import asyncio
from contextlib import AbstractContextManager

from skybatch.crawl.reader import too_complex
from skybatch.errors import TooComplex
from skybatch.extract.own import prepare
from skybatch.extract.reading import read
from skybatch.model.facts import RawPage, Reading
from skybatch.model.own import Additions


class InlineReader:
    """Reads pages here, one after the other.

    Two hundred bodies may be complete in the same turn of the loop. Read at once they would hold
    everybody else up for a third of a second; so each waits its turn, and gives way before it.
    """

    def __init__(self, additions: Additions) -> None:
        self._turn = asyncio.Lock()
        self._own = prepare(additions)

    async def __call__(self, raw: RawPage, within: AbstractContextManager[object]) -> Reading:
        """Read a page."""
        async with self._turn:
            await asyncio.sleep(0)
            try:
                with within:
                    return read(raw, self._own)
            except TooComplex as error:
                raise too_complex(str(error)) from error
