"""The sitemaps of a site: which ones are asked for, and what they add to its frontier."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator

from skybatch.crawl.fetcher import FetchError, TooSoon
from skybatch.crawl.robots_rules import Rules
from skybatch.crawl.scope import Scope
from skybatch.crawl.url import parse, split
from skybatch.crawl.visitor import Forbidden, Visitor
from skybatch.model.facts import Link, PageFacts, Reading

PATH = "/sitemap.xml"
_MAX_LEVEL = 2  # an index, and the sitemaps that it leads to; a third level is a loop or a trap
_MAX_LOOKS = 200  # maps that are looked at, whether they may be asked for or not
_NOTHING = Reading(PageFacts(), links=(), charset="utf-8", size=0, sha256="", truncated=False)
_SLICE = 500  # links that are handled in one turn of the loop


class Sitemaps:
    """What one crawl learns from the sitemaps of its site.

    Those that robots.txt names, else `/sitemap.xml`. At most a few: each is a request that the host
    has to bear, and the budget of pages says how many URLs can be of use.
    """

    def __init__(self, visitor: Visitor, scope: Scope, *, max_pages: int) -> None:
        self._visitor = visitor
        self._scope = scope
        self._most = min(20, 3 + max_pages // 25)

    async def read(
        self, start_url: str, rules: Rules, take: Callable[[list[Link]], Awaitable[bool]]
    ) -> None:
        """Hand over what the sitemaps lead to, in slices, as long as `take` wants more.

        Raises Interrupted and TooSoon; a sitemap that cannot be had is no failure of the site.
        """
        named = [url for text in rules.sitemaps if (url := parse(text, start_url)) is not None]
        waiting = deque((url, 1) for url in named or [split(start_url).origin + PATH])
        seen: set[str] = set()
        left = self._most
        for _ in range(_MAX_LOOKS):
            if not waiting or not left:
                return
            url, level = waiting.popleft()
            if url in seen or not self._scope.contains(split(url)):
                continue
            seen.add(url)
            await asyncio.sleep(0)  # to hold one against the rules may take milliseconds
            reading = await self._read(url)
            if reading is None:
                continue
            left -= 1
            if level < _MAX_LEVEL:
                maps = filter(None, map(parse, reading.maps))
                waiting.extend((each, level + 1) for each in _in_order(maps))
            for links in _slices(reading.links):
                if not await take(links):
                    return

    async def _read(self, url: str) -> Reading | None:
        """What it leads to; `None` when it may not be asked for."""
        try:
            return await self._visitor.sitemap(url)
        except TooSoon:
            raise
        except FetchError as error:
            # One that cannot be had is no failure of the site, but it was asked for.
            return None if isinstance(error, Forbidden) else _NOTHING


def _in_order(maps: Iterable[str]) -> list[str]:
    """Those of ordinary pages first: the contact page is not among the products or the news."""
    return sorted(maps, key=lambda url: "page" not in url.rpartition("/")[2].lower())


def _slices(links: tuple[Link, ...]) -> Iterator[list[Link]]:
    for start in range(0, len(links), _SLICE):
        yield list(links[start : start + _SLICE])
