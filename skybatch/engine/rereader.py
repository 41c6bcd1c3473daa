"""Reads kept bodies again with the extractors of today, without a request."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext

import structlog

from skybatch.crawl.fetcher import FetchError
from skybatch.crawl.web import Web
from skybatch.extract import merge
from skybatch.model.facts import PageFacts, RawPage
from skybatch.model.profile import Profile
from skybatch.store import bodies
from skybatch.store.bodies import Again, KeptPage, Reread
from skybatch.store.database import Store

log = structlog.get_logger()

_SLICE = 20  # pages, with their bodies
_REST_S = 5.0


class Rereader:
    """A service: a slice of the pages of a job a round, without rest as long as there is one. A job
    that a restart cuts off is begun anew."""

    name = "rereader"

    def __init__(self, store: Store, web: Web) -> None:
        self._store = store
        self._web = web
        self._job: Reread | None = None
        self._after = 0  # the last of its pages that was read
        self._profile = Profile()  # of the pages so far
        self._has_read = False

    async def run_once(self) -> float:
        """Read the next pages again."""
        job = self._job or await self._begin()
        if job is None:
            return _REST_S
        async with self._store.read() as db:
            pages = await bodies.pages_of(db, job, after=self._after, limit=_SLICE)
        if pages:
            await self._reread(job, pages)
        else:
            profile = self._profile if self._has_read else None
            await self._store.write(lambda tx: bodies.finish(tx, job, profile))
            self._job = None
        return 0.0

    async def _begin(self) -> Reread | None:
        async with self._store.read() as db:
            self._job = await bodies.next_job(db)
        self._after, self._profile, self._has_read = 0, Profile(), False
        return self._job

    async def _reread(self, job: Reread, pages: Sequence[KeptPage]) -> None:
        answers = await asyncio.gather(*(self._read(job, page) for page in pages))
        read = list(zip(pages, answers, strict=True))
        again = [Again(page.seq, facts) for page, facts in read if facts is not None]
        await self._store.write(lambda tx: bodies.store_facts(tx, job, again))
        for page, facts in read:
            self._profile = merge.add(
                self._profile,
                page.url,
                facts or page.facts,
                is_start=page.is_start,
                domain=job.domain,
            )
        self._has_read = self._has_read or bool(again)
        self._after = pages[-1].seq

    async def _read(self, job: Reread, page: KeptPage) -> PageFacts | None:
        """What a page says today; `None` = it is too complex by now, and keeps its facts."""
        kept = page.kept
        if kept is None:
            return None
        raw = RawPage(
            url=page.url,
            body=kept.body,
            content_type=page.content_type,
            content_encoding=kept.coding,
            language=kept.language,
            was_cut=kept.was_cut,
            max_bytes=self._web.max_body_bytes,
            default_region=job.options.default_region,
            wants_text=job.options.text,
            signs=kept.signs,
        )
        try:
            reading = await self._web.read(raw, nullcontext())
        except FetchError as error:
            log.warning("reread.page_kept_as_it_was", url=page.url, reason=error.detail)
            return None
        return reading.facts
