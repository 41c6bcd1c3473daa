"""Leaves alone the domains that the operator has named, whatever leads there."""

from collections.abc import Iterable

from skybatch.crawl.fetcher import Fetcher, FetchError, Request, Response
from skybatch.crawl.url import parts_of
from skybatch.model.reason import Reason
from skybatch.model.target import bare


class Sparing:
    """A fetcher that makes no request to a domain on the list, nor to its subdomains."""

    def __init__(self, fetcher: Fetcher, never: Iterable[str]) -> None:
        self._fetcher = fetcher
        self._never = frozenset(bare(name.lower()) for name in never)

    async def get(self, request: Request) -> Response:
        if self._never and self._is_listed(bare(parts_of(request.url).host)):
            raise FetchError(Reason.BLOCKED_ADDRESS, "crawl.never lists the domain")
        return await self._fetcher.get(request)

    def _is_listed(self, host: str) -> bool:
        labels = host.split(".")
        return any(".".join(labels[index:]) in self._never for index in range(len(labels)))
