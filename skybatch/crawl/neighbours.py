"""Hosts that live on one address share it: a web hoster's machine is not asked by all at once."""

from asyncio import Semaphore
from weakref import WeakValueDictionary

from skybatch.crawl.fetcher import Fetcher, Request, Response
from skybatch.crawl.resolver import Resolver
from skybatch.crawl.url import split


class Sharing:
    """A fetcher that makes only so many requests to one public address at a time."""

    def __init__(self, fetcher: Fetcher, resolver: Resolver, *, per_ip_concurrency: int) -> None:
        self._fetcher = fetcher
        self._resolver = resolver
        self._limit = per_ip_concurrency
        # An address is forgotten with the last request that is made to it, or waits for it.
        self._places: WeakValueDictionary[str, Semaphore] = WeakValueDictionary()

    async def get(self, request: Request) -> Response:
        parts = split(request.url)
        address = await self._resolver.shared_address(parts.host, parts.port)
        if address is None:
            return await self._fetcher.get(request)
        place = self._places.get(address)
        if place is None:
            place = self._places[address] = Semaphore(self._limit)
        async with place:
            return await self._fetcher.get(request)
