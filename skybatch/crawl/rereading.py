"""The pages of a domain read again from bodies that were kept, and folded into a profile anew."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext

import structlog

from skybatch.crawl.fetcher import FetchError
from skybatch.crawl.reader import ReadingFailed
from skybatch.crawl.url import identity
from skybatch.crawl.web import Web
from skybatch.extract import merge
from skybatch.model.facts import PageFacts, RawPage
from skybatch.model.options import Options
from skybatch.model.page import KeptPage
from skybatch.model.profile import Profile

log = structlog.get_logger()


class Rereading:
    """One domain; give it the pages in the order in which they were fetched."""

    def __init__(self, web: Web, domain: str, start_url: str, options: Options) -> None:
        self._web = web
        self._domain = domain
        self._start = identity(start_url) if start_url else ""
        self._options = options
        self._profile = Profile()
        self._has_read = False

    @property
    def profile(self) -> Profile | None:
        """What the pages so far say; `None` when none of them was read again."""
        return self._profile if self._has_read else None

    async def read(self, pages: Sequence[KeptPage]) -> list[tuple[KeptPage, PageFacts]]:
        """The pages that were read again, with what they say today."""
        answers = await asyncio.gather(*map(self._read, pages))
        for page, facts in zip(pages, answers, strict=True):
            self._profile = merge.add(
                self._profile,
                page.url,
                facts or page.facts,
                is_start=page.asked == self._start,
                domain=self._domain,
            )
        again = [(page, facts) for page, facts in zip(pages, answers, strict=True) if facts]
        self._has_read = self._has_read or bool(again)
        return again

    async def _read(self, page: KeptPage) -> PageFacts | None:
        """`None` without a body, or when it is too complex by now: the facts stay as they are."""
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
            default_region=self._options.default_region,
            wants_text=self._options.text,
            signs=kept.signs,
        )
        try:
            reading = await self._web.read(raw, nullcontext())
        except FetchError as error:
            log.warning("reread.page_left_as_it_was", url=page.url, reason=error.detail)
            return None
        except ReadingFailed:  # a bug of ours, which stops no other page
            log.exception("reread.page_left_as_it_was", url=page.url)
            return None
        return reading.facts
