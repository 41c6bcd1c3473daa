"""Reads kept bodies again with the extractors of today, without a request."""

import asyncio
from collections.abc import Sequence

from skybatch.crawl.rereading import Rereading
from skybatch.crawl.web import Web
from skybatch.model.facts import PageFacts
from skybatch.model.page import KeptPage
from skybatch.store import bodies
from skybatch.store.bodies import Reread
from skybatch.store.database import Store

_SLICE = 20  # pages, with their bodies
_REST_S = 5.0


class Rereader:
    """A service: a slice of the pages of a job a round, without rest as long as there is one. A job
    that a restart cuts off is begun anew."""

    name = "rereader"

    def __init__(self, store: Store, web: Web) -> None:
        self._store = store
        self._web = web
        self._under_way: tuple[Reread, Rereading] | None = None
        self._after = bodies.BEGINNING  # the last page that was read
        self._reading: asyncio.Task[list[tuple[KeptPage, PageFacts]]] | None = None
        self._is_stopping = False

    def stop(self) -> None:
        """Break the reading of pages off: it may take its time, and nothing of it is stored yet."""
        self._is_stopping = True
        if self._reading is not None:
            self._reading.cancel()

    async def run_once(self) -> float:
        """Read the next pages again."""
        under_way = self._under_way or await self._begin()
        if under_way is None or self._is_stopping:
            return _REST_S
        job, rereading = under_way
        after = self._after
        pages = await self._store.read_to_work(
            lambda db: bodies.pages_of(db, job, after=after, limit=_SLICE)
        )
        if pages:
            await self._read(job, rereading, pages)
        else:
            await self._store.write(lambda tx: bodies.finish(tx, job, rereading.profile))
            self._under_way = None
        return 0.0

    async def _read(self, job: Reread, rereading: Rereading, pages: Sequence[KeptPage]) -> None:
        self._reading = asyncio.create_task(rereading.read(pages), name="rereading")
        try:
            again = await self._reading
        except asyncio.CancelledError:
            if self._is_stopping:
                return
            raise
        finally:
            self._reading = None
        await self._store.write(lambda tx: bodies.store_facts(tx, job, again))
        self._after = pages[-1].position

    async def _begin(self) -> tuple[Reread, Rereading] | None:
        job = await self._store.read_to_work(bodies.next_job)
        self._after = bodies.BEGINNING
        if job is None:
            return None
        rereading = Rereading(self._web, job.domain, job.start_url, job.options)
        self._under_way = job, rereading
        return self._under_way
