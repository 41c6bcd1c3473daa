"""Follows redirects hop by hop, each only where the request says it may lead."""

from dataclasses import replace

from skybatch.crawl.fetcher import Fetcher, FetchError, Pace, Request, Response
from skybatch.crawl.url import parse, split
from skybatch.model.reason import Reason
from skybatch.model.target import bare

_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})  # RFC 9110, section 13.1
_STATUSES = frozenset({301, 302, 303, 307, 308})


class Redirecting:
    """A fetcher whose answers are no redirects."""

    def __init__(self, fetcher: Fetcher, *, max_redirects: int) -> None:
        self._fetcher = fetcher
        self._max_redirects = max_redirects

    async def get(self, request: Request) -> Response:
        seen = {request.url}
        response = await self._fetcher.get(request)
        while response.status in _STATUSES:
            target = _target(response)
            if target in seen:
                raise FetchError(Reason.REDIRECT_LOOP, f"back to {target}", url=target)
            if len(seen) > self._max_redirects:
                raise FetchError(
                    Reason.REDIRECT_LOOP, f"more than {self._max_redirects} redirects", url=target
                )
            seen.add(target)
            pace = await request.follow(target)
            response = await self._hop(_to(request, target, pace or request.pace))
        return response

    async def _hop(self, request: Request) -> Response:
        try:
            return await self._fetcher.get(request)
        except FetchError as error:
            error.url = error.url or request.url
            raise


def _target(response: Response) -> str:
    """The absolute URL that a redirect leads to."""
    if response.location is None:
        detail = f"status {response.status} without a Location"
        raise FetchError(Reason.PROTOCOL_ERROR, detail, url=response.url)
    target = parse(response.location, response.url)
    if target is None:
        detail = f"to {response.location[:200]}, which is no web address"
        raise FetchError(Reason.REDIRECT_OFF_SITE, detail, url=response.url)
    return target


def _to(request: Request, target: str, pace: Pace) -> Request:
    """The same request for another URL; what is meant for one site is not shown to another. It
    waits for its turn: given up here, it would begin at the first URL again, for ever."""
    asked, next_ = split(request.url), split(target)
    is_secured = (asked.scheme, next_.scheme) == ("http", "https") and next_.port == 443
    is_there = (asked.scheme, asked.port) == (next_.scheme, next_.port) or is_secured
    is_same = is_there and bare(asked.host) == bare(next_.host)
    kept = request.headers if is_same else {}
    # Whether it has changed is asked of the page that was there, and not of another one.
    headers = {name: text for name, text in kept.items() if name.lower() not in _CONDITIONS}
    return replace(request, url=target, headers=headers, pace=pace, is_patient=True)
