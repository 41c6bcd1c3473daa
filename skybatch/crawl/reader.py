"""Where pages are read: in this process, until there are others to do it."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from skybatch.extract.reading import read
from skybatch.model.facts import RawPage, Reading

Reader: TypeAlias = Callable[[RawPage], Awaitable[Reading]]


async def read_inline(raw: RawPage) -> Reading:
    """Read a page here and now."""
    return read(raw)
