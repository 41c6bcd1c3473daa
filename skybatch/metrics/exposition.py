"""The text that a scrape gets."""

import asyncio
import time
from collections.abc import Iterator
from itertools import chain

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from skybatch.errors import StoreUnavailable
from skybatch.metrics.crawling import Crawling
from skybatch.metrics.parts import Parts
from skybatch.metrics.processes import ReadingMemory
from skybatch.metrics.running import Running
from skybatch.metrics.storing import Storing
from skybatch.metrics.work import Work
from skybatch.store import figures
from skybatch.store.figures import Depth

log = structlog.get_logger()


TURN_SECONDS = 0.001  # of the loop, before others have theirs


class _One(Collector):
    """A family by itself, for the library to write."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterator[Metric]:
        yield self._family


class Exposition:
    """Reads every value when it is asked for; nothing is computed between two scrapes."""

    def __init__(self, parts: Parts) -> None:
        bench = parts.bench
        self._work = Work(parts.engine, bench.tally, parts.transitions, bench.clock)
        self._crawling = Crawling(bench.web)
        self._storing = Storing(parts.store, bench.clock)
        self._running = Running(
            parts.bus,
            parts.requests,
            parts.lags,
            parts.started_at,
            bench.recorder,
            parts.deliverer.outcomes,
        )
        self._registry = CollectorRegistry()  # of our own: nothing is global
        self._registry.register(ReadingMemory(bench.web.load))
        ProcessCollector(registry=self._registry)

    async def text(self) -> bytes:
        """All families, one after the other: a millisecond for us, then a turn for others. In a
        thread they would take the interpreter from the loop for 5 ms at a time."""
        depth = await self._depth()
        of_the_kernel = await asyncio.to_thread(lambda: list(self._registry.collect()))
        written, began = [], time.perf_counter()
        for family in chain(self._ours(depth), of_the_kernel):
            written.append(generate_latest(_One(family)))
            if time.perf_counter() - began > TURN_SECONDS:
                await asyncio.sleep(0)
                began = time.perf_counter()
        return b"".join(written)

    def _ours(self, depth: Depth | None) -> Iterator[Metric]:
        yield from self._running.collect()
        yield from self._work.collect()
        yield from self._crawling.collect()
        yield from self._storing.collect(depth)

    async def _depth(self) -> Depth | None:
        """In one read; a database that cannot be read is when one wants to know the rest."""
        try:
            return await self._storing.store.read(figures.depth)
        except StoreUnavailable as error:
            log.warning("metrics.store_unreadable", error=str(error))
            return None
