"""Where pages are read: the protocol, and what it says of a page that is not read."""

from contextlib import AbstractContextManager
from typing import Protocol

from skybatch.crawl.fetcher import FetchError
from skybatch.model.facts import RawPage, Reading
from skybatch.model.reason import Reason


class ReadingFailed(RuntimeError):
    """Reading a page raised what it must not: a bug of ours. Has the traceback of the process."""


class Reader(Protocol):
    """Reads a page. Raises FetchError when it is too complex.

    Whoever finds this process dead finds in `within` which page was read here; it is not entered
    when the page is read elsewhere.
    """

    async def __call__(
        self, raw: RawPage, within: AbstractContextManager[object], /
    ) -> Reading: ...


def too_complex(detail: str) -> FetchError:
    """The failure of a page that is not read."""
    return FetchError(Reason.TOO_COMPLEX, detail)
