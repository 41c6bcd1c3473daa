"""Hosts that live on one address share it: a web hoster's machine is not asked by all at once."""

from asyncio import Semaphore
from collections import Counter
from collections.abc import Iterator
from weakref import WeakValueDictionary

from skybatch.crawl.fetcher import Fetcher, Request, Response
from skybatch.crawl.resolver import Resolver
from skybatch.crawl.url import parts_of


class Place:
    """One address: how many requests it takes, and the hosts that want something of it now."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.turns = Semaphore(limit)
        self.hosts: Counter[str] = Counter()  # host -> its requests, made or waiting


class Sharing:
    """A fetcher that makes only so many requests to one public address at a time."""

    def __init__(self, fetcher: Fetcher, resolver: Resolver, *, per_ip_concurrency: int) -> None:
        self._fetcher = fetcher
        self._resolver = resolver
        self._limit = per_ip_concurrency
        # An address is forgotten with the last request that is made to it, or waits for it.
        self._places: WeakValueDictionary[str, Place] = WeakValueDictionary()

    async def get(self, request: Request) -> Response:
        parts = parts_of(request.url)
        address = await self._resolver.shared_address(parts.host, parts.port)
        if address is None:
            return await self._fetcher.get(request)
        place = self._places.get(address)
        if place is None:
            place = self._places[address] = Place(self._limit)
        place.hosts[parts.host] += 1
        try:
            async with place.turns:
                return await self._fetcher.get(request)
        finally:
            place.hosts[parts.host] -= 1

    def crowded(self) -> Iterator[Place]:
        """The addresses where requests wait for others."""
        for place in list(self._places.values()):
            if place.turns.locked():
                yield place
