"""Where pages are read: the protocol, and reading here, one page in a turn of the loop."""

import asyncio
from contextlib import AbstractContextManager
from typing import Protocol

from skybatch.crawl.fetcher import FetchError
from skybatch.errors import TooComplex
from skybatch.extract.reading import read
from skybatch.model.facts import RawPage, Reading
from skybatch.model.reason import Reason


class Reader(Protocol):
    """Reads a page. Raises FetchError when it is too complex.

    Whoever finds this process dead finds in `within` which page was read here; it is not entered
    when the page is read elsewhere.
    """

    async def __call__(
        self, raw: RawPage, within: AbstractContextManager[object], /
    ) -> Reading: ...


class InlineReader:
    """Reads pages here, one after the other.

    Two hundred bodies may be complete in the same turn of the loop. Read at once they would hold
    everybody else up for a third of a second; so each waits its turn, and gives way before it.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def __call__(self, raw: RawPage, within: AbstractContextManager[object]) -> Reading:
        """Read a page."""
        async with self._turn:
            await asyncio.sleep(0)
            try:
                with within:
                    return read(raw)
            except TooComplex as error:
                raise too_complex(str(error)) from error


def too_complex(detail: str) -> FetchError:
    """The failure of a page that is not read."""
    return FetchError(Reason.TOO_COMPLEX, detail)
