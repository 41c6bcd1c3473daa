"""The web as one process sees it: one connector, one set of clocks, one memory of robots.txt."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from skybatch.crawl.client import AiohttpFetcher, open_session
from skybatch.crawl.fetcher import Fetcher
from skybatch.crawl.guard import Guard
from skybatch.crawl.neighbours import Sharing
from skybatch.crawl.never import Sparing
from skybatch.crawl.pulse import Pulse
from skybatch.crawl.reader import Reader
from skybatch.crawl.reading_pool import reading_pool
from skybatch.crawl.readings import Counting, Load, Readings, no_load
from skybatch.crawl.redirects import Redirecting
from skybatch.crawl.resolver import Resolver
from skybatch.crawl.robots import Robots
from skybatch.crawl.room import Room
from skybatch.crawl.settings import FetchSettings
from skybatch.crawl.throttle import Throttled
from skybatch.crawl.traffic import Traffic
from skybatch.crawl.url import bracketed, parse, split
from skybatch.model.clock import Clock
from skybatch.model.own import Additions


def always() -> bool:
    """Pages can be read."""
    return True


@dataclass(frozen=True, slots=True)
class Web:
    """What all crawls of the process share."""

    fetcher: Fetcher
    robots: Robots
    read: Reader
    clock: Clock
    max_body_bytes: int
    guard: Guard
    throttle: Throttled
    neighbours: Sharing | None = None  # None behind a proxy
    can_read: Callable[[], bool] = always  # whether pages can be read at the moment
    room: Room = field(default_factory=Room)
    jitter: random.Random = field(default_factory=random.Random)
    traffic: Traffic = field(default_factory=Traffic)
    readings: Readings = field(default_factory=Readings)
    load: Callable[[], Load] = no_load  # of the processes that read

    def is_reading_late(self) -> bool:
        """Whether pages wait to be read."""
        return self.load().is_late

    @asynccontextmanager
    async def opening(self, address: str, port: int) -> AsyncIterator[None]:
        """Inside, a site of our own may be dialled at this very address."""
        self.guard.open(address, port)
        try:
            yield
        finally:
            self.guard.shut(address, port)


@asynccontextmanager
async def open_web(
    settings: FetchSettings, clock: Clock, *, read: Reader | None = None
) -> AsyncIterator[Web]:
    """Open the web; closed again when the block ends, with whatever is still in flight."""
    guard = Guard(settings.allow_networks)
    connect_to = dict(settings.connect_to)
    if settings.proxy is not None:
        place = _place_of(settings.proxy)
        connect_to[place] = place  # vouched for by the operator, whatever network it is in
    pulse = Pulse(clock)
    pulse.beat()
    async with AsyncExitStack() as stack:
        stack.callback(pulse.stop)
        can_read, load = always, no_load
        if read is None and settings.reading_processes:
            pool = await stack.enter_async_context(
                reading_pool(settings.reading_processes, clock, settings.additions)
            )
            read, can_read, load = pool, pool.is_ready, pool.load
        resolver = Resolver(guard, clock, connect_to=connect_to, servers=settings.dns_servers)
        stack.push_async_callback(resolver.close)
        session = await stack.enter_async_context(open_session(settings, resolver, guard))
        traffic, readings = Traffic(), Readings()
        client: Fetcher = AiohttpFetcher(
            session, guard, settings, clock=clock, pulse=pulse, traffic=traffic
        )
        neighbours = None
        if settings.proxy is None:  # behind a proxy only the proxy knows the addresses
            client = neighbours = Sharing(
                client, resolver, per_ip_concurrency=settings.per_ip_concurrency
            )
        throttle = Throttled(client, clock, is_own=guard.is_own)
        fetcher = Redirecting(
            Sparing(throttle, settings.never), max_redirects=settings.max_redirects
        )
        robots = Robots(fetcher, clock)
        yield Web(
            fetcher,
            robots,
            Counting(read or _inline_reader(settings.additions), readings),
            clock,
            settings.max_body_bytes,
            guard,
            throttle,
            neighbours,
            can_read,
            traffic=traffic,
            readings=readings,
            load=load,
        )


def _place_of(proxy: str) -> str:
    """Host and port of a proxy. Raises ValueError when it has none."""
    url = parse(proxy)
    if url is None:
        raise ValueError(f"{proxy!r} is not the URL of a proxy")
    parts = split(url)
    return f"{bracketed(parts.host)}:{parts.port}"


def _inline_reader(additions: Additions) -> Reader:
    # Imported only where pages are read: the parsers take 5 MB, and a tenth of the start.
    from skybatch.crawl.inline_reader import InlineReader

    return InlineReader(additions)
