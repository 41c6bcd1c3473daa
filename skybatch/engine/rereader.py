"""Reads kept bodies again with the extractors of today, without a request."""

from skybatch.crawl.rereading import Rereading
from skybatch.crawl.web import Web
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
        self._after = 0  # the last page that was read

    async def run_once(self) -> float:
        """Read the next pages again."""
        under_way = self._under_way or await self._begin()
        if under_way is None:
            return _REST_S
        job, rereading = under_way
        async with self._store.read() as db:
            pages = await bodies.pages_of(db, job, after=self._after, limit=_SLICE)
        if pages:
            again = await rereading.read(pages)
            await self._store.write(lambda tx: bodies.store_facts(tx, job, again))
            self._after = pages[-1].seq
        else:
            await self._store.write(lambda tx: bodies.finish(tx, job, rereading.profile))
            self._under_way = None
        return 0.0

    async def _begin(self) -> tuple[Reread, Rereading] | None:
        async with self._store.read() as db:
            job = await bodies.next_job(db)
        self._after = 0
        rereading = job and Rereading(self._web, job.domain, job.options)
        self._under_way = (job, rereading) if job and rereading else None
        return self._under_way
