"""The text that a scrape gets."""

import asyncio
from collections.abc import Iterator, Sequence

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


class _Gathered(Collector):
    """What was read in the loop for the scrape under way."""

    def __init__(self) -> None:
        self.families: Sequence[Metric] = ()

    def collect(self) -> Iterator[Metric]:
        yield from self.families


class Exposition:
    """Reads every value when it is asked for; nothing is computed between two scrapes."""

    def __init__(self, parts: Parts) -> None:
        bench = parts.bench
        self._work = Work(parts.engine, bench.tally, parts.transitions, bench.clock)
        self._crawling = Crawling(bench.web)
        self._storing = Storing(parts.store, bench.clock)
        self._running = Running(
            parts.bus, parts.requests, parts.lags, parts.started_at, bench.recorder
        )
        self._gathered = _Gathered()
        self._registry = CollectorRegistry()  # of our own: nothing is global
        self._registry.register(self._gathered)
        self._registry.register(ReadingMemory(bench.web.load))
        ProcessCollector(registry=self._registry)

    async def text(self) -> bytes:
        """What is gathered in the loop is of one moment, and becomes text beside it. One at a time:
        there is one place for what is gathered."""
        depth = await self._depth()
        self._gathered.families = [
            *self._running.collect(),
            *self._work.collect(),
            *self._crawling.collect(),
            *self._storing.collect(depth),
        ]
        return await asyncio.to_thread(generate_latest, self._registry)

    async def _depth(self) -> Depth | None:
        """In one read; a database that cannot be read is when one wants to know the rest."""
        try:
            return await self._storing.store.read(figures.depth)
        except StoreUnavailable as error:
            log.warning("metrics.store_unreadable", error=str(error))
            return None
